"""What does a recording say, row by row, in order of time and in little memory?

A CSV or CSV.gz with one contact a row. Only the time column must be there.
"""

import csv
import difflib
import gzip
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Final, cast

from streams.errors import WrongSettingError

# Recordings are often a little out of order where several sources met in one file.
LOOK_AHEAD: Final = 1000
GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column holds what. Those in `named` were asked for and must be there."""

    time: str = "occurred_at"
    key: str = "key"
    caller: str = "caller"
    queue: str = "queue"
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One contact of the recording; `number` is its place in the file, from 1."""

    time: datetime
    number: int
    written: str = field(compare=False)
    key: str = field(compare=False, default="")
    caller: str = field(compare=False, default="")
    queue: str = field(compare=False, default="")


@dataclass(slots=True)
class Skipped:
    """Rows that could not be read: how many, and what was wrong with the first ones."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, number: int, problem: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < 5:  # noqa: PLR2004
            self.examples.append(f"row {number}: {problem}")


class Recording:
    """A file to be read once, from the front."""

    def __init__(self, path: Path, columns: Columns, zone: tzinfo | None) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.skipped = Skipped()
        self._columns = columns
        self._zone = zone
        self._raw: IO[bytes] | None = None

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, for a progress bar."""
        return 0 if self._raw is None or self._raw.closed else self._raw.tell()

    def rows(self, start: datetime | None, end: datetime | None) -> Iterator[Row]:
        """Rows from `start` up to, not including, `end`, put in order of time."""
        ahead: list[Row] = []
        for row in self._read():
            if (start is not None and row.time < start) or (end is not None and row.time >= end):
                continue
            if len(ahead) < LOOK_AHEAD:
                heapq.heappush(ahead, row)
            else:
                yield heapq.heappushpop(ahead, row)
        while ahead:
            yield heapq.heappop(ahead)

    def _read(self) -> Iterator[Row]:
        with self.path.open("rb") as raw:
            self._raw = raw
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            plain = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            lines = (line.decode("utf-8-sig") for line in plain)
            try:
                yield from self._parsed(csv.reader(lines))
            except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as error:
                raise WrongSettingError(f"{self.path.name} cannot be read: {error}") from None

    def _parsed(self, table: "Iterator[list[str]]") -> Iterator[Row]:
        header = next(table, None)
        if header is None:
            raise WrongSettingError(f"{self.path.name} is empty")
        place = self._places([name.strip() for name in header])
        for number, cells in enumerate(table, start=1):
            if not cells:
                continue
            cell = _cell_of(cells)
            text = cell(place["time"])
            try:
                time = self._moment(text)
            except ValueError as error:
                self.skipped.add(number, str(error))
                continue
            optional = {name: cell(place[name]) for name in ("key", "caller", "queue")}
            yield Row(time, number, text, **optional)

    def _places(self, header: list[str]) -> dict[str, int | None]:
        columns = self._columns
        places: dict[str, int | None] = {}
        for name in ("time", "key", "caller", "queue"):
            column = getattr(columns, name)
            if column in header:
                places[name] = header.index(column)
            elif name == "time" or name in columns.named:
                raise WrongSettingError(self._no_such_column(name, column, header))
            else:
                places[name] = None
        return places

    def _no_such_column(self, name: str, column: str, header: list[str]) -> str:
        near = difflib.get_close_matches(column, header, n=1, cutoff=0.3)
        likely = near or [one for one in header if "time" in one.lower() or "date" in one.lower()]
        hint = f"; perhaps --{name}-column {likely[0]}" if likely else ""
        return f"{self.path.name} has no column {column!r}, it has {', '.join(header)}{hint}"

    def _moment(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"{text!r} is no ISO-8601 time") from None
        if moment.tzinfo is None:
            if self._zone is None:
                raise WrongSettingError(
                    f"the times of {self.path.name} have no zone ({text!r});"
                    " say which one they are in, such as --timezone Asia/Seoul"
                )
            moment = moment.replace(tzinfo=self._zone)
        return moment.astimezone(UTC)


def _cell_of(cells: list[str]) -> Callable[[int | None], str]:
    return lambda place: cells[place].strip() if place is not None and place < len(cells) else ""
