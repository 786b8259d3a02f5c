"""Is what was decided on the log yet?

The outbox is written to `callbacks` in order, by this process alone. Whoever gave a command hears
of it, and the phone system is told anything, only when the broker has acknowledged the fact. A
crash between acknowledgement and removal writes facts again, in their old order: same ids, same
versions, nothing changes.
"""

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Final

from services.callbacks.worklist import Posted, Worklist
from streams.errors import OverloadedError, SurgelineError, UnknownOutcomeError
from streams.kafka import LogWriter, Outgoing
from streams.telemetry import metrics
from streams.topics import CALLBACKS

log = logging.getLogger(__name__)

AT_ONCE: Final = 1000
AGAIN_SECONDS: Final = 0.2
IDLE_SECONDS: Final = 1.0

Place = tuple[int, int]


class NotReadyError(SurgelineError):
    """The list is not being served. What was asked may or may not be done; asking again is safe."""


def place_of(outbox_id: str) -> Place:
    """An outbox id as a pair that can be compared."""
    milliseconds, _, number = outbox_id.partition("-")
    return int(milliseconds), int(number)


class Relay:
    """From the outbox to the log. `heard` gets every fact that has arrived there."""

    def __init__(self, writer: LogWriter, heard: Callable[[Sequence[Posted]], None]) -> None:
        self.writer = writer
        self._heard = heard
        self._worklist: Worklist | None = None
        self._woken = asyncio.Event()
        self._waiting: list[tuple[Place, int, asyncio.Future[None]]] = []
        self._number = itertools.count()
        self._at = "0-0"
        self.newest: Place = (0, 0)

    async def open(self, worklist: Worklist) -> None:
        """Write what an earlier life left in the outbox; returns when nothing is left."""
        self._at = "0-0"
        self.newest = (0, 0)
        while await self._pass_on(worklist):
            pass
        self._worklist = worklist

    def close(self) -> None:
        """The outbox is gone or no longer ours; who waits must ask again."""
        self._worklist = None
        waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            if not future.done():
                future.set_exception(NotReadyError("Redis was lost before the log had it"))

    async def run(self, worklist: Worklist) -> None:
        """Pass on until Redis cannot be trusted any more, which is `RedisLostError`."""
        while True:
            self._woken.clear()
            if not await self._pass_on(worklist):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), IDLE_SECONDS)

    def on_the_log(self, worklist: Worklist, outbox_id: str | None) -> "asyncio.Future[None]":
        """Done when this fact (None: everything so far) is on the log.

        A fact of a list that is no longer served fails: ids of another life of Redis mean nothing.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if worklist is not self._worklist:
            future.set_exception(NotReadyError("Redis was lost before the log had it"))
            return future
        place = place_of(outbox_id) if outbox_id else self.newest
        self.newest = max(self.newest, place)
        if place <= place_of(self._at):
            future.set_result(None)
        else:
            heapq.heappush(self._waiting, (place, next(self._number), future))
            self._woken.set()
        return future

    async def _pass_on(self, worklist: Worklist) -> int:
        posted = await worklist.posted(self._at, AT_ONCE)
        if not posted:
            return 0
        await self._write(posted)
        self._at = posted[-1].id
        self._tell(place_of(self._at))
        self._heard(posted)
        await worklist.drop_posted([one.id for one in posted])
        metrics.CALLBACK_FACTS.inc(len(posted))
        return len(posted)

    async def _write(self, posted: Sequence[Posted]) -> None:
        records = [Outgoing(topic=CALLBACKS, key=one.key, value=one.value) for one in posted]
        while True:
            try:
                await self.writer.append(records)
            except (OverloadedError, UnknownOutcomeError) as error:
                log.warning("log away", extra={"facts": len(records), "detail": str(error)})
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def _tell(self, reached: Place) -> None:
        while self._waiting and self._waiting[0][0] <= reached:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
