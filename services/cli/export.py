"""`surgeline export`: the open state of a centre as one encrypted file."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from aiokafka.errors import KafkaError

from services.backup import TOPICS, Kept, sealed_lines
from services.sealing import Sealer, read_keys
from services.supervisor.keys import write_private
from streams.errors import WrongSettingError
from streams.kafka import read_to_end
from streams.secret_files import opened
from streams.settings import Connections
from streams.topics import Topic

KEYS = "SURGELINE_EXPORT_KEYS"


@click.command(name="export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def command(file: Path, as_json: bool) -> None:
    """Write callbacks, call-outs, people, baselines and centre versions into FILE, encrypted.

    Everything keeps running meanwhile. The file is sealed with the first key of
    SURGELINE_EXPORT_KEYS (or SURGELINE_EXPORT_KEYS_FILE); the phone numbers in it stay sealed with
    the centre's own keys besides, so both are needed to use it.
    """
    try:
        env = opened(os.environ)
        connections, sealer = Connections.from_env(env), Sealer(read_keys(env, KEYS))
        kept = asyncio.run(_read_all(connections))
        lines = sealed_lines(kept, datetime.now(UTC), sealer)
        write_private(file, "".join(f"{line}\n" for line in lines))
    except (WrongSettingError, OSError, KafkaError) as error:
        why = str(error) if isinstance(error, WrongSettingError) else type(error).__name__
        click.echo(f"surgeline export: {why}", err=True)
        raise SystemExit(2 if isinstance(error, WrongSettingError) else 1) from None
    counts = {topic.name: sum(one.topic == topic.name for one in kept) for topic in TOPICS}
    if as_json:
        click.echo(orjson.dumps({"file": str(file), "records": counts}))
    else:
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(f"{file}: {said}")


async def _read_all(connections: Connections) -> list[Kept]:
    found = [await last_of_each_key(connections, topic) for topic in TOPICS]
    return [one for of_topic in found for one in of_topic]


async def last_of_each_key(connections: Connections, topic: Topic) -> list[Kept]:
    """What a compacted topic amounts to; a record without a value has removed its key."""
    last: dict[bytes, Kept] = {}
    async for record in read_to_end(connections, topic):
        if record.key is None:
            continue
        last.pop(record.key, None)  # so that the order is that of the last change
        if record.value is not None:
            last[record.key] = Kept(topic.name, record.partition, record.key, record.value)
    return list(last.values())
