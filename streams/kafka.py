"""How is the log written and read?

One writer that answers only when the broker has every record, and readers without a consumer
group for whoever rebuilds or follows state. aiokafka is used here and in the processors only.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    TopicAlreadyExistsError,
    for_code,
)

from streams.domain.clock import REAL_TIME, CentreClock
from streams.errors import OverloadedError, UnknownOutcomeError, WrongSettingError
from streams.events.codec import decode
from streams.events.control import ClockDeclared
from streams.settings import Connections
from streams.topics import CATALOGUE, CLOCK, Topic, partition_of

log = logging.getLogger(__name__)

AWAY_AFTER_SECONDS: Final = 3.0
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read; `value` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One record to write. Without a partition, the key decides (`topics.partition_of`)."""

    topic: Topic
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None

    def target(self) -> int:
        """The partition this record goes to."""
        if self.partition is not None:
            return self.partition
        return partition_of(self.key.decode() if self.key else "", self.topic)

    def size(self) -> int:
        """Bytes it takes in the writer's buffer."""
        return len(self.value or b"") + len(self.key or b"") + 64


class _Pending:
    """A record handed to the writer and not yet acknowledged."""

    __slots__ = ("done", "outgoing", "since", "via")

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.since = time.monotonic()
        self.via: Any = None
        self.done: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()


class LogWriter:
    """An idempotent producer (acks=all) that survives what poisons aiokafka's.

    A batch that fails after its sequence numbers were spent makes every later batch of that
    partition fail (aiokafka 1017). So any failed delivery replaces the producer, and everything
    not yet acknowledged is sent again in its old order; ids make the repeats harmless.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        linger_ms: int = 5,
        deadline_seconds: float = 8.0,
        max_pending_bytes: int = 64 * 1024 * 1024,
        request_timeout_seconds: float = 60.0,
    ) -> None:
        self._connections = connections
        self._linger_ms = linger_ms
        self._deadline = deadline_seconds
        self._max_pending_bytes = max_pending_bytes
        self._request_timeout = request_timeout_seconds
        self._producer: Any = None
        self._pending: dict[int, _Pending] = {}
        self._pending_bytes = 0
        self._next = 0
        self._ready = asyncio.Event()
        self._rebuilding: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_ack = time.monotonic()
        self.rebuilds = 0

    async def start(self) -> None:
        """Connect; raises aiokafka's connection error when no broker answers."""
        self._producer = await self._new_producer()
        self._ready.set()

    async def stop(self) -> None:
        """Wait (bounded) for what is pending, then close."""
        if self._pending:
            waiting = [pending.done for pending in self._pending.values()]
            await asyncio.wait(waiting, timeout=self._deadline)
        if self._rebuilding is not None:
            self._rebuilding.cancel()
        for task in self._tasks:
            task.cancel()
        if self._producer is not None:
            await _close(self._producer)

    @property
    def pending(self) -> int:
        """Records handed over and not yet acknowledged."""
        return len(self._pending)

    @property
    def away(self) -> bool:
        """True when records have waited for seconds and the broker acknowledged none."""
        if not self._pending:
            return False
        oldest = next(iter(self._pending.values())).since
        return time.monotonic() - max(oldest, self._last_ack) > AWAY_AFTER_SECONDS

    async def append(self, records: Sequence[Outgoing]) -> list[tuple[int, int]]:
        """Write records and return each one's (partition, offset) once the broker has them all.

        Raises `OverloadedError` when they were refused for certain (nothing was written) and
        `UnknownOutcomeError` when the deadline passed: they may still be written.
        """
        if not records:
            return []
        if self.away:
            raise OverloadedError("the broker does not answer", retry_after_seconds=2)
        size = sum(record.size() for record in records)
        if self._pending_bytes + size > self._max_pending_bytes:
            raise OverloadedError("the write buffer is full")
        batch = [self._enqueue(record) for record in records]
        self._keep(asyncio.create_task(self._send([number for number, _ in batch])))
        futures = [pending.done for _, pending in batch]
        _, late = await asyncio.wait(futures, timeout=self._deadline)
        if late:
            raise UnknownOutcomeError("the broker did not acknowledge in time")
        return [future.result() for future in futures]

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _enqueue(self, record: Outgoing) -> tuple[int, _Pending]:
        number, self._next = self._next, self._next + 1
        pending = _Pending(record)
        # Whoever gave up at the deadline never looks: the exception must not be reported as lost.
        pending.done.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._pending[number] = pending
        self._pending_bytes += record.size()
        return number, pending

    async def _send(self, numbers: Sequence[int]) -> None:
        await self._ready.wait()
        producer = self._producer
        for number in numbers:
            pending = self._pending.get(number)
            if pending is None or pending.via is producer:
                continue
            pending.via = producer
            record = pending.outgoing
            try:
                delivery = await producer.send(
                    self._connections.topic(record.topic),
                    value=record.value,
                    key=record.key,
                    partition=record.target(),
                )
            except MessageSizeTooLargeError as error:
                self._settle(number, error=error)
            except (KafkaError, AssertionError) as error:
                self._rebuild(producer, error)
                return
            else:
                delivery.add_done_callback(
                    lambda future, number=number: self._delivered(producer, number, future)
                )

    def _delivered(self, producer: Any, number: int, future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._last_ack = time.monotonic()
            self._settle(number, result=(future.result().partition, future.result().offset))
        else:
            self._rebuild(producer, error)

    def _settle(
        self, number: int, *, result: tuple[int, int] | None = None, error: Exception | None = None
    ) -> None:
        pending = self._pending.pop(number, None)
        if pending is None:
            return
        self._pending_bytes -= pending.outgoing.size()
        if pending.done.done():
            return
        if error is not None:
            pending.done.set_exception(error)
        elif result is not None:
            pending.done.set_result(result)

    def _rebuild(self, producer: Any, error: BaseException) -> None:
        if producer is not self._producer or self._rebuilding is not None:
            return
        log.warning("log writer rebuilt", extra={"error": type(error).__name__})
        self._ready.clear()
        self._rebuilding = asyncio.create_task(self._replace(producer))

    async def _replace(self, producer: Any) -> None:
        await _close(producer)
        delay = 0.1
        while True:
            try:
                self._producer = await self._new_producer()
                break
            except (KafkaError, OSError):
                await asyncio.sleep(delay)
                delay = min(2 * delay, 2.0)
        self.rebuilds += 1
        self._rebuilding = None
        unsettled = list(self._pending)
        self._ready.set()
        await self._send(unsettled)

    async def _new_producer(self) -> Any:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._connections.kafka,
            enable_idempotence=True,
            acks="all",
            linger_ms=self._linger_ms,
            compression_type="lz4",
            max_batch_size=512 * 1024,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=int(self._request_timeout * 1000),
            retry_backoff_ms=100,
            metadata_max_age_ms=30_000,
        )
        try:
            await producer.start()
        except BaseException:
            await _close(producer)
            raise
        return producer


async def _close(client: Any) -> None:
    with contextlib.suppress(KafkaError, TimeoutError, OSError, AssertionError):
        await asyncio.wait_for(client.stop(), timeout=2.0)


def _consumer(connections: Connections) -> Any:
    return AIOKafkaConsumer(
        bootstrap_servers=connections.kafka,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=50,
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
    await consumer.start()
    try:
        tps = [TopicPartition(connections.topic(topic), p) for p in range(topic.partitions)]
        ends = await consumer.end_offsets(tps)
        return {tp.partition: offset for tp, offset in ends.items()}
    finally:
        await _close(consumer)


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
    await consumer.start()
    try:
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
        await _close(consumer)


async def follow(
    connections: Connections,
    topic: Topic,
    *,
    since: datetime | None = None,
    on_caught_up: Callable[[], None] | None = None,
) -> AsyncIterator[Record]:
    """Every record from the start (or `since`), then live, for ever; no consumer group.

    `on_caught_up` is called once, when everything that was there at the start has been given out.
    """
    consumer = _consumer(connections)
    await consumer.start()
    try:
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
        await _close(consumer)


class FollowedClock:
    """The centre's clock as the `clock` topic declares it; real time until it says otherwise."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._task: asyncio.Task[None] | None = None
        self.clock: CentreClock = REAL_TIME

    def now(self) -> datetime:
        """The centre's time now, aware, in UTC."""
        return self.clock.at(datetime.now(UTC))

    async def start(self) -> None:
        """Return once everything declared so far is known; then keep following."""
        caught_up = asyncio.Event()
        self._task = asyncio.create_task(self._follow(caught_up.set))
        waiter = asyncio.create_task(caught_up.wait())
        await asyncio.wait({self._task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def set(self, clock: CentreClock) -> None:
        """Take a clock at once, as whoever declared it may."""
        self.clock = clock

    async def _follow(self, caught_up: Callable[[], None]) -> None:
        async for record in follow(self._connections, CLOCK, on_caught_up=caught_up):
            event = decode(record.value) if record.value else None
            if isinstance(event, ClockDeclared):
                data = event.data
                self.clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)


async def create_topics(connections: Connections, *, replication: int = 1) -> list[str]:
    """Make the catalogue's topics that are absent; returns the names of those made.

    Raises `WrongSettingError` when a topic exists with another number of partitions.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        absent = [topic for topic in CATALOGUE if connections.topic(topic) not in existing]
        await _create(admin, connections, absent, replication)
        present = [topic for topic in CATALOGUE if topic not in absent]
        await _check_partitions(admin, connections, present)
        return [connections.topic(topic) for topic in absent]
    finally:
        await admin.close()


async def _create(
    admin: Any, connections: Connections, absent: Sequence[Topic], replication: int
) -> None:
    if not absent:
        return
    response = await admin.create_topics(
        [
            NewTopic(
                connections.topic(topic),
                topic.partitions,
                replication,
                topic_configs=topic.settings(),
            )
            for topic in absent
        ]
    )
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise WrongSettingError(f"topic {name} could not be made: {error.__name__}")


async def _check_partitions(admin: Any, connections: Connections, topics: Sequence[Topic]) -> None:
    if not topics:
        return
    described = await admin.describe_topics([connections.topic(topic) for topic in topics])
    counts = {entry["topic"]: len(entry["partitions"]) for entry in described}
    for topic in topics:
        found = counts.get(connections.topic(topic), topic.partitions)
        if found != topic.partitions:
            raise WrongSettingError(
                f"topic {connections.topic(topic)} has {found} partitions,"
                f" but the catalogue says {topic.partitions}"
            )


__all__ = [
    "FollowedClock",
    "LogWriter",
    "Outgoing",
    "Record",
    "create_topics",
    "end_offsets",
    "follow",
    "read_to_end",
]
