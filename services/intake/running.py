"""Is intake ready, and what keeps it from being so? The parts of a running process, in order."""

import asyncio
import gc
import logging
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from services.intake.bodies import Held
from services.intake.handlers import Handler
from services.intake.settings import Settings
from services.tasks import end_process_on_error
from streams.errors import OverloadedError
from streams.kafka import FollowedClock, LogWriter
from streams.telemetry import metrics

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0


class Running:
    """Everything of one intake process. It answers from the first moment and takes events once
    it has read the contact keys; until then, and while the broker is away, senders hear 503.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.held = Held(settings.limits.held_bytes)
        # The parcels linger already; the writer only gathers what one moment brings.
        self.writer = LogWriter(settings.connections, linger_ms=1)
        self.clock = FollowedClock(settings.connections)
        self.handler = Handler(settings, self.writer)
        self.ready = False
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._starting = asyncio.create_task(self._start())
        end_process_on_error(self._starting, "intake cannot start")

    async def stop(self) -> None:
        """Answer who waits, then close."""
        self.ready = False
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self.handler.stop()
        await self.writer.stop()
        await self.clock.stop()

    def why_not(self) -> str:
        """What keeps events from being taken; "" when nothing does."""
        if not self.ready:
            return "intake is starting: it reads the contact keys from the broker"
        return "the broker does not answer" if self.writer.away else ""

    def must_be_ready(self) -> None:
        """Raise `OverloadedError` at once, before a body is read, when it could not be stored."""
        why_not = self.why_not()
        if why_not:
            raise OverloadedError(why_not, retry_after_seconds=2)

    async def why_no_broker(self) -> str:
        """The same question put to the network; "" when the broker's door opens."""
        for address in self.settings.connections.kafka.split(","):
            host, _, port = address.strip().rpartition(":")
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    _, writer = await asyncio.open_connection(host, int(port))
            except (OSError, TimeoutError):
                continue
            writer.close()
            return ""
        return "the broker cannot be reached"

    def measure(self) -> None:
        """Bring the gauges up to date."""
        metrics.INTAKE_HELD_BYTES.set(self.held.now)
        metrics.INTAKE_PENDING_RECORDS.set(self.writer.pending)
        metrics.INTAKE_PARCELS.set(self.handler.parcels_written)
        metrics.INTAKE_WRITER_REBUILDS.set(self.writer.rebuilds)
        metrics.INTAKE_CONTACT_KEYS.set(len(self.handler.keys))

    async def _start(self) -> None:
        began = datetime.now(UTC)
        await self._until_the_broker_answers()
        gc.collect()
        gc.freeze()
        self.ready = True
        seconds = (datetime.now(UTC) - began).total_seconds()
        log.info("intake ready", extra={"contacts": len(self.handler.keys), "seconds": seconds})

    async def _until_the_broker_answers(self) -> None:
        delay = 0.2
        while True:
            try:
                await self.writer.start()
                break
            except (KafkaError, OSError) as error:
                log.warning("broker away at start", extra={"error": type(error).__name__})
                await asyncio.sleep(delay)
                delay = min(2 * delay, 2.0)
        while True:
            try:
                await self.handler.keys.load(self.settings.connections)
                await self.clock.start()
            except (KafkaError, OSError) as error:
                log.warning("keys not yet read", extra={"error": type(error).__name__})
                await asyncio.sleep(delay)
            else:
                return
