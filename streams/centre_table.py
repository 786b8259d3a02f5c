"""How is one table of a centre file read, so that everything wrong in it is said at once?"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a centre file: where it stands, what is wrong, what would be right."""

    where: str
    what: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.right}"


class Table:
    """A TOML table being read: remembers what was asked for, collects what was wrong."""

    def __init__(self, where: str, values: Any, problems: list[Problem]) -> None:
        self.where = where
        self.problems = problems
        self.asked: set[str] = set()
        if not isinstance(values, Mapping):
            self.wrong("", "is not a table", f"write it as [{where}] with fields below it")
            values = {}
        self.values: Mapping[str, Any] = values

    def wrong(self, name: str, what: str, right: str) -> None:
        where = f"{self.where}.{name}" if self.where and name else self.where or name
        self.problems.append(Problem(where, what, right))

    def has(self, name: str) -> bool:
        return name in self.values

    def _get(self, name: str, default: Any, example: str) -> Any:
        self.asked.add(name)
        if name in self.values:
            return self.values[name]
        if default is None:
            self.wrong(name, "is missing", f"for example: {name} = {example}")
        return default

    def text(self, name: str, default: str | None = None, *, example: str = '"…"') -> str:
        value = self._get(name, default, example)
        if isinstance(value, str) and value.strip():
            return value
        if value is not None and value != default:
            self.wrong(name, f"is {value!r}", f"must be a text, for example {name} = {example}")
        return default or ""

    def name(self, name: str = "name") -> str:
        value = self.text(name, example='"main"')
        if value and not NAME.match(value):
            self.wrong(
                name, f"is {value!r}", "must be letters, digits, '.', '_' or '-', at most 64 long"
            )
        return value

    def number(
        self, name: str, default: float | None, *, low: float, high: float, whole: bool = False
    ) -> float:
        value = self._get(name, default, str(default if default is not None else low))
        kind = int if whole else (int, float)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
            noun = "a whole number" if whole else "a number"
            self.wrong(name, f"is {value!r}", f"must be {noun} from {low:g} to {high:g}")
            return default if default is not None else low
        return value

    def duration(self, name: str, default: timedelta) -> timedelta:
        value = self._get(name, default, '"3m"')
        if isinstance(value, timedelta):
            return value
        length = as_duration(value) if isinstance(value, str) else None
        if length is None:
            self.wrong(name, f"is {value!r}", 'must be a duration such as "15s", "4m30s" or "24h"')
            return default
        return length

    def texts(self, name: str, default: Sequence[str] | None = ()) -> tuple[str, ...]:
        value = self._get(name, default, '["ko", "en"]')
        if value is None:
            return ()
        if isinstance(value, str) or not all(isinstance(item, str) for item in value):
            self.wrong(name, f"is {value!r}", 'must be a list of texts, for example ["ko", "en"]')
            return tuple(default or ())
        return tuple(value)

    def numbers(self, name: str, count: int, default: Sequence[float]) -> tuple[float, ...]:
        value = self._get(name, default, f"[{count} numbers]")
        good = isinstance(value, Sequence) and not isinstance(value, str)
        if not good or len(value) != count or not all(_is_weight(item) for item in value):
            length = len(value) if good else 0
            self.wrong(
                name, f"has {length} usable values", f"must be a list of {count} numbers above 0"
            )
            return tuple(default)
        return tuple(float(item) for item in value)

    def zone(self, name: str) -> ZoneInfo:
        text = self.text(name, example='"Asia/Seoul"')
        try:
            return ZoneInfo(text or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            self.wrong(
                name, f"is {text!r}", 'must be a time zone of the IANA list, such as "Asia/Seoul"'
            )
            return ZoneInfo("UTC")

    def table(self, name: str) -> "Table":
        self.asked.add(name)
        where = f"{self.where}.{name}" if self.where else name
        return Table(where, self.values.get(name, {}), self.problems)

    def tables(self, name: str) -> list["Table"]:
        self.asked.add(name)
        value = self.values.get(name, [])
        if not isinstance(value, list):
            self.wrong(name, "is one table", f"must be a list: write each as [[{name}]]")
            return []
        where = f"{self.where}.{name}" if self.where else name
        return [
            Table(f"{where}[{index}]", item, self.problems)
            for index, item in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Name every field that nobody asked for, with the nearest one that exists."""
        for name in self.values:
            if name in self.asked:
                continue
            near = difflib.get_close_matches(name, self.asked, n=1)
            right = (
                f"did you mean {near[0]!r}?"
                if near
                else f"known are {', '.join(sorted(self.asked))}"
            )
            self.wrong(name, "is not a field", right)


def as_duration(text: str) -> timedelta | None:
    """The length that "4m30s" names; None for anything else."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
