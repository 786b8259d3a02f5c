"""How strong is the evidence that demand has risen, and since when?

The continuous-time Shiryaev-Roberts mixture. For each ratio rho the score R obeys
`R <- ((R - f) exp(-(rho - 1) dL) + f)` while nothing comes, with f = 1 / (rho - 1), and is
multiplied by rho at each first attempt; dL is the baseline mass believed, kappa times the
expected contacts. R minus the believed mass is a supermartingale as long as the true rate is no
higher than the believed one, whatever the time of day, so the believed mass until a false alarm
at threshold A is at least A on average (Shin, Ramdas, Rinaldo 2023, arXiv 2203.03532).

Contacts are counted at the beginning of their second, before that second's own mass: this keeps
the bound exact for counts per second, and for counts per hour just as well. An alarm is judged at
the end of the second.

Beside each score goes the CUSUM's account of the same ratio: since which second, with how many
contacts in how much mass, its log-likelihood has been above zero. That is the maximum-likelihood
start of a rise of that size; the component with the highest score names the start.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

# Beyond this no threshold lies; scores are capped, so that a flood cannot overflow a float.
_CEILING = 1e300
_MOST_NATS = 690.0


class Scores(NamedTuple):
    """One key after a second with contacts in it. A value: going back to an earlier one is free."""

    at: int
    scores: tuple[float, ...]
    starts: tuple[int, ...]
    calls: tuple[float, ...]
    masses: tuple[float, ...]


class Rise(NamedTuple):
    """The likeliest rise: `calls` since `start`, where `mass` contacts were expected."""

    start: int
    calls: float
    mass: float


@dataclass(frozen=True, slots=True)
class _Component:
    """One ratio of the mixture, with what follows from it worked out once."""

    drop: float
    rest: float
    gain: float
    log: float
    gate: float


class Mixture:
    """The mixture's arithmetic; holds no key's state."""

    __slots__ = ("_parts", "_steps", "kappa", "ratios", "rest", "width")

    def __init__(self, ratios: tuple[float, ...], kappa: float, width: int = 1) -> None:
        self.ratios = ratios
        self.kappa = kappa
        self.width = width
        self._parts = tuple(
            _Component(
                drop=-(ratio - 1) * kappa,
                rest=1 / (ratio - 1),
                gain=ratio,
                log=math.log(ratio),
                gate=(ratio - 1) * kappa / math.log(ratio),
            )
            for ratio in ratios
        )
        self._steps = tuple((p.drop, p.rest, p.gain, p.log, p.gate) for p in self._parts)
        self.rest = tuple(p.rest for p in self._parts)

    def begin(self, second: int) -> Scores:
        """A key nothing is known of: each score at the level at which quiet leaves it."""
        count = len(self._steps)
        zeros = (0.0,) * count
        return Scores(second, self.rest, (second,) * count, zeros, zeros)

    def step(self, before: Scores, second: int, mass: float, calls: float) -> Scores:
        """Fold `calls` first attempts at `second`; `mass` was expected since `before.at`."""
        exp = math.exp
        scores, starts, counts, masses = [], [], [], []
        one = calls == 1
        for (drop, rest, gain, log, gate), score, start, seen, expected in zip(
            self._steps, before.scores, before.starts, before.calls, before.masses, strict=True
        ):
            value = (score - rest) * exp(drop * mass) + rest
            value *= gain if one else exp(min(calls * log, _MOST_NATS))
            scores.append(value if value < _CEILING else _CEILING)
            total = expected + mass
            if seen > gate * total:
                starts.append(start)
                counts.append(seen + calls)
                masses.append(total)
            else:
                starts.append(second)
                counts.append(calls)
                masses.append(0.0)
        return Scores(second, tuple(scores), tuple(starts), tuple(counts), tuple(masses))

    def evidence(self, state: Scores, mass: float) -> float:
        """The mixture's value when `mass` more has been expected since `state.at`."""
        total = 0.0
        for (drop, rest, _, _, _), score in zip(self._steps, state.scores, strict=True):
            total += (score - rest) * math.exp(drop * mass) + rest
        return total / len(self._steps)

    def rise(self, state: Scores, mass: float) -> Rise:
        """The rise of the component with the highest score, `mass` after `state.at`."""
        best = max(range(len(state.scores)), key=state.scores.__getitem__)
        return Rise(state.starts[best], state.calls[best], state.masses[best] + mass)

    def worth(self, calls: float, mass: float) -> float:
        """The mixture's value of `calls` in one stretch of `mass`, taken by itself."""
        total = 0.0
        for drop, rest, _, log, _ in self._steps:
            total += rest * math.exp(min(calls * log + drop * mass, _MOST_NATS))
        return total / len(self._steps)
