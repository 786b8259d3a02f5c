"""Which histories of demand explain the counts, and what does each say about now?

For a history of a given shape (steady; growing from a share of today's level over so many
minutes; falling) the counts are Poisson, and with a log-uniform prior the posterior of the
present ratio is a gamma law, in closed form; so is how well the shape explains the counts. The
answer is the mixture over the shapes of `SHAPES`, and over "it changed so long ago, and what came
before says nothing about now" (Bayesian model averaging). So a crisis that fades is believed to.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

# Seats are whole, and both ends of a range of seats count as inside: that adds some 3 % of
# coverage to these 88 %, so that nine in ten truths lie between the seats said.
LOW, MIDDLE, HIGH = 0.06, 0.5, 0.94
# Evidence fades: who came an hour ago says half as much about now.
HALF_LIFE: Final = timedelta(hours=1)
# How long ago the level may have changed, and how likely any of these is before counting.
_CHANGES_SECONDS: Final = (600.0, 1200.0, 2400.0, 4800.0)
_CHANGED: Final = 0.1
# The level before a change is as likely at any size from half to a hundred times the usual.
_LEVELS: Final = math.log(200.0)
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
    """A third steady, most of the rest growing, some falling; `_CHANGED` is left for changes."""
    growing = [
        (first, minutes) for first in (0.05, 0.2, 0.45) for minutes in (5, 10, 20, 30, 45, 60, 90)
    ]
    falling = [(first, minutes) for first in (2.0, 4.0) for minutes in (20, 60)]
    return (
        Shape(1.0, 60.0, 1 / 3),
        *(Shape(first, minutes * 60, 0.52 / len(growing)) for first, minutes in growing),
        *(
            Shape(first, minutes * 60, (1 - 1 / 3 - 0.52 - _CHANGED) / len(falling))
            for first, minutes in falling
        ),
    )


SHAPES: Final = _shapes()


class _Part(NamedTuple):
    """One shape's posterior: a gamma law of the present ratio, and the shape's weight."""

    weight: float
    calls: float
    mass: float


def present_ratio(stretches: Sequence[Stretch], elapsed: float) -> Range:
    """The posterior's `LOW`, `MIDDLE` and `HIGH` points, so many seconds after the start."""
    parts = _posterior(stretches, elapsed)
    low, middle, high = (_quantile(parts, share) for share in (LOW, MIDDLE, HIGH))
    return Range(low=low, middle=middle, high=high)


def _posterior(stretches: Sequence[Stretch], elapsed: float) -> list[_Part]:
    fading = math.log(2) / HALF_LIFE.total_seconds()
    faded = [_faded(each, math.exp(-fading * max(0.0, elapsed - each.end))) for each in stretches]
    fits = [_fit(faded, shape, elapsed) for shape in SHAPES]
    fits += _changed(faded, elapsed)
    best = max(fit for fit, _, _ in fits)
    parts = [_Part(math.exp(fit - best), calls, mass) for fit, calls, mass in fits]
    total = sum(part.weight for part in parts)
    kept = [part for part in parts if part.weight > _NEGLIGIBLE * total]
    total = sum(part.weight for part in kept)
    return [part._replace(weight=part.weight / total) for part in kept]


def _fit(stretches: Sequence[Stretch], shape: Shape, elapsed: float) -> tuple[float, float, float]:
    """How well a shape explains the counts, and the gamma law of the present ratio under it."""
    calls, mass, fit = 0.0, _LEAST, math.log(shape.weight)
    for stretch in stretches:
        mean = shape.mean(stretch.begin, stretch.end)
        calls += stretch.calls
        mass += stretch.expected * mean
        fit += stretch.calls * math.log(mean)
    return fit + _evidence(calls, mass), calls, mass / shape.level(elapsed)


def _changed(stretches: Sequence[Stretch], elapsed: float) -> list[tuple[float, float, float]]:
    """The same for a change of level so long ago: each side is steady, at a level of its own."""
    starts = {
        next((i for i, each in enumerate(stretches) if each.begin >= elapsed - ago), 0)
        for ago in _CHANGES_SECONDS
    }
    fits = []
    for start in sorted(starts - {0}):
        before, calls = (
            sum(each.calls for each in part) for part in (stretches[:start], stretches[start:])
        )
        earlier, mass = (
            sum(each.expected for each in part) + _LEAST
            for part in (stretches[:start], stretches[start:])
        )
        calls = max(calls, 0.5)
        fit = math.log(_CHANGED / len(_CHANGES_SECONDS) / _LEVELS)
        fits.append((fit + _evidence(before, earlier) + _evidence(calls, mass), calls, mass))
    return fits


def _evidence(calls: float, mass: float) -> float:
    """The log marginal likelihood of steady counts under a log-uniform prior of their level."""
    return math.lgamma(calls) - calls * math.log(mass)


def _faded(stretch: Stretch, weight: float) -> Stretch:
    return stretch._replace(calls=stretch.calls * weight, expected=stretch.expected * weight)


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
