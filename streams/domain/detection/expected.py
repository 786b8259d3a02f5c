"""How many first attempts are expected of a key, as far as is known outside the detector?

The centre file's rates, corrected by what the detector has learned (the topic `baselines`), with
the events that people have planned (the topic `surges`). For boards and staffing: what they show
and plan with is what surges are judged against.
"""

from collections.abc import Callable
from datetime import date, datetime

from streams.domain.centre import Centre
from streams.domain.detection.checkpoint import restore_season
from streams.domain.detection.orders import window
from streams.domain.detection.outage import Outages
from streams.domain.detection.plan import Plan
from streams.events.baselines import BaselineData, SeasonState
from streams.events.surges import PlannedData


class Expected:
    """The expectations of all keys that the centre file names."""

    def __init__(
        self, centre: Centre, known_day: Callable[[date], str | None] | None = None
    ) -> None:
        self._centre = centre
        self._known_day = known_day
        self._season: SeasonState | None = None
        self._levels: dict[str, tuple[float, float]] = {}
        self._planned: dict[str, PlannedData] = {}
        self._plan = self._begin()

    def learn(self, data: BaselineData) -> None:
        """Take what was learned of a key; the last word holds."""
        if data.key not in self._plan:
            return
        self._levels[data.key] = data.seen, data.expected
        if data.season is None:
            return
        # What is in force is news; what is being learned will be, within the week.
        season = data.season
        known = self._season.in_force if self._season else None
        if known is None or season.in_force != known:
            self._season = season
            self._plan = self._begin()

    def plan(self, data: PlannedData) -> None:
        """Take a planned event, or its end."""
        self._planned[data.event] = data
        self._plan.occasions.plan(data.event, window(data))

    def rate(self, key: str, at: datetime) -> float:
        """Contacts per hour at a moment; 0 for a key that the centre file does not name."""
        level = self._plan.level(key)
        return self._factor(key) * level.pattern.rate(int(at.timestamp())) if level else 0.0

    def people(self, key: str, since: datetime, until: datetime) -> float:
        """Contacts between two moments."""
        level = self._plan.level(key)
        if level is None:
            return 0.0
        mass = level.pattern.mass(int(since.timestamp()), int(until.timestamp()))
        return self._factor(key) * mass

    def _factor(self, key: str) -> float:
        seen, expected = self._levels.get(key, (0.0, 0.0))
        weight = self._plan.policy.level_weight
        return (seen + weight) / (expected + weight)

    def _begin(self) -> Plan:
        plan = Plan(self._centre, Outages(), self._known_day)
        if self._season is not None:
            restore_season(self._season, plan.force)
        for event, data in self._planned.items():
            plan.occasions.plan(event, window(data))
        return plan
