"""Is the sizing in docs/operations.md what the benches and the catalogue amount to?"""

import msgspec
import pytest

from load.bench import sizing
from load.bench.results import Machine, Result, Row, load
from streams.topics import CATALOGUE

MACHINE = Machine(processor="P", cores=2, memory_gb=8.0, system="Linux 6", python="3.11.7")
PER_EVENT = {"contacts": 100.0, "intake": 1000.0, sizing.WORKER: 2000.0, "callbacks": 10.0}


def found(rate: str, per_event: dict[str, float]) -> list[Row]:
    """What an event takes at a rate; processes in CPU, topics in bytes."""
    topics = {topic.name for topic in CATALOGUE} - {"callbacks"}
    return [
        Row(
            name=f"{rate} events/s, {name}",
            unit=sizing.BYTES if name in topics else sizing.CPU,
            values=(value,),
        )
        for name, value in per_event.items()
    ]


def measured(*more: Row, **per_event: float) -> sizing.Measured:
    """One rate of 10 events/s, a callback of 1,000 bytes in Redis and of nothing in Kafka."""
    rows = [
        *found("10", PER_EVENT | per_event),
        *more,
        Row(name="an open callback in Redis", unit="", values=(1000.0,)),
        Row(name="Redis before the first callback", unit="", values=(0.0,)),
        Row(name="a state of a callback in Kafka", unit="", values=(0.0,)),
    ]
    size = Result(bench="size", title="", command="", method=(), rows=tuple(rows), machine=MACHINE)
    return sizing.Measured({"size": size})


def test_the_page_says_what_the_results_and_the_catalogue_amount_to() -> None:
    page = sizing.PAGE.read_text()
    assert sizing.section(load()) in page, "run: .venv/bin/python -m load.bench.report"


def test_the_page_changes_with_what_was_measured() -> None:
    results = load()
    [size] = [one for one in results if one.bench == "size"]
    rows = tuple(
        msgspec.structs.replace(r, values=tuple(2 * v for v in r.values)) for r in size.rows
    )
    other = [one for one in results if one.bench != "size"]
    dearer = sizing.section([*other, msgspec.structs.replace(size, rows=tuple(rows))])
    assert dearer != sizing.section(results)


def test_each_process_keeps_half_a_core_free_and_one_more_is_there() -> None:
    # 600 calls a second are 3,600 events/s: 3.6 cores of intake, 7.2 of the worker.
    big = sizing.size(measured(), 2_160_000)
    small = sizing.size(measured(), 60)
    assert (big.peak, big.intakes, big.workers) == (3600.0, 8, 15)
    assert (small.intakes, small.workers) == (2, 2)


@pytest.mark.parametrize(
    ("rate", "cpu"), [(5, 5_000), (10, 10_000), (60, 35_000), (110, 60_000), (220, 120_000)]
)
def test_between_two_measured_rates_the_line_holds_and_outside_the_nearest(
    rate: int, cpu: float
) -> None:
    # 10,000 µs a second at 10 events/s, 60,000 at 110.
    two = measured(*found("110", {"intake": 60_000 / 110}))
    assert two.a_second(rate, "intake", sizing.CPU) == pytest.approx(cpu)


def test_the_list_in_redis_has_room_for_the_callers_of_four_hours() -> None:
    # 100,000 calls an hour leave 160,000 open: 229 MB with room.
    assert sizing.size(measured(), 100_000).redis_mb == 256


@pytest.mark.parametrize(("topic", "days"), [("contacts", 31), ("pulses", 8)])
def test_a_topic_takes_what_is_written_until_its_last_segment_is_forgotten(
    topic: str, days: int
) -> None:
    only = measured(**{"contacts": 0.0, topic: 100.0})
    # A mean of one event a second, three copies.
    assert sizing.disk(only, 10.0) == pytest.approx(3 * 100 * 86_400 * days)


def test_a_compacted_topic_takes_what_was_written_at_the_peak_until_it_is_compacted() -> None:
    only = measured(contacts=0.0, queues=100.0)
    assert sizing.disk(only, 10.0) == pytest.approx(3 * 100 * 10 * 86_400 * 1.25)


def test_only_the_section_is_replaced() -> None:
    page = f"before\n{sizing.BEGIN}\nold\n{sizing.END}\nafter\n"
    made = f"{sizing.BEGIN}\nnew\n{sizing.END}"
    assert sizing.placed(page, made) == f"before\n{made}\nafter\n"
