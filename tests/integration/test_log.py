"""What the writer acknowledged is on the log, whatever happened to the broker or the producer."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from streams.domain.clock import CentreClock
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.events.codec import encode
from streams.events.control import ClockData, ClockDeclared
from streams.kafka import (
    FollowedClock,
    LogWriter,
    Outgoing,
    create_topics,
    end_offsets,
    follow,
    read_to_end,
)
from streams.settings import Connections
from streams.topics import AGENTS, CATALOGUE, CLOCK, CONTACTS, OVERFLOW, partition_of
from tests.support.stack import Broker


async def values(connections: Connections) -> Counter[bytes]:
    return Counter([record.value or b"" async for record in read_to_end(connections, OVERFLOW)])


async def test_records_are_read_back_in_the_order_they_were_acknowledged(
    connections: Connections,
) -> None:
    writer = LogWriter(connections)
    await writer.start()
    records = [
        Outgoing(topic=CONTACTS, value=b"%d" % number, partition=number % 24)
        for number in range(240)
    ]
    places = await writer.append(records)
    await writer.stop()
    read = [record async for record in read_to_end(connections, CONTACTS)]
    found = {(record.partition, record.offset): record.value for record in read}
    assert [found[place] for place in places] == [record.value for record in records]
    assert sum((await end_offsets(connections, CONTACTS)).values()) == 240


async def test_a_part_of_the_log_is_read_by_offsets(connections: Connections) -> None:
    writer = LogWriter(connections)
    await writer.start()
    for number in range(10):
        await writer.append([Outgoing(topic=CONTACTS, value=b"%d" % number, partition=3)])
    await writer.stop()
    part = read_to_end(connections, CONTACTS, partitions=[3], starts={3: 4}, ends={3: 7})
    assert [record.offset async for record in part] == [4, 5, 6]


async def test_a_key_decides_the_partition(connections: Connections) -> None:
    writer = LogWriter(connections)
    await writer.start()
    ((partition, _),) = await writer.append([Outgoing(topic=OVERFLOW, value=b"x", key=b"someone")])
    await writer.stop()
    assert partition == partition_of("someone", OVERFLOW)


async def test_a_producer_whose_sequence_numbers_have_a_hole_is_replaced_and_loses_nothing(
    connections: Connections,
) -> None:
    """The broker refuses every later batch of the partition: aiokafka issue 1017."""
    writer = LogWriter(connections)
    await writer.start()
    await writer.append([Outgoing(topic=OVERFLOW, value=b"before", partition=1)])
    hole = TopicPartition(connections.topic(OVERFLOW), 1)
    writer._producer._txn_manager.increment_sequence_number(hole, 5)
    after = [Outgoing(topic=OVERFLOW, value=b"after %d" % n, partition=1) for n in range(20)]
    places = await writer.append(after)
    await writer.stop()
    assert writer.rebuilds == 1
    assert len(set(places)) == 20
    assert set(await values(connections)) == {b"before", *(b"after %d" % n for n in range(20))}


async def test_nothing_acknowledged_is_lost_when_the_broker_is_killed_and_comes_back(
    tmp_path: Path,
) -> None:
    broker = Broker(tmp_path)
    broker.start()
    connections = Connections(kafka=broker.bootstrap)
    acknowledged: list[bytes] = []
    refusals: list[type[Exception]] = []
    try:
        await create_topics(connections)
        writer = LogWriter(connections, deadline_seconds=4.0)
        await writer.start()
        done = asyncio.Event()
        tasks = [
            asyncio.create_task(_keep_writing(writer, str(n), acknowledged, refusals, done))
            for n in range(4)
        ]
        await _until(lambda: len(acknowledged) > 200)
        broker.kill9()
        await _until(lambda: OverloadedError in refusals)
        before = len(acknowledged)
        broker.start()  # in this thread: a child dies with the thread that started it
        await _until(lambda: len(acknowledged) > before + 200)
        done.set()
        await asyncio.gather(*tasks)
        await writer.stop()
        on_log = await values(connections)
    finally:
        broker.kill9()
    assert not [value for value in acknowledged if value not in on_log]
    assert UnknownOutcomeError in refusals


async def _keep_writing(
    writer: LogWriter,
    name: str,
    acknowledged: list[bytes],
    refusals: list[type[Exception]],
    done: asyncio.Event,
) -> None:
    number = 0
    while not done.is_set():
        number += 1
        value = f"{name}-{number}".encode()
        try:
            await writer.append([Outgoing(topic=OVERFLOW, value=value, partition=number % 24)])
            acknowledged.append(value)
        except (OverloadedError, UnknownOutcomeError) as error:
            refusals.append(type(error))
        await asyncio.sleep(0.01)


async def _until(condition: object, seconds: float = 60.0) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


async def test_a_full_buffer_refuses_for_certain(connections: Connections) -> None:
    writer = LogWriter(connections, max_pending_bytes=1000)
    await writer.start()
    with pytest.raises(OverloadedError, match="buffer is full"):
        await writer.append([Outgoing(topic=OVERFLOW, value=b"x" * 2000, partition=0)])
    await writer.stop()
    assert await values(connections) == Counter()


async def test_a_follower_sees_what_was_there_and_then_what_comes(
    connections: Connections,
) -> None:
    writer = LogWriter(connections)
    await writer.start()
    await writer.append([Outgoing(topic=AGENTS, value=b"old", key=b"a")])
    seen: list[bytes | None] = []
    caught_up = asyncio.Event()

    async def watch() -> None:
        async for record in follow(connections, AGENTS, on_caught_up=caught_up.set):
            seen.append(record.value)

    task = asyncio.create_task(watch())
    await asyncio.wait_for(caught_up.wait(), 20)
    assert seen == [b"old"]
    await writer.append([Outgoing(topic=AGENTS, value=b"new", key=b"a")])
    await _until(lambda: seen == [b"old", b"new"])
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await writer.stop()


async def test_the_clock_that_was_declared_last_is_followed(connections: Connections) -> None:
    writer = LogWriter(connections)
    await writer.start()
    clock = FollowedClock(connections)
    await clock.start()
    assert clock.clock == CentreClock()
    wall = datetime.now(UTC)
    data = ClockData(wall=wall, event=wall - timedelta(days=365), speed=60.0)
    event = ClockDeclared(id="1", source="test", subject="centre", time=wall, data=data)
    await writer.append([Outgoing(topic=CLOCK, value=encode(event), key=b"centre")])
    await _until(lambda: clock.clock.speed == 60.0)
    assert clock.clock.at(wall + timedelta(seconds=1)) == data.event + timedelta(minutes=1)
    await clock.stop()
    await writer.stop()


async def test_topics_are_made_once(connections: Connections) -> None:
    assert await create_topics(connections) == []
    other = Connections(kafka=connections.kafka, prefix=f"{connections.prefix}second-")
    assert len(await create_topics(other)) == len(CATALOGUE)
