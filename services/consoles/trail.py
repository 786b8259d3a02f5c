"""What have people done lately? The audit lines of the log, the latest of them in memory."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError

from services import tasks
from streams.errors import SurgelineError
from streams.events.audit import AuditData, AuditRecorded
from streams.events.codec import decode_known
from streams.kafka import follow
from streams.settings import Connections
from streams.topics import AUDIT

log = logging.getLogger(__name__)

KEPT: Final = 5_000
SINCE: Final = timedelta(days=30)
AGAIN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its time."""

    at: datetime
    said: AuditData


class Trail:
    """Follows the audit topic."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._task: asyncio.Task[None] | None = None
        self.caught_up = False

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop."""
        await tasks.end(self._task)

    def latest(self, *, actor: str = "", refused: bool = False) -> list[Line]:
        """The latest first; of one actor, and only what was refused, when asked for."""
        return [
            line
            for line in reversed(self._lines)
            if (not actor or actor == line.said.actor)
            and (not refused or line.said.result == "refused")
        ]

    def about(self, thing: str) -> list[Line]:
        """What was done to one thing, the latest first."""
        return [line for line in reversed(self._lines) if line.said.object == thing]

    async def _run(self) -> None:
        while True:
            self._lines.clear()
            self.caught_up = False
            try:
                await self._read()
            except (KafkaError, SurgelineError, OSError) as error:
                log.warning("audit not read", extra={"error": type(error).__name__})
            self.caught_up = False
            await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        since = datetime.now(UTC) - SINCE
        records = follow(self._connections, AUDIT, since=since, on_caught_up=self._on_caught_up)
        async for record in records:
            event = decode_known(record.value)
            if isinstance(event, AuditRecorded):
                self._lines.append(Line(event.time, event.data))

    def _on_caught_up(self) -> None:
        self.caught_up = True
