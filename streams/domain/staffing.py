"""How many counselors does this demand need, and how many are there?

Sized by Erlang A for two promises at once: the share answered in time, and a ceiling on those who
give up. Erlang A alone counts quitters as relief, so in a crisis the ceiling decides.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import ceil

from streams.domain.centre import Centre, ServiceTarget
from streams.domain.erlang import erlang_a
from streams.events.agents import STAFFED, AgentStateChanged
from streams.events.codec import derived_id
from streams.events.surges import (
    SeatsData,
    SeatsNeeded,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared
ALL_POOLS = "all"
LARGE_ERLANGS = 3000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An estimate with its 90 % interval."""

    low: float
    middle: float
    high: float


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


@lru_cache(maxsize=4096)
def _sized(rate_per_hour: float, target: ServiceTarget) -> int:
    return seats_required(rate_per_hour, target)


def _seats(rate_per_hour: float, target: ServiceTarget) -> int:
    # From there on the people needed are a constant share of the load (98 % at the usual target,
    # to 0.2 %), and an exact sum would hold up everything else of its process for seconds.
    largest = LARGE_ERLANGS * 3600 / target.handle_time.total_seconds()
    if rate_per_hour > largest:
        return ceil(_seats(largest, target) * rate_per_hour / largest)
    # Three digits of a rate are more than any estimate has, and make the answers few.
    return _sized(float(f"{rate_per_hour:.3g}"), target)


class SeatPlanner:
    """Follows surges and counselors, and says per pool what is needed against what is there."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._surges: dict[str, SurgeData] = {}
        self._agents: dict[str, tuple[datetime, str, str]] = {}
        self._said: dict[str, SeatsData] = {}

    def observe(self, fact: SurgeFact | AgentStateChanged, now: datetime) -> list[SeatsNeeded]:
        """Take one fact; returns what changed. Repeats and late facts change nothing."""
        if isinstance(fact, AgentStateChanged):
            known = self._agents.get(fact.subject)
            if known is not None and known[0] > fact.time:
                return []
            self._agents[fact.subject] = (fact.time, fact.data.pool, fact.data.state)
        elif isinstance(fact, SurgeCleared):
            self._surges.pop(fact.data.episode, None)
        elif fact.data.tier == "alert":
            self._surges[fact.data.episode] = fact.data
        return self.tick(now)

    def tick(self, now: datetime) -> list[SeatsNeeded]:
        """What the pools need now, for those whose numbers changed since they were last said."""
        changed = []
        for data in self._plan(now):
            if self._said.get(data.pool) != data:
                self._said[data.pool] = data
                changed.append(_fact(data, now))
        return changed

    def _plan(self, now: datetime) -> list[SeatsData]:
        rate = self._rate(now)
        need = [_seats(value, self._centre.target) for value in (rate.low, rate.middle, rate.high)]
        reason = self._reason(rate)
        episode = max(self._surges, key=lambda name: self._surges[name].rate_per_hour, default=None)
        load = rate.middle / 3600 * self._centre.target.handle_time.total_seconds()
        plans = [self._data(ALL_POOLS, episode, need, load, reason)]
        # The nearest people first: a pool is asked for what those before it cannot seat.
        for pool in sorted(self._centre.pools, key=lambda pool: pool.call_up):
            share = [min(value, pool.seats) for value in need]
            need = [value - taken for value, taken in zip(need, share, strict=True)]
            plans.append(self._data(pool.name, episode, share, load, reason))
        return plans

    def _data(
        self, pool: str, episode: str | None, need: list[int], load: float, reason: str
    ) -> SeatsData:
        staffed, available = self._staffed(pool)
        return SeatsData(
            pool=pool,
            episode=episode,
            needed=need[1],
            needed_low=need[0],
            needed_high=need[2],
            staffed=staffed,
            available=available,
            gap=max(0, need[1] - staffed),
            offered_load_erlangs=round(load, 1),
            reason=reason,
        )

    def _staffed(self, pool: str) -> tuple[int, int]:
        states = [state for _, of, state in self._agents.values() if pool in {ALL_POOLS, of}]
        return (
            sum(state in STAFFED for state in states),
            sum(state == "available" for state in states),
        )

    def _rate(self, now: datetime) -> Range:
        """First attempts per hour over the whole centre: the plan, and each surge's excess."""
        total = self._centre.baseline("total")
        plan = total.rate_at(now, self._centre.timezone) if total else 0.0
        low = middle = high = 0.0
        for surge in self._surges.values():
            expected = surge.rate_per_hour / surge.ratio if surge.ratio > 0 else 0.0
            low += max(0.0, surge.rate_low - expected)
            middle += max(0.0, surge.rate_per_hour - expected)
            high += max(0.0, surge.rate_high - expected)
        return Range(low=plan + low, middle=plan + middle, high=plan + high)

    def _reason(self, rate: Range) -> str:
        target = self._centre.target
        spread = f" ({rate.low:.0f}-{rate.high:.0f})" if rate.high > rate.low else ""
        return (
            f"{rate.middle:.0f}{spread} contacts an hour, handled in"
            f" {target.handle_time.total_seconds() / 60:g} min each;"
            f" {target.share:.0%} answered in {target.within.total_seconds():g} s,"
            f" at most {target.abandoned:.0%} giving up"
        )


def _fact(data: SeatsData, now: datetime) -> SeatsNeeded:
    identity = derived_id("seats", data.pool, now.isoformat())
    return SeatsNeeded(
        id=identity, source="surgeline/staffing", subject=data.pool, time=now, data=data
    )
