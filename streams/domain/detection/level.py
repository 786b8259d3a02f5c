"""How much of its pattern does one key get, learned hour by hour?

A key's expectation is a level times a shape that it shares with others or has from the centre
file. The level is a gamma posterior with forgetting: contacts seen over contacts the shape alone
would have led to expect. Nothing is learned while the key is in surge or the feed is silent, and
a single hour teaches no more than a busy hour could. A key that is new believes the upper 95 %
bound of its level, so that it keeps its false-alarm promise from the first contact on.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import NamedTuple, Protocol

from streams.domain.detection.calendar import HOUR, Calendar
from streams.domain.detection.season import LearningPolicy, upper_bound, winsorised


class Pattern(Protocol):
    """Contacts per hour, and how many lie between two seconds."""

    calendar: Calendar

    def rate(self, second: int) -> float:
        """Contacts per hour at a second."""

    def mass(self, start: int, end: int) -> float:
        """Contacts from `start` up to, not including, `end`."""


class Told(Protocol):
    """Who else is to know of a key's finished hour."""

    def __call__(self, slot: int, count: float, /, *, frozen: bool) -> None:
        """Contacts of an hour; a frozen one teaches nothing."""


class Learned(NamedTuple):
    """What a level rests on: contacts `seen` where the shape gave `expected`, up to `slot`."""

    seen: float
    expected: float
    slot: int


class HourTally:
    """The settled contacts of the hour that is not over yet."""

    __slots__ = ("count", "frozen", "slot")

    def __init__(self, slot: int = -1, count: int = 0, *, frozen: bool = False) -> None:
        self.slot = slot
        self.count = count
        self.frozen = frozen

    def add(self, slot: int, count: int, level: "Level", *, alarmed: bool) -> None:
        """Settled contacts of one second; the first of another hour closes the last one."""
        if slot != self.slot:
            self.close(slot, level)
            self.slot, self.count, self.frozen = slot, 0, False
        self.count += count
        self.frozen = self.frozen or alarmed

    def close(self, now_slot: int, level: "Level") -> None:
        """Hand the hour over once it is past."""
        if 0 <= self.slot < now_slot:
            level.learn(self.slot, self.count, frozen=self.frozen)
            self.slot = -1


class Level:
    """One key's expectation. `prior` is contacts seen over contacts expected beforehand."""

    __slots__ = (
        "_earlier",
        "_slot",
        "_value",
        "calendar",
        "learned",
        "pattern",
        "pending",
        "policy",
        "prior",
        "sure",
        "told",
        "unusual",
    )

    def __init__(
        self,
        pattern: Pattern,
        policy: LearningPolicy,
        prior: tuple[float, float] | None = None,
        learned: Learned | None = None,
        unusual: Callable[[int, int], bool] | None = None,
        told: Told | None = None,
    ) -> None:
        """`unusual` says of a stretch of time that nothing is to be learned from it."""
        self.pattern = pattern
        self.calendar = pattern.calendar
        self.policy = policy
        # The centre file's own figure is taken at its word, and corrected slowly.
        self.sure = prior is None
        self.prior = prior or (policy.level_weight, policy.level_weight)
        self.learned = learned
        self.unusual = unusual
        self.told = told
        self.pending: list[tuple[int, float, bool]] = []
        self._slot = -1
        self._value = 1.0
        self._earlier = (-1, 1.0)

    def rate(self, second: int) -> float:
        """Contacts per hour that detection believes in, over kappa."""
        return self._level(self.calendar.slot(second)) * self.pattern.rate(second)

    def mass(self, start: int, end: int) -> float:
        """Contacts from `start` up to, not including, `end`, at the level known at the end."""
        shift = self.calendar.shift
        slot = (end + shift) // HOUR
        level = self._value if slot == self._slot else self._level(slot)
        return level * self.pattern.mass(start, end)

    def learn(self, slot: int, count: float, *, frozen: bool) -> None:
        """Take a finished hour with contacts in it; quiet hours are made up for at the next."""
        begin = self.calendar.begins(slot)
        barred = self.unusual is not None and self.unusual(begin, begin + HOUR)
        self.pending.append((slot, float(count), frozen or barred))
        if self.told is not None:
            self.told(slot, float(count), frozen=frozen or barred)

    def recent(self, slot: int) -> tuple[tuple[int, float], ...]:
        """The levels of a slot and the next, for a checkpoint settled into the first."""
        return tuple((near, self._level(near)) for near in (slot, slot + 1))

    def go_on(self, levels: Sequence[tuple[int, float]]) -> None:
        """Levels that were fixed before a restart stay as they were."""
        if levels:
            self._earlier, (self._slot, self._value) = levels[0], levels[-1]

    def _level(self, slot: int) -> float:
        """The level of an hour, from the hours that were settled before it."""
        if slot > self._slot:
            # The hour before may still be asked for, by something late: it is fixed first.
            self._earlier = slot - 1, self._as_of(slot - 1)
            self._slot, self._value = slot, self._as_of(slot)
        if slot == self._slot:
            return self._value
        return self._earlier[1] if slot == self._earlier[0] else self._estimate()

    def _as_of(self, slot: int) -> float:
        if slot == self._slot:
            return self._value
        newest = slot - self.policy.lag
        while self.pending and self.pending[0][0] <= newest:
            self._apply(*self.pending.pop(0))
        return self._estimate()

    def _estimate(self) -> float:
        seen, expected = self.prior
        if self.learned is not None:
            seen += self.learned.seen
            expected += self.learned.expected
        level = seen / expected
        return level if self.sure else level * max(1.0, upper_bound(seen) / self.policy.kappa)

    def _apply(self, slot: int, count: float, frozen: bool) -> None:
        calendar = self.calendar
        before = self.learned or Learned(0.0, 0.0, slot - 1)
        if slot <= before.slot:
            return
        if frozen:
            self.learned = before._replace(slot=slot)
            return
        begin = calendar.begins(slot)
        hour = self.pattern.mass(begin, begin + HOUR)
        quiet = self.pattern.mass(calendar.begins(before.slot + 1), begin)
        keep = (1 - 1 / self.policy.level_memory) ** (slot - before.slot)
        level = (before.seen + self.prior[0]) / (before.expected + self.prior[1])
        self.learned = Learned(
            before.seen * keep + winsorised(count, level * hour),
            before.expected * keep + quiet * sqrt(keep) + hour,
            slot,
        )
