"""What would another version of the centre file change?

First what is written differently, field by field; then what follows from it, as far as that can be
computed before it happens: thresholds, what is expected, seats in the busiest ordinary hour. The
past day under both versions is `hindsight.py`.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streams.domain.centre import Baseline, Centre
from streams.domain.detection.keys import thresholds
from streams.domain.staffing.sizing import seats_required


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: where in the file, how it reads before and after ("": not there)."""

    where: str
    before: str
    after: str


def changes(before: Centre, after: Centre) -> list[Change]:
    """What is written differently, in the order of the file."""
    was, will = dict(_leaves("", before)), dict(_leaves("", after))
    return [
        Change(where, was.get(where, ""), will.get(where, ""))
        for where in dict.fromkeys([*was, *will])
        if was.get(where, "") != will.get(where, "")
    ]


def effects(before: Centre, after: Centre) -> list[Change]:
    """What follows from it; only what differs."""
    was, will = _computed(before), _computed(after)
    return [
        Change(what, was.get(what, ""), will.get(what, ""))
        for what in dict.fromkeys([*was, *will])
        if was.get(what) != will.get(what)
    ]


def _leaves(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Baseline):
        yield where, f"{value.per_year():,.0f} a year"
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "version":
                yield from _leaves(_joined(where, field.name), getattr(value, field.name))
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for position, item in enumerate(value):
            name = getattr(item, "name", None) or getattr(item, "key", None) or position
            yield from _leaves(f"{where}[{name}]", item)
    else:
        yield where, _written(value)


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _written(value: Any) -> str:
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, tuple):
        return ", ".join(map(_written, value))
    return str(value)


def _duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:g}{unit}")
    return "".join(parts + ([f"{seconds:g}s"] if seconds or not parts else []))


def _computed(centre: Centre) -> dict[str, str]:
    found = thresholds(sum(line.per_year() for line in centre.baselines), centre.alerts)
    total = centre.baselines[0]
    busiest = max(total.week)
    return {
        "keys and roll-ups watched": f"{len(centre.baselines)}",
        "threshold watch": f"{found.watch:,.0f}",
        "threshold alert": f"{found.alert:,.0f}",
        "expected contacts a year": f"{total.per_year():,.0f}",
        "seats needed in the busiest ordinary hour": f"{seats_required(busiest, centre.target)}",
        "seats there are": f"{sum(pool.seats for pool in centre.pools)}",
    }
