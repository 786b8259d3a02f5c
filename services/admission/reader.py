"""How do the facts get from the log into the state, and what if the log is away?"""

import asyncio
import gc
import logging
from datetime import UTC, datetime
from typing import Final

from aiokafka.errors import KafkaError

from services.admission.state import State
from streams.errors import InvalidEventError
from streams.events.codec import decode, decode_parcel
from streams.kafka import Record, follow
from streams.kafka.ends import LogEnds
from streams.settings import Connections
from streams.telemetry.metrics import ADMISSION_UNREADABLE
from streams.topics import CALLBACKS, CLOCK, CONTACTS, QUEUES, SEATS, Topic

log = logging.getLogger(__name__)

FOLLOWED: Final = (CLOCK, SEATS, QUEUES, CALLBACKS)
POLL_SECONDS: Final = 1.0
# A fetch may bring thousands of records at once; questions get their turn every few milliseconds.
AT_ONCE: Final = 50


class Reader:
    """Follows the log for as long as the process lives; while it is away, tries again."""

    def __init__(self, connections: Connections, state: State) -> None:
        self._connections = connections
        self._state = state
        self._behind = {topic.name for topic in FOLLOWED}
        self._since_pause = 0

    @property
    def caught_up(self) -> bool:
        """Everything that was there at the start has been folded."""
        return not self._behind

    async def run(self) -> None:
        """Read until cancelled; an unknown error comes out, and ends the process."""
        async with asyncio.TaskGroup() as tasks:
            for topic in FOLLOWED:
                tasks.create_task(self._keep_following(topic))
            tasks.create_task(self._keep_polling())

    async def _keep_following(self, topic: Topic) -> None:
        while True:
            try:
                await self._follow(topic)
            except (KafkaError, OSError) as error:
                extra = {"topic": topic.name, "error": type(error).__name__}
                log.warning("topic followed anew", extra=extra)
                await asyncio.sleep(POLL_SECONDS)

    async def _follow(self, topic: Topic) -> None:
        def caught_up() -> None:
            was_behind = bool(self._behind)
            self._behind.discard(topic.name)
            if was_behind and not self._behind:
                # What was read at the start stays; the collector need not walk through it again.
                gc.freeze()
                log.info("admission caught up with the log")

        async for record in follow(self._connections, topic, on_caught_up=caught_up):
            self._take(topic, record)
            self._since_pause += 1
            if self._since_pause >= AT_ONCE:
                self._since_pause = 0
                await asyncio.sleep(0)

    def _take(self, topic: Topic, record: Record) -> None:
        if not self._state.passed(topic.name, record.partition, record.offset):
            return
        if record.value is None:
            if topic is CALLBACKS and record.key is not None:
                self._state.promises.forget(record.key.decode(errors="replace"))
            return
        self._fold(topic, record.value)

    def _fold(self, topic: Topic, value: bytes) -> None:
        """Take a record's events; one of a type we do not know yet is newer than we are."""
        if value.startswith(b"["):
            good, bad = decode_parcel(value)
            ADMISSION_UNREADABLE.labels(topic.name).inc(len(bad))
            for event in good:
                self._state.observe(event)
            return
        try:
            self._state.observe(decode(value))
        except InvalidEventError:
            ADMISSION_UNREADABLE.labels(topic.name).inc()

    async def _keep_polling(self) -> None:
        """Ask for the ends of the log each second: this is what gives the state its age."""
        while True:
            ends = LogEnds(self._connections, (*FOLLOWED, CONTACTS))
            try:
                await ends.start()
                await self._poll(ends)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("broker away", extra={"error": type(error).__name__})
            finally:
                await ends.stop()
            await asyncio.sleep(POLL_SECONDS)

    async def _poll(self, ends: LogEnds) -> None:
        while True:
            asked_at = datetime.now(UTC)
            self._state.ages.polled(asked_at, await ends.last())
            self._state.age(asked_at)
            await asyncio.sleep(POLL_SECONDS)
