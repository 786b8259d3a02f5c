"""`surgeline drill`: what would a crisis do to this centre, and what would help?"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from load.drill.found import Found, played
from load.drill.judge import Judged, judged
from load.drill.recorded import as_scenario, first_calls
from load.drill.report import COLUMNS, cells, write_report
from load.drill.variant import Variant
from load.drill.verdicts import COLUMNS as COLUMNS_OF_VERDICTS
from load.drill.verdicts import lines
from load.drill.whatif import Row, variants, what_if
from load.scenario import Scenario, load_scenario, scenario_names
from load.sim.stage import FirstCall
from services.cli.recorded_day import read_csv, read_log
from services.cli.seats import Duration
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import SurgelineError

HELPS: Final = ("nothing", "callout", "callbacks", "all")
_WIDE: Final = 170
_WIDEST: Final = 240


class Several(click.ParamType):
    """One value or several with commas between: each is a row of the table."""

    def __init__(self, one: click.ParamType, *, zero: bool = False) -> None:
        self.one = one
        self.zero = zero
        self.name = f"{one.name},…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(self._one(part, param, ctx) for part in value.split(","))

    def _one(self, part: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if self.zero and part in {"0", "0s", "0m"}:
            return timedelta(0)
        return self.one.convert(part, param, ctx)


_PEOPLE: Final = Several(click.IntRange(0, 5000))
_TIMES: Final = Several(Duration(), zero=True)


@click.command(name="drill")
@click.argument("scenario_name", metavar="SCENARIO", required=False)
@click.option("--list", "list_", is_flag=True, help="Name the scenarios that ship with Surgeline.")
@click.option(
    "--verdicts",
    is_flag=True,
    help="Play every scenario, or the named one, by its own bars and print the table of verdicts.",
)
@click.option("--seats", type=_PEOPLE, help="Counselors at the phones from beginning to end.")
@click.option("--reserve", type=_PEOPLE, help="People at home who can be called out.")
@click.option("--call-up", type=_TIMES, help="From a yes to the desk.")
@click.option(
    "--yes-share",
    type=Several(click.FloatRange(0.0, 1.0)),
    help="Of those asked, who come. Default: 41 % by night, 51 % by day.",
)
@click.option("--phones", type=_PEOPLE, help="No more people than this at the phones at once.")
@click.option("--callbacks-from", type=_TIMES, help="On hold so long, a callback is promised.")
@click.option("--promises-for", "promise_lives", type=_TIMES, help="A promise is given up after.")
@click.option(
    "--rings-back-first", type=_PEOPLE, help="Who look at the list before they take a call."
)
@click.option("--peak", type=click.FloatRange(0.01, 100), default=1.0, help="Times the bursts.")
@click.option(
    "--compare", is_flag=True, help="Each row four times: nothing, call-out, callbacks, both."
)
@click.option("--length", type=Duration(), help="Stop after this much of the scenario.")
@click.option("--runs", type=click.IntRange(1, 10_000), default=1, show_default=True)
@click.option("--seed", type=int, help="Of the first run. Default: the scenario's.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), help="Runs at the same time. Default: one a processor."
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Instead of the scenario's calls: a recorded day, one contact a row.",
)
@click.option("--log", "from_log", is_flag=True, help="The same from the log of a running centre.")
@click.option(
    "--centre",
    "centre_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="centre.toml",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write one HTML page with plots.",
)
def command(
    scenario_name: str | None,
    list_: bool,
    verdicts: bool,
    compare: bool,
    length: timedelta | None,
    runs: int,
    seed: int | None,
    jobs: int | None,
    csv_file: Path | None,
    from_log: bool,
    centre_file: Path,
    peak: float,
    as_json: bool,
    report: Path | None,
    **choices: tuple[Any, ...] | None,
) -> None:
    """Play a crisis in virtual time, with the code that runs in production, and ask what if.

    SCENARIO is a name (see --list) or a file. Without choices it is played as it is, beside the
    same hall without Surgeline, and judged by its own bars: exit code 1 says that one was missed.
    Several values with commas between are several rows; every row meets the same people.

    \b
    Examples:
      surgeline drill S5-centre
      surgeline drill S5-centre --runs 20 --compare
      surgeline drill S5-centre --seats 24 --reserve 0,15,30 --call-up 20m,45m --callbacks-from 3m
      surgeline drill S2 --seats 6 --reserve 30 --yes-share 0.2,0.4,0.6 --report s2.html
      surgeline drill S0 --length 365d
      surgeline drill S5-centre --csv yesterday.csv --seats 12,18,24

    Nothing is sent and nobody is rung. Runs are bounded by the scenario's length.
    """  # noqa: D301 - click keeps the lines after a real \\b together
    if list_:
        _list()
        return
    if verdicts:
        names = [scenario_name] if scenario_name else scenario_names()
        raise SystemExit(_verdicts(names, centre_file, runs, jobs or os.cpu_count() or 1))
    scenario_name = _named(scenario_name, csv_file, from_log=from_log)
    try:
        centre = load_centre(centre_file)
        scenario = load_scenario(scenario_name)
        calls: list[FirstCall] | None = None
        if csv_file is not None or from_log:
            scenario, calls = _recorded(scenario, centre, csv_file)
    except SurgelineError as error:
        raise click.UsageError(str(error)) from None
    if length is not None:
        scenario = replace(scenario, length=length)
    wanted = {name: values for name, values in choices.items() if values}
    rows = _rows(wanted, peak, compare=compare)
    first = scenario.seed if seed is None else seed
    started = time.perf_counter()
    with _progress(len(rows) * runs, quiet=as_json) as tell:
        found = what_if(
            scenario,
            centre,
            rows,
            range(first, first + runs),
            first_calls=calls,
            jobs=jobs or os.cpu_count() or 1,
            told=tell,
        )
    took = time.perf_counter() - started
    # Its bars speak of the scenario as it is, in its whole length.
    plain = not (wanted or compare or calls or length) and peak == 1
    bars = judged(scenario.verdict, found[-1].outcomes, found[-1].history) if plain else []
    if report is not None:
        write_report(report, scenario, centre, found, bars)
    if as_json:
        _print_json(scenario, found, bars, took)
    else:
        _say(scenario, found, bars, took, report)
    if any(not bar.holds for bar in bars):
        raise SystemExit(1)


def _named(name: str | None, csv_file: Path | None, *, from_log: bool) -> str:
    if name is None:
        raise click.UsageError("name a scenario; --list tells them")
    if csv_file is not None and from_log:
        raise click.UsageError("give either --csv or --log")
    return name


def _rows(wanted: dict[str, tuple[Any, ...]], peak: float, *, compare: bool) -> list[Variant]:
    helps = HELPS if compare else ("all",)
    return variants(**wanted, peak=(peak,), helps=helps)


def _recorded(
    scenario: Scenario, centre: Centre, csv_file: Path | None
) -> tuple[Scenario, list[FirstCall]]:
    """The recorded day in the place of the scenario's own calls."""
    calls = read_csv(csv_file, centre.timezone) if csv_file is not None else read_log()
    if not calls:
        raise click.UsageError("the recording holds no contact that could be read")
    begins = min(call.at for call in calls)
    ends = max(call.at for call in calls) + timedelta(hours=2).total_seconds()
    name = csv_file.stem if csv_file is not None else "log"
    first = first_calls(calls, begins, centre.alerts.redial_window)
    return as_scenario(scenario, name, begins, ends), first


def _verdicts(names: Sequence[str], centre_file: Path, runs: int, jobs: int) -> int:
    """Whether a bar was missed; the table is printed when all are played."""
    found: list[Found] = []
    try:
        centre = load_centre(centre_file)
        with _progress(len(names), quiet=False) as tell:
            for scenario in map(load_scenario, names):
                seeds = range(scenario.seed, scenario.seed + runs)
                found += played(scenario, centre, seeds, jobs=jobs)
                tell()
    except SurgelineError as error:
        raise click.UsageError(str(error)) from None
    table = Table(*COLUMNS_OF_VERDICTS)
    for line in lines(found):
        table.add_row(*line)
    console = Console()
    (console if console.is_terminal else Console(width=_WIDEST)).print(table)
    return int(any(not bar.holds for row in found for bar in row.bars))


def _list() -> None:
    for name in scenario_names():
        scenario = load_scenario(name)
        click.echo(f"{name:<12} {scenario.title_en}")


def _print_json(
    scenario: Scenario, rows: Sequence[Row], bars: Sequence[Judged], took: float
) -> None:
    found = {
        "scenario": scenario.name,
        "runs": len(rows[0].runs),
        "seconds": round(took, 2),
        "rows": [row.as_json() for row in rows],
        "verdict": [
            {"bar": bar.bar, "wanted": bar.wanted, "found": bar.found, "holds": bar.holds}
            for bar in bars
        ],
    }
    sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


def _say(
    scenario: Scenario,
    rows: Sequence[Row],
    bars: Sequence[Judged],
    took: float,
    report: Path | None,
) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    runs = len(rows[0].runs)
    console.print(
        f"[bold]{scenario.title_en}[/bold] ({scenario.name}): {scenario.length} of it, "
        f"{runs} {'run' if runs == 1 else 'runs'} a row, in {took:.1f} s",
        highlight=False,
    )
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*cells(row))
    console.print(table)
    for one in rows[-1].runs[0].outcome.declared:
        after = (
            ""
            if one.after_seconds is None
            else (f", {one.after_seconds:g} s and {one.after_calls} calls after the first")
        )
        console.print(f"surge: {one.key} ({one.tier}){after}", highlight=False)
    for row in rows:
        console.print(row.sentence, highlight=False)
    for bar in bars:
        word = "[green]holds[/green]" if bar.holds else "[red]missed[/red]"
        console.print(f"{word}  {bar.bar}: {bar.found} (wanted {bar.wanted})", highlight=False)
    if report:
        console.print(f"report: {report}")


@contextmanager
def _progress(steps: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where there is somebody to see it."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda: None
        return
    with Progress(
        "playing",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("playing", total=steps)
        yield lambda: bar.advance(task)
