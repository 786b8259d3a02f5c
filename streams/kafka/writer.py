"""How does a fact get onto the log for certain?"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from streams.errors import OverloadedError, UnknownOutcomeError
from streams.kafka.closing import close
from streams.kafka.door import SAY_AGAIN_SECONDS, connect
from streams.settings import Connections
from streams.topics import Topic, partition_of

log = logging.getLogger(__name__)

AWAY_AFTER_SECONDS: Final = 3.0
# Who may not write a topic goes on trying, and may not at the speed of the network.
REFUSED_SECONDS: Final = 1.0
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024


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
        self._said_refused: dict[str, float] = {}
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
            await close(self._producer)

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
            except TopicAuthorizationFailedError:
                self._refused(number, record.topic)
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
            pending = self._pending.get(number)
            if pending is not None and isinstance(error, TopicAuthorizationFailedError):
                self._refused(number, pending.outgoing.topic)
            self._rebuild(producer, error)

    def _refused(self, number: int, topic: Topic) -> None:
        """We may not write there: said once, and to whoever asked a moment later."""
        name, now = self._connections.topic(topic), time.monotonic()
        if now - self._said_refused.get(name, -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
            self._said_refused[name] = now
            log.error("broker refuses a write", extra={"topic": name})
        error = OverloadedError(f"the broker refuses that we write {name}", retry_after_seconds=15)
        settle = partial(self._settle, number, error=error)
        asyncio.get_running_loop().call_later(REFUSED_SECONDS, settle)

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
        await close(producer)
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
            **self._connections.kafka_options(),
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
            await connect(self._connections, producer)
        except BaseException:
            await close(producer)
            raise
        return producer
