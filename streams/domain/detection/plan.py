"""What does the centre expect of each key, from its file and from what it has learned since?"""

from collections.abc import Callable
from datetime import date
from typing import Final

from streams.domain.centre import Centre
from streams.domain.detection.baseline import Seasoned, Shape
from streams.domain.detection.calendar import HOUR, Calendar
from streams.domain.detection.in_force import InForce
from streams.domain.detection.level import Level, Told
from streams.domain.detection.occasions import Occasions, Planned
from streams.domain.detection.outage import SILENT_CONTACTS, Heard, Outages
from streams.domain.detection.season import LearningPolicy, Season

TOTAL: Final = "total"
# A key that the centre file does not name is believed to get 2 % of all contacts, on the evidence
# of half a contact: the upper bound that detection uses is then about 8 %.
_NEWCOMER: Final = (0.5, 25.0)


class Plan:
    """The expectations of all keys; the shape is learned at the total and shared downward."""

    def __init__(
        self,
        centre: Centre,
        outages: Outages,
        known_day: Callable[[date], str | None] | None = None,
    ) -> None:
        self.policy = LearningPolicy(kappa=centre.alerts.kappa)
        calendar = Calendar(centre.timezone)
        shapes = {base.key: Shape(base.week, calendar) for base in centre.baselines}
        self.per_year = sum(shape.per_year() for shape in shapes.values())
        total = shapes.get(TOTAL)
        self.season = Season(calendar, self.policy, known_day, total.week if total else None)
        self._whole = total.per_year() if total else self.per_year
        self._shapes = shapes
        self._outages = outages
        self.occasions = Occasions(self.share)
        self.force = InForce(self.season, self._unusual)
        self._levels: dict[str, Level] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._shapes

    def level(self, key: str) -> Level | None:
        """The expectation of a key that the centre file names."""
        shape = self._shapes.get(key)
        if shape is not None and key not in self._levels:
            usual = Planned(Seasoned(shape, self.force), self.occasions, key)
            pattern = Heard(usual, self._outages)
            self._levels[key] = Level(
                pattern, self.policy, unusual=self.occasions.unusual, told=self._told(key)
            )
        return self._levels.get(key)

    def newcomer(self, key: str) -> Level | None:
        """The expectation of a key that it does not name: a little of the total, to be learned."""
        total = self.level(TOTAL)
        if total is None:
            return None
        pattern = Planned(total, self.occasions, key, inherits=True)
        return Level(pattern, self.policy, _NEWCOMER, unusual=self.occasions.unusual_for(key))

    def share(self, key: str) -> float:
        """The part of all contacts that usually counts towards a key."""
        shape = self._shapes.get(key)
        if shape is None:
            return _NEWCOMER[0] / _NEWCOMER[1]
        return shape.per_year() / self._whole if self._whole > 0 else 1.0

    def silent(self, start: int, end: int) -> bool:
        """True when so long a silence of the whole feed is no chance."""
        shape = self._shapes.get(TOTAL)
        if shape is None or end - start < HOUR // 60:
            return False
        return shape.mass(start, end) > SILENT_CONTACTS

    def would_be(self, start: int, end: int) -> float:
        """Contacts that the centre file expects of the whole feed in a stretch of time."""
        shape = self._shapes.get(TOTAL)
        return shape.mass(start, end) if shape is not None else 0.0

    def _told(self, key: str) -> Told:
        """What a finished hour of a key means for the week that all share."""
        if key == TOTAL:
            return self.force.hear

        def alarm(slot: int, _: float, *, frozen: bool) -> None:
            if frozen:
                self.force.alarm(slot)

        return alarm

    def _unusual(self, begin: int, end: int) -> bool:
        return self.occasions.unusual(begin, end) or bool(self._outages.within(begin, end))
