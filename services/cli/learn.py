"""`surgeline learn`: what does a history of contacts teach about ordinary weeks?"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson
from rich.console import Console

from services.backtest.moments import LocalBins, Moments, utc
from services.backtest.reading import Columns, ContactFile, OutOfOrderError
from services.backtest.run import bins_of
from services.backtest.sorting import in_order
from services.backtest.teaching import Lesson, Teacher
from services.cli.recording import HOUR, SLACK, days_of, history_options
from streams.centre_file import load_centre
from streams.errors import SurgelineError
from streams.events.codec import encode
from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections
from streams.topics import BASELINES


@click.command(name="learn")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@history_options
@click.option("--key-column", help="The column that holds surge keys such as queue:main.")
@click.option(
    "--centre",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Learn as corrections of this centre file, for --publish.",
)
@click.option("--publish", is_flag=True, help="Put what was learned on the topic `baselines`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    file: Path,
    time_column: str | None,
    key_column: str | None,
    count_column: str | None,
    zone: ZoneInfo,
    country: str | None,
    centre: Path | None,
    publish: bool,
    as_json: bool,
) -> None:
    """Learn the plain week, the known days and each key's level from a recording.

    Prints the hours of the week (local time, contacts an hour), ready for a centre file. With
    --centre and --publish the detector starts from it: run it before the first start, or while the
    stream workers are stopped. A running worker would write over it within a minute.
    """
    if publish and centre is None:
        raise click.UsageError("--publish needs --centre: what is learned corrects its baselines")
    try:
        plan = load_centre(centre) if centre else None
        zone = plan.timezone if plan else zone
        source = ContactFile(
            file, Columns(time=time_column, key=key_column, count=count_column), Moments(zone)
        )
        lesson = _teach(source, Teacher(zone, days_of(country, zone), plan), zone)
        if publish:
            asyncio.run(_publish(lesson))
    except SurgelineError as error:
        raise click.UsageError(str(error)) from None
    if not lesson.contacts:
        raise click.UsageError(f"no contact could be read: {source.first_wrong or 'empty file'}")
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(lesson.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        _say(lesson, zone, publish)


def _teach(source: ContactFile, teacher: Teacher, zone: ZoneInfo) -> Lesson:
    if source.columns.count is not None:
        for begin, end, key, count in bins_of(source.counts(), LocalBins(zone, HOUR)):
            teacher.hear(begin, key, count, width=end - begin)
        return teacher.lesson()
    try:
        for block in source.ordered(SLACK):
            teacher.hear_all(block)
    except OutOfOrderError:
        teacher = teacher.anew()
        for block in in_order(source.blocks()):
            teacher.hear_all(block)
    return teacher.lesson()


async def _publish(lesson: Lesson) -> None:
    import os  # noqa: PLC0415 - only here is the environment read

    writer = LogWriter(Connections.from_env(os.environ))
    await writer.start()
    try:
        now = datetime.now(UTC)
        await writer.append(
            [
                Outgoing(
                    topic=BASELINES, key=f"baseline/{event.subject}".encode(), value=encode(event)
                )
                for event in lesson.events(now)
            ]
        )
    finally:
        await writer.stop()


def _say(lesson: Lesson, zone: ZoneInfo, published: bool) -> None:
    console = Console()
    hours = lesson.hours
    console.print(
        f"{lesson.contacts:,.0f} contacts from {utc(lesson.first).astimezone(zone):%Y-%m-%d} to "
        f"{utc(lesson.last).astimezone(zone):%Y-%m-%d}; {lesson.per_year:,.0f} a year.",
        highlight=False,
    )
    console.print("contacts an hour, by hour of the local day:", highlight=False)
    for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        cells = " ".join(f"{rate:4.1f}" for rate in hours[day * 24 : day * 24 + 24])
        console.print(f"  {name} {cells}", highlight=False, soft_wrap=True)
    for name, factor in sorted(lesson.days.items()):
        console.print(f"  {name}: {factor:.2f} times a plain day", highlight=False)
    for key, share in sorted(lesson.shares.items()):
        console.print(f"  {key}: {share:.1%} of all", highlight=False)
    if published:
        console.print("published to the topic `baselines`")
