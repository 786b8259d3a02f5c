"""What did the load's own side count, in one process or in several together?

Plain values, so that a worker can send them and a report can keep them. Nothing here comes from
the platform.
"""

from collections import Counter
from itertools import zip_longest
from typing import Final

import msgspec

from load.verdict.latency import Latencies

# Curves have so many points over a scenario.
POINTS: Final = 240
# Of so many first callers of a burst the moment is kept; a surge is declared long before.
FIRST_KEPT: Final = 5000


class Histogram(msgspec.Struct, kw_only=True):
    """`Latencies` on its way: bucket to count."""

    buckets: dict[int, int] = {}
    most: float = 0.0


class Record(msgspec.Struct, kw_only=True):
    """Counts of one process; records add up.

    `offered` are the first calls whose moment has come, `started` those that began, `late` of
    these more than a second after it. `again` are calls by people who had called before. `arrived`
    is wall time in tenths of a second to the calls that the log has had since. `firsts` are the
    seconds of event time of each source's first callers, `curves` have one value per step. `over`
    says that nothing more comes, `finished` that the scenario was played to its end.
    """

    offered: int = 0
    started: int = 0
    dropped: int = 0
    late: int = 0
    most_behind: float = 0.0
    again: int = 0
    again_dropped: int = 0
    events: int = 0
    unsent: int = 0
    failed_posts: int = 0
    counts: dict[str, int] = {}
    must_be_zero: dict[str, int] = {}
    people: dict[str, int] = {}
    latencies: dict[str, Histogram] = {}
    firsts: dict[str, list[float]] = {}
    curves: dict[str, list[float]] = {}
    arrived: dict[int, int] = {}
    over: bool = False
    finished: bool = False

    def latency(self, name: str) -> Latencies:
        """One of the histograms; empty when nothing of that name was measured."""
        found = self.latencies.get(name, Histogram())
        return Latencies(found.buckets, found.most)

    @property
    def achieved(self) -> float:
        """The share of the offered first calls that began on time."""
        return (self.started - self.late) / self.offered if self.offered else 1.0


def together(records: list[Record]) -> Record:
    """All of them as one."""
    whole = Record(
        over=bool(records) and all(one.over for one in records),
        finished=bool(records) and all(one.finished for one in records),
    )
    for one in records:
        for name in ("offered", "started", "dropped", "late", "again", "again_dropped"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.events += one.events
        whole.unsent += one.unsent
        whole.failed_posts += one.failed_posts
        whole.most_behind = max(whole.most_behind, one.most_behind)
        for source in one.firsts:
            both = sorted([*whole.firsts.get(source, []), *one.firsts[source]])
            whole.firsts[source] = both[:FIRST_KEPT]
        for name, curve in one.curves.items():
            pairs = zip_longest(whole.curves.get(name, []), curve, fillvalue=0.0)
            whole.curves[name] = [left + right for left, right in pairs]
    for name in ("counts", "must_be_zero", "people", "arrived"):
        total: Counter[object] = Counter()
        for one in records:
            total.update(getattr(one, name))
        setattr(whole, name, dict(total))
    for name in {name for one in records for name in one.latencies}:
        merged = Latencies()
        for one in records:
            merged.merge(one.latency(name))
        whole.latencies[name] = Histogram(buckets=dict(merged.buckets), most=merged.most)
    return whole
