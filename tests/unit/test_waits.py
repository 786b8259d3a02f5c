"""Waits that can be said aloud: against simulation, and silence where nothing is known."""

import random
from collections.abc import Callable

import pytest

from streams.domain.learning import HandleTime, Patience
from streams.domain.waits import (
    Line,
    UnknownWait,
    Wait,
    WaitPolicy,
    announced,
    by_head_of_line,
    by_queue_length,
    expected_wait,
)
from load.bench.waiting_line import waits_of_an_infinitely_patient

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


def steady(erlangs: float) -> Callable[[float], float]:
    return lambda _: erlangs / HANDLE


def draining(moment: float) -> float:
    return (60 if moment < 2400 else 16) / HANDLE


@pytest.mark.parametrize(
    ("rate", "since"),
    [(steady(22), 0.0), (steady(60), 0.0), (draining, 2400.0)],
    ids=["stable", "overloaded", "draining"],
)
def test_nine_in_ten_simulated_waits_are_within_p90(
    rate: Callable[[float], float], since: float
) -> None:
    waits: list[tuple[float, int]] = []
    for seed in range(8):
        found = waits_of_an_infinitely_patient(
            rate, 60 / HANDLE, SERVERS, HANDLE, PATIENCE, hours=1.5, rng=random.Random(seed)
        )
        waits += [(wait, ahead) for at, wait, ahead in found if at >= since]
    inside = [
        wait <= by_queue_length(ahead, SERVERS, HANDLE, PATIENCE).p90 for wait, ahead in waits
    ]
    assert len(inside) > 150
    assert 0.85 <= sum(inside) / len(inside) <= 0.95


def test_the_usual_estimate_would_be_far_too_long_in_a_crisis() -> None:
    naive = 201 * HANDLE / SERVERS
    assert by_queue_length(200, SERVERS, HANDLE, PATIENCE).p50 < naive / 2


def test_the_head_of_the_line_stands_for_the_wait_where_patience_is_unknown() -> None:
    wait = expected_wait(line(patience=None), WaitPolicy())  # type: ignore[arg-type]
    assert wait == by_head_of_line(60.0, SERVERS, HANDLE)
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
    for _ in range(3000):
        handle.observe(rng.expovariate(1 / 177))
    assert handle.mean == pytest.approx(177, rel=0.1)


def test_patience_is_learned_though_most_callers_are_answered_first() -> None:
    """Only the censored estimate is right: the mean wait of those who gave up is far too short."""
    rng = random.Random(2)
    patience, gave_up_after = Patience(prior_seconds=120.0), []
    for _ in range(6000):
        willing, offered = rng.expovariate(1 / 380), rng.expovariate(1 / 90)
        patience.observe(min(willing, offered), gave_up=willing < offered)
        if willing < offered:
            gave_up_after.append(willing)
    assert sum(gave_up_after) / len(gave_up_after) < 100
    assert patience.mean == pytest.approx(380, rel=0.15)
    assert patience.still_waiting(60) == pytest.approx(0.854, abs=0.03)
    assert patience.still_waiting(180) == pytest.approx(0.623, abs=0.06)


def test_patience_without_observations_is_the_prior() -> None:
    patience = Patience(prior_seconds=380.0)
    assert patience.mean == 380.0
    assert patience.still_waiting(380.0) == pytest.approx(0.368, abs=0.001)
