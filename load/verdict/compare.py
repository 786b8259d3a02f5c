"""What is different between two runs, number by number?"""

from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from load.verdict.measures import Measure, measures
from load.verdict.report import page, sentence
from load.verdict.result import Result


@dataclass(frozen=True, slots=True)
class Row:
    """One number of both runs; `change` is how much the second is of the first, less one."""

    group: str
    name: str
    before: str
    after: str
    change: float | None

    @property
    def told(self) -> str:
        """The change as people read it."""
        if self.change is None or self.before == self.after:
            return ""
        return f"{self.change:+.0%}"


def compared(before: Result, after: Result) -> list[Row]:
    """Every number that either has, in the order of a report."""
    left, right = ({(m.group, m.name): m for m in measures(run)} for run in (before, after))
    # Those of the second alone stand at the end.
    keys = [*left, *(key for key in right if key not in left)]
    return [_row(key, left.get(key), right.get(key)) for key in keys]


def show(runs: tuple[Result, Result], rows: list[Row], console: Console, *, as_json: bool) -> None:
    """Print it, to a person or a program."""
    if as_json:
        console.print(orjson.dumps([asdict(row) for row in rows]).decode(), soft_wrap=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("", "", *(_title(run) for run in runs), "change"):
        table.add_column(head)
    group = ""
    for row in rows:
        table.add_row(
            "" if row.group == group else row.group, row.name, row.before, row.after, row.told
        )
        group = row.group
    console.print(table)
    for run in runs:
        console.print(f"{_title(run)}: {sentence(run)}", markup=False)


def write_page(path: Path, runs: tuple[Result, Result], rows: list[Row]) -> None:
    """The same as a page that needs nothing but itself."""
    head = "".join(f"<th>{escape(word)}</th>" for word in ("", "", *map(_title, runs), "change"))
    lines = "".join(
        f"<tr><td class='note'>{escape(row.group)}</td><td>{escape(row.name)}</td>"
        f"<td class='number'>{escape(row.before)}</td><td class='number'>{escape(row.after)}</td>"
        f"<td class='number'>{escape(row.told)}</td></tr>"
        for row in rows
    )
    said = "".join(f"<p>{escape(_title(run))}: {escape(sentence(run))}</p>" for run in runs)
    body = f"<h1>Two rehearsals</h1>{said}<table><tr>{head}</tr>{lines}</table>"
    path.write_text(page("Two rehearsals", body), encoding="utf-8")


def _row(key: tuple[str, str], left: Measure | None, right: Measure | None) -> Row:
    change = None
    if left and right and left.value and right.value is not None:
        change = right.value / left.value - 1
    before, after = (one.text if one else "–" for one in (left, right))
    return Row(*key, before, after, change)


def _title(result: Result) -> str:
    return f"{result.scenario} ×{result.peak:g}, run {result.run}"
