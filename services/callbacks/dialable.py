"""Can, and may, this caller be rung back?

The sealed number is opened here, in memory, for as long as the question takes; what leaves is a
reason, or the number for the phone system and for the agent who holds the lease.
"""

from collections.abc import Iterable
from typing import Final

import phonenumbers

from services.sealing import CannotOpenError, Sealer
from streams.domain.callbacks.callback import RefusedError
from streams.events.callbacks import Outcome
from streams.events.contacts import Caller

Refusal = tuple[Outcome, str]
NO_NUMBER: Final[Refusal] = ("unreachable", "no_number")
UNREADABLE: Final[Refusal] = ("unreachable", "number_unreadable")
BLOCKED: Final[Refusal] = ("blocked", "number_blocked")


class Dialable:
    """Opens numbers, and knows which are never dialled: emergency services above all.

    A blocked entry that begins with + blocks every number that begins so; any other blocks the
    national number of exactly these digits.
    """

    def __init__(self, sealer: Sealer, blocked: Iterable[str]) -> None:
        self._sealer = sealer
        entries = set(blocked)
        self._prefixes = tuple(entry for entry in entries if entry.startswith("+"))
        self._national = entries - set(self._prefixes)

    def refusal(self, caller: Caller) -> Refusal | None:
        """Why no callback can be promised to this caller, or None."""
        found = self._open(caller)
        return None if isinstance(found, str) else found

    def number(self, caller: Caller) -> str:
        """The number in E.164; `RefusedError` when it must not or cannot be dialled."""
        found = self._open(caller)
        if isinstance(found, str):
            return found
        raise RefusedError(found[1], "this caller cannot be rung")

    def _open(self, caller: Caller) -> str | Refusal:
        if caller.sealed is None:
            return NO_NUMBER
        try:
            number = self._sealer.open(caller.sealed).decode()
        except (CannotOpenError, UnicodeDecodeError):
            return UNREADABLE
        return BLOCKED if self._is_blocked(number) else number

    def _is_blocked(self, number: str) -> bool:
        if self._prefixes and number.startswith(self._prefixes):
            return True
        try:
            national = str(phonenumbers.parse(number).national_number)
        except phonenumbers.NumberParseException:
            national = number
        return national in self._national
