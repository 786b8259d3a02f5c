"""How is `docs/performance.md` made? `python -m load.bench.report` writes it, with a plot a bench.

From the results that the benches saved (load/bench/measured), and from nothing else, so that page
and pictures are what was measured. A test compares them. The sizing section of
`docs/operations.md` is computed from the same results (load/bench/sizing.py).
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from load.bench import sizing
from load.bench.plot import plot
from load.bench.results import Machine, Result, Row, load

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = "performance.md"
HEAD: Final = """# Performance

What one machine measured, and how to measure it again. This page and its plots are made from
`load/bench/measured/*.json` by `make bench`, which runs every bench anew (about an hour); each
bench can be run alone by the command named with it. Nothing here is asserted by a test: tests
hold only that this page says what the files say.

A row has one value for each repeat: the page shows their median, the least and the greatest. Where
there is a bar, the median is held against it. Times depend on the machine, and on what else it did
meanwhile; ratios of one run depend on it less.
"""


def pages(results: Sequence[Result]) -> dict[str, str]:
    """File name under `docs` to text: the page and its plots."""
    made = {PAGE: page(results)}
    for result in results:
        made[picture(result)] = plot(result)
    return made


def page(results: Sequence[Result]) -> str:
    """The whole page."""
    parts = [HEAD, _overview(results)]
    parts += [_section(result) for result in results]
    return "\n".join(parts)


def picture(result: Result) -> str:
    """Where a bench's plot is, under `docs`."""
    return f"pictures/performance-{result.bench}.svg"


def number(value: float) -> str:
    """Three digits that count; whole from a hundred on."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _overview(results: Sequence[Result]) -> str:
    rows = [
        f"| [{result.title}](#{_anchor(result.title)}) | {row.name} | {_bar(row)} "
        f"| {number(row.median)} {row.unit} | {_verdict(row)} |"
        for result in results
        for row in result.rows
        if row.bar
    ]
    return "\n".join(
        ["| bench | what | bar | median | |", "|---|---|---|---:|---|", *rows, ""],
    )


def _section(result: Result) -> str:
    rows = [
        f"| {row.name} | {number(row.median)} | {number(min(row.values))} "
        f"| {number(max(row.values))} | {len(row.values)} | {row.unit} | {_bar(row)} "
        f"| {_verdict(row)} |"
        for row in result.rows
    ]
    return "\n".join(
        [
            f"## {result.title}",
            "",
            f"`{result.command}`, {result.measured_at}, on {_machine(result.machine)}"
            + (f"; load average {result.load_average:g}." if result.load_average else "."),
            "",
            *_paragraphs(result.method),
            "| what | median | least | greatest | repeats | unit | bar | |",
            "|---|---:|---:|---:|---:|---|---|---|",
            *rows,
            "",
            f"![{result.title}]({picture(result)})",
            "",
        ]
    )


def _paragraphs(method: Iterable[str]) -> list[str]:
    return [line for paragraph in method for line in (paragraph, "")]


def _machine(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb:.0f} GB, "
        f"{machine.system}, Python {machine.python}"
    )


def _bar(row: Row) -> str:
    return f"{row.bar} {row.unit}" if row.bar else ""


def _verdict(row: Row) -> str:
    if not row.bar:
        return ""
    return "holds" if row.holds else "**missed**"


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def main() -> int:
    """Write it; a bench that is gone leaves no plot."""
    for plot_of_old in (DOCS / "pictures").glob("performance-*.svg"):
        plot_of_old.unlink()
    results = load()
    sizing.PAGE.write_text(sizing.placed(sizing.PAGE.read_text(), sizing.section(results)))
    for name, text in pages(results).items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
