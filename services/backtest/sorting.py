"""How are millions of rows put in the order of time with little memory?

A recording has no times of arrival, so its order means nothing: a file may go key by key. Blocks
are sorted in memory, written to a temporary folder and merged from there.
"""

import csv
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from services.backtest.reading import BLOCK, Row

_ROWS_A_RUN = 400_000


def in_order(blocks: Iterable[list[Row]]) -> Iterator[list[Row]]:
    """The rows of all blocks in the order of time."""
    with tempfile.TemporaryDirectory(prefix="surgeline-backtest-") as folder:
        runs: list[Path] = []
        rows: list[Row] = []
        for block in blocks:
            rows += block
            if len(rows) >= _ROWS_A_RUN:
                runs.append(_write(Path(folder), len(runs), rows))
                rows = []
        rows.sort()
        merged = heapq.merge(*(_read(run) for run in runs), rows)
        while chunk := list(islice(merged, BLOCK)):
            yield chunk


def _write(folder: Path, number: int, rows: list[Row]) -> Path:
    rows.sort()
    path = folder / f"{number}.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def _read(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        for second, key, caller in csv.reader(lines):
            yield int(second), key, caller
