"""The parts of a running command service, and whether orders would be taken now."""

import asyncio
import logging

from aiokafka.errors import KafkaError

from services.command.orders import OrderDesk
from services.command.settings import Settings
from services.command.standing import Standing
from services.command.versions import VersionDesk
from services.tasks import end_process_on_error
from streams.errors import InvalidEventError
from streams.events.codec import decode
from streams.kafka import FollowedCentre, FollowedClock, LogWriter, follow
from streams.topics import COMMANDS, SURGES, Topic

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
FOLLOWED = (SURGES, COMMANDS)


class Running:
    """Reads what is on and what was ordered; then takes orders."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.standing = Standing()
        self.clock = FollowedClock(settings.connections)
        self._writer = LogWriter(settings.connections)
        self.centre = FollowedCentre(settings.connections)
        self.desk = OrderDesk(self.centre, self.standing, self._writer, self.clock.now)
        self.versions = VersionDesk(settings.connections, self.centre, self._writer, self.clock.now)
        self._behind = {topic.name for topic in FOLLOWED}
        self._opened = False
        self._task: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Everything that was there at the start has been read."""
        return self._opened and not self._behind

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._task = asyncio.create_task(self._run())
        end_process_on_error(self._task, "command service ends")

    async def stop(self) -> None:
        """Stop reading, send what is left, close."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._opened:
            await self.centre.stop()
            await self.clock.stop()
            await self._writer.stop()

    async def _run(self) -> None:
        await self._open()
        async with asyncio.TaskGroup() as tasks:
            for topic in FOLLOWED:
                tasks.create_task(self._follow(topic))

    async def _open(self) -> None:
        while True:
            try:
                await self._writer.start()
            except (KafkaError, OSError) as error:
                log.warning("broker away at start", extra={"error": type(error).__name__})
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                break
        await self.clock.start()
        await self.centre.start()
        self._opened = True
        await self.versions.put_own_file()

    async def _follow(self, topic: Topic) -> None:
        def caught_up() -> None:
            self._behind.discard(topic.name)

        connections = self.settings.connections
        async for record in follow(connections, topic, on_caught_up=caught_up):
            if record.value is None:
                continue
            try:
                self.standing.observe(decode(record.value))
            except InvalidEventError:
                # Of a type that is newer than this process: no concern of its.
                log.warning("unknown fact left aside", extra={"topic": topic.name})
