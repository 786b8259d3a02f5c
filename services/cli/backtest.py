"""`surgeline backtest`: which surges would have been declared in a recording of contacts?"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from services.backtest.moments import LocalBins, Moments, utc
from services.backtest.ratebook import Given, Learned
from services.backtest.reading import Columns, ContactFile, OutOfOrderError, Row
from services.backtest.report import Plots, write_report
from services.backtest.results import as_json, as_table, span_days
from services.backtest.run import Run, bins_of
from services.backtest.sorting import in_order
from services.cli.recording import HOUR, SLACK, days_of, history_options
from streams.domain.centre import AlertPolicy
from streams.domain.detection.mixture import Mixture
from streams.errors import SurgelineError

_POLICY = AlertPolicy()
_WIDE = 170


@click.command(name="backtest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@history_options
@click.option("--key-column", help="Each key is watched by itself. Default: key, if there is one.")
@click.option("--caller-column", help="Redials count once. Default: caller, if there is one.")
@click.option(
    "--false-alarms-per-year",
    "budget",
    type=click.FloatRange(0.001, 1000),
    default=1.0,
    show_default=True,
    help="Over all keys together.",
)
@click.option(
    "--baseline",
    type=click.FloatRange(1e-6, 1e9),
    metavar="PERHOUR",
    help="Contacts expected an hour, of each key.",
)
@click.option("--learn", is_flag=True, help="Learn what is expected, only from the past.")
@click.option(
    "--kappa",
    type=click.FloatRange(1, 3),
    default=_POLICY.kappa,
    show_default=True,
    help="Margin on what is expected.",
)
@click.option("--json", "as_json_", is_flag=True, help="Print JSON.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write one HTML page with plots.",
)
def command(
    file: Path,
    time_column: str | None,
    key_column: str | None,
    caller_column: str | None,
    count_column: str | None,
    zone: ZoneInfo,
    budget: float,
    baseline: float | None,
    learn: bool,
    country: str | None,
    kappa: float,
    as_json_: bool,
    report: Path | None,
) -> None:
    """Watch a recording of contacts as it came, and say which surges would have been declared.

    FILE is a CSV or CSV.gz with one contact a row (or one count, with --count-column). Give either
    --baseline or --learn. Nothing is used before its time: an episode is what would have been
    said at that moment.
    """
    if (baseline is None) == (not learn):
        raise click.UsageError("give either --baseline PERHOUR or --learn")
    columns = Columns(time=time_column, key=key_column, caller=caller_column, count=count_column)
    source = ContactFile(file, columns, Moments(zone))

    def attempt(*, sort: bool) -> tuple[Run, Plots | None]:
        """Run over the file; rows out of the order of time need sorting first."""
        plots = Plots() if report else None
        run = Run(
            mixture=Mixture(_POLICY.ratios, kappa),
            budget=budget,
            distinct_callers=_POLICY.distinct_callers,
            redial_window=int(_POLICY.redial_window.total_seconds()),
            recorder=plots,
        )
        run.book = (
            Given(baseline)
            if baseline is not None
            else Learned(
                zone,
                days_of(country, zone),
                kappa=kappa,
                keyed=source.has_key(),
                frozen=run.in_surge,
            )
        )
        blocks = in_order(source.blocks()) if sort else source.ordered(SLACK)
        with _progress(file, source, quiet=as_json_) as tell, _uncollected():
            _watch(run, source, zone, blocks, tell)
        run.finish()
        return run, plots

    try:
        try:
            run, plots = attempt(sort=False)
        except OutOfOrderError:
            run, plots = attempt(sort=True)
    except SurgelineError as error:
        raise click.UsageError(str(error)) from None
    if run.first is None:
        raise click.UsageError(f"no contact could be read: {source.first_wrong or 'empty file'}")
    since = run.book.ready_since if isinstance(run.book, Learned) else None
    if plots is not None and report is not None:
        write_report(report, run, plots, zone, title=file.name)
    if as_json_:
        found = as_json(run, zone, wrong=source.wrong, learning_until=since)
        sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        return
    _say(run, source, zone, since, report)


def _watch(
    run: Run,
    source: ContactFile,
    zone: ZoneInfo,
    blocks: Iterable[list[Row]],
    tell: Callable[[], None],
) -> None:
    if source.columns.count is None:
        for block in blocks:
            run.contacts_in_order(block)
            tell()
        return
    local = LocalBins(zone, HOUR)
    run.counts_in_order(bins_of(source.counts(), local), int(HOUR.total_seconds()))


def _say(
    run: Run, source: ContactFile, zone: ZoneInfo, since: int | None, report: Path | None
) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(
        f"{run.contacts + run.redials:,} contacts in {span_days(run):,.1f} days; "
        f"{len(run.found)} {'episode' if len(run.found) == 1 else 'episodes'}; threshold "
        f"{run.threshold:,.0f}, for at most {run.budget:g} false alarms a year.",
        highlight=False,
    )
    if since is not None:
        console.print(f"learning until {_local(since, zone)}: nothing was declared before.")
    elif isinstance(run.book, Learned):
        console.print("learning: there is too little history to declare anything.")
    if run.redials:
        console.print(f"{run.redials:,} redials were left out.", highlight=False)
    if run.too_late:
        console.print(f"{run.too_late:,} rows came too late to count.", highlight=False)
    if source.wrong:
        console.print(f"{source.wrong:,} rows could not be read ({source.first_wrong}).")
    if run.found:
        console.print(as_table(run, zone))
    if report:
        console.print(f"report: {report}")


def _local(second: int, zone: ZoneInfo) -> str:
    return f"{utc(second).astimezone(zone):%Y-%m-%d %H:%M}"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows make no cycles; to look for some among millions takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _progress(file: Path, source: ContactFile, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A bar over the file's bytes on standard error, where there is somebody to see it."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda: None
        return
    with Progress(
        TextColumn("reading"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=file.stat().st_size)
        yield lambda: bar.update(task, completed=source.read_bytes())
