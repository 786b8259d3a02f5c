"""How many counselors does a steady load need?

Sized by Erlang A for two promises at once: the share answered in time, and a ceiling on those who
give up. Erlang A alone counts quitters as relief, so in a crisis the ceiling decides.
"""

from functools import lru_cache
from math import ceil

from streams.domain.centre import ServiceTarget
from streams.domain.staffing.erlang import erlang_a

LARGE_ERLANGS = 3000.0


def seats_required(rate_per_hour: float, target: ServiceTarget) -> int:
    """Fewest counselors that keep both promises at a steady rate of first attempts; at least 1."""
    if rate_per_hour <= 0:
        return 1
    arrivals = rate_per_hour / 3600
    service = 1 / target.handle_time.total_seconds()
    patience = 1 / target.patience.total_seconds()
    within = target.within.total_seconds()

    def enough(servers: int) -> bool:
        steady = erlang_a(servers, arrivals, service, patience)
        return (
            steady.abandoned <= target.abandoned and steady.answered_within(within) >= target.share
        )

    low, high = 0, max(2, int(arrivals / service) + 1)
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def seats_for(rate_per_hour: float, target: ServiceTarget) -> int:
    """The same, quickly, for rates that are estimates: to three digits, and remembered."""
    # From there on the people needed are a constant share of the load (98 % at the usual target,
    # to 0.2 %), and an exact sum would hold up everything else of its process for seconds.
    largest = LARGE_ERLANGS * 3600 / target.handle_time.total_seconds()
    if rate_per_hour > largest:
        return ceil(seats_for(largest, target) * rate_per_hour / largest)
    # Three digits of a rate are more than any estimate has, and make the answers few.
    return _sized(float(f"{rate_per_hour:.3g}"), target)


def seats_for_load(erlangs: float, target: ServiceTarget) -> int:
    """Seats for so much work in the house, as if it stood still (modified offered load)."""
    return seats_for(erlangs * 3600 / target.handle_time.total_seconds(), target)


@lru_cache(maxsize=8192)
def _sized(rate_per_hour: float, target: ServiceTarget) -> int:
    return seats_required(rate_per_hour, target)
