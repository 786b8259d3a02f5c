"""What is a plain week like here, learned from what came and never from what is to come?

Each hour of the local week has a gamma posterior: contacts seen against weeks watched, with
forgetting. While an hour of the week is little known it leans on what its hour of the day and its
day of the week have in common over the whole week (or on the centre file, where there is one).
Known days (New Year, a national holiday) are kept out of the plain week and have factors of their
own. A rate is fixed when its hour begins to be needed, from hours that were settled before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

from streams.domain.calendar import BLOCK, HOUR, WEEK_HOURS, Calendar

# 95 % of a normal variable lie below this many standard deviations.
_Z95: Final = 1.6448536269514722
# Rates of the last nine weeks are kept: levels of quiet keys look back as far as that.
_KEPT: Final = 9 * WEEK_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPolicy:
    """How fast is forgotten, and how much each prior weighs.

    The plain week changes with the year, so its memory is a quarter; the level of a key follows
    within weeks. An hour of the week leans on `pooled_weeks` weeks' worth of its day and hour.
    A known day not seen yet may well be twice a plain one: `day_weight` is that doubt, as the
    number of contacts its factor of 1 was learned from. `lag` is how many hours back the newest
    hour is that a rate may know: 2, because the last hour's late events are still to come.
    """

    week_memory_hours: float = 13 * WEEK_HOURS
    level_memory_hours: float = 4 * WEEK_HOURS
    pooled_weeks: float = 2.0
    day_weight: float = 4.0
    level_weight: float = 300.0
    lag: int = 2


def upper_bound(count: float) -> float:
    """The upper 95 % bound of a gamma mean with that many contacts, over the mean itself.

    Wilson and Hilferty's cube; within 1 % of the exact quantile from half a contact on.
    """
    return (1 - 1 / (9 * count) + _Z95 / (3 * sqrt(count))) ** 3


def winsorised(count: float, mass: float) -> float:
    """A count as the baseline may learn it: a crisis hour teaches no more than a busy hour."""
    return min(count, mass + 3 * sqrt(1.5 * mass) + 1)


class Season:
    """The learned plain week of one stream; `rate` is the upper bound that detection believes."""

    __slots__ = (
        "_counts",
        "_days",
        "_decay",
        "_pending",
        "_pooled",
        "_rates",
        "_upto",
        "_weeks",
        "calendar",
        "known_day",
        "learned_hours",
        "policy",
    )

    def __init__(
        self,
        calendar: Calendar,
        policy: LearningPolicy,
        known_day: Callable[[date], str | None] | None = None,
    ) -> None:
        self.calendar = calendar
        self.policy = policy
        self.known_day = known_day or _plain
        self.learned_hours = 0
        self._decay = 1 - 1 / (policy.week_memory_hours / WEEK_HOURS)
        self._counts = [0.0] * WEEK_HOURS
        self._weeks = [0.0] * WEEK_HOURS
        self._pooled: list[float] | None = None
        self._days: dict[str, tuple[float, float]] = {}
        self._pending: list[tuple[int, float, bool]] = []
        self._rates: dict[int, tuple[float, float]] = {}
        self._upto: int | None = None

    @property
    def ready(self) -> bool:
        """False in the first weeks, when a surge may pass for the ordinary."""
        return self.learned_hours >= 2 * WEEK_HOURS

    def rate(self, second: int) -> float:
        """Contacts per hour that detection believes in: the upper bound of what was learned."""
        return self._at(self.calendar.slot(second))[1]

    def mean(self, second: int) -> float:
        """Contacts per hour to be expected."""
        return self._at(self.calendar.slot(second))[0]

    def mass(self, start: int, end: int) -> float:
        """Believed contacts from `start` up to, not including, `end`."""
        if end <= start:
            return 0.0
        calendar = self.calendar
        first, last = calendar.slot(start), calendar.slot(end)
        if first == last:
            return self._at(first)[1] * (end - start) / HOUR
        total = self._at(first)[1] * (calendar.begins(first + 1) - start) / HOUR
        for slot in range(max(first + 1, last - _KEPT), last):
            total += self._at(slot)[1]
        return total + self._at(last)[1] * (end - calendar.begins(last)) / HOUR

    def learn(self, slot: int, count: float, *, frozen: bool = False) -> None:
        """Take a finished hour; a frozen one (alarm, outage) teaches nothing."""
        self._pending.append((slot, count, frozen))

    def _at(self, slot: int) -> tuple[float, float]:
        rates = self._rates.get(slot)
        if rates is None:
            rates = self._rates[slot] = self._fix(slot)
            if len(self._rates) > 2 * _KEPT:
                for old in sorted(self._rates)[:_KEPT]:
                    del self._rates[old]
        return rates

    def _fix(self, slot: int) -> tuple[float, float]:
        """Decide a slot's rate for good: (mean, upper bound)."""
        newest = slot - self.policy.lag
        while self._pending and self._pending[0][0] <= newest:
            self._apply(*self._pending.pop(0))
        mean, worth = self._plain_rate(self._hour(slot))
        if worth <= 0:
            return 0.0, 0.0
        bound = mean * upper_bound(worth)
        name = self.known_day(self.calendar.local(slot).date())
        if name is not None:
            seen, expected = self._days.get(name, (0.0, 0.0))
            weight = self.policy.day_weight
            factor = (seen + weight) / (expected + weight)
            mean, bound = mean * factor, bound * factor * upper_bound(seen + weight)
        return mean, bound

    def _hour(self, slot: int) -> int:
        return self.calendar.block(slot // BLOCK)[slot % BLOCK][0]

    def _plain_rate(self, hour: int) -> tuple[float, float]:
        """The mean of an hour of the week, and how many contacts it is known from."""
        pooled = self._pool()
        weight = self.policy.pooled_weeks if self.learned_hours > 0 else 0.0
        weeks = self._weeks[hour] + weight
        if weeks <= 0:
            return 0.0, 0.0
        worth = self._counts[hour] + weight * pooled[hour]
        return worth / weeks, max(worth, 0.5)

    def _pool(self) -> list[float]:
        """Rates as the product of a day's and an hour's effect, from all hours learned."""
        if self._pooled is None:
            counts, weeks = self._counts, self._weeks
            whole = _ratio(sum(counts), sum(weeks), 0.0)
            by_hour = [_ratio(sum(counts[h::24]), sum(weeks[h::24]), whole) for h in range(24)]
            by_day = [
                _ratio(sum(counts[d : d + 24]), sum(weeks[d : d + 24]), whole)
                for d in range(0, WEEK_HOURS, 24)
            ]
            self._pooled = [
                by_hour[hour % 24] * by_day[hour // 24] / whole if whole > 0 else 0.0
                for hour in range(WEEK_HOURS)
            ]
        return self._pooled

    def _apply(self, slot: int, count: float, frozen: bool) -> None:
        if self._upto is not None and slot <= self._upto:
            return
        self._upto = slot
        if frozen:
            return
        hour = self._hour(slot)
        mean, worth = self._plain_rate(hour)
        name = self.known_day(self.calendar.local(slot).date())
        if name is not None:
            if worth > 0:
                seen, expected = self._days.get(name, (0.0, 0.0))
                self._days[name] = seen + winsorised(count, 4 * mean), expected + mean
            return
        if worth > 0 and self.ready:
            count = winsorised(count, mean)
        self._counts[hour] = self._counts[hour] * self._decay + count
        self._weeks[hour] = self._weeks[hour] * self._decay + 1
        self.learned_hours += 1
        # The pool moves slowly: once a day is often enough, and cheap.
        if self.learned_hours < WEEK_HOURS or hour % 24 == 0:
            self._pooled = None


def _plain(_: date) -> str | None:
    return None


def _ratio(count: float, weeks: float, otherwise: float) -> float:
    return count / weeks if weeks > 0 else otherwise


def week_of(rates: Sequence[float]) -> tuple[float, ...]:
    """168 rates, checked."""
    if len(rates) != WEEK_HOURS:
        raise ValueError(f"a week has {WEEK_HOURS} hours, not {len(rates)}")
    return tuple(rates)
