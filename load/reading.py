"""How does a TOML file become frozen dataclasses, with every problem named at once?

A dataclass is its own schema: its fields are what may stand in the table, their types say how to
read them. Durations are written "90s", "4m30s" or "2h".
"""

import dataclasses
import difflib
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from streams.errors import WrongSettingError

T = TypeVar("T")
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_MISSING = object()
_ROUNDING = 1e-6


def read_table(kind: type[T], path: Path) -> T:
    """Read a file into a dataclass; raises `WrongSettingError` listing every problem."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = sorted(found.stem for found in path.parent.glob("*.toml"))
        raise WrongSettingError(f"{path.name} does not exist; there are {near}") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongSettingError(f"{path.name}: {error}") from None
    problems: list[str] = []
    found = _dataclass(kind, table, "", problems)
    if problems:
        raise WrongSettingError("\n".join(f"{path.name}: {problem}" for problem in problems))
    return typing.cast("T", found)


def duration(text: str) -> timedelta:
    """Read "4m30s" as a timedelta; raises ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no duration; write it like 90s, 4m30s or 2h")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _dataclass(kind: Any, table: Any, where: str, problems: list[str]) -> Any:
    if not isinstance(table, Mapping):
        problems.append(f"{where.rstrip('.') or 'the file'} must be a table")
        return None
    fields = {spec.name: spec for spec in dataclasses.fields(kind)}
    unknown = [name for name in table if name not in fields]
    problems.extend(_unknown(f"{where}{name}", name, list(fields)) for name in unknown)
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, spec in fields.items():
        value = table.get(name, _MISSING)
        if value is not _MISSING:
            values[name] = _value(hints[name], value, f"{where}{name}", problems)
        elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
            problems.append(f"{where}{name} is missing")
    return None if problems else kind(**values)


def _unknown(where: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here are {', '.join(sorted(known))}"
    return f"{where} is not known; {hint}"


def _value(kind: Any, value: Any, where: str, problems: list[str]) -> Any:
    if isinstance(kind, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, f"{where}.", problems)
    if origin is tuple and isinstance(value, list):
        inner = typing.get_args(kind)[0]
        return tuple(_value(inner, item, f"{where}[{n}]", problems) for n, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        inner = typing.get_args(kind)[1]
        found = {
            key: _value(inner, part, f"{where}.{key}", problems) for key, part in value.items()
        }
        if inner is float and not problems and sum(found.values()) > 1 + _ROUNDING:
            problems.append(f"{where} has shares that add up to more than 1")
        return found
    return _plain(kind, value, where, problems)


def _plain(kind: Any, value: Any, where: str, problems: list[str]) -> Any:
    if kind is timedelta:
        try:
            return duration(value)
        except ValueError as error:
            problems.append(f"{where}: {error}")
            return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if typing.get_origin(kind) is typing.Literal:
        if value not in typing.get_args(kind):
            problems.append(f"{where} must be one of {', '.join(typing.get_args(kind))}")
        return value
    if not isinstance(kind, type) or type(value) is not kind:
        wanted = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}
        problems.append(f"{where} must be {wanted.get(kind, 'a list or table of the right kind')}")
    elif isinstance(value, datetime) and value.tzinfo is None:
        problems.append(f"{where} needs a time zone, such as +09:00")
    elif isinstance(value, int | float) and value < 0:
        problems.append(f"{where} must not be negative")
    return value
