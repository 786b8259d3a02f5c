"""What happens next?

The one list of things to come, in seconds since the scenario's start. Whoever runs it decides
what time is: the simulation jumps from entry to entry, the scripted phone system waits for the
wall clock to arrive there.
"""

import heapq
import itertools
from collections.abc import Callable

Act = Callable[[], None]


class Entry:
    """Something that will happen, unless it is called off."""

    __slots__ = ("act", "at", "order")

    def __init__(self, at: float, order: int, act: Act) -> None:
        self.at = at
        self.order = order
        self.act: Act | None = act

    def __lt__(self, other: "Entry") -> bool:
        return (self.at, self.order) < (other.at, other.order)

    def call_off(self) -> None:
        """It will not happen."""
        self.act = None


class Agenda:
    """Entries in order of time; at the same moment, in the order they were made."""

    def __init__(self) -> None:
        self.now = 0.0
        self._entries: list[Entry] = []
        self._order = itertools.count()

    def at(self, when: float, act: Act) -> Entry:
        """Let `act` happen at `when`, or now if that is past."""
        entry = Entry(max(when, self.now), next(self._order), act)
        heapq.heappush(self._entries, entry)
        return entry

    def after(self, delay: float, act: Act) -> Entry:
        """Let `act` happen `delay` seconds from now."""
        return self.at(self.now + delay, act)

    def next_at(self) -> float | None:
        """When the next thing happens; None when nothing is left."""
        while self._entries and self._entries[0].act is None:
            heapq.heappop(self._entries)
        return self._entries[0].at if self._entries else None

    def run_until(self, moment: float) -> None:
        """Let everything up to and including `moment` happen, then it is `moment`."""
        while (at := self.next_at()) is not None and at <= moment:
            entry = heapq.heappop(self._entries)
            self.now = entry.at
            if entry.act is not None:
                entry.act()
        self.now = max(self.now, moment)
