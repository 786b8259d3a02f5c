"""The queueing formulas against published and exactly computed values."""

import math

import pytest

from streams.domain.staffing.erlang import (
    erlang_a,
    erlang_b,
    erlang_c,
    erlang_c_within,
    fluid_abandonment,
    garnett,
    halfin_whitt,
    square_root_staffing,
)


@pytest.mark.parametrize(
    ("servers", "load", "blocked", "waiting"),
    [
        (2, 1, 0.200000, 0.333333),
        (3, 2, 0.210526, 0.444444),
        (5, 4, 0.199067, 0.554113),
        (10, 8, 0.121661, 0.409180),
        (8, 5, 0.070048, 0.167267),
        (12, 10, 0.119739, 0.449388),
        (14, 10, 0.056819, 0.174132),
        (50, 48, 0.083337, 0.694456),
        (100, 95, 0.048804, 0.506457),
    ],
)
def test_erlang_b_and_c_equal_the_table(
    servers: int, load: float, blocked: float, waiting: float
) -> None:
    assert erlang_b(servers, load) == pytest.approx(blocked, abs=5e-7)
    assert erlang_c(servers, load) == pytest.approx(waiting, abs=5e-7)


def test_erlang_b_of_ten_servers_with_ten_erlangs() -> None:
    assert erlang_b(10, 10) == pytest.approx(0.214582, abs=5e-7)


def test_fourteen_positions_answer_a_hundred_calls_in_half_an_hour() -> None:
    assert erlang_c_within(14, 10, 180, 20) == pytest.approx(0.88835, abs=5e-6)
    assert erlang_c_within(10, 10, 180, 20) == 0.0


def test_the_much_quoted_comparison_of_patience_and_none() -> None:
    steady = erlang_a(50, 48 / 60, 1 / 60, 1 / 120)
    assert steady.waiting == pytest.approx(0.4678, abs=5e-5)
    assert steady.abandoned == pytest.approx(0.03091, abs=5e-6)
    assert steady.mean_wait == pytest.approx(3.709, abs=5e-4)
    assert steady.queue_length == pytest.approx(2.968, abs=5e-4)
    assert steady.occupancy == pytest.approx(0.9303, abs=5e-5)


def test_erlang_a_of_thirteen_counselors() -> None:
    steady = erlang_a(13, 100 / 30, 1 / 3, 1 / 5)
    assert steady.waiting == pytest.approx(0.2258, abs=5e-5)
    assert steady.abandoned == pytest.approx(0.0250, abs=5e-5)
    assert steady.mean_wait == pytest.approx(0.1248, abs=5e-5)
    assert steady.occupancy == pytest.approx(0.7500, abs=5e-5)
    assert steady.answered_within(20 / 60) == pytest.approx(0.858, abs=5e-4)


def test_equal_patience_and_handle_time_make_the_poisson_tail() -> None:
    steady = erlang_a(55, 50, 1, 1)
    tail = 1 - sum(math.exp(-50) * 50**k / math.factorial(k) for k in range(55))
    assert steady.waiting == pytest.approx(0.2576939515, abs=1e-9)
    assert steady.waiting == pytest.approx(tail, abs=1e-9)
    assert steady.abandoned == pytest.approx(0.0206114, abs=5e-8)


@pytest.mark.parametrize(("servers", "load"), [(14, 10.0), (50, 48.0), (8, 5.0)])
def test_without_abandonment_erlang_a_is_erlang_c(servers: int, load: float) -> None:
    steady = erlang_a(servers, load, 1.0, 0.0)
    assert steady.waiting == pytest.approx(erlang_c(servers, load), abs=1e-9)
    assert steady.answered_within(0.1) == pytest.approx(
        erlang_c_within(servers, load, 1.0, 0.1), abs=1e-7
    )


@pytest.mark.parametrize("arrivals", [3.0, 10.0, 40.0, 200.0])
def test_those_who_give_up_are_patience_times_mean_wait(arrivals: float) -> None:
    steady = erlang_a(10, arrivals, 1.0, 0.4)
    assert steady.abandoned == pytest.approx(0.4 * steady.mean_wait, rel=1e-12)
    assert steady.abandoned >= fluid_abandonment(arrivals, 10) - 1e-12


@pytest.mark.parametrize(
    ("beta", "waiting"), [(0.1, 0.8803), (0.5, 0.5045), (1, 0.2234), (1.5, 0.0847), (2, 0.0269)]
)
def test_halfin_whitt(beta: float, waiting: float) -> None:
    assert halfin_whitt(beta) == pytest.approx(waiting, abs=5e-5)


@pytest.mark.parametrize(
    ("beta", "ratio", "waiting"),
    [
        (0, 1, 0.5),
        (1, 1, 0.1587),
        (0, 2, 0.5858),
        (0.5, 2, 0.3572),
        (-1, 1, 0.8413),
        (1, 0.5, 0.1356),
    ],
)
def test_garnett(beta: float, ratio: float, waiting: float) -> None:
    assert garnett(beta, ratio) == pytest.approx(waiting, abs=5e-5)


@pytest.mark.parametrize(
    ("times", "c", "a", "root"),
    [(1, 7, 7, 6), (3, 16, 15, 15), (10, 45, 42, 42), (30, 122, 116, 119)],
)
def test_seats_of_a_surge(times: int, c: int, a: int, root: int) -> None:
    """27 an hour times a factor, 8 min handling, 3 min patience, 90 % in 15 s."""
    arrivals, load = 27 * times / 3600, 3.6 * times
    without = next(n for n in range(1, 500) if erlang_c_within(n, load, 480, 15) >= 0.9)
    with_patience = next(
        n
        for n in range(1, 500)
        if erlang_a(n, arrivals, 1 / 480, 1 / 180).answered_within(15) >= 0.9
    )
    assert (without, with_patience, square_root_staffing(load, 1.0)) == (c, a, root)


def test_an_impossible_queue_is_refused() -> None:
    with pytest.raises(ValueError, match="without abandonment"):
        erlang_a(3, 5.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="servers >= 1"):
        erlang_a(0, 5.0, 1.0, 1.0)
