"""`surgeline replay`: send recorded contacts through intake, as if they happened now."""

import asyncio
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import httpx
import orjson
from rich.console import Console

from services.cli.recording import Zone
from services.replay.contacts import Retelling
from services.replay.pace import Pace
from services.replay.progress import Bar
from services.replay.rows import Columns, Recording, Row
from services.replay.sender import ReplayError, Sender
from streams.centre_file import load_centre
from streams.errors import WrongSettingError

FINE, FELL_SHORT, WRONG_USE = 0, 1, 2
HTTP_TIMEOUT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is replayed, from where to where, how fast and into what."""

    recording: Recording
    start: datetime | None
    end: datetime | None
    shift: timedelta | None
    speed: float | None
    queue: str
    region: str
    intake: str
    tokens: dict[str, str] = field(repr=False)


@click.command(name="replay")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--time-column", default="occurred_at", show_default=True)
@click.option("--timezone", "zone", type=Zone(), help="The zone of times that have none.")
@click.option("--key-column", help="What the contact is about: its topic. Default: key, if there.")
@click.option("--caller-column", help="The caller's number. Default: caller, if there.")
@click.option("--queue-column", help="The queue. Default: queue, if there.")
@click.option("--queue", help="The queue of rows that name none. Default: the centre's first.")
@click.option("--from", "start", help="Leave out rows before this time.")
@click.option("--to", "end", help="Leave out rows from this time on.")
@click.option("--speed", type=click.FloatRange(0, 100_000, min_open=True), default=1.0)
@click.option("--fast", is_flag=True, help="As fast as intake takes it; the clock is stepped.")
@click.option("--shift", type=float, help="Seconds added to every time; repeats an earlier replay.")
@click.option("--intake", default="http://127.0.0.1:8410", show_default=True)
@click.option("--token", help="A token with the roles source and rehearsal.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".surgeline"),
    show_default=True,
    help="Where tokens.env is, when no token is given.",
)
@click.option(
    "--centre",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=Path(__file__).parents[2] / "centre.toml",
    help="The centre file, for its first queue and its region.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the sums for a program.")
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Send the contacts of FILE (CSV or CSV.gz, one a row) through intake.

    All times are shifted by one constant, printed at the start, so that the first row happens now;
    the original time stays in each event. The centre's clock is declared to run at the same speed,
    which a platform started with `surgeline up --live` refuses.

    A row tells only that somebody called. It becomes `arrived` and, at the same moment, `deflected`
    (prompt): demand and surges see it, nobody is left waiting and nobody is called back.

    Sent again with the same --shift, nothing is doubled: the ids follow from the rows.
    """
    as_json = options.pop("as_json")
    try:
        context.exit(asyncio.run(_replay(_task(**options), as_json=as_json)))
    except (WrongSettingError, ValueError) as error:
        click.echo(f"surgeline: {error}", err=True)
        context.exit(WRONG_USE)
    except ReplayError as error:
        click.echo(f"surgeline: {error}", err=True)
        context.exit(FELL_SHORT)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        context.exit(FELL_SHORT)


def _task(
    *,
    file: Path,
    time_column: str,
    zone: ZoneInfo | None,
    key_column: str | None,
    caller_column: str | None,
    queue_column: str | None,
    queue: str | None,
    start: str | None,
    end: str | None,
    speed: float,
    fast: bool,
    shift: float | None,
    intake: str,
    token: str | None,
    data: Path,
    centre: Path,
) -> Task:
    named = {"key": key_column, "caller": caller_column, "queue": queue_column}
    columns = Columns(
        time=time_column,
        named=frozenset(name for name, column in named.items() if column),
        **{name: column or name for name, column in named.items()},
    )
    known = load_centre(centre)
    return Task(
        recording=Recording(file, columns, zone),
        start=_moment(start, zone, "--from"),
        end=_moment(end, zone, "--to"),
        shift=None if shift is None else timedelta(seconds=shift),
        speed=None if fast else speed,
        queue=queue or known.queues[0].name,
        region=known.region,
        intake=intake,
        tokens=_tokens(token, data),
    )


async def _replay(task: Task, *, as_json: bool) -> int:
    console = Console(stderr=True, highlight=False)
    rows = task.recording.rows(task.start, task.end)
    first = next(rows, None)
    if first is None:
        console.print("no row lies in that time: nothing to replay")
        return FELL_SHORT
    began = time.monotonic()
    bar = Bar(task.recording, console)
    async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS) as client:
        sender = Sender(client, task.intake, task.tokens, bar.waits)
        shift = task.shift
        if shift is None:
            shift = _shift(first, await sender.now())
        console.print(_headline(first, shift, task.speed))
        retelling = Retelling(shift=shift, queue=task.queue, region=task.region)
        pace = Pace(sender, retelling, bar.sent)
        story = _with_first(first, rows)
        with bar:
            if task.speed is None:
                await pace.fast(story)
            else:
                await pace.at_speed(story, task.speed)
    return _told(task, sender, pace, retelling, time.monotonic() - began, as_json=as_json)


def _headline(first: Row, shift: timedelta, speed: float | None) -> str:
    how = "as fast as it goes" if speed is None else f"at {speed:g} times its speed"
    return (
        f"shift {shift.total_seconds():+.3f} s: {first.time:%Y-%m-%d %H:%M:%S} UTC happens at"
        f" {first.time + shift:%Y-%m-%d %H:%M:%S} UTC, {how}"
    )


def _told(
    task: Task,
    sender: Sender,
    pace: Pace,
    retelling: Retelling,
    seconds: float,
    *,
    as_json: bool,
) -> int:
    skipped = task.recording.skipped
    sums = {
        "events": sender.accepted,
        "repeated": sender.repeated,
        "refused": dict(sender.refused),
        "skipped": skipped.count,
        "skipped_rows": skipped.examples,
        "without_number": retelling.without_number,
        "shift_seconds": retelling.shift.total_seconds(),
        "last": pace.last,
        "behind_seconds": round(pace.behind_seconds, 3),
        "seconds": round(seconds, 3),
    }
    if as_json:
        click.echo(orjson.dumps(sums))
    else:
        click.echo(_sentence(sums))
        for line in skipped.examples:
            click.echo(f"  skipped {line}")
    return FELL_SHORT if sender.refused or skipped.count else FINE


def _sentence(sums: dict[str, Any]) -> str:
    parts = [f"{sums['events']} events on the log in {sums['seconds']:.1f} s"]
    if sums["repeated"]:
        parts.append(f"{sums['repeated']} of them were there before")
    parts += [f"{count} refused ({why})" for why, count in sums["refused"].items()]
    if sums["skipped"]:
        parts.append(f"{sums['skipped']} rows could not be read")
    if sums["without_number"]:
        parts.append(f"{sums['without_number']} callers without a number that could be rung")
    if sums["behind_seconds"] > 1:
        parts.append(f"up to {sums['behind_seconds']:.1f} s behind the clock")
    return "; ".join(parts)


def _with_first(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _shift(first: Row, now: datetime) -> timedelta:
    """The first row happens now. Time at the centre never runs backwards, so its own clock says
    what now is: an earlier replay may have left it ahead of the wall's.
    """
    return timedelta(seconds=math.ceil((now - first.time).total_seconds()))


def _moment(text: str | None, zone: ZoneInfo | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongSettingError(f"{option} {text!r} is no ISO-8601 time") from None
    if moment.tzinfo is None:
        if zone is None:
            raise WrongSettingError(f"{option} has no zone; add one, or give --timezone")
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _tokens(token: str | None, data: Path) -> dict[str, str]:
    given = token or os.environ.get("SURGELINE_TOKEN")
    if given:
        return {"source": given, "rehearsal": given}
    found = {}
    file = data / "tokens.env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    for role in ("source", "rehearsal"):
        name = f"SURGELINE_{role.upper()}_TOKEN"
        found[role] = os.environ.get(name) or variables.get(name, "")
    if not all(found.values()):
        raise WrongSettingError(
            f"no token: {file} does not exist or lacks one; start `surgeline up`, point --data to"
            " its folder, or give --token"
        )
    return found
