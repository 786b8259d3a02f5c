"""What is a plain week like here, learned from what came and never from what is to come?

A rate is a level times a shape. The level is a gamma posterior that forgets within weeks. The
shape has a gamma posterior for each hour of the local week that forgets within a year or two, and
leans on what its hour of the day and its day of the week have in common; how much it leans is
itself learned, from how far hours of the week differ from that beyond chance (a moment estimate,
as in empirical Bayes). Known days (New Year, a national holiday) are kept out of the plain week
and have factors of their own. A rate is fixed when its hour begins to be needed, from hours that
were settled before it.

Detection believes `kappa` times the mean, or the upper 95 % bound of the rate where that is more:
in the first weeks, and on a known day that has not been seen yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import sqrt
from typing import Final, NamedTuple

from streams.domain.detection.calendar import BLOCK, HOUR, WEEK_HOURS, Calendar

# 95 % of a normal variable lie below this many standard deviations.
_Z95: Final = 1.6448536269514722
# Rates of the last nine weeks are kept: levels of quiet keys look back as far as that.
_KEPT: Final = 9 * WEEK_HOURS
# 24 hours and 7 days are 31 effects, all estimated.
_POOL_SIZE: Final = 31
_NEARBY: Final = (-2, -1, 0, 1, 2)
# What is learned multiplies the centre file's hours by no more than this, and no less than its
# inverse: a plain week that is further off is a wrong file.
_MOST: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPolicy:
    """How fast is forgotten, and how much each prior weighs.

    `shape_memory` and `level_memory` are in hours. `most_pooled` bounds, in contacts, how much an
    hour of the week may lean on its hour and its day. A known day not seen yet may well be twice
    a plain one: `day_weight` is that doubt, as the number of contacts its factor of 1 was learned
    from. `lag` is how many hours back the newest hour is that a rate may know: 2, because the
    last hour's late events are still to come.
    """

    shape_memory: float = 52 * WEEK_HOURS
    level_memory: float = 4 * WEEK_HOURS
    level_weight: float = 100.0
    most_pooled: float = 300.0
    day_weight: float = 4.0
    kappa: float = 1.3
    lag: int = 2


class Week(NamedTuple):
    """What to multiply the centre file's week by: `hours`, and on `days` that are known by name.

    `unseen` is for a known day that nothing has been learned of.
    """

    hours: tuple[float, ...]
    days: dict[str, float]
    unseen: float


def upper_bound(count: float) -> float:
    """The upper 95 % bound of a gamma mean with that many contacts, over the mean itself.

    Wilson and Hilferty's cube; within 3 % of the exact quantile from half a contact on.
    """
    return (1 - 1 / (9 * count) + _Z95 / (3 * sqrt(count))) ** 3


def winsorised(count: float, mass: float) -> float:
    """A count as the baseline may learn it: a crisis hour teaches no more than a busy hour."""
    return min(count, mass + 3 * sqrt(1.5 * mass) + 1)


class Season:
    """The learned plain week of one stream; `rate` is the upper bound that detection believes."""

    __slots__ = (
        "_fixed",
        "_rates",
        "calendar",
        "counts",
        "days",
        "known_day",
        "learned_hours",
        "level",
        "pending",
        "policy",
        "pool",
        "reference",
        "upto",
        "weeks",
    )

    def __init__(
        self,
        calendar: Calendar,
        policy: LearningPolicy,
        known_day: Callable[[date], str | None] | None = None,
        reference: Sequence[float] | None = None,
    ) -> None:
        self.calendar = calendar
        # With a reference week, the season is what to multiply it by; without one, it is rates.
        self.reference = reference
        self.policy = policy
        self.known_day = known_day or _plain
        self.learned_hours = 0
        self.counts = [0.0] * WEEK_HOURS
        self.weeks = [0.0] * WEEK_HOURS
        self.level = (0.0, 0.0)
        self.pool: tuple[list[float], float] | None = None
        self.days: dict[str, tuple[float, float]] = {}
        self.pending: list[tuple[int, float, bool]] = []
        self._rates: dict[int, tuple[float, float]] = {}
        self.upto: int | None = None
        self._fixed: int | None = None

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

    def masses(self, start: int, seconds: Sequence[int]) -> list[float]:
        """What `mass` gives from `start` to the first second, from there to the next, and so on."""
        slot = self.calendar.slot
        begin = seconds[0]
        first = slot(begin)
        if first != slot(seconds[-1]):
            return [self.mass(a, b) for a, b in pairwise((start, *seconds))]
        # The way to the first may cross the hour; from there on the rate is one.
        before, rate = self.mass(start, begin), self._at(first)[1]
        return [before, *[rate * (b - a) / HOUR for a, b in pairwise(seconds)]]

    def learn(self, slot: int, count: float, *, frozen: bool = False) -> None:
        """Take a finished hour; a frozen one (alarm, outage) teaches nothing."""
        self.pending.append((slot, float(count), frozen))

    def week(self) -> Week:
        """What was learned beside a reference week, as detection believes in it.

        It says how contacts are spread over the week, not how many there are: that is for each
        key's level to say.
        """
        kappa, reference = self.policy.kappa, self.reference or (1.0,) * WEEK_HOURS
        plain = [self._plain_hour(hour) for hour in range(WEEK_HOURS)]
        whole = sum(rate * mean for rate, (mean, _) in zip(reference, plain, strict=True))
        even = sum(reference) / whole if whole > 0 else 1.0
        hours = [
            min(max(mean * even * max(1.0, doubt / kappa), 1 / _MOST), _MOST)
            for mean, doubt in plain
        ]
        days = {name: self._day(name) for name in self.days}
        believed = {name: mean * max(1.0, doubt / kappa) for name, (mean, doubt) in days.items()}
        return Week(tuple(hours), believed, max(1.0, self._day("")[1] / kappa))

    def _at(self, slot: int) -> tuple[float, float]:
        rates = self._rates.get(slot)
        if rates is not None:
            return rates
        # One after the other, so that each rests on exactly the hours settled before it.
        begin = slot if self._fixed is None else max(self._fixed + 1, slot - _KEPT)
        for near in range(begin, slot + 1):
            self._rates[near] = self._fix(near)
            self._fixed = near
        if len(self._rates) > 2 * _KEPT:
            for old in sorted(self._rates)[:_KEPT]:
                del self._rates[old]
        return self._rates[slot] if slot in self._rates else self._fix(slot)

    def _fix(self, slot: int) -> tuple[float, float]:
        """Decide a slot's rate for good: (mean, what detection believes over kappa)."""
        newest = slot - self.policy.lag
        while self.pending and self.pending[0][0] <= newest:
            hour, count, frozen = self.pending.pop(0)
            self.take(hour, count, frozen=frozen)
        mean, doubt = self._plain_hour(self._hour(slot))
        name = self.known_day(self.calendar.local(slot).date())
        if name is not None:
            factor, unsure = self._day(name)
            mean *= factor
            doubt = max(doubt, unsure)
        return mean, mean * max(1.0, doubt / self.policy.kappa)

    def _plain_hour(self, hour: int) -> tuple[float, float]:
        """The mean of an hour of a plain week, and its upper bound over that."""
        given = self.reference is not None
        if given and not self.ready:
            # Until there is enough to go by, the centre file is taken at its word.
            return 1.0, 1.0
        shape, worth = self._shape(hour)
        if worth <= 0:
            return 0.0, 1.0
        # Beside a centre file, levels are each key's own affair.
        return shape if given else shape * self._factor(), upper_bound(worth)

    def _day(self, name: str) -> tuple[float, float]:
        """The factor of a known day, and its upper bound over that."""
        seen, expected = self.days.get(name, (0.0, 0.0))
        weight = self.policy.day_weight
        return (seen + weight) / (expected + weight), upper_bound(seen + weight)

    def _hour(self, slot: int) -> int:
        return self.calendar.block(slot // BLOCK)[slot % BLOCK][0]

    def _factor(self) -> float:
        """The present level over that of the shape's memory."""
        weight = self.policy.level_weight
        seen, expected = self.level
        return (seen + weight) / (expected + weight)

    def _shape(self, hour: int) -> tuple[float, float]:
        """The mean of an hour of the week, and how many contacts it is known from."""
        pooled, weight = self._pooled()
        if pooled[hour] <= 0 or weight <= 0:
            return 0.0, 0.0
        counts = self.counts[hour] + weight
        return counts / (self.weeks[hour] + weight / pooled[hour]), counts

    def _pooled(self) -> tuple[list[float], float]:
        """What each hour of the week leans on, and how many contacts that weighs."""
        if self.pool is None:
            trust = self._trust
            most = min(self.policy.most_pooled, max(trust, sum(self.counts) / _POOL_SIZE))
            product = _product(self.counts, self.weeks, trust)
            weight = self._weight(product, most)
            # An evening's neighbours differ from the product as it does.
            nearby = [
                rate * _around(self.counts, product, self.weeks, hour, weight)
                for hour, rate in enumerate(product)
            ]
            self.pool = nearby, self._weight(nearby, most)
        return self.pool

    def _weight(self, rates: Sequence[float], most: float) -> float:
        """How many contacts a prior with these means is worth.

        If hours of the week have true factors of variance v around it, then
        E[(count - expected)^2] = expected + v expected^2, and the gamma prior weighs 1 / v.
        """
        expected = [rate * weeks for rate, weeks in zip(rates, self.weeks, strict=True)]
        excess = sum((c - e) ** 2 - e for c, e in zip(self.counts, expected, strict=True))
        square = sum(e * e for e in expected)
        return max(self._trust, min(most, square / excess)) if excess > 0 else most

    @property
    def _trust(self) -> float:
        """What the centre file's own hours are worth, in contacts."""
        return self.policy.level_weight if self.reference is not None else 0.0

    def take(self, slot: int, count: float, *, frozen: bool) -> None:
        """Learn from an hour at once; one that was taken before teaches nothing."""
        if self.upto is not None and slot <= self.upto:
            return
        self.upto = slot
        if frozen:
            return
        hour = self._hour(slot)
        shape, worth = self._shape(hour)
        exposure = self.reference[hour] if self.reference is not None else 1.0
        factor = self._factor()
        mean = shape * factor * exposure
        name = self.known_day(self.calendar.local(slot).date())
        if name is not None:
            if worth > 0:
                seen, expected = self.days.get(name, (0.0, 0.0))
                self.days[name] = seen + winsorised(count, 4 * mean), expected + mean
            return
        if self.ready or self.reference is not None:
            count = winsorised(count, mean)
            keep = 1 - 1 / self.policy.level_memory
            seen, expected = self.level
            self.level = seen * keep + count, expected * keep + shape * exposure
        keep = 1 - WEEK_HOURS / self.policy.shape_memory
        self.counts[hour] = self.counts[hour] * keep + count
        self.weeks[hour] = self.weeks[hour] * keep + factor * exposure
        self.learned_hours += 1
        # The pool moves slowly: once a day is often enough, and cheap.
        if self.learned_hours < WEEK_HOURS or hour % 24 == 0:
            self.pool = None


def _product(counts: Sequence[float], weeks: Sequence[float], trust: float) -> list[float]:
    """Rates as a day's effect times an hour's effect, each of `trust` contacts in as many."""
    whole = _ratio(sum(counts) + trust, sum(weeks) + trust, 0.0)
    by_hour = [
        _ratio(sum(counts[h::24]) + trust, sum(weeks[h::24]) + trust, whole) for h in range(24)
    ]
    by_day = [
        _ratio(sum(counts[d : d + 24]) + trust, sum(weeks[d : d + 24]) + trust, whole)
        for d in range(0, WEEK_HOURS, 24)
    ]
    return [
        by_hour[hour % 24] * by_day[hour // 24] / whole if whole > 0 else 0.0
        for hour in range(WEEK_HOURS)
    ]


def _around(
    counts: Sequence[float],
    rates: Sequence[float],
    weeks: Sequence[float],
    hour: int,
    weight: float,
) -> float:
    """By how much the hours around one differ from `rates`, as far as that is certain."""
    hours = [(hour + step) % WEEK_HOURS for step in _NEARBY]
    seen = sum(counts[near] for near in hours)
    expected = sum(rates[near] * weeks[near] for near in hours)
    return (seen + weight) / (expected + weight) if expected + weight > 0 else 1.0


def _plain(_: date) -> str | None:
    return None


def _ratio(count: float, weeks: float, otherwise: float) -> float:
    return count / weeks if weeks > 0 else otherwise
