"""Waits that can be said aloud: against simulation, and silence where nothing is known."""

import random

import pytest

from load.bench.coverage import CASES, by_head, by_length, simulated_waits, within
from streams.domain.staffing.learning import STEPS, HandleTime, Patience, step_of
from streams.domain.staffing.waits import (
    Line,
    UnknownWait,
    Wait,
    WaitPolicy,
    announced,
    by_head_of_line,
    by_queue_length,
    expected_wait,
)

SERVERS, HANDLE, PATIENCE = 24, 270.0, 380.0


def line(**changes: float) -> Line:
    values = {
        "ahead": 5,
        "servers": SERVERS,
        "idle": 0,
        "handle": HANDLE,
        "patience": PATIENCE,
        "departures": 40,
        "head_wait": 60.0,
    } | changes
    return Line(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", ["stable", "overloaded", "draining"])
def test_nine_in_ten_simulated_waits_are_within_p90(case: str) -> None:
    waits = simulated_waits(case, runs=8)
    assert len(waits) > 150
    assert 0.85 <= within(waits, by_length) <= 0.95


def test_without_known_patience_the_announced_wait_is_not_too_short_either() -> None:
    assert all(within(simulated_waits(case, runs=4), by_head) >= 0.85 for case in CASES)


def test_the_usual_estimate_would_be_far_too_long_in_a_crisis() -> None:
    naive = 201 * HANDLE / SERVERS
    assert by_queue_length(200, SERVERS, HANDLE, PATIENCE).p50 < naive / 2


def test_the_head_of_the_line_stands_for_the_wait_where_patience_is_unknown() -> None:
    wait = expected_wait(line(patience=None), WaitPolicy())  # type: ignore[arg-type]
    assert wait == by_head_of_line(60.0, 5, SERVERS, HANDLE)
    assert isinstance(wait, Wait)
    assert wait.p50 < wait.p90
    assert 40 < wait.p50 < 70


def test_a_free_counselor_and_nobody_ahead_is_no_wait() -> None:
    wait = expected_wait(line(ahead=0, idle=2, departures=0), WaitPolicy())
    assert wait == Wait(p50=0.0, p90=0.0, method="none")


def test_too_little_to_go_on_is_unknown_and_says_why() -> None:
    assert expected_wait(line(servers=0), WaitPolicy()) == UnknownWait("nobody_staffed")
    assert expected_wait(line(departures=9), WaitPolicy()) == UnknownWait("line_not_moving")


def test_an_announced_wait_never_grows_without_the_words_for_it() -> None:
    said = Wait(p50=60, p90=120, method="queue_length")
    shorter = Wait(p50=50, p90=100, method="queue_length")
    a_little_longer = Wait(p50=70, p90=130, method="queue_length")
    risen = Wait(p50=150, p90=300, method="queue_length")
    assert announced(None, said) == (said, False)
    assert announced(said, shorter) == (shorter, False)
    assert announced(said, a_little_longer) == (said, False)
    assert announced(said, risen) == (risen, True)


def test_handle_time_starts_at_the_prior_and_learns_the_truth() -> None:
    rng = random.Random(1)
    handle = HandleTime(prior=480.0)
    assert handle.mean == 480.0
    handle.add(3000, sum(rng.expovariate(1 / 177) for _ in range(3000)))
    assert handle.mean == pytest.approx(177, rel=0.1)


def test_a_hang_up_forgotten_overnight_is_no_handle_time() -> None:
    handle = HandleTime(prior=270.0)
    handle.add(10, 10 * 30_000.0)
    assert handle.mean == 4 * 270.0


def test_patience_is_learned_though_most_callers_are_answered_first() -> None:
    """Only the censored estimate is right: the mean wait of those who gave up is far too short."""
    rng = random.Random(2)
    patience, gave_up_after = Patience(prior_seconds=120.0), []
    left = {True: [0] * len(STEPS), False: [0] * len(STEPS)}
    for _ in range(6000):
        willing, offered = rng.expovariate(1 / 380), rng.expovariate(1 / 90)
        left[willing < offered][step_of(min(willing, offered))] += 1
        if willing < offered:
            gave_up_after.append(willing)
    patience.add(left[False], left[True])
    assert sum(gave_up_after) / len(gave_up_after) < 100
    assert patience.mean == pytest.approx(380, rel=0.15)
    assert patience.still_waiting(60) == pytest.approx(0.854, abs=0.03)
    assert patience.still_waiting(180) == pytest.approx(0.623, abs=0.06)


def test_patience_without_observations_is_the_prior() -> None:
    patience = Patience(prior_seconds=380.0)
    assert patience.mean == 380.0
    assert patience.still_waiting(380.0) == pytest.approx(0.368, abs=0.001)


def test_who_hangs_up_at_once_says_nothing_about_patience() -> None:
    patience, same = Patience(prior_seconds=380.0), Patience(prior_seconds=380.0)
    for each, at_once in ((patience, 500), (same, 0)):
        each.add([0, 100, 100, 50], [at_once, 0, 10, 10])
    assert patience.mean == same.mean
    assert patience.observed == 20
    assert patience.still_waiting(5.0) < same.still_waiting(5.0)


def test_what_is_said_shorter_is_shorter_in_both_numbers() -> None:
    said = Wait(p50=50, p90=120, method="queue_length")
    other = Wait(p50=60, p90=110, method="head_of_line")
    assert announced(said, other) == (Wait(p50=50, p90=110, method="head_of_line"), False)
