"""`surgeline seats`: how many counselors does a rate need?"""

import math
import re
from datetime import timedelta
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from streams.domain.centre import ServiceTarget
from streams.domain.staffing.erlang import erlang_a, erlang_c, erlang_c_within, fluid_abandonment
from streams.domain.staffing.sizing import seats_required

_PARTS = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class Duration(click.ParamType):
    """A duration on the command line, such as 8m, 90s or 4m30s."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        parts = _PARTS.findall(value)
        total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        if "".join(number + unit for number, unit in parts) != value or total <= 0:
            self.fail(f"{value!r} is not a duration such as 8m, 90s or 4m30s", param, ctx)
        return timedelta(seconds=total)


class Target(click.ParamType):
    """A service target on the command line, such as 90%/15s."""

    name = "share/time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, timedelta]:
        if isinstance(value, tuple):
            return value
        share, _, within = value.partition("/")
        found = re.fullmatch(r"(\d+(?:\.\d+)?)%", share)
        if not found or not 0 < float(found[1]) < 100:  # noqa: PLR2004 - a share in per cent
            self.fail(f"{value!r} is not a target such as 90%/15s", param, ctx)
        return float(found[1]) / 100, Duration().convert(within, param, ctx)


@click.command(name="seats")
@click.option("--rate", type=click.FloatRange(0.01, 1e6), required=True, help="Contacts an hour.")
@click.option("--aht", type=Duration(), default="4m30s", show_default=True, help="Handle time.")
@click.option("--patience", type=Duration(), default="6m20s", show_default=True, help="Mean wait.")
@click.option("--target", type=Target(), default="90%/15s", show_default=True, help="Answered in.")
@click.option("--ceiling", type=click.FloatRange(0.001, 0.5), default=0.02, show_default=True)
@click.option("--staffed", type=click.IntRange(1, 100_000), help="Also: what so many would give.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def command(
    rate: float,
    aht: timedelta,
    patience: timedelta,
    target: tuple[float, timedelta],
    ceiling: float,
    staffed: int | None,
    as_json: bool,
) -> None:
    """How many counselors a steady RATE needs, so that both promises hold: the target share is
    answered in time, and at most CEILING of the callers give up.

    Erlang A (callers have patience) decides; Erlang C (nobody gives up) stands beside it.
    Example: surgeline seats --rate 270 --aht 8m --patience 3m --target 90%/15s
    """
    promise = ServiceTarget(
        share=target[0], within=target[1], abandoned=ceiling, handle_time=aht, patience=patience
    )
    needed = seats_required(rate, promise)
    rows = {
        "needed": _at(needed, rate, promise),
        "needed_if_nobody_gives_up": _at(_erlang_c_seats(rate, promise), rate, promise),
    }
    if staffed is not None:
        rows["staffed"] = _at(staffed, rate, promise)
    result = {"rate_per_hour": rate, "offered_load_erlangs": _load(rate, promise), **rows}
    if as_json:
        click.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    else:
        _print(result, rows, promise)


def _load(rate: float, promise: ServiceTarget) -> float:
    return rate / 3600 * promise.handle_time.total_seconds()


def _erlang_c_seats(rate: float, promise: ServiceTarget) -> int:
    load, handle = _load(rate, promise), promise.handle_time.total_seconds()
    seats = max(1, math.floor(load))
    while erlang_c_within(seats, load, handle, promise.within.total_seconds()) < promise.share:
        seats += 1
    return seats


def _at(seats: int, rate: float, promise: ServiceTarget) -> dict[str, float]:
    """What so many seats would give: shares 0 to 1, waits in seconds."""
    handle, patience = promise.handle_time.total_seconds(), promise.patience.total_seconds()
    steady = erlang_a(seats, rate / 3600, 1 / handle, 1 / patience)
    load = _load(rate, promise)
    return {
        "seats": seats,
        "answered_in_target": round(steady.answered_within(promise.within.total_seconds()), 4),
        "abandoned": round(steady.abandoned, 4),
        "abandoned_in_deep_overload": round(fluid_abandonment(load, seats), 4),
        "mean_wait_seconds": round(steady.mean_wait, 1),
        "must_wait": round(steady.waiting, 4),
        "must_wait_if_nobody_gives_up": round(erlang_c(seats, load), 4),
        "occupancy": round(steady.occupancy, 4),
    }


def _print(
    result: dict[str, Any], rows: dict[str, dict[str, float]], promise: ServiceTarget
) -> None:
    console = Console()
    console.print(
        f"{result['rate_per_hour']:g} contacts an hour are {result['offered_load_erlangs']:.1f}"
        f" erlangs: [bold]{rows['needed']['seats']:.0f} counselors[/bold]",
        highlight=False,
    )
    table = Table("", "seats", f"answered in {promise.within.total_seconds():g} s")
    for name in ("give up", "mean wait", "occupancy"):
        table.add_column(name)
    for name, row in rows.items():
        table.add_row(
            name.replace("_", " "),
            f"{row['seats']:.0f}",
            f"{row['answered_in_target']:.1%}",
            f"{row['abandoned']:.1%}",
            f"{row['mean_wait_seconds']:.0f} s",
            f"{row['occupancy']:.0%}",
        )
    console.print(table)
