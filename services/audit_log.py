"""How does what people do get onto the log, where it can be looked up later?

Each service has one `AuditLog`. A refused role is noted and written in the background: the answer
never waits for it, and while the broker is away it is kept and written later. A reveal or an order
waits until its line is on the log: what could not be written down must not happen.

The writer starts with the first line, so that a service that never has one needs no broker.
"""

import asyncio
import logging
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from aiokafka.errors import KafkaError
from msgspec.structs import replace

from services import tasks
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.events.audit import AuditData, AuditRecorded, Result
from streams.events.codec import encode
from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import AUDIT

log = logging.getLogger(__name__)

# Somebody who is refused a thousand times a second is one line a second.
GATHER_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 1.0
MOST_LINES: Final = 1_000
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARTITION: Final = 0


class Actor(Protocol):
    """Who did it: what `auth.Identity` says of them."""

    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> Collection[str]: ...


NOBODY_KNOWN: Final = "unknown"


class AuditLog:
    """The audit lines of one service."""

    def __init__(
        self,
        connections: Connections,
        service: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.service = service
        self._now = now
        self._connections = connections
        self._writer: LogWriter | None = None
        self._starting = asyncio.Lock()
        self._noted: Counter[AuditData] = Counter()
        self._unwritten = 0
        self._writing: asyncio.Task[None] | None = None

    def line(
        self,
        actor: Actor | None,
        action: str,
        thing: str,
        reason: str = "",
        *,
        result: Result = "done",
    ) -> AuditData:
        """A line of this service. `thing` is an id or a word of ours, never a number or a name."""
        return AuditData(
            actor=actor.name if actor is not None else NOBODY_KNOWN,
            roles=tuple(sorted(actor.roles)) if actor is not None else (),
            action=action,
            object=thing,
            result=result,
            reason=reason,
            service=self.service,
        )

    @property
    def waiting(self) -> int:
        """Lines noted that nobody has begun to write."""
        return len(self._noted)

    def note(self, line: AuditData) -> None:
        """Write it when possible; returns at once."""
        if line not in self._noted and len(self._noted) >= MOST_LINES:
            metrics.AUDIT_LINES.labels(self.service, "dropped").inc()
            return
        self._noted[line] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_noted())

    async def write(self, line: AuditData) -> None:
        """Write it now: done when the broker has it.

        `OverloadedError` or `UnknownOutcomeError` when that cannot be said.
        """
        try:
            writer = await self._started()
        except (KafkaError, OSError):
            raise OverloadedError("the broker does not answer", retry_after_seconds=2) from None
        await writer.append([self._outgoing(line)])
        metrics.AUDIT_LINES.labels(self.service, "written").inc()

    async def stop(self) -> None:
        """Write what was noted, if the broker is there, and close."""
        if self._writing is not None:
            if self._unwritten or self._noted:
                await asyncio.wait([self._writing], timeout=GATHER_SECONDS)
            await tasks.end(self._writing)
            await asyncio.wait([self._writing])
        if self._writer is not None:
            await self._writer.stop()

    async def _write_noted(self) -> None:
        while self._noted:
            noted, self._noted = self._noted, Counter()
            records = [self._outgoing(replace(line, times=times)) for line, times in noted.items()]
            self._unwritten = len(records)
            await self._write_until_done(records)
            self._unwritten = 0
            metrics.AUDIT_LINES.labels(self.service, "written").inc(len(records))
            await asyncio.sleep(GATHER_SECONDS)

    async def _write_until_done(self, records: list[Outgoing]) -> None:
        while True:
            try:
                writer = await self._started()
                await writer.append(records)
            except (OverloadedError, UnknownOutcomeError, KafkaError, OSError) as error:
                extra = {"lines": len(records), "error": type(error).__name__}
                log.warning("audit lines wait for the broker", extra=extra)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    async def _started(self) -> LogWriter:
        async with self._starting:
            if self._writer is None:
                writer = LogWriter(self._connections)
                await writer.start()
                self._writer = writer
            return self._writer

    def _outgoing(self, line: AuditData) -> Outgoing:
        fact = AuditRecorded(
            id=str(uuid.uuid4()),
            source=f"surgeline/{self.service}",
            subject=line.object,
            time=self._now(),
            data=line,
        )
        return Outgoing(topic=AUDIT, value=encode(fact), partition=_PARTITION)


def path_of(path: str, given: Mapping[str, object]) -> str:
    """The path asked for, with nothing but ids of ours in it: somebody may write a number there."""
    for name, value in given.items():
        text = str(value)
        if text and not _ID.fullmatch(text):
            path = path.replace(text, f"{{{name}}}")
    return path
