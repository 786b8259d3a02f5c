"""Can, and may, this caller be rung back?

The sealed number is opened here, in memory, for as long as the question takes; what leaves is a
reason, or the number for the phone system and for the agent who holds the lease.
"""

from collections.abc import Iterable
from typing import Final

from phonenumbers import PhoneNumberType, number_type

from services.never_dialled import NeverDialled, Refusal, parsed_number
from services.numbers import mask
from services.sealing import CannotOpenError, Sealer
from streams.domain.callbacks.callback import RefusedError
from streams.domain.centre import CallbackPolicy, Centre
from streams.events.contacts import Caller

NO_NUMBER: Final[Refusal] = ("unreachable", "no_number")
UNREADABLE: Final[Refusal] = ("unreachable", "number_unreadable")
NO_TEXTS: Final = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE})


class Dialable:
    """Opens numbers, and knows which are never dialled: emergency services above all."""

    def __init__(
        self,
        sealer: Sealer,
        blocked: Iterable[str],
        rules: CallbackPolicy | None = None,
        region: str = "KR",
    ) -> None:
        self._sealer = sealer
        self._never = NeverDialled(blocked, rules or CallbackPolicy(), region)

    def go_by(self, centre: Centre) -> None:
        """Who is never dialled is said by this version of the centre file from now on."""
        blocked = centre.overflow.blocked_numbers
        self._never = NeverDialled(blocked, centre.callbacks, centre.region)

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

    def text_number(self, caller: Caller) -> str | None:
        """The number when it can be sent a text, too."""
        found = self._open(caller)
        if not isinstance(found, str):
            return None
        parsed = parsed_number(found)
        return None if parsed is None or number_type(parsed) in NO_TEXTS else found

    def masked(self, caller: Caller) -> str:
        """Enough to recognise a number one knows; "" when there is none to show."""
        found = self._open(caller)
        return mask(found) if isinstance(found, str) else ""

    def _open(self, caller: Caller) -> str | Refusal:
        if caller.sealed is None:
            return NO_NUMBER
        try:
            number = self._sealer.open(caller.sealed).decode()
        except (CannotOpenError, UnicodeDecodeError):
            return UNREADABLE
        return self._never.refusal(number) or number
