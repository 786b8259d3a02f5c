"""By which plain week do all keys go now, while the season goes on learning?

The season learns from the hours of the total that are settled, an hour after each. What it knows
is put in force once a week, for all keys at once: at a fixed hour, from the hours settled before
it, whoever asks and whenever. A stretch of time is judged by the week in force at its end, so
that two weeks are all that need be remembered.

Nothing is learned from an hour that is not whole, in which a key was in surge, which touches an
outage, or which people know to be unusual.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from streams.domain.detection.calendar import BLOCK, HOUR, WEEK_HOURS
from streams.domain.detection.season import Season, Week

# So many quiet hours in a row are made up for; what was planned further back is forgotten.
_QUIET_HOURS: Final = 20

Unusual = Callable[[int, int], bool]


class Weeks(NamedTuple):
    """The week before and the present one, which holds from week `since` on.

    Weeks are counted from the epoch; which one holds is decided up to week `decided`.
    """

    before: Week
    now: Week
    since: int = 0
    decided: int = -1


class InForce:
    """The plain week that is in force, and the hours that the next one will be learned from."""

    __slots__ = ("_alarmed", "_names", "_unusual", "last", "season", "weeks")

    def __init__(self, season: Season, unusual: Unusual) -> None:
        """`unusual` says of a stretch of time that nothing is to be learned from it."""
        self.season = season
        self._unusual = unusual
        week = season.week()
        self.weeks = Weeks(week, week)
        self.last: tuple[int, float, bool] | None = None
        self._alarmed: set[int] = set()
        self._names: dict[int, tuple[str | None, ...]] = {}

    def week(self, slot: int) -> Week:
        """The week that is in force in an hour."""
        weeks = self.weeks
        return weeks.now if slot // WEEK_HOURS >= weeks.since else weeks.before

    def factor(self, slot: int, week: Week) -> float:
        """What a week multiplies an hour of the centre file by."""
        number, place = divmod(slot, BLOCK)
        names = self._names.get(number) or self._named(number)
        factor = week.hours[self.season.calendar.block(number)[place][0]]
        name = names[place]
        return factor if name is None else factor * week.days.get(name, week.unseen)

    def alarm(self, slot: int) -> None:
        """Some key was in surge in this hour."""
        self._alarmed.add(slot)

    def hear(self, slot: int, count: float, *, frozen: bool) -> None:
        """The total's contacts of a finished hour that had some; the hours before it are over."""
        self._decide((slot + 1) // WEEK_HOURS)
        if self.last is None:
            self.last = slot, count, True
            return
        known, contacts, barred = self.last
        self._take(known, contacts, frozen=barred)
        for quiet in range(max(known + 1, slot - _QUIET_HOURS), slot):
            self._take(quiet, 0.0, frozen=False)
        self.last = slot, count, frozen or slot in self._alarmed

    def turn(self, slot: int) -> None:
        """All hours before this one have been heard."""
        self._alarmed.clear()
        self._decide((slot + 1) // WEEK_HOURS)

    def restore(self, weeks: Weeks | None, last: tuple[int, float, bool] | None) -> None:
        """Go on from what was written down; without a week, by what the season knows."""
        week = self.season.week()
        self.weeks = weeks or Weeks(week, week)
        self.last = last

    def _decide(self, number: int) -> None:
        """Put in force what is known, for the weeks up to `number`, if that is still open."""
        weeks = self.weeks
        if number > weeks.decided:
            # Nothing was learned since the last decision would have been due: it holds from there.
            self.weeks = Weeks(weeks.now, self.season.week(), weeks.decided + 1, number)

    def _take(self, slot: int, count: float, *, frozen: bool) -> None:
        begin = self.season.calendar.begins(slot)
        barred = frozen or self._unusual(begin, begin + HOUR)
        self.season.take(slot, count, frozen=barred)

    def _named(self, number: int) -> tuple[str | None, ...]:
        season, first = self.season, number * BLOCK
        slots = range(first, first + BLOCK)
        names = tuple(season.known_day(season.calendar.local(slot).date()) for slot in slots)
        self._names[number] = names
        return names
