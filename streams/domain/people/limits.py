"""How soon may the same person be paged again?

Carriers block numbers that call too often, and nobody sleeps through a night of calls. So pages to
one person are spaced out: the first few may come at once, then ever slower. They are delayed, never
dropped: in a crisis a late page is worth more than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `period`."""

    count: int
    period: timedelta


# GoAlert's limits for calls, wide enough for a heavy sleeper's second call.
LIMITS: Final = (
    Limit(3, timedelta(minutes=15)),
    Limit(7, timedelta(hours=1)),
    Limit(15, timedelta(hours=3)),
)


def earliest(sent: Sequence[datetime], now: datetime, limits: Sequence[Limit] = LIMITS) -> datetime:
    """When the next page may go: `now`, or later. `sent` are the pages before, in any order.

    Between two limits the pages are spread evenly, so that the whole of the next hour's allowance
    is not spent in its first minute.
    """
    before = [moment for moment in sent if moment > now - limits[-1].period]
    before.sort(reverse=True)
    waits = (moment + gap_for(count, limits) for count, moment in enumerate(before, start=1))
    return max(now, *waits, now)


def gap_for(count: int, limits: Sequence[Limit] = LIMITS) -> timedelta:
    """How long the page must be from the one `count` pages before it."""
    if count < limits[0].count:
        return timedelta(0)
    for low, high in pairwise(limits):
        if count < high.count:
            share = (count - low.count) / (high.count - low.count)
            return low.period + (high.period - low.period) * share
    return limits[-1].period


def ready_in(
    sent: Sequence[datetime], now: datetime, limits: Sequence[Limit] = LIMITS
) -> timedelta:
    """How long the next page must wait."""
    return earliest(sent, now, limits) - now
