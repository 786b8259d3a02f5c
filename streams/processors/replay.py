"""How does a contact book come back after a crash, or at another worker?

The events since yesterday's midnight are folded again, silently, up to where the group had
committed; then every promise that the log of overflow holds is remembered. What the next tick
finds beyond those was not on the log yet and is said then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streams.domain.centre import Centre
from streams.domain.contacts.contact import OverflowFact, replay_from
from streams.kafka import FollowedClock, Record, read_to_end
from streams.processors.fold import PartitionFold
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import CONTACTS, OVERFLOW

log = logging.getLogger(__name__)

# A rehearsal's hours pass in minutes, so its window cannot be found by the log's timestamps; so
# many records of a partition are read again instead.
REHEARSAL_RECORDS: Final = 200_000
PAUSE_AFTER_RECORDS: Final = 20


def arrival(record: Record, clock: FollowedClock) -> datetime:
    """When a record reached the log, by the centre's clock."""
    return clock.clock.at(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the past is read, and by which centre and clock it is understood."""

    connections: Connections
    centre: Centre
    clock: FollowedClock


async def replay(
    source: Source,
    folds: Mapping[int, PartitionFold],
    give_up: Callable[[], bool],
    *,
    all_promises: bool = False,
) -> bool:
    """Bring fresh folds to their positions; false when it was given up.

    A group that has lost its offsets will fold the whole log again; what was promised then still
    holds, so `all_promises` are read.
    """
    if not folds:
        return True
    clock = source.clock
    since = replay_from(source.centre, datetime.now(UTC)) if clock.clock.is_real else None
    ends = {partition: fold.position for partition, fold in folds.items() if fold.position}
    count = 0
    async for record in _records(source.connections, ends, since):
        folds[record.partition].take(record, arrival(record, clock), again=True)
        count += 1
        # Fetching waits for the network only now and then; the others of this process go on.
        if count % PAUSE_AFTER_RECORDS == 0:
            await asyncio.sleep(0)
            if give_up():
                return False
    for partition, end in ends.items():
        folds[partition].position = end
        folds[partition].pass_silently()
    promises = await _remember(source.connections, folds, None if all_promises else since)
    log.info(
        "contacts replayed",
        extra={"records": count, "promises": promises, "partitions": len(ends)},
    )
    return not give_up()


async def _records(
    connections: Connections, ends: Mapping[int, int], since: datetime | None
) -> AsyncIterator[Record]:
    if not ends:
        return
    async for record in read_to_end(
        connections,
        CONTACTS,
        partitions=list(ends),
        ends=ends,
        since=since,
        starts={partition: end - REHEARSAL_RECORDS for partition, end in ends.items()},
    ):
        yield record


async def _remember(
    connections: Connections, folds: Mapping[int, PartitionFold], since: datetime | None
) -> int:
    by_source = {fold.book.source: fold.book for fold in folds.values()}
    promises = 0
    async for record in read_to_end(connections, OVERFLOW, since=since):
        for event in open_value(record.value)[0]:
            book = by_source.get(event.source)
            if book is not None and isinstance(event, OverflowFact):
                book.remember(event)
                promises += 1
    return promises
