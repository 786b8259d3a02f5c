"""The centre's clock, as the log declares it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from streams.domain.clock import REAL_TIME, CentreClock
from streams.events.codec import decode_known
from streams.events.control import ClockDeclared
from streams.kafka.reader import follow
from streams.settings import Connections
from streams.topics import CLOCK

log = logging.getLogger(__name__)


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
        self._task = asyncio.create_task(self._keep_following(caught_up.set))
        await caught_up.wait()

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def set(self, clock: CentreClock) -> None:
        """Take a clock at once, as whoever declared it may."""
        self.clock = clock

    async def _keep_following(self, caught_up: Callable[[], None]) -> None:
        # A clock that stopped being followed would freeze unnoticed: begin again instead.
        while True:
            try:
                await self._follow(caught_up)
            except (KafkaError, OSError) as error:
                log.warning("clock followed anew", extra={"error": type(error).__name__})
                await asyncio.sleep(1)

    async def _follow(self, caught_up: Callable[[], None]) -> None:
        async for record in follow(self._connections, CLOCK, on_caught_up=caught_up):
            event = decode_known(record.value)
            if isinstance(event, ClockDeclared):
                data = event.data
                self.clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)
