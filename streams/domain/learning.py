"""How long does handling take, and how long are callers willing to wait?

Both are learned from the stream, starting from the centre file's figures. Patience is censored:
who was answered would have waited longer, so their wait only says "at least so long". Kaplan and
Meier's estimate (JASA 53:457, 1958) takes both kinds; here on fixed steps of waiting time
(the actuarial form), so that the state is small, mergeable and can forget.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

STEPS: Final = (0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPolicy:
    """`prior_weight` observations speak for the centre file; `memory` for the recent past."""

    prior_weight: float = 30.0
    memory: float = 2000.0


@dataclass(slots=True)
class HandleTime:
    """Mean talk, hold and wrap-up in seconds, forgetting exponentially."""

    prior: float
    policy: LearningPolicy = field(default_factory=LearningPolicy)
    weight: float = 0.0
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """One contact handled. A forgotten hang-up counts as ten times the prior at most."""
        keep = 1.0 - 1.0 / self.policy.memory
        self.weight = self.weight * keep + 1.0
        self.total = self.total * keep + min(seconds, 10.0 * self.prior)

    @property
    def mean(self) -> float:
        """Seconds, the prior included."""
        prior = self.policy.prior_weight
        return (self.total + prior * self.prior) / (self.weight + prior)


class Patience:
    """How long callers wait before they give up: hazard per step of waiting time."""

    __slots__ = ("_exposure", "_gave_up", "_policy", "_prior")

    def __init__(self, prior_seconds: float, policy: LearningPolicy | None = None) -> None:
        self._prior = prior_seconds
        self._policy = policy or LearningPolicy()
        self._exposure = [0.0] * len(STEPS)
        self._gave_up = [0.0] * len(STEPS)

    def observe(self, waited_seconds: float, *, gave_up: bool) -> None:
        """One caller left the line after so long: gave up, or was answered or moved (censored)."""
        last = bisect_right(STEPS, max(0.0, waited_seconds)) - 1
        keep = 1.0 - 1.0 / self._policy.memory
        for step in range(len(STEPS)):
            self._exposure[step] *= keep
            self._gave_up[step] *= keep
        for step in range(last):
            self._exposure[step] += STEPS[step + 1] - STEPS[step]
        self._exposure[last] += max(0.0, waited_seconds) - STEPS[last]
        self._gave_up[last] += gave_up

    @property
    def observed(self) -> float:
        """How many who gave up are remembered."""
        return sum(self._gave_up)

    @property
    def mean(self) -> float:
        """Seconds: the exponential law's mean, all waiting over all who gave up, with the prior."""
        weight = self._policy.prior_weight
        return (sum(self._exposure) + weight * self._prior) / (self.observed + weight)

    def still_waiting(self, seconds: float) -> float:
        """Share of callers willing to wait at least so long (Kaplan-Meier, with the prior)."""
        hazard = 0.0
        for step, start in enumerate(STEPS):
            if start >= seconds:
                break
            end = STEPS[step + 1] if step + 1 < len(STEPS) else math.inf
            hazard += self._hazard(step) * (min(end, seconds) - start)
        return math.exp(-hazard)

    def _hazard(self, step: int) -> float:
        # The prior's caller spends as long in a step as an exponential one with the prior's mean.
        start = STEPS[step]
        end = STEPS[step + 1] if step + 1 < len(STEPS) else start + 5 * self._prior
        weight = self._policy.prior_weight / len(STEPS)
        spent = weight * (end - start)
        return (self._gave_up[step] + spent / self._prior) / (self._exposure[step] + spent)
