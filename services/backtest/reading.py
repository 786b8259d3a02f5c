"""What does a file of contacts say, in the order of time and without holding it in memory?"""

import csv
import gzip
import io
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, repeat
from pathlib import Path
from typing import IO, Final

from services.backtest.moments import Moments
from streams.errors import InvalidEventError, WrongSettingError

# Rows are put in order within blocks, and up to the allowed lateness across them.
BLOCK: Final = 50_000
_GUESSES: Final = ("occurred_at", "time", "timestamp", "timestamp_utc", "hour_start_local")
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names of the columns; None where the file has no such column."""

    time: str | None = None
    key: str | None = None
    caller: str | None = None
    count: str | None = None


Row = tuple[int, str, str]


class OutOfOrderError(Exception):
    """The file's rows are not in the order of time."""


class ContactFile:
    """A CSV or CSV.gz with one contact, or one count, a row."""

    def __init__(self, path: Path, columns: Columns, moments: Moments) -> None:
        self.path = path
        self.columns = columns
        self.moments = moments
        self.rows = 0
        self.wrong = 0
        self.first_wrong = ""
        self._raw: IO[bytes] | None = None

    def blocks(self) -> Iterator[list[Row]]:
        """(second, key, caller) as they stand in the file."""
        self.rows = self.wrong = 0
        with self._open() as lines:
            reader = csv.reader(lines)
            parse = self._parser(next(reader, []))
            while block := list(islice(reader, BLOCK)):
                yield parse(block)

    def ordered(self, slack: int) -> Iterator[list[Row]]:
        """The same in the order of time, if no row is more than `slack` seconds out of place."""
        held: list[Row] = []
        last = -(1 << 62)
        for block in self.blocks():
            held += block
            held.sort()
            if not held:
                continue
            if held[0][0] < last:
                raise OutOfOrderError
            # What may still be overtaken waits for the next block.
            horizon = held[-1][0] - slack
            ready = held[: bisect_left(held, (horizon, "", ""))]
            del held[: len(ready)]
            if ready:
                last = ready[-1][0]
                yield ready
        if held:
            yield held

    def counts(self) -> Iterator[tuple[datetime, str, float]]:
        """(label of the bin, key, count), in the order of the file."""
        with self._open() as lines:
            reader = csv.reader(lines)
            header = next(reader, [])
            at, key, count = self._places(header)
            observed = header.index("observed") if "observed" in header else None
            for row in reader:
                self.rows += 1
                try:
                    # Some sources mark hours that are missing rather than quiet.
                    if observed is not None and row[observed] == "0":
                        continue
                    number = float(row[count])
                    label = datetime.fromisoformat(row[at].strip())
                except (ValueError, IndexError) as error:
                    self._refuse(str(error))
                    continue
                if number >= 0:
                    yield label, row[key] if key is not None else "", number
                else:
                    self._refuse("a count cannot be negative")

    def has_key(self) -> bool:
        """Whether the rows are told apart by a key."""
        with self._open() as lines:
            return _index(next(csv.reader(lines), []), self.columns.key, "key") is not None

    def read_bytes(self) -> int:
        """How far into the file reading has come, for the progress bar."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else 0

    def _parser(self, header: list[str]) -> Callable[[list[list[str]]], list[Row]]:
        at = self._time(header)
        key = _index(header, self.columns.key, "key")
        caller = _index(header, self.columns.caller, "caller")
        seconds = self.moments.seconds

        def parse(block: list[list[str]]) -> list[Row]:
            self.rows += len(block)
            try:
                times = seconds([row[at] for row in block])
                keys = [row[key] for row in block] if key is not None else repeat("")
                callers = [row[caller] for row in block] if caller is not None else repeat("")
                return list(zip(times, keys, callers, strict=False))
            except (InvalidEventError, IndexError):
                if len(block) == 1:
                    self._refuse(",".join(block[0])[:60])
                    return []
            # Something in the block is wrong: halve it until only the wrong rows are left out.
            self.rows -= len(block)
            half = len(block) // 2
            return parse(block[:half]) + parse(block[half:])

        return parse

    def _places(self, header: list[str]) -> tuple[int, int | None, int]:
        count = _index(header, self.columns.count, "count")
        if count is None:
            raise WrongSettingError("a file of counts needs its count column named")
        return self._time(header), _index(header, self.columns.key, "key"), count

    def _time(self, header: list[str]) -> int:
        if self.columns.time is not None:
            found = _index(header, self.columns.time, "")
        else:
            found = next((header.index(name) for name in _GUESSES if name in header), None)
        if found is None:
            raise WrongSettingError(
                f"no time column among {', '.join(header) or 'nothing'}: name it with --time-column"
            )
        return found

    def _refuse(self, detail: str) -> None:
        self.wrong += 1
        self.first_wrong = self.first_wrong or f"row {self.rows + 1}: {detail}"

    @contextmanager
    def _open(self) -> Iterator[io.TextIOWrapper]:
        """The file as text; closing a gzip stream leaves the file under it open."""
        with self.path.open("rb") as raw:
            self._raw = raw
            magic = raw.read(2)
            raw.seek(0)
            plain = gzip.GzipFile(fileobj=raw) if magic == _GZIP else raw
            with io.TextIOWrapper(plain, "utf-8-sig", newline="") as lines:
                yield lines


def _index(header: list[str], name: str | None, usual: str) -> int | None:
    if name is None:
        return header.index(usual) if usual in header else None
    if name not in header:
        raise WrongSettingError(f"there is no column {name!r}; the file has {', '.join(header)}")
    return header.index(name)
