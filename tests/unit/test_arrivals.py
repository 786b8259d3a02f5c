"""Arrivals: Poisson by time rescaling, exact for every shape of rate."""

import math
import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from load.scenario import Burst, load_scenario
from load.sim.arrivals import (
    Piece,
    arrival_times,
    burst_pieces,
    expected_between,
    week_pieces,
)

RISE_HOLD_DECAY = burst_pieces(
    Burst(
        name="quake",
        at=timedelta(minutes=10),
        peak_per_hour=3600,
        rise=timedelta(minutes=5),
        hold=timedelta(minutes=5),
        halves_every=timedelta(minutes=10),
    ),
    length=3600.0,
)


def kolmogorov(sample: list[float]) -> float:
    """The largest distance between the sample and a unit exponential, times sqrt(n)."""
    ordered = sorted(sample)
    size = len(ordered)
    gaps = [
        max((n + 1) / size - cdf, cdf - n / size)
        for n, cdf in enumerate(1 - math.exp(-x) for x in ordered)
    ]
    return max(gaps) * math.sqrt(size)


@pytest.mark.parametrize("piece", RISE_HOLD_DECAY, ids=lambda piece: piece.shape)
@pytest.mark.parametrize("part", [0.0, 0.2, 0.7, 1.0])
def test_elapsed_is_the_inverse_of_mass(piece: Piece, part: float) -> None:
    elapsed = part * piece.length
    assert piece.elapsed(piece.mass(elapsed)) == pytest.approx(elapsed, abs=1e-6)


def test_a_burst_has_the_mass_of_its_triangle_block_and_tail() -> None:
    scale = 600 / math.log(2)
    whole = 300 / 2 + 300 + scale * (1 - math.exp(-2400 / scale))
    assert expected_between(RISE_HOLD_DECAY, 0, 3600) == pytest.approx(whole)


def test_nothing_comes_before_a_burst_begins_or_after_it_ends() -> None:
    times = list(arrival_times(RISE_HOLD_DECAY, random.Random(1)))
    assert min(times) >= 600
    assert max(times) <= 3600


def test_rescaled_gaps_are_unit_exponential() -> None:
    gaps: list[float] = []
    for seed in range(4):
        times = list(arrival_times(RISE_HOLD_DECAY, random.Random(seed)))
        marks = [expected_between(RISE_HOLD_DECAY, 0, at) for at in times]
        gaps += [after - before for before, after in zip([0.0, *marks], marks, strict=False)]
    # 1.63 is the 1 % limit of the Kolmogorov distribution; the seeds are fixed.
    assert len(gaps) > 4000
    assert kolmogorov(gaps) < 1.63


def test_two_halves_of_a_rate_are_together_the_whole() -> None:
    halves = [Piece(0.0, 10_000.0, 0.5), Piece(0.0, 10_000.0, 0.5)]
    merged = sorted(
        at for n, half in enumerate(halves) for at in arrival_times([half], random.Random(n))
    )
    gaps = [after - before for before, after in zip([0.0, *merged], merged, strict=False)]
    assert kolmogorov(gaps) < 1.63


def test_the_same_seed_gives_the_same_calls() -> None:
    first, second = (list(arrival_times(RISE_HOLD_DECAY, random.Random(7))) for _ in range(2))
    assert first == second


def test_the_week_curve_follows_local_hours() -> None:
    week = tuple(float(hour % 24) for hour in range(168))
    scenario = load_scenario("demo-quake")
    pieces = week_pieces(week, scenario.starts, 7200.0, ZoneInfo("Asia/Seoul"), 1.0)
    assert [(piece.start, piece.rate * 3600) for piece in pieces] == [(0.0, 14.0), (3600.0, 15.0)]
