"""`surgeline import`: put an exported state onto a log that has none."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
import orjson
from aiokafka.errors import KafkaError

from services.backup import TOPICS, BackupError, Kept, opened
from services.cli.export import KEYS, last_of_each_key
from services.sealing import Sealer, read_keys
from streams import secret_files
from streams.errors import OverloadedError, UnknownOutcomeError, WrongSettingError
from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections

AT_ONCE = 500


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--dry-run", is_flag=True, help="Only say whether the file is whole, and what is in it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def command(file: Path, dry_run: bool, as_json: bool) -> None:
    """Take in what `surgeline export` wrote, before the services are started.

    Refused when a topic of the log already holds something else: two histories cannot be mixed
    without calling somebody twice. An import that was cut off may be repeated.
    """
    try:
        env = secret_files.opened(os.environ)
        sealer = Sealer(read_keys(env, KEYS))
        with file.open(encoding="utf-8") as lines:
            made_at, kept = opened(lines, sealer)
        if not dry_run:
            asyncio.run(_write(Connections.from_env(env), kept))
    except (WrongSettingError, BackupError) as error:
        click.echo(f"surgeline import: {error}", err=True)
        raise SystemExit(2) from None
    except (KafkaError, OSError, OverloadedError, UnknownOutcomeError) as error:
        why = f"the broker did not take all of it ({type(error).__name__}); repeat the import"
        click.echo(f"surgeline import: {why}", err=True)
        raise SystemExit(1) from None
    _tell(made_at, kept, as_json=as_json, dry_run=dry_run)


def _tell(made_at: datetime, kept: Sequence[Kept], *, as_json: bool, dry_run: bool) -> None:
    counts = Counter(one.topic for one in kept)
    if as_json:
        told = {"made_at": made_at, "records": counts, "written": not dry_run}
        click.echo(orjson.dumps(told))
        return
    said = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"
    verb = "holds" if dry_run else "is on the log:"
    click.echo(f"the backup of {made_at:%Y-%m-%d %H:%M:%S} UTC {verb} {said}")


async def _write(connections: Connections, kept: Sequence[Kept]) -> None:
    ours = set(kept)
    for topic in TOPICS:
        others = [one for one in await last_of_each_key(connections, topic) if one not in ours]
        if others:
            raise BackupError(
                f"{connections.topic(topic)} holds {len(others)} records that are not in the backup"
            )
    topics = {topic.name: topic for topic in TOPICS}
    writer = LogWriter(connections)
    await writer.start()
    try:
        for start in range(0, len(kept), AT_ONCE):
            await writer.append(
                [
                    Outgoing(
                        topic=topics[one.topic],
                        key=one.key,
                        value=one.value,
                        partition=one.partition,
                    )
                    for one in kept[start : start + AT_ONCE]
                ]
            )
    finally:
        await writer.stop()
