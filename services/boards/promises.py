"""Which promises to ring back are open, and what became of the others?"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from streams.events.callbacks import CallbackData

# Where a request that was handed over ends, by the outcome of its callback.
BUCKET_OF: Final[dict[str | None, str]] = {
    None: "callback_open",
    "completed": "callback_completed",
    "reached_us_first": "answered_live",
    "withdrawn": "withdrawn",
    "expired": "lost:expired",
    "unreachable": "lost:unreachable",
    "blocked": "lost:blocked",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What the board keeps of a callback: nothing about the caller."""

    version: int
    state: str
    urgency: str
    outcome: str | None
    requested_at: datetime
    promised_by: datetime
    days: tuple[str, ...]


class Promises:
    """Every callback's latest state; the sums are kept as it changes, not counted each time."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[str, Promise] = {}
        self.open: dict[str, Promise] = {}
        self.closed: Counter[str] = Counter()
        self._days: dict[str, Counter[str]] = {}

    def observe(self, data: CallbackData) -> tuple[Promise | None, Promise]:
        """Take a callback's state: (as it was, as it is); the same object twice: nothing new."""
        before = self._known.get(data.id)
        if before and before.version >= data.version:
            return before, before
        after = Promise(
            data.version,
            data.state,
            data.urgency,
            data.outcome if data.state == "closed" else None,
            data.requested_at,
            data.promised_by,
            tuple(
                request.arrived_at.astimezone(self._zone).date().isoformat()
                for request in data.requests
            ),
        )
        self._known[data.id] = after
        if before:
            self._count(before, -1)
        self._count(after, +1)
        self.open.pop(data.id, None)
        if after.state != "closed":
            self.open[data.id] = after
        return before, after

    def day(self, day: str) -> Counter[str]:
        """Requests that first arrived on that day, by where they are now."""
        return +self._days.get(day, Counter())

    def by_state(self) -> Counter[tuple[str, str]]:
        """Open callbacks by (state, urgency)."""
        return Counter((promise.state, promise.urgency) for promise in self.open.values())

    def _count(self, promise: Promise, change: int) -> None:
        bucket = BUCKET_OF.get(promise.outcome, "lost:unknown")
        for day in promise.days:
            self._days.setdefault(day, Counter())[bucket] += change
        if promise.outcome:
            self.closed[promise.outcome] += change
