"""What is learned from a whole history, for a platform that starts with it?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.backtest.reading import Row
from services.backtest.run import WEEKS_A_YEAR
from streams.domain.centre import Centre
from streams.domain.detection.baseline import Seasoned, Shape
from streams.domain.detection.calendar import HOUR, WEEK_HOURS, Calendar
from streams.domain.detection.checkpoint import season_data
from streams.domain.detection.in_force import InForce, Weeks
from streams.domain.detection.plan import TOTAL
from streams.domain.detection.season import LearningPolicy, Season
from streams.events.baselines import BaselineData, BaselineLearned
from streams.events.codec import derived_id

SOURCE = "/surgeline/learn"


@dataclass(slots=True, kw_only=True)
class Lesson:
    """What was learned. `hours` is the plain week; `levels` is (seen, expected) of each key."""

    contacts: float
    first: int
    last: int
    hours: tuple[float, ...]
    days: dict[str, float]
    shares: dict[str, float]
    levels: dict[str, tuple[float, float]]
    season: Season
    weeks: Weeks

    @property
    def per_year(self) -> float:
        """Contacts in a year of plain weeks."""
        return sum(self.hours) * WEEKS_A_YEAR

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "contacts": self.contacts,
            "contacts_a_year": round(self.per_year, 1),
            "week": [round(rate, 4) for rate in self.hours],
            "known_days": {name: round(factor, 3) for name, factor in sorted(self.days.items())},
            "shares": {key: round(share, 5) for key, share in sorted(self.shares.items())},
        }

    def events(self, now: datetime) -> Iterator[BaselineLearned]:
        """For the topic `baselines`: the season with the total, and each key's level."""
        slot = self.season.calendar.slot(self.last)
        for key, (seen, expected) in sorted(self.levels.items()):
            data = BaselineData(
                key=key,
                settled_until=now,
                seen=seen,
                expected=expected,
                slot=slot,
                season=season_data(self.season, self.weeks) if key == TOTAL else None,
            )
            id_ = derived_id("learned", key, self.last)
            yield BaselineLearned(id=id_, source=SOURCE, subject=key, time=now, data=data)


@dataclass(slots=True)
class Teacher:
    """Hears contacts in the order of time, and learns hour by hour."""

    zone: ZoneInfo
    known_day: Callable[[date], str | None] | None
    centre: Centre | None
    season: Season = field(init=False)
    force: InForce = field(init=False)
    _shapes: dict[str, Shape] = field(init=False)
    _hour: dict[str, float] = field(default_factory=dict)
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _slot: int | None = None
    _first: int | None = None
    _last: int = 0
    _contacts: float = 0.0

    def __post_init__(self) -> None:
        calendar = Calendar(self.zone)
        bases = self.centre.baselines if self.centre else ()
        self._shapes = {base.key: Shape(base.week, calendar) for base in bases}
        total = self._shapes.get(TOTAL)
        reference = total.week if total else None
        self.season = Season(calendar, LearningPolicy(lag=1), self.known_day, reference)
        self.force = InForce(self.season, lambda _begin, _end: False)

    def anew(self) -> "Teacher":
        """A teacher that has heard nothing yet."""
        return Teacher(self.zone, self.known_day, self.centre)

    def hear_all(self, rows: list[Row]) -> None:
        """A block of contacts."""
        for second, key, _ in rows:
            self.hear(second, key, 1.0)

    def hear(self, second: int, key: str, count: float, *, width: int = HOUR) -> None:
        """Contacts of a key; `width` is how long they took, where counts are per bin."""
        slot = self.season.calendar.slot(second)
        if self._first is None:
            self._first = second
        if self._slot is not None and slot > self._slot:
            self._turn(slot)
        self._slot = slot if self._slot is None else max(self._slot, slot)
        # The repeated hour of autumn comes as one row of two hours: each gets its half.
        share = count * HOUR / width if width > HOUR else count
        for name in {TOTAL, key} - {""}:
            self._hour[name] = self._hour.get(name, 0.0) + share
        self._last = max(self._last, second)
        self._contacts += count

    def lesson(self) -> Lesson:
        """What was learned so far."""
        if self._slot is not None:
            self._turn(self._slot + 1)
        rates = self._plain_week()
        whole = self._levels.get(TOTAL, (0.0, 1.0))
        shares = {
            key: seen / whole[0]
            for key, (seen, _) in self._levels.items()
            if key != TOTAL and whole[0] > 0
        }
        days = {
            name: (seen + 1) / (expected + 1) for name, (seen, expected) in self.season.days.items()
        }
        return Lesson(
            contacts=self._contacts,
            first=self._first or 0,
            last=self._last,
            hours=rates,
            days=days,
            shares=shares,
            levels=self._levels,
            season=self.season,
            weeks=self.force.weeks,
        )

    def _plain_week(self) -> tuple[float, ...]:
        if self._slot is None:
            return (0.0,) * WEEK_HOURS
        reference = self.season.reference
        if reference is not None:
            seen, expected = self._levels.get(TOTAL, (0.0, 0.0))
            level = seen / expected if expected > 0 else 1.0
            hours = self.force.weeks.now.hours
            return tuple(r * h * level for r, h in zip(reference, hours, strict=True))
        # Any ordinary week to come: its known days would not be ordinary.
        known, self.season.known_day = self.season.known_day, lambda _: None
        calendar = self.season.calendar
        rates = [0.0] * WEEK_HOURS
        for slot in range(self._slot + 2, self._slot + 2 + WEEK_HOURS):
            hour = calendar.hour_of_week(slot)
            rates[hour] = self.season.mean(calendar.begins(slot))
        self.season.known_day = known
        return tuple(rates)

    def _turn(self, slot: int) -> None:
        calendar = self.season.calendar
        if self._slot is None:
            return
        self.season.take(self._slot, self._hour.get(TOTAL, 0.0), frozen=False)
        for quiet in range(self._slot + 1, slot):
            self.season.take(quiet, 0.0, frozen=False)
        self.force.turn(slot)
        begin, end = calendar.begins(self._slot), calendar.begins(slot)
        for key in self._hour.keys() | self._levels.keys():
            seen, expected = self._levels.get(key, (0.0, 0.0))
            shape = self._shapes.get(key) or self._shapes.get(TOTAL)
            # As the worker will have it: a level is what is left when the season is taken out.
            usual = Seasoned(shape, self.force).mass(begin, end) if shape else None
            mass = usual if usual is not None else (end - begin) / HOUR
            keep = 1 - 1 / self.season.policy.level_memory
            self._levels[key] = (
                seen * keep + self._hour.get(key, 0.0),
                expected * keep + mass,
            )
        self._hour = {}
