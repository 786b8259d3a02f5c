"""Are arrivals open loop: Poisson at the scenario's rate, however many workers share them?"""

import heapq
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import gevent
import pytest

from load.open_loop.plan import Share, arrivals_of, at_peak, expected_by
from load.open_loop.source import OpenLoopSource
from load.scenario import load_scenario
from load.sim.stage import sources_of
from load.verdict.latency import Latencies
from streams.centre_file import load_centre

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
# A rise, a hold, a decay and an ordinary week's hours, at three times the height.
SCENARIO = at_peak(load_scenario("S5-centre"), 3.0)


def arrivals(workers: int) -> list[float]:
    """Seconds at which all workers together see people arrive."""
    streams = [arrivals_of(SCENARIO, CENTRE, Share(index, workers)) for index in range(workers)]
    return list(heapq.merge(*([one.at for one in stream] for stream in streams)))


def kolmogorov_smirnov(gaps: Sequence[float]) -> float:
    """How improbable so large a distance from unit exponential gaps is (asymptotic p)."""
    ranked = sorted(gaps)
    count = len(ranked)
    distance = max(
        max((nth + 1) / count - under, under - nth / count)
        for nth, under in enumerate(-math.expm1(-gap) for gap in ranked)
    )
    scaled = (math.sqrt(count) + 0.12 + 0.11 / math.sqrt(count)) * distance
    terms = (math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return 2 * sum(term if nth % 2 == 0 else -term for nth, term in enumerate(terms))


def rescaled_gaps(times: Sequence[float]) -> list[float]:
    """Gaps in expected arrivals: exponential with mean 1 if the stream is Poisson at its rate."""
    sources = sources_of(SCENARIO, CENTRE)
    return [b - a for a, b in itertools.pairwise(expected_by(sources, at) for at in times)]


@pytest.mark.parametrize("workers", [1, 4])
def test_rescaled_gaps_are_exponential_with_one_worker_and_with_four(workers: int) -> None:
    gaps = rescaled_gaps(arrivals(workers))
    assert len(gaps) > 5000
    assert kolmogorov_smirnov(gaps) > 0.01


def test_the_test_notices_a_source_that_waits_for_the_one_before() -> None:
    # A closed loop of constant pacing is no Poisson stream: the same test must refuse it.
    assert kolmogorov_smirnov([0.5 + gap / 2 for gap in rescaled_gaps(arrivals(1))]) < 1e-6


@pytest.mark.parametrize("workers", [1, 4])
def test_as_many_arrive_as_the_scenario_expects(workers: int) -> None:
    expected = expected_by(sources_of(SCENARIO, CENTRE), SCENARIO.length.total_seconds())
    assert len(arrivals(workers)) == pytest.approx(expected, abs=4 * math.sqrt(expected))


def test_workers_draw_independently_and_the_same_each_time() -> None:
    first, second = (
        [one.at for one in itertools.islice(arrivals_of(SCENARIO, CENTRE, Share(n, 2)), 50)]
        for n in (0, 1)
    )
    again = [one.at for one in itertools.islice(arrivals_of(SCENARIO, CENTRE, Share(0, 2)), 50)]
    assert first == again
    assert not set(first) & set(second)


def test_another_burst_changes_no_draw_of_the_others() -> None:
    before = [one.at for one in arrivals_of(SCENARIO, CENTRE, Share()) if one.source == "base"]
    more = (*SCENARIO.bursts, replace(SCENARIO.bursts[0], name="after", at=timedelta(hours=3)))
    with_more = arrivals_of(replace(SCENARIO, bursts=more), CENTRE, Share())
    assert [one.at for one in with_more if one.source == "base"] == before


@pytest.mark.parametrize(("number", "workers"), [(0, 3), (10, 4), (24, 4), (3, 5)])
def test_parts_add_up_to_the_whole(number: int, workers: int) -> None:
    parts = [Share(index, workers).of(number) for index in range(workers)]
    assert sum(parts) == number
    assert max(parts) - min(parts) <= 1


def test_percentiles_of_merged_histograms_are_those_of_all_values() -> None:
    left, right = Latencies(), Latencies()
    for nth in range(1, 1001):
        (left if nth % 2 else right).add(nth / 1000)
    left.merge(right)
    assert len(left) == 1000
    assert [left.quantile(share) for share in (0.5, 0.99, 1.0)] == [
        pytest.approx(0.5, rel=0.01),
        pytest.approx(0.99, rel=0.01),
        1.0,
    ]
    assert Latencies().quantile(0.5) is None


def test_arrivals_that_find_no_room_are_dropped_and_counted_and_the_others_go_on() -> None:
    source: OpenLoopSource[int] = OpenLoopSource(lambda _, __: gevent.sleep(60), most=2)
    now = time.time()
    source.run((now, nth) for nth in range(5))
    gevent.sleep(0)
    assert (source.offered, source.started, source.dropped) == (5, 2, 3)
    source.kill()


def test_whoever_begins_late_is_counted_and_keeps_their_moment() -> None:
    moments: list[float] = []
    source: OpenLoopSource[int] = OpenLoopSource(lambda _, due: moments.append(due), most=10)
    due = time.time() - 3.0
    source.run([(due, 0), (due + 0.5, 1), (time.time(), 2)])
    assert source.join(10.0)
    assert moments[:2] == [due, due + 0.5]
    assert source.late == 2
    assert source.most_behind >= 3.0
