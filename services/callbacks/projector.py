"""How do callers who need a callback get onto the list?

`overflow` is read in a consumer group of its own; the group's offset moves only when everything
that follows from a batch is on the `callbacks` log. A batch that was cut short, by a crash or by
the loss of Redis, is done again from its beginning: every fact of it finds what it already did.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from services.callbacks.commands import Commands
from services.callbacks.dialable import Dialable
from services.callbacks.facts import command_for
from services.callbacks.filed import Posted
from services.callbacks.former import Former
from services.outbox import NotReadyError, OutboxRelay
from services.sealing import Sealer
from streams.errors import InvalidEventError, OverloadedError, UnknownOutcomeError
from streams.events.callbacks import CallbackWanted, CallerServed, SwitchesData
from streams.events.codec import Event, decode, decode_parcel, derived_id, encode
from streams.events.control import DeadLetterData, DeadLettered
from streams.groups import callbacks_group
from streams.kafka import Outgoing, connect
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import DEAD_LETTERS, OVERFLOW

log = logging.getLogger(__name__)

AT_ONCE: Final = 500
LETTER_BYTES: Final = 16 * 1024
AGAIN_SECONDS: Final = 0.2

Bad = tuple[Any, int, bytes, InvalidEventError]


class Projector:
    """From `overflow` to the list."""

    def __init__(
        self,
        connections: Connections,
        commands: Commands,
        dialable: Dialable,
        relay: OutboxRelay[Posted],
        sealer: Sealer,
        former: Former | None = None,
    ) -> None:
        self._connections = connections
        self._commands = commands
        self._dialable = dialable
        self._relay = relay
        self._sealer = sealer
        self._former = former

    async def run(self, served: Callable[[], Awaitable[None]]) -> None:
        """Project for ever. `served` returns when the list is being served."""
        while True:
            consumer = self._consumer()
            try:
                await connect(self._connections, consumer)
                await self._project(consumer, served)
            except KafkaError as error:
                log.warning("overflow cannot be read", extra={"error": type(error).__name__})
                await asyncio.sleep(1.0)
            finally:
                await consumer.stop()

    async def _project(self, consumer: Any, served: Callable[[], Awaitable[None]]) -> None:
        while True:
            await served()
            fetched = await consumer.getmany(timeout_ms=200, max_records=AT_ONCE)
            if not fetched:
                continue
            await self._take(fetched, served)
            offsets = {tp: messages[-1].offset + 1 for tp, messages in fetched.items()}
            await self._commit(consumer, offsets)

    async def _take(
        self, fetched: Mapping[Any, Sequence[Any]], served: Callable[[], Awaitable[None]]
    ) -> None:
        facts: list[CallbackWanted | CallerServed] = []
        for messages in fetched.values():
            for message in messages:
                good, bad = _events(message.value)
                facts += [e for e in good if isinstance(e, (CallbackWanted, CallerServed))]
                for index, raw, error in bad:
                    await self._keep_letter((message, index, raw, error))
        while True:
            try:
                await self._decide(facts)
            except NotReadyError:
                await asyncio.sleep(AGAIN_SECONDS)
                await served()
            else:
                return

    async def _decide(self, facts: Sequence[CallbackWanted | CallerServed]) -> None:
        answers = await asyncio.gather(
            *(
                self._commands.run(command_for(fact, self._dialable, self._switches, self._former))
                for fact in facts
            ),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer

    def _switches(self) -> SwitchesData:
        return self._commands.worklist.switches

    async def _commit(self, consumer: Any, offsets: Mapping[TopicPartition, int]) -> None:
        try:
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # The partitions went to another process, which will find everything done.
            log.warning("offsets not committed", extra={"error": type(error).__name__})

    async def _keep_letter(self, bad: Bad) -> None:
        message, index, raw, error = bad
        letter = DeadLettered(
            id=derived_id("dead-letter", message.topic, message.partition, message.offset, index),
            source="surgeline/callbacks",
            subject=f"{message.topic}/{message.partition}/{message.offset}",
            time=_time_of(message),
            data=DeadLetterData(
                reason=error.reason,
                field=error.field,
                detail=error.detail,
                sealed=self._sealer.seal(raw[:LETTER_BYTES]),
                truncated=len(raw) > LETTER_BYTES,
                topic=message.topic,
                partition=message.partition,
                offset=message.offset,
                index=index,
            ),
        )
        record = Outgoing(topic=DEAD_LETTERS, value=encode(letter))
        while True:
            try:
                await self._relay.writer.append([record])
            except (OverloadedError, UnknownOutcomeError):
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                metrics.DEAD_LETTERS.labels(OVERFLOW.name, error.reason).inc()
                return

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            self._connections.topic(OVERFLOW),
            **self._connections.kafka_options(),
            group_id=callbacks_group(self._connections),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=600_000,
            metadata_max_age_ms=30_000,
        )


def _events(
    value: bytes | None,
) -> tuple[list[Event], list[tuple[int, bytes, InvalidEventError]]]:
    raw = value or b""
    if raw.startswith(b"["):
        return decode_parcel(raw)
    try:
        return [decode(raw)], []
    except InvalidEventError as error:
        return [], [(0, raw, error)]


def _time_of(message: Any) -> datetime:
    return datetime.fromtimestamp(message.timestamp / 1000, UTC)
