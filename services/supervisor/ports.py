"""Which port is free on loopback?"""

import socket
from collections.abc import Collection


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen here now."""
    with socket.socket() as probe:
        # As servers do: a connection that lingers in TIME_WAIT does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def next_free(wanted: int, taken: Collection[int] = (), host: str = "127.0.0.1") -> int:
    """The wanted port, or the next one up that is free and not promised to someone else."""
    port = wanted
    while port in taken or not is_free(port, host):
        port += 1
    return port


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
