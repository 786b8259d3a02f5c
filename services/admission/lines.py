"""How many wait in each line now, and since when the first of them?

Every partition of `contacts` reports its own part, and the latest report of each holds. Queues
that share counselors are one line: whoever arrives waits behind everyone in any of them.
"""

from collections import Counter
from datetime import datetime

from streams.domain.centre import Centre
from streams.domain.staffing.lines import waiting
from streams.domain.staffing.pools import QUEUE, serves
from streams.events.demand import QueueData


class Lines:
    """The people waiting, by queue; sums are kept as reports come, not counted each time."""

    def __init__(self, centre: Centre) -> None:
        self.go_by(centre)
        self._parts: dict[int, dict[str, tuple[int, datetime | None]]] = {}
        self._waiting: Counter[str] = Counter()
        self.offsets: dict[int, int] = {}

    def go_by(self, centre: Centre) -> None:
        """The lines are those of this version of the centre file from now on."""
        self._lines = lines_of(centre)
        self._heads: dict[frozenset[str], datetime | None] = {}

    def observe(self, data: QueueData) -> None:
        """Take a partition's report."""
        part = waiting(data)
        self._waiting.subtract(_people(self._parts.get(data.partition, {})))
        self._waiting.update(_people(part))
        self._parts[data.partition] = part
        self._heads.clear()
        self.offsets[data.partition] = data.offset

    def waiting(self, queue: str) -> int:
        """People in the line that this queue belongs to."""
        return sum(self._waiting[name] for name in self._lines[queue])

    def everyone(self) -> int:
        """People in all lines."""
        return sum(self._waiting.values())

    def head_since(self, queue: str) -> datetime | None:
        """Since when the first in that line has waited."""
        names = self._lines[queue]
        if names not in self._heads:
            self._heads[names] = self._earliest(names)
        return self._heads[names]

    def _earliest(self, names: frozenset[str]) -> datetime | None:
        heads = (
            since
            for part in self._parts.values()
            for name, (_, since) in part.items()
            if name in names and since is not None
        )
        return min(heads, default=None)


def lines_of(centre: Centre) -> dict[str, frozenset[str]]:
    """Each queue with all those it is connected to through pools in common."""
    lines = {queue.name: frozenset({queue.name}) for queue in centre.queues}
    for pool in centre.pools:
        shared = {name for name in lines if serves(pool, QUEUE + name)}
        joined = frozenset().union(*(lines[name] for name in shared))
        lines |= dict.fromkeys(joined, joined)
    return lines


def _people(part: dict[str, tuple[int, datetime | None]]) -> dict[str, int]:
    return {name: waiting for name, (waiting, _) in part.items()}
