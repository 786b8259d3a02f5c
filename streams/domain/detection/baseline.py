"""How many first attempts are expected of a key between two moments?"""

from array import array
from collections.abc import Sequence

from streams.domain.detection.calendar import BLOCK, HOUR, WEEK_HOURS, Calendar
from streams.domain.detection.in_force import InForce
from streams.domain.detection.season import Week


class Seasoned:
    """A week of the centre file, times what has been learned of its hours."""

    __slots__ = ("_rate", "_slot", "_week", "calendar", "force", "shape")

    def __init__(self, shape: "Shape", force: InForce) -> None:
        self.shape = shape
        self.force = force
        self.calendar = shape.calendar
        # The hour that was last asked for, and by which week its rate is.
        self._slot = -1
        self._week: Week | None = None
        self._rate = 0.0

    def rate(self, second: int) -> float:
        """Expected contacts per hour at a second."""
        slot = (second + self.calendar.shift) // HOUR
        week = self.force.week(slot)
        if slot != self._slot or week is not self._week:
            self._rate = self.shape.rate(second) * self.force.factor(slot, week)
            self._slot, self._week = slot, week
        return self._rate

    def mass(self, start: int, end: int) -> float:
        """Expected contacts from `start` up to, not including, `end`."""
        if end <= start:
            return 0.0
        calendar = self.calendar
        shift = calendar.shift
        first, last = (start + shift) // HOUR, (end + shift) // HOUR
        if first == last:
            return self.rate(start) * (end - start) / HOUR
        # All of it by one week: the one that is in force at its last second.
        force, shape = self.force, self.shape
        week = force.week(calendar.slot(end - 1))
        head = shape.rate(start) * force.factor(first, week)
        total = head * (calendar.begins(first + 1) - start) / HOUR
        for slot in range(first + 1, last):
            total += shape.rate(calendar.begins(slot)) * force.factor(slot, week)
        tail = shape.rate(end) * force.factor(last, week)
        return total + tail * (end - calendar.begins(last)) / HOUR


class Shape:
    """Expected contacts per hour of the local week, laid along the calendar.

    `mass` is the detector's clock: everything it knows of the time of day is in how much mass
    lies between two seconds. The same two seconds give the same bits, in every process.
    """

    __slots__ = ("_blocks", "_rate", "_slot", "calendar", "week")

    def __init__(self, week: Sequence[float], calendar: Calendar) -> None:
        if len(week) != WEEK_HOURS:
            raise ValueError(f"a week has {WEEK_HOURS} hours, not {len(week)}")
        self.week = tuple(week)
        self.calendar = calendar
        self._blocks: dict[int, array[float]] = {}
        self._slot = -1
        self._rate = 0.0

    def rate(self, second: int) -> float:
        """Expected contacts per hour at a second."""
        slot = (second + self.calendar.shift) // HOUR
        if slot != self._slot:
            hour, factor = self.calendar.block(slot // BLOCK)[slot % BLOCK]
            self._rate = self.week[hour] * factor
            self._slot = slot
        return self._rate

    def mass(self, start: int, end: int) -> float:
        """Expected contacts from `start` up to, not including, `end`."""
        if end <= start:
            return 0.0
        shift = self.calendar.shift
        first, last = (start + shift) // HOUR, (end + shift) // HOUR
        if first == last:
            return self.rate(start) * (end - start) / HOUR
        head = self.rate(start) * ((first + 1) * HOUR - shift - start) / HOUR
        tail = self.rate(end) * (end - last * HOUR + shift) / HOUR
        return head + self._whole(first + 1, last) + tail

    def per_year(self) -> float:
        """Contacts expected in a year of ordinary weeks."""
        return sum(self.week) / WEEK_HOURS * 8766

    def _whole(self, first: int, last: int) -> float:
        """The mass of the slots first..last-1."""
        if first == last:
            return 0.0
        low, high = first // BLOCK, last // BLOCK
        if low == high:
            sums = self._sums(low)
            return sums[last % BLOCK] - sums[first % BLOCK]
        total = self._sums(low)[BLOCK] - self._sums(low)[first % BLOCK]
        for block in range(low + 1, high):
            total += self._sums(block)[BLOCK]
        return total + self._sums(high)[last % BLOCK]

    def _sums(self, number: int) -> "array[float]":
        sums = self._blocks.get(number)
        if sums is None:
            sums = array("d", [0.0])
            for hour, factor in self.calendar.block(number):
                sums.append(sums[-1] + self.week[hour] * factor)
            self._blocks[number] = sums
        return sums
