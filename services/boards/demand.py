"""How many people called in each minute, by key?

Pulses are cumulative for their (key, partition, second) and the highest revision holds, so the
sum is exact however often and in whatever order pulses come.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from streams.events.demand import PulseData

KEEP = timedelta(minutes=130)
MINUTE = 60
KEYS: Final = ("total", "country:", "queue:", "topic:", "channel:", "language:")


class PulseWindow:
    """People per key and minute over the last two hours of event time."""

    def __init__(self, prefixes: Iterable[str] = KEYS) -> None:
        self._prefixes = tuple(prefixes)
        self._latest: dict[int, dict[tuple[str, int, int], tuple[int, int, int]]] = {}
        self._minutes: dict[int, dict[str, tuple[int, int]]] = {}
        self._newest = 0
        self.oldest: int | None = None
        self.totals: dict[str, int] = {}

    def observe(self, pulse: PulseData) -> bool:
        """Take a pulse; False when it changes nothing that the board shows."""
        if not pulse.key.startswith(self._prefixes):
            return False
        second = int(pulse.second.timestamp())
        minute = second // MINUTE
        if minute < self._newest - KEEP.total_seconds() // MINUTE:
            return False
        self._move_on(minute)
        latest = self._latest.setdefault(minute, {})
        name = (pulse.key, pulse.partition, second)
        before = latest.get(name, (0, 0, 0))
        after = (pulse.first_attempts, pulse.redials + pulse.reconnects, pulse.revision)
        if before == after or pulse.revision < before[2]:
            return False
        latest[name] = after
        counts = self._minutes.setdefault(minute, {})
        first, repeats = counts.get(pulse.key, (0, 0))
        self.totals[pulse.key] = self.totals.get(pulse.key, 0) + after[0] - before[0]
        counts[pulse.key] = (first + after[0] - before[0], repeats + after[1] - before[1])
        return True

    def minutes(self, key: str, start: datetime, count: int) -> list[tuple[int, int]]:
        """(first attempts, repeats) of each minute from `start` on."""
        first = int(start.timestamp()) // MINUTE
        return [self._minutes.get(first + i, {}).get(key, (0, 0)) for i in range(count)]

    def people(self, key: str, since: datetime, until: datetime) -> int:
        """First attempts in the whole minutes from `since` up to the one that holds `until`."""
        count = int(until.timestamp()) // MINUTE - int(since.timestamp()) // MINUTE + 1
        return sum(first for first, _ in self.minutes(key, since, max(0, count)))

    def keys(self) -> set[str]:
        """Every key that was heard of in the window."""
        return {key for counts in self._minutes.values() for key in counts}

    def since(self) -> datetime | None:
        """The first minute that was heard of."""
        if self.oldest is None:
            return None
        return datetime.fromtimestamp(self.oldest * MINUTE, UTC)

    def _move_on(self, minute: int) -> None:
        if self.oldest is None or minute < self.oldest:
            self.oldest = minute
        if minute <= self._newest:
            return
        self._newest = minute
        floor = minute - int(KEEP.total_seconds()) // MINUTE
        for stale in [old for old in self._minutes if old < floor]:
            del self._minutes[stale]
            self._latest.pop(stale, None)
