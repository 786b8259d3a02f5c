"""The ranges of seats cover the truth: a quick version of `make bench-coverage`."""

import random

import pytest

from load.bench.coverage import LEAST, Judged, covered, judged, surges
from load.bench.onsets import Onset, centre_of, told_of


@pytest.fixture(scope="module")
def cases() -> list[Judged]:
    return [case for case in judged(count=160, seed=3) if case.ahead is None]


@pytest.mark.parametrize("later", [0, 120, 600, 1800])
def test_nine_in_ten_ranges_of_seats_cover_the_truth(cases: list[Judged], later: int) -> None:
    # 160 surges tell the share to 2 points (one standard deviation); the bar proper, 85 to 95 %,
    # is judged on 2,400 by `make bench-coverage`.
    inside, below, above = covered([case for case in cases if case.later == later])
    assert inside >= LEAST
    assert max(below, above) < 0.12


def test_the_simulated_surges_are_of_all_sizes_and_half_of_them_grow_slowly() -> None:
    made = surges(600, seed=1)
    sizes = sorted(onset.size for _, onset in made)
    assert (sizes[0] < 3.1, sizes[-1] > 29) == (True, True)
    assert sum(onset.rise == 0 for _, onset in made) == 300


def test_the_bench_goes_call_by_call_through_the_real_watch_until_half_an_hour_later() -> None:
    told = told_of(Onset(size=10.0), centre_of(27.0), random.Random(1))
    assert told is not None
    assert 20 < told.alerted < 600
    span = told.facts[-1].time - told.facts[0].time
    assert span.total_seconds() > 1500
    assert [fact.data.revision for fact in told.facts] == list(range(len(told.facts)))
