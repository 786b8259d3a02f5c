"""How many counselors does this demand need, now and over the next two hours, and who is there?

The plan of the centre file and what each surge adds to it, with its 90 % interval, are carried
through the load model into seats; seats are given to the pools that can take the contacts, the
nearest people first; and who should be called in, or may go home, is said with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from msgspec import structs

from streams.domain.centre import Centre, Pool, ServiceTarget
from streams.domain.staffing import pools
from streams.domain.staffing.histories import Range
from streams.domain.staffing.horizon import AHEAD, loads_ahead
from streams.domain.staffing.house import House
from streams.domain.staffing.pools import Help, HelpPolicy
from streams.domain.staffing.sizing import seats_for, seats_for_load
from streams.domain.staffing.workload import Demand, SurgeFact, Workload
from streams.events.agents import AgentStateChanged
from streams.events.baselines import BaselineLearned
from streams.events.codec import derived_id
from streams.events.demand import QueuesMeasured
from streams.events.surges import EventPlanned, SeatsData, SeatsNeeded

__all__ = ["ALL_POOLS", "SeatPlanner", "SurgeFact"]

ALL_POOLS = "all"
# What only time has changed is said no more often than this, in the centre's time.
PAUSE: Final = timedelta(seconds=5)
_NEXT_HOUR: Final = 60

Seats = tuple[int, int, int]
# Where so many people sit, by pool and lane.
Seated = Callable[[int], dict[str, dict[str, int]]]
Observed = SurgeFact | EventPlanned | AgentStateChanged | QueuesMeasured | BaselineLearned


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Seats of the whole centre, each as low end, median and high end.

    `settled` is what the present rate needs in the end, `ahead` the way there at `AHEAD` minutes.
    """

    demand: Demand
    target: ServiceTarget
    settled: Seats
    ahead: tuple[Seats, ...]


def need_of(work: Workload, now: datetime) -> Need:
    """The demand of this moment carried through the load model into seats."""
    demand, target = work.demand(now), work.target()
    loads = loads_ahead(
        demand.in_house,
        lambda hours: work.rate_ahead(demand, now + timedelta(hours=hours)),
        target.handle_time.total_seconds() / 3600,
    )
    return Need(
        demand=demand,
        target=target,
        settled=_seats(demand.rate, lambda rate: seats_for(rate, target)),
        ahead=tuple(_seats(load, lambda value: seats_for_load(value, target)) for load in loads),
    )


class SeatPlanner:
    """Follows surges, counselors and queues, and says per pool what is needed and who is there."""

    def __init__(
        self,
        centre: Centre,
        policy: HelpPolicy | None = None,
        known_day: Callable[[date], str | None] | None = None,
    ) -> None:
        """`known_day` names the days that are not plain ones, such as national holidays."""
        self.house = House(centre)
        self._centre = centre
        self._policy = policy or HelpPolicy()
        self._work = Workload(centre, self.house, known_day)
        self._help = Help()
        self._said: dict[str, SeatsData] = {}
        self._changed = True
        self._at: datetime | None = None

    def observe(self, fact: Observed, now: datetime) -> list[SeatsNeeded]:
        """Take one fact. Surges are answered at once, the others at the next tick: there are many.

        Repeats and late facts change nothing.
        """
        if isinstance(fact, AgentStateChanged):
            self._changed |= self.house.agent(fact)
            return []
        if isinstance(fact, QueuesMeasured):
            self.house.queues(fact.data)
            return []
        if isinstance(fact, BaselineLearned):
            self._work.expected.learn(fact.data)
            return []
        if isinstance(fact, EventPlanned):
            self._work.expected.plan(fact.data)
            return self._say(now)
        self._work.observe(fact)
        return self._say(now)

    def tick(self, now: datetime) -> list[SeatsNeeded]:
        """What the pools need now, for those whose numbers changed since they were last said."""
        waits = self._at is not None and self._at <= now < self._at + PAUSE
        return [] if waits and not self._changed else self._say(now)

    # --- the plan -----------------------------------------------------------------------------

    def _say(self, now: datetime) -> list[SeatsNeeded]:
        self._at, self._changed = now, False
        changed = []
        for data in self._plan(now):
            if self._said.get(data.pool) != data:
                self._said[data.pool] = data
                changed.append(_fact(data, now))
        return changed

    def _plan(self, now: datetime) -> list[SeatsData]:
        need = need_of(self._work, now)
        demand, target = need.demand, need.target
        settled, ahead, handle = need.settled, need.ahead, target.handle_time.total_seconds()
        people = {pool.name: self.house.staffed({pool.name}) for pool in self._centre.pools}
        going = self._observe_help(settled, ahead, people, now)
        common = SeatsData(
            pool=ALL_POOLS,
            episode=self._work.largest(),
            needed=settled[1],
            needed_low=settled[0],
            needed_high=settled[2],
            staffed=self.house.staffed(),
            available=self.house.states()["available"],
            gap=max(0, settled[1] - self.house.staffed()),
            offered_load_erlangs=round(demand.rate.middle * handle / 3600, 1),
            reason=_reason(demand.rate, target),
            horizon=tuple((at, *each[1:]) for at, each in zip(AHEAD, ahead, strict=True)),
        )
        whole = structs.replace(
            common,
            first=self._first(demand, people, handle),
            release=sum(going.values()),
            skills=_by_skill(settled, demand.lanes),
            handle_seconds=handle,
            patience_seconds=target.patience.total_seconds(),
        )

        @cache
        def seated(need: int) -> dict[str, dict[str, int]]:
            return pools.seated_by_lane(need, demand.lanes, self._centre.pools)

        return [whole, *(self._of_pool(common, p.name, seated, going) for p in self._pools(demand))]

    def _of_pool(
        self, whole: SeatsData, pool: str, seated: Seated, going: dict[str, int]
    ) -> SeatsData:
        """The pool's part of the whole."""

        def part(need: int) -> int:
            return sum(by_lane(need).values())

        def by_lane(need: int) -> dict[str, int]:
            return seated(need)[pool]

        needed, staffed = part(whole.needed), self.house.staffed({pool})
        return structs.replace(
            whole,
            pool=pool,
            needed=needed,
            needed_low=part(whole.needed_low),
            needed_high=part(whole.needed_high),
            staffed=staffed,
            available=self.house.states({pool})["available"],
            gap=max(0, needed - staffed),
            horizon=tuple((at, part(middle), part(high)) for at, middle, high in whole.horizon),
            release=going.get(pool, 0),
            skills=_of_lanes(by_lane(whole.needed), by_lane(whole.needed_high)),
        )

    def _observe_help(
        self,
        settled: Seats,
        ahead: tuple[Seats, ...],
        people: dict[str, int],
        now: datetime,
    ) -> dict[str, int]:
        """Fold the need into whether help is asked for; who of the helpers may go."""
        soon = [each for at, each in zip(AHEAD, ahead, strict=True) if at <= _NEXT_HOUR]
        needed = max(settled[1], *(each[1] for each in soon))
        highest = max(settled[2], *(each[2] for each in soon))
        self._help = pools.observe(
            self._help,
            needed=needed,
            needed_high=highest,
            staffed=sum(people.values()),
            now=now,
            policy=self._policy,
        )
        return pools.may_go(self._help, highest, people, self._centre.pools, now, self._policy)

    def _first(self, demand: Demand, people: dict[str, int], handle: float) -> str | None:
        if not self._help.asking:
            return None
        own = {pool.name: 0.0 for pool in self._centre.pools}
        for lane, rate in demand.own.items():
            able = [pool for pool in self._centre.pools if pools.serves(pool, lane)]
            seats = sum(pool.seats for pool in able)
            for pool in able:
                own[pool.name] += rate * handle / 3600 * pool.seats / seats
        return pools.helps_first(self._centre.pools, demand.lanes, people, own)

    def _pools(self, demand: Demand) -> list[Pool]:
        return pools.nearest_first(self._centre.pools, demand.lanes)


def _seats(values: Range, seats: Callable[[float], int]) -> Seats:
    return seats(values.low), seats(values.middle), seats(values.high)


def _by_skill(settled: Seats, lanes: dict[str, float]) -> dict[str, tuple[int, int]]:
    middle, high = (pools.split(need, lanes) for need in settled[1:])
    return {lane: (middle[lane], high[lane]) for lane in lanes}


def _of_lanes(middle: dict[str, int], high: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {lane: (middle[lane], high[lane]) for lane in middle if high[lane]}


def _reason(rate: Range, target: ServiceTarget) -> str:
    spread = f" ({rate.low:.0f}-{rate.high:.0f})" if rate.high > rate.low else ""
    return (
        f"{rate.middle:.0f}{spread} contacts an hour, handled in"
        f" {target.handle_time.total_seconds() / 60:.3g} min each;"
        f" {target.share:.0%} answered in {target.within.total_seconds():g} s,"
        f" at most {target.abandoned:.0%} giving up"
    )


def _fact(data: SeatsData, now: datetime) -> SeatsNeeded:
    identity = derived_id("seats", data.pool, now.isoformat())
    return SeatsNeeded(
        id=identity, source="surgeline/staffing", subject=data.pool, time=now, data=data
    )
