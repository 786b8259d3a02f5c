"""Who works when, after overrides and swaps, counted in instants?

Hours come from instants and never from the clock on the wall: the night of a time change has seven
hours or nine, and rest is owed for those.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from streams.events.people import Shift


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Work without a break between two instants."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it truly lasts: zones are left aside, also when both ends share one."""
        return self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)

    def overlap(self, start: datetime, end: datetime) -> timedelta:
        """How much of it lies between two instants."""
        return max(timedelta(0), min(self.ends_at, end) - max(self.starts_at, start))


class Roster:
    """Shifts as they hold: what was replaced is gone, what was cancelled never was."""

    def __init__(self, shifts: Iterable[Shift] = ()) -> None:
        known = {shift.id: shift for shift in shifts}
        # A replacement with nobody in it replaces nothing: else it would silence the calendar.
        replaced = {
            shift.replaces
            for shift in known.values()
            if shift.replaces and shift.person and not shift.cancelled
        }
        self._shifts: dict[str, list[Shift]] = {}
        for shift in known.values():
            if shift.person and not shift.cancelled and shift.id not in replaced:
                self._shifts.setdefault(shift.person, []).append(shift)
        # Worked out when they are asked for: most changes concern one person of a thousand.
        self._stretches: dict[str, tuple[Stretch, ...]] = {}

    def shifts_of(self, person: str) -> tuple[Shift, ...]:
        """A person's shifts in order of time."""
        own = self._shifts.get(person, ())
        return tuple(sorted(own, key=lambda shift: (shift.starts_at, shift.ends_at, shift.id)))

    def stretches_of(self, person: str) -> tuple[Stretch, ...]:
        """A person's work, overlapping and adjoining shifts made one."""
        known = self._stretches.get(person)
        if known is None:
            known = merged(_stretch(shift) for shift in self._shifts.get(person, ()))
            self._stretches[person] = known
        return known

    def working(self, person: str, start: datetime, end: datetime) -> Stretch | None:
        """The work of a person that overlaps a time, if any."""
        stretches = self.stretches_of(person)
        place = bisect_left(stretches, start, key=lambda stretch: stretch.ends_at)
        for stretch in stretches[place : place + 2]:
            if stretch.overlap(start, end):
                return stretch
        return None

    def on_duty(self, at: datetime) -> Iterator[Shift]:
        """Everyone's shift that runs at an instant; it has begun, and has not ended."""
        for shifts in self._shifts.values():
            for shift in shifts:
                if shift.starts_at <= at < shift.ends_at and shift.kind != "elsewhere":
                    yield shift

    def hours(self, person: str, start: datetime, end: datetime) -> float:
        """Hours that a person works between two instants."""
        return hours_within(self.stretches_of(person), start, end)


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """In order, overlapping and adjoining ones made one."""
    done: list[Stretch] = []
    for stretch in sorted(stretches):
        if done and stretch.starts_at <= done[-1].ends_at:
            done[-1] = Stretch(done[-1].starts_at, max(done[-1].ends_at, stretch.ends_at))
        elif stretch.ends_at > stretch.starts_at:
            done.append(stretch)
    return tuple(done)


def hours_within(stretches: Iterable[Stretch], start: datetime, end: datetime) -> float:
    """Hours of work between two instants."""
    spent = sum((stretch.overlap(start, end) for stretch in stretches), timedelta(0))
    return spent / timedelta(hours=1)


def _stretch(shift: Shift) -> Stretch:
    # Two datetimes of one zone are subtracted as the wall shows them; UTC has no such nights.
    return Stretch(shift.starts_at.astimezone(UTC), shift.ends_at.astimezone(UTC))
