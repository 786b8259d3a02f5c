"""In which order a worker that catches up folds what it was handed."""

from types import SimpleNamespace
from typing import Any

from streams.processors.runner import _by_time


def event(partition: int, offset: int, at: float | None) -> Any:
    return SimpleNamespace(
        message=SimpleNamespace(partition=partition, offset=offset, timestamp=at)
    )


def order(*events: Any) -> list[tuple[int, int]]:
    return [(e.message.partition, e.message.offset) for e in _by_time(events)]


def test_partitions_are_folded_in_step_with_each_other() -> None:
    handed = [event(0, n, 10.0 * n) for n in range(3)] + [event(1, n, 10.0 * n + 1) for n in (7, 8)]
    handed[3].message.timestamp, handed[4].message.timestamp = 5.0, 15.0
    assert order(*handed) == [(0, 0), (1, 7), (0, 1), (1, 8), (0, 2)]


def test_a_clock_that_went_back_changes_no_order_within_a_partition() -> None:
    handed = (event(0, 1, 30.0), event(0, 2, 10.0), event(1, 1, 20.0))
    assert order(*handed) == [(1, 1), (0, 1), (0, 2)]


def test_records_of_one_moment_keep_the_order_in_which_they_came() -> None:
    assert order(event(1, 5, None), event(0, 3, None), event(1, 6, None)) == [
        (1, 5),
        (0, 3),
        (1, 6),
    ]
