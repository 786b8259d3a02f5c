"""The closed form against the printed values, and against simulation."""

import random
from math import log
from statistics import fmean, stdev

import pytest

from streams.domain.detection.cusum import (
    false_alarm_gap,
    mean_time_to_alarm,
    threshold_for,
    worst_delay_seconds,
)

# surge-and-staffing.md 1.1, at 27 contacts an hour.
PRINTED = [
    (2, 6.0, 60.429008, 1810.6115),
    (3, 5.0, 8.5120834, 452.99041),
    (10, 8.0, 33.861697, 74.863226),
    (3, 11.908, 8768.29, 1163.2238),
    (10, 13.538, 8763.06, 127.6355),
    (30, 14.600, 8766.45, 27.280526),
]


@pytest.mark.parametrize(("ratio", "threshold", "gap", "delay"), PRINTED)
def test_the_closed_form_gives_the_printed_values(
    ratio: float, threshold: float, gap: float, delay: float
) -> None:
    assert false_alarm_gap(27, ratio, threshold) == pytest.approx(gap, rel=1e-6)
    assert worst_delay_seconds(27, ratio, threshold) == pytest.approx(delay, rel=1e-6)


def simulated(ratio: float, threshold: float, rate: float, rng: random.Random) -> float:
    """Hours to alarm of one run; the drain by the baseline of 27 an hour."""
    value = hours = 0.0
    while value < threshold:
        gap = rng.expovariate(rate)
        hours += gap
        value = max(0.0, value - (ratio - 1) * 27 * gap) + log(ratio)
    return hours


@pytest.mark.parametrize(("ratio", "threshold"), [(2, 4.0), (3, 5.0), (10, 6.0)])
def test_a_simulation_agrees_with_the_closed_form(ratio: float, threshold: float) -> None:
    rng = random.Random(7)
    runs = [simulated(ratio, threshold, ratio * 27, rng) for _ in range(4_000)]
    exact = mean_time_to_alarm(27, ratio, threshold, ratio * 27)
    assert abs(fmean(runs) - exact) < 4 * stdev(runs) / len(runs) ** 0.5


def test_the_threshold_for_a_gap_has_that_gap() -> None:
    threshold = threshold_for(27, 10, 8766)
    assert threshold == pytest.approx(13.538, abs=1e-3)
    assert false_alarm_gap(27, 10, threshold) == pytest.approx(8766, rel=1e-9)


def test_the_bound_depends_on_the_baseline_only_through_its_clock() -> None:
    slow, fast = worst_delay_seconds(1, 10, 13.5), worst_delay_seconds(1000, 10, 13.5)
    assert slow == pytest.approx(1000 * fast, rel=1e-12)
