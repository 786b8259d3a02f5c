"""`surgeline topics`: which topics are there, and make those that are not."""

import asyncio
import os

import click
import orjson
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from services.cli import broker_rights
from streams.acls import acls
from streams.errors import WrongSettingError
from streams.kafka import apply_settings, create_topics
from streams.retention import retention_ms
from streams.settings import Connections
from streams.topics import CATALOGUE, DAY_MS


@click.command(name="topics")
@click.option("--create", is_flag=True, help="Make the topics that the broker lacks.")
@click.option("--apply", is_flag=True, help="Bring topics that exist to these settings.")
@click.option(
    "--replication",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Copies of each partition of a new topic.",
)
@click.option("--acls", "rights", is_flag=True, help="Say which rights each process needs.")
@click.option(
    "--principal",
    default="User:surgeline-{process}",
    show_default=True,
    help="For --acls: whom a process is to the broker, such as User:CN={process} with mutual TLS.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
@click.pass_context
def command(
    context: click.Context,
    create: bool,
    apply: bool,
    replication: int,
    rights: bool,
    principal: str,
    as_json: bool,
) -> None:
    """List the topics: what each holds, its key, who writes and who reads it.

    With --create, make the absent ones on the broker that SURGELINE_KAFKA names (127.0.0.1:9092
    unless told otherwise). Topics are never made by writing to them. With --apply, those that exist
    are kept from now on as the catalogue and SURGELINE_RETENTION_DAYS say. With --acls, print what
    each process must be allowed, as commands for Kafka's own tool, and nothing more than that.
    """
    connections = Connections.from_env(os.environ)
    if rights:
        _show_rights(connections, principal, as_json)
    elif create or apply:
        context.exit(_change(connections, replication, create, apply, as_json))
    elif as_json:
        click.echo(orjson.dumps(_as_json(connections), option=orjson.OPT_INDENT_2))
    else:
        Console().print(_as_table(connections))


def _show_rights(connections: Connections, principal: str, as_json: bool) -> None:
    wanted = acls(connections.prefix)
    if as_json:
        told = broker_rights.as_json(wanted, principal)
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for line in broker_rights.command_lines(wanted, connections.kafka, principal):
        click.echo(line)


def _change(
    connections: Connections, replication: int, create: bool, apply: bool, as_json: bool
) -> int:
    done: dict[str, list[str]] = {}
    try:
        retention = retention_ms(os.environ)
        if create:
            made = create_topics(connections, replication=replication, retention=retention)
            done["made"] = asyncio.run(made)
        if apply:
            done["changed"] = asyncio.run(apply_settings(connections, retention))
    except WrongSettingError as error:
        click.echo(f"surgeline topics: {error}", err=True)
        return 2
    except (KafkaError, OSError) as error:
        why = type(error).__name__
        click.echo(f"surgeline topics: no broker at {connections.kafka} ({why})", err=True)
        return 1
    if as_json:
        click.echo(orjson.dumps(done))
        return 0
    if create:
        click.echo(f"made: {', '.join(done['made'])}" if done["made"] else "all topics were there")
    if apply:
        said = ", ".join(done["changed"])
        click.echo(f"changed: {said}" if said else "all settings were as wanted")
    return 0


def _as_json(connections: Connections) -> list[dict[str, object]]:
    return [
        {
            "name": connections.topic(topic),
            "holds": topic.holds,
            "key": topic.key,
            "partitions": topic.partitions,
            "cleanup": topic.cleanup,
            "retention_ms": topic.retention_ms,
            "writer": topic.writer,
            "readers": topic.readers,
        }
        for topic in CATALOGUE
    ]


def _as_table(connections: Connections) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("topic", no_wrap=True)
    table.add_column("partitions", justify="right")
    table.add_column("kept")
    table.add_column("holds (writer → readers)")
    for topic in CATALOGUE:
        days = f"{topic.retention_ms // DAY_MS} days"
        kept = {"delete": days, "compact": "newest"}.get(topic.cleanup, f"newest, {days}")
        path = f"{topic.writer} → {', '.join(topic.readers) or 'nobody'}"
        name = connections.topic(topic)
        table.add_row(name, str(topic.partitions), kept, f"{topic.holds} ({path})")
    return table
