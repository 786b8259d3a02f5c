"""Gamma quantiles against printed chi-square tables (a chi-square of 2a is twice a gamma of a)."""

import math
import random

import pytest

from streams.domain.detection.gamma import lower_share, quantile, rate_interval, rise_interval


@pytest.mark.parametrize(
    ("degrees", "share", "printed"),
    [
        (1, 0.05, 0.003932),
        (1, 0.95, 3.841459),
        (2, 0.95, 5.991465),
        (10, 0.05, 3.940299),
        (10, 0.95, 18.307038),
        (30, 0.99, 50.892181),
        (100, 0.05, 77.929465),
        (100, 0.95, 124.342113),
    ],
)
def test_quantiles_are_those_of_the_printed_tables(
    degrees: int, share: float, printed: float
) -> None:
    assert 2 * quantile(degrees / 2, share) == pytest.approx(printed, abs=1e-6)


@pytest.mark.parametrize("shape", [0.3, 1.0, 7.5, 40.0, 5_000.0, 300_000.0])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.95, 0.999])
def test_the_quantile_is_where_the_distribution_reaches_its_share(
    shape: float, share: float
) -> None:
    assert lower_share(shape, quantile(shape, share)) == pytest.approx(share, abs=1e-9)


def test_with_shape_one_it_is_the_exponential_distribution() -> None:
    assert quantile(1.0, 0.9) == pytest.approx(-math.log(0.1), rel=1e-12)


def test_the_interval_of_a_count_is_garwoods() -> None:
    # Garwood 1936: chi2(14, .05) / 2 = 3.2853 and chi2(16, .95) / 2 = 13.1481 for 7 counts.
    assert rate_interval(7, 2.0) == pytest.approx((3.2853 / 2, 13.1481 / 2), abs=1e-4)


def test_nothing_counted_gives_an_interval_from_zero() -> None:
    assert rate_interval(0, 1.0)[0] == 0.0


@pytest.mark.parametrize(("size", "calls"), [(3.0, 40), (10.0, 8), (30.0, 8)])
def test_a_rise_that_begins_with_a_call_holds_its_rate_nine_times_in_ten(
    size: float, calls: int
) -> None:
    rng = random.Random(11)
    covered = 0
    for _ in range(2_000):
        mass = sum(rng.expovariate(size) for _ in range(calls - 1))
        low, high = rise_interval(calls, mass)
        covered += low <= size <= high
    assert 0.88 < covered / 2_000 < 0.96


@pytest.mark.parametrize("shape", [1e-12, 1e-6, 1e-4])
def test_a_shape_next_to_nothing_has_its_weight_at_zero(shape: float) -> None:
    # At the end of a surge next to nobody is left of it: the shape of that load is about zero.
    assert quantile(shape, 0.95) < 1e-100
