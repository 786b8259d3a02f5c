"""Which provider carries the next message: GOV.UK Notify's rules, minute by minute."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from streams.domain.sending.bucket import Bucket
from streams.domain.sending.weights import Move, Weights, in_points

START = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, seconds=seconds)


def two() -> Weights:
    return Weights({"a": 60, "b": 40})


def errors(weights: Weights, name: str, count: int, when: datetime) -> list[Move]:
    moves = [weights.failed(name, when) for _ in range(count)]
    return [move for move in moves if move is not None]


def test_the_choice_follows_the_points() -> None:
    weights = two()
    chosen = Counter(weights.choose(n / 1000) for n in range(1000))
    assert chosen == {"a": 600, "b": 400}


def test_whoever_is_avoided_is_not_chosen_and_nobody_is_when_all_are() -> None:
    weights = two()
    assert {weights.choose(n / 10, avoid={"a"}) for n in range(10)} == {"b"}
    assert weights.choose(0.5, avoid={"a", "b"}) is None


def test_fifty_errors_within_a_minute_take_ten_points() -> None:
    weights = two()
    assert errors(weights, "a", 49, at()) == []
    assert errors(weights, "a", 1, at(seconds=59)) == [Move("a", 50, "errors")]
    assert weights.points() == {"a": 50, "b": 50}


def test_errors_spread_over_more_than_a_minute_take_nothing() -> None:
    weights = two()
    errors(weights, "a", 49, at())
    assert errors(weights, "a", 10, at(seconds=61)) == []


def test_points_move_at_most_once_a_minute() -> None:
    weights = two()
    assert len(errors(weights, "a", 500, at())) == 1
    assert errors(weights, "a", 60, at(seconds=59)) == []
    assert errors(weights, "a", 60, at(seconds=61)) == [Move("a", 40, "errors")]


def test_a_provider_that_always_errs_is_left_with_nothing_and_never_with_less() -> None:
    weights = two()
    for minute in range(10):
        errors(weights, "a", 60, at(minutes=1.1 * minute))
    assert weights.points() == {"a": 0, "b": 100}
    assert {weights.choose(n / 100) for n in range(100)} == {"b"}


def test_with_one_provider_there_is_nowhere_to_move_to() -> None:
    weights = Weights({"only": 1})
    assert errors(weights, "only", 500, at()) == []
    assert weights.choose(0.9) == "only"


def send(weights: Weights, name: str, count: int, when: datetime, took: timedelta) -> None:
    for n in range(count):
        attempt = f"{name}-{when.isoformat()}-{n}"
        weights.sent(name, attempt, when)
        weights.delivered(name, attempt, when + took)


FAST, SLOW = timedelta(seconds=20), timedelta(minutes=6)


def test_fifteen_percent_slower_than_five_minutes_take_ten_points_once_in_five_minutes() -> None:
    weights = two()
    send(weights, "a", 85, at(), FAST)
    send(weights, "a", 15, at(), SLOW)
    send(weights, "b", 100, at(), FAST)
    assert weights.tick(at(7)) == [Move("a", 50, "slow")]
    assert weights.tick(at(8)) == []
    assert weights.tick(at(12.1)) == [Move("a", 40, "slow")]


def test_fourteen_percent_are_not_slow() -> None:
    weights = two()
    send(weights, "a", 86, at(), FAST)
    send(weights, "a", 14, at(), SLOW)
    assert weights.tick(at(7)) == []


def test_nothing_moves_when_both_are_slow() -> None:
    weights = two()
    send(weights, "a", 10, at(), SLOW)
    send(weights, "b", 10, at(), SLOW)
    assert weights.tick(at(7)) == []


def test_what_has_not_arrived_after_five_minutes_is_slow_without_a_receipt() -> None:
    weights = two()
    weights.sent("a", "1", at())
    send(weights, "b", 1, at(), FAST)
    assert weights.tick(at(4.9)) == []
    assert weights.tick(at(5.1)) == [Move("a", 50, "slow")]


def test_a_dead_number_is_not_the_providers_slowness() -> None:
    weights = two()
    weights.sent("a", "1", at())
    weights.gave_up("a", "1")
    assert weights.tick(at(6)) == []


def test_a_receipt_that_comes_twice_counts_once() -> None:
    weights = two()
    weights.sent("a", "1", at())
    for _ in range(50):
        weights.delivered("a", "1", at(6))
    send(weights, "a", 6, at(), FAST)
    assert weights.tick(at(7)) == []  # one of seven is 14 %


def test_after_fifteen_quiet_minutes_points_drift_back_to_where_they_rest() -> None:
    weights = two()
    errors(weights, "a", 60, at())
    errors(weights, "a", 60, at(1.1))
    assert weights.points()["a"] == 40
    assert weights.tick(at(16)) == []
    assert weights.tick(at(16.2)) == [Move("a", 50, "rested")]
    assert weights.tick(at(31.3)) == [Move("a", 60, "rested")]
    assert weights.tick(at(60)) == []
    assert weights.points() == weights.resting()


def test_points_are_always_a_hundred_together() -> None:
    weights = Weights({"a": 1, "b": 1, "c": 1})
    assert sum(weights.points().values()) == 100
    for minute in range(12):
        errors(weights, "abc"[minute % 2], 60, at(1.1 * minute))
        assert sum(weights.points().values()) == 100
        assert min(weights.points().values()) >= 0


@pytest.mark.parametrize(
    ("weights", "points"),
    [
        ({"a": 1, "b": 1}, {"a": 50, "b": 50}),
        ({"a": 1, "b": 1, "c": 1}, {"a": 34, "b": 33, "c": 33}),
        ({"a": 100, "b": 0}, {"a": 100, "b": 0}),
    ],
)
def test_weights_become_whole_points(weights: dict[str, int], points: dict[str, int]) -> None:
    assert in_points(weights) == points


def test_a_bucket_gives_turns_by_the_accounts_rate_and_shows_its_line() -> None:
    bucket = Bucket(per_second=2.0)
    waits = [bucket.reserve(START).total_seconds() for _ in range(4)]
    assert waits == [0.0, 0.5, 1.0, 1.5]
    assert bucket.backlog(START) == timedelta(seconds=2)
    assert bucket.backlog(at(seconds=10)) == timedelta(0)


def test_a_burst_goes_at_once_after_a_pause_and_the_rest_in_turn() -> None:
    bucket = Bucket(per_second=1.0, burst=3)
    assert [bucket.reserve(START).total_seconds() for _ in range(5)] == [0, 0, 0, 1, 2]
    assert [bucket.reserve(at(seconds=60)).total_seconds() for _ in range(4)] == [0, 0, 0, 1]


def test_a_thousand_turns_take_what_the_limit_allows() -> None:
    bucket = Bucket(per_second=20.0)
    last = [bucket.reserve(START) for _ in range(1000)][-1]
    assert last == bucket.time_for(1000)
    assert last.total_seconds() == pytest.approx(49.95)


def test_who_is_told_to_wait_waits() -> None:
    bucket = Bucket(per_second=10.0)
    bucket.hold_off(START, timedelta(seconds=5))
    assert bucket.reserve(START) == timedelta(seconds=5)
