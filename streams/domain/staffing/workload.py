"""What demand is there now, from the plan and from the surges, and what is in the house of it?

Surges are followed as they are declared and revised; a watch is not yet demand. Several surges
add up, end by end of their intervals: that is on the careful side.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from streams.domain.centre import Centre, ServiceTarget
from streams.domain.detection.expected import Expected
from streams.domain.staffing import pools
from streams.domain.staffing.histories import Range
from streams.domain.staffing.house import House
from streams.domain.staffing.trend import Trend
from streams.events.surges import SurgeCleared, SurgeData, SurgeDeclared, SurgeRevised

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared
# Numbers in use move in steps, so that a board does not flicker and sizes are remembered.
_HANDLE_STEP, _PATIENCE_STEP = 5, 10
NOTHING: Final = Range(low=0.0, middle=0.0, high=0.0)
# A key that holds little of the whole excess tells little about the whole.
_LEAST_COVER: Final = 0.2


@dataclass(slots=True)
class _Surge:
    data: SurgeData
    trend: Trend = field(default_factory=Trend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Contacts per hour and erlangs of the whole centre at one moment, and by lane.

    `rate` is the plan and the surges' excess; `in_house` what they amount to already; `lanes` are
    the rates by queue, language or skill, and `own` those of lanes that no surge has hit.
    """

    plan: float
    excess: Range
    in_house: Range
    lanes: dict[str, float]
    own: dict[str, float]

    @property
    def rate(self) -> Range:
        """Contacts per hour."""
        return _sum(Range(low=self.plan, middle=self.plan, high=self.plan), self.excess)


class Workload:
    """The centre's demand, as the surges and the house tell it."""

    def __init__(
        self,
        centre: Centre,
        house: House,
        known_day: Callable[[date], str | None] | None = None,
    ) -> None:
        self._centre = centre
        self._house = house
        self.expected = Expected(centre, known_day)
        self._surges: dict[str, _Surge] = {}

    def observe(self, fact: SurgeFact) -> None:
        """Take what was said of a surge; repeats and late facts change nothing."""
        if isinstance(fact, SurgeCleared):
            self._surges.pop(fact.data.episode, None)
            return
        surge = self._surges.setdefault(fact.data.episode, _Surge(fact.data))
        if fact.data.revision >= surge.data.revision:
            surge.data = fact.data
            surge.trend.observe(fact.data, fact.time)

    def target(self) -> ServiceTarget:
        """The centre's promise, with the handle time and patience in use."""
        learned = self._house.learned()
        handle = _HANDLE_STEP * max(1, round(learned.handle_seconds / _HANDLE_STEP))
        patience = _PATIENCE_STEP * max(1, round(learned.patience_seconds / _PATIENCE_STEP))
        return replace(
            self._centre.target,
            handle_time=timedelta(seconds=handle),
            patience=timedelta(seconds=patience),
        )

    def demand(self, now: datetime) -> Demand:
        """What comes now, and what is in the house."""
        handle = self.target().handle_time.total_seconds()
        plan, lanes = self._plan_at(now), self._plan_lanes(now)
        own, excess, in_house = dict(lanes), NOTHING, NOTHING
        for surge in self._alerts():
            more, here = _beyond(surge, now, handle)
            excess, in_house = _sum(excess, more), _sum(in_house, here)
            for lane, share in self._lanes_of(surge.data.key, lanes, own).items():
                lanes[lane] = lanes.get(lane, 0.0) + more.middle * share
                own[lane] = 0.0
        usual = plan * handle / 3600
        in_house = _sum(Range(low=usual, middle=usual, high=usual), in_house)
        return Demand(
            plan=plan,
            excess=excess,
            in_house=self._at_least(in_house),
            lanes=lanes,
            own=own if excess.middle > 0 else {},
        )

    def rate_ahead(self, demand: Demand, moment: datetime) -> Range:
        """Contacts per hour later on: that hour's plan, and the excess as it is now."""
        plan = self._plan_at(moment)
        return _sum(Range(low=plan, middle=plan, high=plan), demand.excess)

    def largest(self) -> str | None:
        """The episode that most contacts belong to."""
        largest = max(self._alerts(), key=lambda surge: surge.data.rate_per_hour, default=None)
        return largest.data.episode if largest else None

    def _alerts(self) -> list[_Surge]:
        """A watch asks for nobody."""
        return [surge for surge in self._surges.values() if surge.data.tier == "alert"]

    def _plan_at(self, moment: datetime) -> float:
        return self.expected.rate("total", moment)

    def _plan_lanes(self, now: datetime) -> dict[str, float]:
        """The plan's contacts per hour by queue; equal parts where the file does not say."""
        names = [pools.QUEUE + queue.name for queue in self._centre.queues]
        known = {name: self.expected.rate(name, now) for name in names}
        if sum(known.values()) > 0:
            return known
        return dict.fromkeys(names, max(self._plan_at(now), 1.0) / max(len(names), 1))

    def _lanes_of(
        self, key: str, lanes: dict[str, float], plan: dict[str, float]
    ) -> dict[str, float]:
        """Where a surge's contacts go: its own lane, or wherever contacts usually go."""
        skill = self._centre.skill_of(key)
        if skill is not None:
            return {pools.SKILL + skill: 1.0}
        spoken = key.removeprefix(pools.LANGUAGE)
        if key in lanes or (key.startswith(pools.LANGUAGE) and spoken in self._centre.languages):
            return {key: 1.0}
        queues = {name: rate for name, rate in plan.items() if name.startswith(pools.QUEUE)}
        usual = queues if sum(queues.values()) > 0 else dict.fromkeys(queues, 1.0)
        total = sum(usual.values())
        return {lane: rate / total for lane, rate in usual.items()}

    def _at_least(self, in_house: Range) -> Range:
        """When people wait, who is here can be counted: those who are served, and those waiting."""
        waiting = sum(self._house.waiting().values())
        if not waiting:
            return in_house
        states = self._house.states()
        here = waiting + states["on_contact"] + states["wrap_up"]
        return Range(
            low=max(here, in_house.low),
            middle=max(here, in_house.middle),
            high=max(here, in_house.high),
        )


def _beyond(surge: _Surge, now: datetime, handle: float) -> tuple[Range, Range]:
    """A surge's contacts per hour beyond what is expected, and its erlangs in the house."""
    data = surge.data
    usual = data.rate_per_hour / data.ratio if data.ratio > 0 else 0.0
    if data.usual_per_hour is not None:
        usual = data.usual_per_hour
    said = max(0.0, (data.ratio_said or 1.0) - 1) * usual
    if data.declared_by is not None and data.statistic < data.threshold:
        # The numbers do not show it (yet): what the person said of it is all there is.
        return Range(low=said, middle=said, high=said), NOTHING
    scale = 1 / max(data.covers if data.covers is not None else 1.0, _LEAST_COVER)
    ratio, here = surge.trend.ratio(now), surge.trend.in_house(now, handle)
    return (
        Range(
            low=max(said, (ratio.low - 1) * usual * scale),
            middle=max(said, (ratio.middle - 1) * usual * scale),
            high=max(said, (ratio.high - 1) * usual * scale),
        ),
        Range(low=here.low * scale, middle=here.middle * scale, high=here.high * scale),
    )


def _sum(one: Range, other: Range) -> Range:
    return Range(
        low=one.low + other.low, middle=one.middle + other.middle, high=one.high + other.high
    )
