"""The statistic against its definition, worked out the slow way."""

import math
import random

import pytest

from streams.domain.detection.mixture import Mixture

RATIOS = (2.0, 3.5, 7.0, 15.0, 40.0)


def by_integration(ratio: float, kappa: float, gaps: list[float], steps: int = 20_000) -> float:
    """Shiryaev-Roberts as the sum over all starts of the likelihood ratio since then."""
    total = 1 / (ratio - 1)
    for gap in gaps:
        width = kappa * gap / steps
        for _ in range(steps):
            total = (total + width) * math.exp(-(ratio - 1) * width)
        total *= ratio
    return total


@pytest.mark.parametrize("kappa", [1.0, 1.3])
def test_the_recursion_is_the_integral_over_all_starts(kappa: float) -> None:
    gaps = [0.4, 0.05, 1.1, 0.02]
    mixture = Mixture(RATIOS, kappa)
    state = mixture.begin(0)
    for second, gap in enumerate(gaps, 1):
        state = mixture.step(state, second, gap, 1)
    slowly = [by_integration(ratio, kappa, gaps) for ratio in RATIOS]
    assert state.scores == pytest.approx(slowly, rel=2e-3)


def test_quiet_leaves_the_score_where_it_began() -> None:
    mixture = Mixture(RATIOS, 1.3)
    state = mixture.step(mixture.begin(0), 10, 3.0, 2)
    rest = sum(1 / (ratio - 1) for ratio in RATIOS) / len(RATIOS)
    assert mixture.evidence(state, 1e3) == pytest.approx(rest, rel=1e-9)


def test_any_number_of_ratios_gives_what_the_written_out_five_give() -> None:
    five, six = Mixture(RATIOS, 1.3), Mixture((*RATIOS, 100.0), 1.3)
    a, b = five.begin(0), six.begin(0)
    for second, (mass, calls) in enumerate([(0.5, 1), (0.1, 3), (2.0, 1), (0.0, 12)], 1):
        a, b = five.step(a, second, mass, calls), six.step(b, second, mass, calls)
    assert a.scores == b.scores[:5]


def test_many_calls_in_a_second_count_like_as_many_one_by_one() -> None:
    mixture = Mixture(RATIOS, 1.3)
    at_once = mixture.step(mixture.begin(0), 1, 0.2, 3)
    singly = mixture.begin(0)
    for mass in (0.2, 0.0, 0.0):
        singly = mixture.step(singly, 1, mass, 1)
    assert at_once.scores == pytest.approx(singly.scores, rel=1e-12)


def test_the_score_less_the_mass_is_a_martingale_for_bins_and_no_more_than_one_for_seconds() -> (
    None
):
    # The expectation over a Poisson count with the believed mean, from any state.
    mixture = Mixture(RATIOS, 1.0)
    state = mixture.step(mixture.begin(0), 1, 0.3, 2)
    mass = 0.8
    weights = [math.exp(-mass) * mass**n / math.factorial(n) for n in range(150)]
    binned = [
        sum(
            weight * mixture.step_bin(state, 1, 2, mass, n).scores[k]
            for n, weight in enumerate(weights)
        )
        for k in range(3)
    ]
    assert binned == pytest.approx([score + mass for score in state.scores[:3]], rel=1e-9)
    for k, ratio in enumerate(RATIOS[:3]):
        rest = 1 / (ratio - 1)
        # Calls first, then the second's own mass: as an alarm is judged.
        after = sum(
            weight * ((state.scores[k] * ratio**n - rest) * math.exp(-(ratio - 1) * mass) + rest)
            for n, weight in enumerate(weights)
        )
        assert state.scores[k] < after <= state.scores[k] + mass


def test_a_flood_cannot_overflow() -> None:
    mixture = Mixture(RATIOS, 1.3)
    state = mixture.begin(0)
    for second in range(1, 100):
        state = mixture.step(state, second, 0.01, 5_000)
    assert all(math.isfinite(score) for score in state.scores)


def test_the_start_is_the_first_call_of_the_rise() -> None:
    mixture = Mixture(RATIOS, 1.3)
    state = mixture.begin(0)
    for second in (1_000, 3_000, 9_000):
        state = mixture.step(state, second, (second - state.at) * 27 / 3600, 1)
    for second in range(20_000, 20_120, 10):
        state = mixture.step(state, second, (second - state.at) * 27 / 3600, 1)
    rise = mixture.rise(state, 0.0)
    assert (rise.start, rise.calls) == (20_000, 12)
    assert rise.mass == pytest.approx(110 * 27 / 3600)


def test_ratios_must_rise_from_above_one() -> None:
    with pytest.raises(ValueError, match="above 1"):
        Mixture((3.5, 2.0), 1.3)


@pytest.mark.parametrize("ratios", [RATIOS, (*RATIOS, 100.0)])
def test_a_walk_is_the_same_steps_to_the_bit_and_stops_before_the_limit(
    ratios: tuple[float, ...],
) -> None:
    mixture, rng, limit = Mixture(ratios, 1.3), random.Random(4), 1e9
    seconds = range(1, 401)
    counts = [rng.choice([1, 1, 1, 2]) for _ in seconds]
    masses = [rng.expovariate(0.7 if second < 350 else 5) for second in seconds]
    states = [mixture.begin(0)]
    for second, mass, count in zip(seconds, masses, counts, strict=True):
        after = mixture.step(states[-1], second, mass, count)
        if max(after.scores) >= limit:
            break
        states.append(after)
    assert 100 < len(states) < 400
    for some in [*range(len(states)), len(seconds)]:
        walked = mixture.walk(states[0], seconds[:some], counts[:some], masses[:some], limit)
        done = min(some, len(states) - 1)
        assert walked == (states[done], done)
