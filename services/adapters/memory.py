"""A phone system in memory: the same promises as a real one, without lines.

Ships with the product: tests, simulations and demonstrations use it. It counts what it did, so
that "nobody called twice" can be checked against the phone system's own count.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from services.ports import (
    Cancellation,
    DialCondition,
    DialOrder,
    DialStatus,
    PhoneUnavailableError,
    TextAnswer,
    TextOrder,
    Withdrawal,
)


@dataclass(slots=True)
class _Dial:
    order: DialOrder | None
    condition: DialCondition
    outcome: str | None = None


class MemoryPhone:
    """Calls on hold and dials under way. `away` makes it fall silent, as a real one would.

    `rings` counts the dials of each callback, `most_at_once` how many went at once to the person it
    is about, whichever callback they were for.
    """

    def __init__(self) -> None:
        self.away = False
        self.calls: dict[str, Literal["waiting", "answered", "withdrawn", "gone"]] = {}
        self.dials: dict[str, _Dial] = {}
        self.rings: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.texts: dict[str, TextOrder] = {}

    # What happens outside

    def hold(self, contact: str) -> None:
        """A caller waits in the queue."""
        self.calls[contact] = "waiting"

    def answer(self, contact: str) -> None:
        """An agent takes a waiting call."""
        self.calls[contact] = "answered"

    def hang_up(self, contact: str) -> None:
        """A waiting caller gives up."""
        self.calls[contact] = "gone"

    def pick_up(self, dial: str) -> None:
        """Both sides of a dial are on the line."""
        if self.dials[dial].condition == "ringing":
            self.dials[dial].condition = "connected"

    def end(self, dial: str, outcome: str) -> None:
        """A dial is over."""
        if self.dials[dial].condition != "ended":
            self.dials[dial].condition = "ended"
            self.dials[dial].outcome = outcome

    # What it is told

    async def withdraw(self, contact: str, callback: str) -> Withdrawal:  # noqa: ARG002
        """See `PhoneSystem`."""
        self._must_be_there()
        call = self.calls.get(contact, "gone")
        if call == "waiting":
            self.calls[contact] = "withdrawn"
        if call in ("waiting", "withdrawn"):
            return "withdrawn"
        return "answered" if call == "answered" else "not_waiting"

    async def dial(self, order: DialOrder) -> DialStatus:
        """See `PhoneSystem`."""
        self._must_be_there()
        known = self.dials.get(order.dial)
        if known is None:
            self.dials[order.dial] = _Dial(order, "ringing")
            self.rings[order.callback] += 1
            now = self._ringing(order.number)
            self.most_at_once[order.callback] = max(self.most_at_once[order.callback], now)
        return await self.dial_status(order.dial)

    async def cancel(self, dial: str) -> Cancellation:
        """See `PhoneSystem`."""
        self._must_be_there()
        known = self.dials.get(dial)
        if known is None:
            self.dials[dial] = _Dial(None, "ended", "cancelled")
            return "unknown"
        if known.condition == "ringing":
            self.end(dial, "cancelled")
        return "cancelled" if known.outcome == "cancelled" else "too_late"

    async def dial_status(self, dial: str) -> DialStatus:
        """See `PhoneSystem`."""
        self._must_be_there()
        known = self.dials.get(dial)
        if known is None:
            return DialStatus("unknown")
        return DialStatus(known.condition, known.outcome)

    async def hand_over(self, order: TextOrder) -> TextAnswer:
        """See `TextHandOff`."""
        self._must_be_there()
        self.texts.setdefault(order.text, order)
        return "accepted"

    def _must_be_there(self) -> None:
        if self.away:
            raise PhoneUnavailableError("the phone system does not answer")

    def _ringing(self, number: str) -> int:
        return sum(
            dial.order is not None
            and dial.order.number == number
            and dial.condition in ("ringing", "connected")
            for dial in self.dials.values()
        )
