"""How far is the board behind what has happened, seen from outside?

It shows that so many calls have come, and the load knows when the next one after these was on the
log. The age of that call at the moment of the look is how far the board is behind.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate

from load.verdict.latency import Latencies


def behind(looks: Iterable[tuple[float, int]], arrived: Mapping[int, int]) -> Latencies:
    """For each look (a moment, and how many calls were shown) the age of the first not shown.

    `arrived`: tenths of a second of wall time to the calls that the log has had since then. Looks
    that showed everything are not behind at all.
    """
    tenths = sorted(arrived)
    totals = list(accumulate(arrived[tenth] for tenth in tenths))
    found = Latencies()
    for at, shown in looks:
        nth = bisect_right(totals, shown)
        # A call counted in a tenth came at its end at the latest.
        found.add(max(0.0, at - (tenths[nth] + 1) / 10) if nth < len(totals) else 0.0)
    return found
