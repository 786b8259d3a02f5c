"""What do the queues amount to: waiting, outcomes, answers in target?

Each partition of `contacts` reports its own part; the latest report of a partition holds and the
parts add up. Days that a partition no longer reports are kept as last heard, so that totals over
all days never fall.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest

from streams.events.demand import QueueCounts, QueueData


@dataclass(slots=True)
class Sum:
    """Counts of several partitions, queues or days, added up."""

    requests: int = 0
    waiting: int = 0
    answered_live: int = 0
    handed_over: int = 0
    deflected: int = 0
    contacts: int = 0
    redials: int = 0
    reconnects: int = 0
    answered: int = 0
    answered_in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    wait_seconds_sum: float = 0.0
    handle_seconds_sum: float = 0.0
    handled: int = 0
    answered_after: list[int] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    oldest_waiting_since: datetime | None = None

    def add(self, counts: QueueCounts) -> None:
        """Add one part."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        for reason, people in counts.lost.items():
            self.lost[reason] = self.lost.get(reason, 0) + people
        steps = zip_longest(self.answered_after, counts.answered_after, fillvalue=0)
        self.answered_after = [sum(step) for step in steps]
        since = counts.oldest_waiting_since
        if since and (not self.oldest_waiting_since or since < self.oldest_waiting_since):
            self.oldest_waiting_since = since

    def judged(self) -> int:
        """Contacts whose wait can be judged against the target.

        Everyone who rang, less those who hung up at once, those told that we are closed, and
        those still waiting. Who was moved to a callback waited too long and counts as late.
        """
        left_out = self.short_abandoned + self.deflected + self.waiting
        return max(self.contacts - left_out, self.answered)


_NUMBERS = (
    "requests",
    "waiting",
    "answered_live",
    "handed_over",
    "deflected",
    "contacts",
    "redials",
    "reconnects",
    "answered",
    "answered_in_target",
    "abandoned",
    "short_abandoned",
    "wait_seconds_sum",
    "handle_seconds_sum",
    "handled",
)


class Tallies:
    """The latest report of every partition."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[str, dict[str, QueueCounts]]] = {}
        self.offsets: dict[int, int] = {}

    def observe(self, data: QueueData) -> None:
        """Take a partition's report."""
        self._parts.setdefault(data.partition, {}).update(data.counts)
        self.offsets[data.partition] = data.offset

    def day(self, day: str) -> Sum:
        """All queues on one day of the centre."""
        return self._sum(queues.values() for queues in self._on(day))

    def queues(self, days: Iterable[str] | None = None) -> dict[str, Sum]:
        """Each queue over the days given, or over all that are known."""
        sums: dict[str, Sum] = {}
        for part in self._parts.values():
            for day in part if days is None else days:
                for queue, counts in part.get(day, {}).items():
                    sums.setdefault(queue, Sum()).add(counts)
        return sums

    def _on(self, day: str) -> Iterable[dict[str, QueueCounts]]:
        return (part[day] for part in self._parts.values() if day in part)

    @staticmethod
    def _sum(groups: Iterable[Iterable[QueueCounts]]) -> Sum:
        total = Sum()
        for group in groups:
            for counts in group:
                total.add(counts)
        return total
