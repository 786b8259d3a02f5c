"""`surgeline audit`: was anyone lost, or called twice?"""

import asyncio
import os
from datetime import datetime

import click
import orjson
from aiokafka.errors import KafkaError
from rich.console import Console

from services.audit import people as people_lines
from services.audit.reader import Audit, Question, audit
from services.audit.report import as_json, show
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError
from streams.groups import callbacks_group, tally_group
from streams.settings import Connections


@click.command(name="audit")
@click.option("--json", "as_json_", is_flag=True, help="Print the result for a program.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(0, 3600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for facts that are on their way.",
)
@click.option(
    "--since",
    metavar="TIME",
    help="Judge only people who first called at or after this time (ISO 8601).",
)
@click.option("--people", is_flag=True, help="Show what people did or were refused instead.")
@click.pass_context
def command(
    context: click.Context, as_json_: bool, wait_seconds: float, since: str | None, people: bool
) -> None:
    """Prove from the log that no caller was lost and nobody is called twice.

    Reads contacts, overflow and callbacks from the broker that SURGELINE_KAFKA names. Every
    person who called is waiting, answered live, promised a callback, called back, withdrawn,
    deflected, or lost for a listed reason; who is none of these is named by contact id. What the
    tally published is counted again. Exit code 0: all proven; 1: something is wrong; 2: wrong use.

    With --people it lists instead what was refused, revealed, switched and ordered, and by whom.
    """
    connections = Connections.from_env(os.environ)
    if people:
        context.exit(_people(connections, since, as_json=as_json_))
    try:
        centre = load_centre(connections.centre)
        question = Question(
            connections=connections,
            centre=centre,
            tally_group=tally_group(connections),
            callbacks_group=callbacks_group(connections),
            since=_moment(since, centre) if since else None,
            wait_seconds=wait_seconds,
        )
    except (WrongSettingError, OSError) as error:
        raise click.UsageError(str(error)) from None
    try:
        answer = _ask(question, quiet=as_json_)
    except (KafkaError, OSError) as error:
        context.exit(_no_broker(connections, error))
    if as_json_:
        click.echo(orjson.dumps(as_json(answer), option=orjson.OPT_INDENT_2))
    else:
        show(answer, Console())
    context.exit(1 if answer.findings else 0)


def _people(connections: Connections, since: str | None, *, as_json: bool) -> int:
    centre = load_centre(connections.centre)
    try:
        found = asyncio.run(
            people_lines.lines(connections, _moment(since, centre) if since else None)
        )
    except (KafkaError, OSError) as error:
        return _no_broker(connections, error)
    if as_json:
        click.echo(orjson.dumps(people_lines.as_json(found), option=orjson.OPT_INDENT_2))
    else:
        people_lines.show(found, Console())
    return 0


def _no_broker(connections: Connections, error: Exception) -> int:
    why = type(error).__name__
    click.echo(f"surgeline audit: no broker at {connections.kafka} ({why})", err=True)
    return 1


def _ask(question: Question, *, quiet: bool) -> Audit:
    if quiet:
        return asyncio.run(audit(question))
    with Console(stderr=True).status("reading the log"):
        return asyncio.run(audit(question))


def _moment(text: str, centre: Centre) -> datetime:
    """A time without an offset is the centre's own."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            "is not a time like 2026-03-11T09:00 or 2026-03-11T09:00+09:00", param_hint="--since"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=centre.timezone)
