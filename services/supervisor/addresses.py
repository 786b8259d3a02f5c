"""Where does each part of the platform listen on this machine?"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from typing import Final

from services.supervisor import ports
from services.supervisor.folder import Say

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The usual ports; a person remembers these, so they are tried first."""

    boards: int = 8400
    intake: int = 8410
    callbacks: int = 8420
    streams: int = 8430
    phone: int = 8440
    provider: int = 8445
    admission: int = 8450
    consoles: int = 8460
    callout: int = 8470
    command: int = 8480
    audit: int = 8490
    kafka: int = 9092
    controller: int = 9093
    redis: int = 6379
    prometheus: int = 9090
    alertmanager: int = 9094


def choose(wanted: Ports, host: str, say: Say) -> Ports:
    """The wanted ports, or the next free ones, each change said in a line."""
    chosen: dict[str, int] = {}
    for part in fields(wanted):
        usual = getattr(wanted, part.name)
        port = ports.next_free(usual, chosen.values(), host if is_outside(part.name) else LOOPBACK)
        if port != usual:
            say(f"port {usual} is taken: {part.name} listens on {port}")
        chosen[part.name] = port
    return replace(wanted, **chosen)


def is_outside(part: str) -> bool:
    """Kafka, Redis, Prometheus and the worker have no authentication: they stay on loopback."""
    return part in {"boards", "intake", "callbacks", "admission", "command"}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def urls(chosen: Ports, names: Iterable[str], host: str = LOOPBACK) -> dict[str, str]:
    """The addresses as a person at this machine would open them."""
    everywhere = host in {"0.0.0.0", "::", "localhost"}  # noqa: S104
    near = LOOPBACK if everywhere else f"[{host}]" if ":" in host else host
    return {
        name: f"http://{near if is_outside(name) else LOOPBACK}:{getattr(chosen, name)}"
        for name in names
    }
