"""Which port is free on loopback?"""

import socket
from collections.abc import Collection
from typing import Final

from streams.errors import WrongSettingError

HIGHEST: Final = 65535


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen here now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do: a connection that lingers in TIME_WAIT does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def next_free(wanted: int, taken: Collection[int] = (), host: str = "127.0.0.1") -> int:
    """The wanted port, or the next one up that is free and not promised to someone else."""
    if not is_free(0, host):
        raise WrongSettingError(f"{host} is not an address of this machine; try 127.0.0.1")
    for port in range(wanted, HIGHEST + 1):
        if port not in taken and is_free(port, host):
            return port
    raise WrongSettingError(f"no port from {wanted} up is free")


def any_free(count: int = 1) -> list[int]:
    """Ports that nobody listens on, all different. Held together so that none is given twice."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
