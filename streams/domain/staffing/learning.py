"""How long does handling take, and how long are callers willing to wait?

Both are learned from the stream, starting from the centre file's figures. Patience is censored:
who was answered would have waited longer, so their wait only says "at least so long". Kaplan and
Meier's estimate (JASA 53:457, 1958) takes both kinds; here on fixed steps of waiting time
(the actuarial form), so that the state is two short rows of whole numbers that add up.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

STEPS: Final = (0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0)
# Who left in the last, open step is taken to have waited so much longer than its beginning.
_BEYOND: Final = 600.0
# Further than this from the centre file's figure the stream is thought to be wrong, not the file:
# a hang-up forgotten overnight is not a handle time.
_FURTHEST: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPolicy:
    """So many observations speak for the centre file."""

    prior_weight: float = 30.0


def step_of(waited_seconds: float) -> int:
    """Which of `STEPS` a wait ended in."""
    return bisect_right(STEPS, max(0.0, waited_seconds)) - 1


@dataclass(slots=True)
class HandleTime:
    """Mean talk, hold and wrap-up in seconds."""

    prior: float
    policy: LearningPolicy = field(default_factory=LearningPolicy)
    handled: int = 0
    total: float = 0.0

    def add(self, handled: int, seconds: float) -> None:
        """So many contacts were handled, in so many seconds together."""
        self.handled += handled
        self.total += seconds

    @property
    def mean(self) -> float:
        """Seconds, the prior included."""
        weight = self.policy.prior_weight
        mean = (self.total + weight * self.prior) / (self.handled + weight)
        return min(max(mean, self.prior / _FURTHEST), self.prior * _FURTHEST)


class Patience:
    """How long callers wait before they give up: hazard per step of waiting time."""

    __slots__ = ("_exposure", "_gave_up", "_policy", "_prior")

    def __init__(self, prior_seconds: float, policy: LearningPolicy | None = None) -> None:
        self._prior = prior_seconds
        self._policy = policy or LearningPolicy()
        self._exposure = [0.0] * len(STEPS)
        self._gave_up = [0] * len(STEPS)

    def add(self, answered: Sequence[int], abandoned: Sequence[int]) -> None:
        """So many left the line in each step: answered (they would have waited longer), gave up.

        As in a life table, who leaves within a step is taken to have been there for half of it.
        """
        passed_on = 0
        for step in reversed(range(len(STEPS))):
            leaving = _at(answered, step) + _at(abandoned, step)
            spent = _length(step)
            half = _BEYOND if spent == math.inf else spent / 2
            self._exposure[step] += leaving * half + (passed_on * spent if passed_on else 0.0)
            self._gave_up[step] += _at(abandoned, step)
            passed_on += leaving

    @property
    def observed(self) -> int:
        """How many gave up after waiting at all."""
        return sum(self._gave_up[1:])

    @property
    def mean(self) -> float:
        """Seconds: the exponential law's mean, all waiting over all who gave up, with the prior.

        The first seconds are left out: who hangs up then had changed their mind.
        """
        weight = self._policy.prior_weight
        waited = sum(self._exposure[1:]) + weight * self._prior
        mean = waited / (self.observed + weight)
        return min(max(mean, self._prior / _FURTHEST), self._prior * _FURTHEST)

    def still_waiting(self, seconds: float) -> float:
        """Share of callers willing to wait at least so long (Kaplan-Meier, with the prior)."""
        hazard = 0.0
        for step, start in enumerate(STEPS):
            if start >= seconds:
                break
            hazard += self._hazard(step) * (min(start + _length(step), seconds) - start)
        return math.exp(-hazard)

    def _hazard(self, step: int) -> float:
        # The prior's callers spend as long in a step as exponential ones with the prior's mean.
        start, end = STEPS[step] / self._prior, (STEPS[step] + _length(step)) / self._prior
        given_up = self._policy.prior_weight * (math.exp(-start) - math.exp(-end))
        exposure = given_up * self._prior
        return (self._gave_up[step] + given_up) / (self._exposure[step] + exposure)


def _length(step: int) -> float:
    return STEPS[step + 1] - STEPS[step] if step + 1 < len(STEPS) else math.inf


def _at(counts: Sequence[int], step: int) -> int:
    return counts[step] if step < len(counts) else 0
