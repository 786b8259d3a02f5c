"""docs/performance.md and its plots are what the benches saved."""

from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from load.bench import results
from load.bench.plot import plot
from load.bench.report import DOCS, page, pages
from load.bench.results import Machine, Result, Row

MACHINE = Machine(processor="P", cores=2, memory_gb=8.0, system="Linux 6", python="3.11.7")


def made(*rows: Row) -> Result:
    return Result(
        bench="some", title="Some bench", command="make bench-some", method=("How.", "And why."),
        rows=rows, machine=MACHINE, measured_at="2026-11-24",
    )  # fmt: skip


def test_the_page_and_its_plots_are_what_the_results_say() -> None:
    wanted = pages(results.load())
    assert len(wanted) > 1
    found = {name: (DOCS / name).read_text() for name in wanted}
    assert found == wanted, "run: .venv/bin/python -m load.bench.report"


def test_no_plot_is_left_of_a_bench_that_is_gone() -> None:
    plots = {f"pictures/{path.name}" for path in (DOCS / "pictures").glob("performance-*.svg")}
    assert plots == pages(results.load()).keys() - {"performance.md"}


def test_a_result_is_read_as_it_was_saved(tmp_path: Path) -> None:
    result = made(results.at_least("speed", "events/s", (1.0, 3.0), 2.0))
    results.save(result, tmp_path)
    (found,) = results.load(tmp_path)
    assert msgspec.structs.replace(found, load_average=0.0) == result


def test_a_later_sitting_adds_its_repeats(tmp_path: Path) -> None:
    results.save(made(results.below("wait", "ms", (1.0, 2.0), 5.0)), tmp_path)
    more = results.continued(made(results.below("wait", "ms", (9.0,), 5.0)), tmp_path)
    assert more.row("wait").values == (1.0, 2.0, 9.0)


def test_a_later_sitting_of_other_parts_keeps_what_was_found(tmp_path: Path) -> None:
    results.save(made(results.below("wait", "ms", (1.0,), 5.0)), tmp_path)
    more = results.continued(made(results.at_least("speed", "x", (2.0,), 1.0)), tmp_path)
    assert [(row.name, row.values) for row in more.rows] == [("wait", (1.0,)), ("speed", (2.0,))]


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (results.at_least("a", "x", (1.0, 2.0, 9.0), 2.0), True),
        (results.at_least("a", "x", (1.0, 1.9, 9.0), 2.0), False),
        (results.below("a", "x", (1.0, 1.9, 9.0), 2.0), True),
        (results.below("a", "x", (2.0,), 2.0), False),
    ],
)
def test_the_median_is_held_against_the_bar(row: Row, *, holds: bool) -> None:
    assert row.holds is holds
    assert ("**missed**" in page([made(row)])) is not holds


def test_a_row_without_a_bar_is_only_shown() -> None:
    shown = page([made(Row(name="beside", unit="ms", values=(7.0,)))])
    assert "| beside | 7 | 7 | 7 | 1 | ms |  |  |" in shown
    assert "missed" not in shown


def test_values_far_apart_are_drawn_on_one_axis_inside_the_picture() -> None:
    rows = [Row(name=str(v), unit="events/s", values=(v,)) for v in (0.5, 40.0, 40_000.0)]
    drawn = ET.fromstring(plot(made(*rows)))  # noqa: S314 - our own picture
    ends = [
        float(bar.attrib["x"]) + float(bar.attrib["width"])
        for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert ends == sorted(ends)
    assert ends[-1] <= float(drawn.attrib["viewBox"].split()[2])
