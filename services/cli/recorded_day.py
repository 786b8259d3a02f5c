"""When did people call on a day that is written down, in a file or on the log?"""

import asyncio
import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from aiokafka.errors import KafkaError

from load.drill.recorded import RecordedCall, of_key
from services.backtest.moments import Moments
from services.backtest.reading import Columns, ContactFile
from streams.events.codec import decode_parcel
from streams.events.contacts import ContactArrived
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import CONTACTS

_KNOWN: Final = ("language", "country", "topic", "channel", "urgency")


def read_csv(file: Path, zone: ZoneInfo) -> list[RecordedCall]:
    """One call a row, with a time, and a caller and a key (such as country:JP) if it has them."""
    source = ContactFile(file, Columns(), Moments(zone))
    return [
        RecordedCall(at=float(second), caller=caller, known=of_key(key))
        for block in source.blocks()
        for second, key, caller in block
    ]


def read_log() -> list[RecordedCall]:
    """Every contact that is still on the log of the broker that SURGELINE_KAFKA names."""
    connections = Connections.from_env(os.environ)
    try:
        return asyncio.run(_read(connections))
    except (KafkaError, OSError) as error:
        raise click.ClickException(f"the log cannot be read: {type(error).__name__}") from None


async def _read(connections: Connections) -> list[RecordedCall]:
    calls: dict[tuple[str, str], RecordedCall] = {}
    async for record in read_to_end(connections, CONTACTS):
        events, _ = decode_parcel(record.value or b"[]")
        for event in events:
            if isinstance(event, ContactArrived):
                # The same event twice on the log is one call.
                calls.setdefault((event.source, event.id), _call(event))
    return list(calls.values())


def _call(event: ContactArrived) -> RecordedCall:
    data = event.data
    known = [(name, getattr(data, name)) for name in _KNOWN]
    return RecordedCall(
        at=event.time.timestamp(),
        caller=data.caller.key if data.caller else "",
        known=tuple((name, value) for name, value in known if value),
    )
