"""What is expected of each key of the file, and how many contacts a year is that in all?"""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from math import inf
from typing import Protocol
from zoneinfo import ZoneInfo

from streams.domain.detection.calendar import HOUR, Calendar
from streams.domain.detection.level import HourTally, Level
from streams.domain.detection.season import LearningPolicy, Season
from streams.domain.detection.standing import Expectation

YEAR_HOURS = 8766
_DAY = 86_400
# Contacts of a key that was never heard of before: half a contact for every share it might have.
_HALF = 0.5


class Stretches(Expectation, Protocol):
    """What is expected, for many seconds at once: a file has millions."""

    def masses(self, start: int, seconds: Sequence[int]) -> list[float]:
        """What `mass` gives from `start` to the first second, from there to the next, and so on."""


class Book(Protocol):
    """Expectations of keys, and the contacts a year that the false-alarm budget is spent on.

    `ends` is the second at which what was counted is learned, and everything else changes.
    """

    per_year: float
    learns: bool
    ends: float

    def expectation(self, key: str, second: int) -> Stretches:
        """What is expected of a key that is heard of at `second` for the first time."""

    def count(self, second: int, key: str, contacts: float) -> None:
        """Contacts that have been counted, in the order of time."""

    def ready(self, second: int) -> bool:
        """False while there is too little history to call anything a surge."""


class Flat:
    """A rate that does not change."""

    __slots__ = ("per_hour",)

    def __init__(self, per_hour: float) -> None:
        self.per_hour = per_hour

    def rate(self, _: int) -> float:
        """Contacts per hour."""
        return self.per_hour

    def mass(self, start: int, end: int) -> float:
        """Contacts expected from `start` up to `end`."""
        return self.per_hour * (end - start) / HOUR

    def masses(self, start: int, seconds: Sequence[int]) -> list[float]:
        """The same from second to second."""
        return [self.per_hour * (b - a) / HOUR for a, b in pairwise((start, *seconds))]


class Given:
    """The same rate for every key: `--baseline`."""

    learns = False
    ends = inf

    def __init__(self, per_hour: float) -> None:
        self.per_hour = per_hour
        self.per_year = 0.0

    def expectation(self, key: str, second: int) -> Stretches:
        """Each key adds its own contacts to the budget's."""
        del key, second
        self.per_year += self.per_hour * YEAR_HOURS
        return Flat(self.per_hour)

    def count(self, second: int, key: str, contacts: float) -> None:
        """Nothing is learned."""

    def ready(self, second: int) -> bool:
        """From the first contact on."""
        del second
        return True


class _KeyLevel(Level):
    """A key's level on the season of all keys."""

    __slots__ = ("season",)

    def __init__(self, season: Season, policy: LearningPolicy, prior: tuple[float, float]) -> None:
        super().__init__(season, policy, prior)
        self.season = season

    def masses(self, start: int, seconds: Sequence[int]) -> list[float]:
        """What `mass` gives from second to second."""
        slot = self.calendar.slot
        if slot(seconds[0]) != slot(seconds[-1]):
            return [self.mass(a, b) for a, b in pairwise((start, *seconds))]
        level = self._level(slot(seconds[0]))
        return [level * mass for mass in self.season.masses(start, seconds)]


class Learned:
    """Learned as the file goes by, only from what came before: `--learn`.

    The plain week is learned from all contacts together. With keys, each has a level of its own.
    """

    learns = True

    def __init__(
        self,
        zone: ZoneInfo,
        known_day: Callable[[date], str | None] | None,
        *,
        kappa: float,
        keyed: bool,
        frozen: Callable[[str], bool],
    ) -> None:
        self.policy = LearningPolicy(kappa=kappa, lag=1)
        self.season = Season(Calendar(zone), self.policy, known_day)
        self.per_year = 0.0
        self.ready_since: int | None = None
        self._keyed = keyed
        self._frozen = frozen
        self._levels: dict[str, tuple[Level, HourTally]] = {}
        self._first: int | None = None
        self._seen = 0.0
        self._hour = 0.0
        self._slot: int | None = None
        self.ends: float = -inf

    def expectation(self, key: str, second: int) -> Stretches:
        """The season itself, or a level on it that starts as one more among those known."""
        del second
        if not self._keyed:
            return self.season
        share = _HALF * (len(self._levels) + 1)
        level = _KeyLevel(self.season, self.policy, (_HALF, share))
        self._levels[key] = level, HourTally()
        return level

    def count(self, second: int, key: str, contacts: float) -> None:
        """Contacts counted at a second."""
        if second >= self.ends:
            self._turn(second)
        self._hour += contacts
        self._seen += contacts
        entry = self._levels.get(key)
        if entry is not None and self._slot is not None:
            level, hour = entry
            hour.add(self._slot, round(contacts), level, alarmed=self._frozen(key))

    def ready(self, second: int) -> bool:
        """Once two weeks have been learned."""
        if self.ready_since is None:
            self.season.rate(second)
            if self.season.ready:
                self.ready_since = second
        return self.ready_since is not None

    def _turn(self, second: int) -> None:
        """The hour is over: learn it, and the quiet ones since."""
        calendar = self.season.calendar
        slot = calendar.slot(second)
        if self._first is None or self._slot is None:
            self._first = second
        else:
            # The first hour is not whole, and an hour in surge is not an ordinary one.
            whole = self._slot > calendar.slot(self._first)
            self.season.learn(self._slot, self._hour, frozen=not whole or self._frozen(""))
            self._quiet(self._slot + 1, slot)
            if second - self._first >= _DAY:
                self.per_year = self._seen / (second - self._first) * HOUR * YEAR_HOURS
        self._hour = 0.0
        self._slot = slot
        self.ends = calendar.begins(slot + 1)

    def _quiet(self, first: int, end: int) -> None:
        """Hours without contacts teach that they are quiet, unless the feed was away."""
        begins = self.season.calendar.begins
        silent = end - first > 1 and self.season.mass(begins(first), begins(end)) > 20.0  # noqa: PLR2004 - see outage.py
        for slot in range(first, end):
            self.season.learn(slot, 0.0, frozen=silent)
