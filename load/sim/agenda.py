"""What happens next?

The one list of things to come, in seconds since the scenario's start. Whoever runs it decides
what time is: the simulation jumps from entry to entry, the scripted phone system waits for the
wall clock to arrive there.
"""

import itertools
from collections.abc import Callable
from heapq import heappop, heappush

Act = Callable[[], None]


class Entry:
    """Something that will happen, unless it is called off."""

    __slots__ = ("act",)

    def __init__(self, act: Act) -> None:
        self.act: Act | None = act

    def call_off(self) -> None:
        """It will not happen."""
        self.act = None


class Agenda:
    """Entries in order of time; at the same moment, in the order they were made."""

    def __init__(self) -> None:
        self.now = 0.0
        # Tuples are compared without a call of ours; no two have the same order.
        self._entries: list[tuple[float, int, Entry]] = []
        self._order = itertools.count()

    def at(self, when: float, act: Act) -> Entry:
        """Let `act` happen at `when`, or now if that is past."""
        entry = Entry(act)
        heappush(self._entries, (max(self.now, when), next(self._order), entry))
        return entry

    def after(self, delay: float, act: Act) -> Entry:
        """Let `act` happen `delay` seconds from now."""
        # Written out once more: most of what happens is put here by this.
        entry = Entry(act)
        when = self.now + delay if delay > 0 else self.now
        heappush(self._entries, (when, next(self._order), entry))
        return entry

    def next_at(self) -> float | None:
        """When the next thing happens; None when nothing is left."""
        while self._entries and self._entries[0][2].act is None:
            heappop(self._entries)
        return self._entries[0][0] if self._entries else None

    def run_until(self, moment: float) -> None:
        """Let everything up to and including `moment` happen, then it is `moment`."""
        entries = self._entries
        while entries and entries[0][0] <= moment:
            at, _, entry = heappop(entries)
            if entry.act is not None:
                self.now = at
                entry.act()
        self.now = max(self.now, moment)
