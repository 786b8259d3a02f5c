"""Can this account reach anybody outside of this machine?

A drill must not be able to ring a real telephone. So a drill's messages are taken only by accounts
that were set up for drills, and those may only live on this machine.
"""

import ipaddress
from urllib.parse import urlsplit

from services.message_ports import Message, Refused
from streams.errors import WrongSettingError


class Reach:
    """Where an account leads; one for `drills` reaches nobody, so it may take anything."""

    def __init__(self, where: str, *, drills: bool) -> None:
        if drills and not is_here(where):
            raise WrongSettingError("an account for drills must be on this machine (127.0.0.1)")
        self._drills = drills

    def refusal(self, message: Message) -> Refused | None:
        """The answer to a drill's message that could reach somebody; None lets it pass."""
        if message.drill and not self._drills:
            return Refused("blocked", permanent=True)
        return None


def is_here(where: str) -> bool:
    """Whether a URL, or a host, is this machine."""
    host = urlsplit(where).hostname if "://" in where else where
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
