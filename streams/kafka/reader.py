"""How is state read back from the log, without a consumer group?"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.closing import close
from streams.kafka.door import connect
from streams.settings import Connections
from streams.topics import Topic

MUCH_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read; `value` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def _consumer(connections: Connections, *, in_no_hurry: bool = False) -> Any:
    return AIOKafkaConsumer(
        **connections.kafka_options(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_min_bytes=MUCH_BYTES if in_no_hurry else 1,
        fetch_max_wait_ms=500,
        metadata_max_age_ms=30_000,
    )


def _as_record(message: Any) -> Record:
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
    )


async def _seek(
    consumer: Any,
    tps: Sequence[TopicPartition],
    since: datetime | None,
    starts: Mapping[int, int] | None,
) -> None:
    first: dict[TopicPartition, int] = await consumer.beginning_offsets(tps)
    if since is not None:
        last: dict[TopicPartition, int] = await consumer.end_offsets(tps)
        at = await consumer.offsets_for_times(dict.fromkeys(tps, int(since.timestamp() * 1000)))
        for tp in tps:
            consumer.seek(tp, at[tp].offset if at.get(tp) else last[tp])
        return
    for tp in tps:
        wanted = (starts or {}).get(tp.partition, 0)
        consumer.seek(tp, max(wanted, first[tp]))


async def end_offsets(connections: Connections, topic: Topic) -> dict[int, int]:
    """The offset after the last record of each partition."""
    consumer = _consumer(connections)
    try:
        await connect(connections, consumer)
        tps = [TopicPartition(connections.topic(topic), p) for p in range(topic.partitions)]
        ends = await consumer.end_offsets(tps)
        return {tp.partition: offset for tp, offset in ends.items()}
    finally:
        await close(consumer)


async def read_to_end(
    connections: Connections,
    topic: Topic,
    *,
    since: datetime | None = None,
    partitions: Collection[int] | None = None,
    starts: Mapping[int, int] | None = None,
    ends: Mapping[int, int] | None = None,
) -> AsyncIterator[Record]:
    """Every record up to the end as it is now (or up to `ends`, exclusive), then stop.

    `since` is wall time (record timestamps); `starts` and `ends` are offsets by partition.
    Records of one partition come in order; partitions are interleaved.
    """
    consumer = _consumer(connections)
    try:
        await connect(connections, consumer)
        chosen = range(topic.partitions) if partitions is None else sorted(partitions)
        tps = [TopicPartition(connections.topic(topic), p) for p in chosen]
        consumer.assign(tps)
        await _seek(consumer, tps, since, starts)
        last = await consumer.end_offsets(tps)
        stop = {tp: min(last[tp], (ends or {}).get(tp.partition, last[tp])) for tp in tps}
        open_tps = set(tps)
        while True:
            for tp in list(open_tps):
                if await consumer.position(tp) >= stop[tp]:
                    open_tps.discard(tp)
                    consumer.pause(tp)
            if not open_tps:
                return
            fetched = await consumer.getmany(*open_tps, timeout_ms=1000, max_records=5000)
            for tp, messages in fetched.items():
                for message in messages:
                    if message.offset < stop[tp]:
                        yield _as_record(message)
    finally:
        await close(consumer)


async def follow(
    connections: Connections,
    topic: Topic,
    *,
    since: datetime | None = None,
    on_caught_up: Callable[[], None] | None = None,
    in_no_hurry: bool = False,
) -> AsyncIterator[Record]:
    """Every record from the start (or `since`), then live, for ever; no consumer group.

    `on_caught_up` is called once, when everything that was there at the start has been given out.
    `in_no_hurry` reads twice a second what came, instead of every record at once: much cheaper for
    the broker and for this process.
    """
    consumer = _consumer(connections, in_no_hurry=in_no_hurry)
    try:
        await connect(connections, consumer)
        tps = [TopicPartition(connections.topic(topic), p) for p in range(topic.partitions)]
        consumer.assign(tps)
        await _seek(consumer, tps, since, None)
        behind = dict(await consumer.end_offsets(tps))
        told = on_caught_up is None
        while True:
            if not told:
                for tp in list(behind):
                    if await consumer.position(tp) >= behind[tp]:
                        del behind[tp]
                if not behind and on_caught_up is not None:
                    told = True
                    on_caught_up()
            fetched = await consumer.getmany(timeout_ms=500 if told else 50, max_records=2000)
            for messages in fetched.values():
                for message in messages:
                    yield _as_record(message)
    finally:
        await close(consumer)
