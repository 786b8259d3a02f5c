"""How are a bench's events put on the log, and when has a worker caught up with them?"""

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import orjson
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from load.bench.lives import Report
from streams.groups import PROCESSORS, group_of
from streams.kafka import LogWriter, Outgoing, create_topics, end_offsets
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.process import ServiceProcess

AT_ONCE_BYTES = 16 * 1024 * 1024
PATIENCE_SECONDS = 400.0
LOOK_EVERY_SECONDS = 0.2


def parcels(reports: Iterable[Report], size: int) -> Iterator[tuple[int, bytes]]:
    """Partition and value of each record, `size` events in it, in the order they fill up."""
    filling: dict[int, list[bytes]] = defaultdict(list)
    for report in reports:
        events = filling[report.partition]
        events.append(report.value)
        if len(events) >= size:
            yield report.partition, b"[" + b",".join(events) + b"]"
            events.clear()
    for partition, events in filling.items():
        if events:
            yield partition, b"[" + b",".join(events) + b"]"


async def write(connections: Connections, records: Iterable[tuple[int, bytes]]) -> None:
    """Onto `contacts`, some megabytes at a time."""
    writer = LogWriter(connections, deadline_seconds=60.0)
    await writer.start()
    batch: list[Outgoing] = []
    size = 0
    for partition, value in records:
        batch.append(Outgoing(topic=CONTACTS, partition=partition, value=value))
        size += len(value)
        if size > AT_ONCE_BYTES:
            await writer.append(batch)
            batch, size = [], 0
    await writer.append(batch)
    await writer.stop()


@contextlib.asynccontextmanager
async def admin_of(connections: Connections) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client of the bench's broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def fresh(connections: Connections) -> None:
    """All topics of a prefix that nobody has used."""
    await create_topics(connections)
    await asyncio.sleep(1.0)  # until every partition has its leader


async def forget(connections: Connections) -> None:
    """Delete what a repeat has left."""
    async with admin_of(connections) as admin:
        ours = [name for name in await admin.list_topics() if name.startswith(connections.prefix)]
        await admin.delete_topics(ours)


class Worker(ServiceProcess):
    """A streams worker whose CPU time and beginning can be asked for."""

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def loaded_at(self, processor: str = "tally") -> float | None:
        """When it first had partitions to fold, in seconds since 1970."""
        for line in self.log_text().splitlines():
            if '"partitions loaded"' in line:
                said = orjson.loads(line)
                if said["processor"] == processor and said["partitions"]:
                    return datetime.fromisoformat(said["time"]).timestamp()
        return None


async def until_loaded(workers: Sequence[Worker]) -> float:
    """When the last of them had its partitions."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        begun = [worker.loaded_at() for worker in workers]
        known = [at for at in begun if at is not None]
        if len(known) == len(workers):
            return max(known)
        if time.monotonic() > give_up or not all(worker.alive for worker in workers):
            raise RuntimeError("\n".join(worker.log_text()[-3000:] for worker in workers))
        await asyncio.sleep(0.02)


async def until_caught_up(connections: Connections, workers: Sequence[Worker]) -> float:
    """When every processor had committed the end of its topic, in seconds since 1970.

    Judged from outside, so that the workers are not disturbed.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    async with admin_of(connections) as admin:
        while True:
            now = time.time()
            if await _caught_up(connections, admin):
                return now
            if time.monotonic() > give_up or not all(worker.alive for worker in workers):
                raise RuntimeError("\n".join(worker.log_text()[-3000:] for worker in workers))
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _caught_up(connections: Connections, admin: AIOKafkaAdminClient) -> bool:
    # From the first to the last: what one commits may have given the next something to do.
    for processor, topic in PROCESSORS.items():
        name = connections.topic(topic)
        with contextlib.suppress(KafkaError):
            offsets = await admin.list_consumer_group_offsets(group_of(connections, processor))
            stands = {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == name}
            ends = await end_offsets(connections, topic)
            if all(stands.get(partition, -1) >= end for partition, end in ends.items() if end):
                continue
        return False
    return True
