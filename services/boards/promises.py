"""Which promises to ring back are open, and what became of those who were handed over?"""

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

import msgspec

from streams.domain.contacts.outcomes import RequestOutcome, outcome_of_promise
from streams.events.callbacks import CallbackData, Request
from streams.events.contacts import Caller

# The board shows nothing about the caller, so it keeps nothing.
NOBODY: Final = Caller(key="", key_id="")


class Promises:
    """Every callback's latest state; the sums are kept as it changes, not counted each time."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._latest: dict[str, CallbackData] = {}
        self._made_for: dict[str, dict[str, None]] = {}
        self._counted: dict[str, tuple[str, RequestOutcome]] = {}
        self._days: dict[str, Counter[RequestOutcome]] = {}
        self.open: dict[str, CallbackData] = {}
        self.closed: Counter[str] = Counter()
        self.out_of_turn: set[str] = set()

    def observe(self, data: CallbackData) -> tuple[CallbackData | None, CallbackData]:
        """Take a callback's state: (as it was, as it is); the same object twice: nothing new."""
        before = self._latest.get(data.id)
        if before is not None and before.version >= data.version:
            return before, before
        after = msgspec.structs.replace(data, caller=NOBODY, attempts=())
        self._latest[data.id] = after
        self.open.pop(data.id, None)
        if after.out_of_turn is not None:
            self.out_of_turn.add(data.id)
        if after.outcome is None:
            self.open[data.id] = after
        else:
            self.closed[after.outcome] += 1
        if before is not None and before.outcome is not None:
            self.closed[before.outcome] -= 1
        self._count(after.requests, data.id)
        return before, after

    def day(self, day: str) -> Counter[RequestOutcome]:
        """Handed-over requests that first arrived on that day, by their outcome."""
        return +self._days.get(day, Counter())

    def by_state(self) -> Counter[tuple[str, str]]:
        """Open callbacks by (state, urgency)."""
        return Counter((promise.state, promise.urgency) for promise in self.open.values())

    def _count(self, requests: Iterable[Request], callback: str) -> None:
        for request in requests:
            made = self._made_for.setdefault(request.id, {})
            made[callback] = None
            day = request.arrived_at.astimezone(self._zone).date().isoformat()
            counted = day, outcome_of_promise([self._latest[name] for name in made])
            known = self._counted.get(request.id)
            if known is not None:
                self._days[known[0]][known[1]] -= 1
            self._counted[request.id] = counted
            self._days.setdefault(day, Counter())[counted[1]] += 1
