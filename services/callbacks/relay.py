"""Is what was decided on the log yet?

The outbox is written to `callbacks` in order, by this process alone: what it decides is handed over
as it goes into the outbox; what an earlier life left there is read when the list opens. Whoever
gave a command hears of it, and the phone system is told anything, only when the broker has
acknowledged the fact. A crash between acknowledgement and removal writes facts again, in their old
order: same ids, same versions, nothing changes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from services.callbacks.filed import Posted
from services.callbacks.worklist import Worklist
from streams.errors import OverloadedError, SurgelineError, UnknownOutcomeError
from streams.kafka import LogWriter, Outgoing
from streams.telemetry import metrics
from streams.topics import CALLBACKS

log = logging.getLogger(__name__)

AT_ONCE: Final = 1000
AGAIN_SECONDS: Final = 0.2


class NotReadyError(SurgelineError):
    """The list is not being served. What was asked may or may not be done; asking again is safe."""


class Relay:
    """From the outbox to the log. `heard` gets every fact that arrives there while it runs."""

    def __init__(self, writer: LogWriter, heard: Callable[[Sequence[Posted]], None]) -> None:
        self.writer = writer
        self._heard = heard
        self._worklist: Worklist | None = None
        self._woken = asyncio.Event()
        self._queue: list[Posted] = []
        self._next = _future()

    async def open(self, worklist: Worklist) -> None:
        """Write what an earlier life left in the outbox; returns when nothing is left.

        Nobody hears of it yet: on a part of the list alone nothing may be done. A dial can be owed
        while an earlier one to the same person, which only the whole list tells of, still rings.
        """
        while left := await worklist.posted(AT_ONCE):
            await self._write(left)
            await worklist.drop_posted([one.id for one in left])
        self._worklist = worklist

    def close(self) -> None:
        """The outbox is gone or no longer ours; who waits must ask again."""
        self._worklist = None
        self._queue = []
        _fail(self._next)
        self._next = _future()

    async def run(self, worklist: Worklist) -> None:
        """Pass on until Redis cannot be trusted any more, which is `RedisLostError`."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            posted, self._queue = self._queue, []
            arrived, self._next = self._next, _future()
            try:
                await self._write(posted)
                self._heard(posted)
                if not arrived.done():
                    arrived.set_result(None)
            except BaseException:
                _fail(arrived)
                raise
            await worklist.drop_posted([one.id for one in posted])

    def on_the_log(self, worklist: Worklist, posted: Sequence[Posted]) -> "asyncio.Future[None]":
        """Done when these facts, and all that were handed over before, are on the log.

        Facts of a list that is no longer served fail: in another life of Redis they never were.
        """
        if worklist is not self._worklist:
            lost = _future()
            _fail(lost)
            return lost
        self._queue += posted
        self._woken.set()
        return self._next

    async def _write(self, posted: Sequence[Posted]) -> None:
        records = [Outgoing(topic=CALLBACKS, key=one.key, value=one.value) for one in posted]
        while True:
            try:
                await self.writer.append(records)
                metrics.CALLBACK_FACTS.inc(len(records))
            except (OverloadedError, UnknownOutcomeError) as error:
                log.warning("log away", extra={"facts": len(records), "detail": str(error)})
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return


def _future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


def _fail(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(NotReadyError("Redis was lost before the log had it"))
        # Nobody may be waiting: that is no fault.
        future.exception()
