"""How many times the usual do they come now, and between which ratios is that sure?

A surge's own interval is that of a steady rate since its estimated start. Staffing must be right
for demand that is still growing, and at the very moment of an alarm, so it asks more of the same
counts: the contacts and the expected contacts between one revision of the alert and the next.

For a history of a given shape (steady; growing from a share of today's level over so many
minutes; falling) the counts are Poisson, and with a log-uniform prior the posterior of the
present ratio is a gamma law, in closed form; so is how well the shape explains the counts. The
answer is the mixture over the shapes of `SHAPES` (Bayesian model averaging).

Two contacts are left out of the first stretch: the one that opened it and the one that rang the
alarm are there because the alarm chose them, not by chance. Without that the estimate is too high
at the declaration: it covers 80 %, not 90 %. Being a posterior, the rest needs no correction for
the moment having been chosen by the counts (the likelihood does not depend on the stopping rule).

`make bench-coverage` measures how often the truth is inside.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from streams.domain.gamma import quantile
from streams.events.surges import SurgeData

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
CHOSEN_CONTACTS: Final = 2
# Evidence fades: who came an hour ago says half as much about now.
HALF_LIFE: Final = timedelta(hours=1)
# A surge is revised each minute, later every five; older stretches are put together.
MOST_STRETCHES: Final = 40
_NEGLIGIBLE: Final = 1e-4
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An estimate with its 90 % interval."""

    low: float
    middle: float
    high: float


class Shape(NamedTuple):
    """A history: linear from `first` (a share of the later level) to 1 in `rise` seconds."""

    first: float
    rise: float
    weight: float

    def level(self, at: float) -> float:
        """The level so many seconds after the start."""
        return self.first + (1 - self.first) * min(at / self.rise, 1.0)

    def mean(self, begin: float, end: float) -> float:
        """The mean level between two moments."""
        if end <= begin:
            return self.level(begin)
        return (self._area(end) - self._area(begin)) / (end - begin)

    def _area(self, until: float) -> float:
        grown = min(until, self.rise)
        return self.first * grown + (1 - self.first) * grown**2 / (2 * self.rise) + (until - grown)


class Stretch(NamedTuple):
    """What came between two revisions; seconds since the surge's start."""

    begin: float
    end: float
    calls: float
    expected: float


def _shapes() -> tuple[Shape, ...]:
    """A third steady, most of the rest growing, some falling: a crisis is rarely steady."""
    growing = [
        (first, minutes) for first in (0.05, 0.2, 0.45) for minutes in (5, 10, 20, 30, 45, 60, 90)
    ]
    falling = [(first, minutes) for first in (2.0, 4.0) for minutes in (20, 60)]
    return (
        Shape(1.0, 60.0, 1 / 3),
        *(Shape(first, minutes * 60, 0.6 / len(growing)) for first, minutes in growing),
        *(Shape(first, minutes * 60, 0.2 / 3 / len(falling)) for first, minutes in falling),
    )


SHAPES: Final = _shapes()


class _Part(NamedTuple):
    """One shape's posterior: a gamma law of the present ratio, and the shape's weight."""

    weight: float
    calls: float
    mass: float


class Trend:
    """The counts of one surge, revision by revision, and what they say about now."""

    __slots__ = ("_answer", "_key", "_last", "stretches")

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._key = ""
        self._last: SurgeData | None = None
        self._answer: tuple[float, Range] = (-1.0, Range(low=0.0, middle=0.0, high=0.0))

    def observe(self, data: SurgeData, at: datetime) -> None:
        """Take what was said of the surge at a moment; the same again changes nothing."""
        last, end = self._last, (at - data.started_at).total_seconds()
        goes_on = (
            last is not None
            and (last.key, last.started_at) == (data.key, data.started_at)
            and last.observed <= data.observed
            and last.expected <= data.expected
        )
        if last is None or not goes_on:
            calls = max(float(data.observed) - CHOSEN_CONTACTS, 0.5)
            self.stretches = [Stretch(0.0, max(end, 1.0), calls, data.expected)]
        elif end > self.stretches[-1].end:
            calls = float(data.observed - last.observed)
            mass = data.expected - last.expected
            self.stretches.append(Stretch(self.stretches[-1].end, end, calls, mass))
        else:
            return
        self._last, self._answer = data, (-1.0, self._answer[1])
        if len(self.stretches) > MOST_STRETCHES:
            self.stretches[:2] = [_together(*self.stretches[:2])]

    def ratio(self, now: datetime) -> Range:
        """Observed over expected at this moment."""
        if self._last is None:
            return Range(low=1.0, middle=1.0, high=1.0)
        elapsed = max((now - self._last.started_at).total_seconds(), self.stretches[-1].end)
        if self._answer[0] != elapsed:
            self._answer = elapsed, present_ratio(self.stretches, elapsed)
        return self._answer[1]

    def in_house(self, now: datetime, handle_seconds: float) -> Range:
        """Erlangs beyond the usual that the surge's contacts make up at this moment.

        Each contact is still here with probability exp(-age / handle time): counted, not
        estimated, so that only the chance of the counts themselves is left.
        """
        if self._last is None:
            return Range(low=0.0, middle=0.0, high=0.0)
        elapsed = (now - self._last.started_at).total_seconds()
        load = variance = usual = 0.0
        for stretch in self.stretches:
            share = _still_here(stretch, elapsed, handle_seconds)
            load += stretch.calls * share
            variance += stretch.calls * share**2
            usual += stretch.expected * share
        if variance <= _LEAST:
            return Range(low=0.0, middle=0.0, high=0.0)
        shape, scale = load**2 / variance, variance / load
        low, high = (max(0.0, scale * quantile(shape, share) - usual) for share in (LOW, HIGH))
        return Range(low=low, middle=min(max(load - usual, low), high), high=high)


def present_ratio(stretches: Sequence[Stretch], elapsed: float) -> Range:
    """The posterior's 5 %, 50 % and 95 % points, `elapsed` seconds after the surge's start."""
    parts = _posterior(stretches, elapsed)
    low, middle, high = (_quantile(parts, share) for share in (LOW, MIDDLE, HIGH))
    return Range(low=low, middle=middle, high=high)


def _posterior(stretches: Sequence[Stretch], elapsed: float) -> list[_Part]:
    fading = math.log(2) / HALF_LIFE.total_seconds()
    weights = [math.exp(-fading * max(0.0, elapsed - stretch.end)) for stretch in stretches]
    calls = sum(w * stretch.calls for w, stretch in zip(weights, stretches, strict=True))
    found = []
    for shape in SHAPES:
        mass, fit = _LEAST, math.log(shape.weight)
        for w, stretch in zip(weights, stretches, strict=True):
            mean = shape.mean(stretch.begin, stretch.end)
            mass += w * stretch.expected * mean
            fit += w * stretch.calls * math.log(mean)
        found.append((fit - calls * math.log(mass), mass / shape.level(elapsed)))
    best = max(fit for fit, _ in found)
    parts = [_Part(math.exp(fit - best), calls, mass) for fit, mass in found]
    total = sum(part.weight for part in parts)
    kept = [part for part in parts if part.weight > _NEGLIGIBLE * total]
    total = sum(part.weight for part in kept)
    return [part._replace(weight=part.weight / total) for part in kept]


def _quantile(parts: Sequence[_Part], share: float) -> float:
    low, high = -5.0, 10.0
    for _ in range(36):
        middle = (low + high) / 2
        if _probability(parts, math.exp(middle)) < share:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _probability(parts: Sequence[_Part], ratio: float) -> float:
    """P(present ratio <= ratio); each gamma law by Wilson and Hilferty (PNAS 17:684, 1931)."""
    total = 0.0
    for weight, calls, mass in parts:
        cube = (ratio * mass / calls) ** (1 / 3)
        deviate = (cube - 1 + 1 / (9 * calls)) * 3 * math.sqrt(calls)
        total += weight * 0.5 * math.erfc(-deviate / math.sqrt(2))
    return total


def _still_here(stretch: Stretch, elapsed: float, handle: float) -> float:
    """The share of a stretch's contacts that is still being handled."""
    length = stretch.end - stretch.begin
    if length <= 0:
        return 0.0
    until = math.exp(-max(0.0, elapsed - stretch.end) / handle)
    return until * (1 - math.exp(-length / handle)) * handle / length


def _together(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(one.begin, other.end, one.calls + other.calls, one.expected + other.expected)
