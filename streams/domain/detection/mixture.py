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

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

# Beyond this no threshold lies; scores are capped, so that a flood cannot overflow a float.
_CEILING = 1e300
_MOST_NATS = 690.0
_FIVE = 5
_new = tuple.__new__


Run = tuple[int, float, float]


class Scores(NamedTuple):
    """One key after a second with contacts in it. A value: going back to an earlier one is free.

    `calls` and `mass` count from the key's beginning. `runs` has, per ratio, the second at which
    its likelihood last left zero, with the calls and mass before it.
    """

    at: int
    scores: tuple[float, ...]
    calls: float
    mass: float
    runs: tuple[Run, ...]


class Rise(NamedTuple):
    """The likeliest rise: `calls` since `start`, where `mass` contacts were expected."""

    start: int
    calls: float
    mass: float


class Mixture:
    """The mixture's arithmetic; holds no key's state."""

    __slots__ = ("_count", "_drops", "_gates", "_logs", "_many", "kappa", "ratios", "rest")

    def __init__(self, ratios: tuple[float, ...], kappa: float) -> None:
        if list(ratios) != sorted(set(ratios)) or ratios[0] <= 1:
            raise ValueError("ratios are above 1 and rise")
        self.ratios = ratios
        self.kappa = kappa
        self.rest = tuple(1 / (ratio - 1) for ratio in ratios)
        drops = [-(ratio - 1) * kappa for ratio in ratios]
        logs = [log(ratio) for ratio in ratios]
        self._count = len(ratios)
        self._drops = tuple(drops)
        self._logs = tuple(logs)
        self._many = tuple(zip(drops, self.rest, logs, strict=True))
        self._gates = tuple(-drop / nats for drop, nats in zip(drops, logs, strict=True))

    def begin(self, second: int) -> Scores:
        """A key nothing is known of: each score at the level at which quiet leaves it."""
        return Scores(second, self.rest, 0.0, 0.0, ((second, 0.0, 0.0),) * self._count)

    def step(self, before: Scores, second: int, mass: float, calls: float) -> Scores:
        """Fold `calls` first attempts at `second`; `mass` was expected since `before.at`."""
        _, scores, seen, expected, runs = before
        expected += mass
        gains = self.ratios if calls == 1 else self._gains(calls)
        if self._count == _FIVE:
            scores = _risen(scores, self._drops, self.rest, gains, mass)
        else:
            scores = tuple(
                [
                    ((score - rest) * exp(drop * mass) + rest) * gain
                    for score, drop, rest, gain in zip(
                        scores, self._drops, self.rest, gains, strict=False
                    )
                ]
            )
        if scores[-1] > _CEILING:
            scores = tuple([min(score, _CEILING) for score in scores])
        # The higher the ratio, the sooner its likelihood is back at zero: from the last one down,
        # the first that is not spares the rest.
        alive = self._count
        while alive:
            _, calls_before, mass_before = runs[alive - 1]
            gate = self._gates[alive - 1]
            if seen - calls_before > gate * (expected - mass_before):
                break
            alive -= 1
        if alive < self._count:
            runs = runs[:alive] + ((second, seen, expected),) * (self._count - alive)
        # A third of the cost of calling the class.
        return _new(Scores, (second, scores, seen + calls, expected, runs))

    def walk(
        self,
        before: Scores,
        seconds: Sequence[int],
        calls: Sequence[int],
        masses: Sequence[float],
        limit: float,
    ) -> tuple[Scores, int]:
        """Many steps in one go, up to the one that would take a score to `limit`, and how many.

        To the bit what `step` gives; a recording of millions of contacts has no time for more.
        """
        if self._count != _FIVE:
            return self._walk_any(before, seconds, calls, masses, limit)
        at, (s0, s1, s2, s3, s4), seen, expected, runs = before
        (b0, c0, m0), (b1, c1, m1), (b2, c2, m2), (b3, c3, m3), (b4, c4, m4) = runs
        d0, d1, d2, d3, d4 = self._drops
        f0, f1, f2, f3, f4 = self.rest
        q0, q1, q2, q3, q4 = self._gates
        ones = self.ratios
        done = 0
        for second, count, mass in zip(seconds, calls, masses, strict=True):
            g0, g1, g2, g3, g4 = ones if count == 1 else self._gains(count)
            n0 = ((s0 - f0) * exp(d0 * mass) + f0) * g0
            n1 = ((s1 - f1) * exp(d1 * mass) + f1) * g1
            n2 = ((s2 - f2) * exp(d2 * mass) + f2) * g2
            n3 = ((s3 - f3) * exp(d3 * mass) + f3) * g3
            n4 = ((s4 - f4) * exp(d4 * mass) + f4) * g4
            if n0 >= limit or n1 >= limit or n2 >= limit or n3 >= limit or n4 >= limit:
                break
            at, s0, s1, s2, s3, s4 = second, n0, n1, n2, n3, n4
            expected += mass
            # As in `step`, from the highest ratio down.
            if seen - c4 <= q4 * (expected - m4):
                b4, c4, m4 = second, seen, expected
                if seen - c3 <= q3 * (expected - m3):
                    b3, c3, m3 = second, seen, expected
                    if seen - c2 <= q2 * (expected - m2):
                        b2, c2, m2 = second, seen, expected
                        if seen - c1 <= q1 * (expected - m1):
                            b1, c1, m1 = second, seen, expected
                            if seen - c0 <= q0 * (expected - m0):
                                b0, c0, m0 = second, seen, expected
            seen += count
            done += 1
        runs = (b0, c0, m0), (b1, c1, m1), (b2, c2, m2), (b3, c3, m3), (b4, c4, m4)
        return Scores(at, (s0, s1, s2, s3, s4), seen, expected, runs), done

    def _walk_any(
        self,
        before: Scores,
        seconds: Sequence[int],
        calls: Sequence[int],
        masses: Sequence[float],
        limit: float,
    ) -> tuple[Scores, int]:
        for done, (second, count, mass) in enumerate(zip(seconds, calls, masses, strict=True)):
            after = self.step(before, second, mass, count)
            if max(after.scores) >= limit:
                return before, done
            before = after
        return before, len(seconds)

    def _gains(self, calls: float) -> tuple[float, ...]:
        """What so many calls in one second multiply each score by."""
        return tuple([exp(min(calls * nats, _MOST_NATS)) for nats in self._logs])

    def step_bin(self, before: Scores, begin: int, end: int, mass: float, calls: float) -> Scores:
        """Fold a whole bin, such as an hour, quiet or not; the state is then that of its end.

        Every bin is one step of the discrete statistic, `R <- (R + dL) exp(-(rho - 1) dL) rho^n`:
        R minus the believed mass is again a martingale.
        """
        seen, expected, runs = before.calls, before.mass, before.runs
        believed = self.kappa * mass
        scores = tuple(
            [
                min((score + believed) * exp(min(drop * mass + calls * nats, _MOST_NATS)), _CEILING)
                for score, (drop, _, nats) in zip(before.scores, self._many, strict=False)
            ]
        )
        runs = tuple(
            [
                run if seen - run[1] > gate * (expected - run[2]) else (begin, seen, expected)
                for run, gate in zip(runs, self._gates, strict=False)
            ]
        )
        return Scores(end, scores, seen + calls, expected + mass, runs)

    def evidence(self, state: Scores, mass: float) -> float:
        """The mixture's value when `mass` more has been expected since `state.at`."""
        total = 0.0
        for (drop, rest, _), score in zip(self._many, state.scores, strict=True):
            total += (score - rest) * exp(drop * mass) + rest
        return total / self._count

    def rise(self, state: Scores, mass: float) -> Rise:
        """The rise of the component with the highest score, `mass` after `state.at`."""
        best = max(range(len(state.scores)), key=state.scores.__getitem__)
        start, calls_before, mass_before = state.runs[best]
        return Rise(start, state.calls - calls_before, state.mass - mass_before + mass)

    def is_over(self, state: Scores, mass: float) -> bool:
        """True when `mass` later every component's likelihood is back at zero."""
        expected = state.mass + mass
        return not any(
            state.calls - run[1] > gate * (expected - run[2])
            for run, gate in zip(state.runs, self._gates, strict=True)
        )

    def worth(self, calls: float, mass: float) -> float:
        """The mixture's value of `calls` in one stretch of `mass`, taken by itself."""
        total = 0.0
        for drop, rest, nats in self._many:
            total += rest * exp(min(calls * nats + drop * mass, _MOST_NATS))
        return total / self._count


def _risen(
    scores: tuple[float, ...],
    drops: tuple[float, ...],
    rests: tuple[float, ...],
    gains: tuple[float, ...],
    mass: float,
) -> tuple[float, ...]:
    """The step for five ratios, written out: as a loop it takes three times as long."""
    s0, s1, s2, s3, s4 = scores
    d0, d1, d2, d3, d4 = drops
    f0, f1, f2, f3, f4 = rests
    g0, g1, g2, g3, g4 = gains
    return (
        ((s0 - f0) * exp(d0 * mass) + f0) * g0,
        ((s1 - f1) * exp(d1 * mass) + f1) * g1,
        ((s2 - f2) * exp(d2 * mass) + f2) * g2,
        ((s3 - f3) * exp(d3 * mass) + f3) * g3,
        ((s4 - f4) * exp(d4 * mass) + f4) * g4,
    )
