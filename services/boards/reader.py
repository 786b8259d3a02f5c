"""How do the facts get from the log into the fold?

One reader for each state topic, without a consumer group, from the start of what matters; and
once a second a look at the ends of the log, which gives the numbers their age.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError

from services.boards.fold import Fold
from services.boards.freshness import Poll
from streams.errors import InvalidEventError
from streams.events.codec import decode, decode_parcel
from streams.events.envelope import CloudEvent
from streams.kafka import Record, follow
from streams.kafka.ends import LogEnds
from streams.settings import Connections
from streams.telemetry.metrics import BOARD_UNREADABLE
from streams.topics import (
    AGENTS,
    BASELINES,
    CALLBACKS,
    CALLOUTS,
    CENTRE,
    CLOCK,
    CONTACTS,
    PULSES,
    QUEUES,
    SEATS,
    SURGES,
    Topic,
)

log = logging.getLogger(__name__)

FOLLOWED: Final = (
    CLOCK,
    CENTRE,
    AGENTS,
    SEATS,
    BASELINES,
    SURGES,
    CALLBACKS,
    CALLOUTS,
    QUEUES,
    PULSES,
)
# Pulses are kept for a week, but the chart shows the last ninety minutes.
PULSES_SINCE: Final = timedelta(hours=3)
POLL_SECONDS: Final = 1.0
# Where the detector stands is its own affair; what it has learned is what the board expects.
LEARNED: Final = b"baseline/"


class Reader:
    """Follows the log for as long as the process lives."""

    def __init__(self, connections: Connections, fold: Fold) -> None:
        self._connections = connections
        self._fold = fold
        self._ends = LogEnds(connections, (*FOLLOWED, CONTACTS))
        self._behind = {topic.name for topic in FOLLOWED}
        self._away = False
        # Set when everything that was there at the start has been folded, and its age is known.
        self.all_read = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled; an unknown error comes out, and ends the process."""
        await self._until_the_broker_answers()
        try:
            async with asyncio.TaskGroup() as tasks:
                for topic in FOLLOWED:
                    tasks.create_task(self._follow(topic))
                tasks.create_task(self._poll())
        finally:
            await self._ends.stop()

    async def _until_the_broker_answers(self) -> None:
        while True:
            try:
                await self._ends.start()
            except (KafkaError, OSError) as error:
                log.warning("broker away at start", extra={"error": type(error).__name__})
                await asyncio.sleep(POLL_SECONDS)
            else:
                return

    async def _follow(self, topic: Topic) -> None:
        since = datetime.now(UTC) - PULSES_SINCE if topic is PULSES else None

        def caught_up() -> None:
            self._behind.discard(topic.name)
            if not self._behind:
                log.info("board caught up with the log")

        records = follow(self._connections, topic, since=since, on_caught_up=caught_up)
        async for record in records:
            self._take(topic, record)

    def _take(self, topic: Topic, record: Record) -> None:
        written_at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        self._fold.passed(topic.name, record.partition, record.offset)
        if topic is BASELINES and not (record.key or b"").startswith(LEARNED):
            return
        for event in events_of(topic.name, record.value):
            self._fold.observe(topic.name, record.partition, record.offset, written_at, event)

    async def _poll(self) -> None:
        while True:
            asked_at = datetime.now(UTC)
            try:
                last = await self._ends.last()
            except (KafkaError, OSError, TimeoutError) as error:
                if not self._away:
                    log.warning("broker away", extra={"error": type(error).__name__})
                self._away = True
            else:
                self._away = False
                self._fold.polled(Poll(asked_at, last))
                if not self._behind:
                    self.all_read.set()
            await asyncio.sleep(POLL_SECONDS)


def events_of(topic: str, value: bytes | None) -> Sequence[CloudEvent]:
    """A record's events. One of a type that we do not know yet is newer than we are: counted."""
    if value is None:
        return ()
    if value.startswith(b"["):
        good, bad = decode_parcel(value)
        BOARD_UNREADABLE.labels(topic).inc(len(bad))
        return good
    try:
        return (decode(value),)
    except InvalidEventError:
        BOARD_UNREADABLE.labels(topic).inc()
        return ()
