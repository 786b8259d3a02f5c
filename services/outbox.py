"""Is what was decided on the log yet?

An outbox in Redis is written to its topic in order, by this process alone: what it decides is
handed over as it goes into the outbox; what an earlier life left there is read when it opens. Who
gave a command hears of it only when the broker has acknowledged the fact. A crash between
acknowledgement and removal writes facts again, in their old order: same ids, nothing changes.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from streams.errors import OverloadedError, SurgelineError, UnknownOutcomeError
from streams.kafka import LogWriter, Outgoing
from streams.topics import Topic

log = logging.getLogger(__name__)

AT_ONCE: Final = 1000
AGAIN_SECONDS: Final = 0.2


class NotReadyError(SurgelineError):
    """Nothing is served now. What was asked may or may not be done; asking again is safe."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A fact in the outbox, not yet known to be on the log."""

    id: str
    key: bytes
    value: bytes


P = TypeVar("P", bound=Posted)


class Outbox(Protocol):
    """Where the facts wait."""

    async def posted(self, limit: int) -> Sequence[Posted]:
        """The oldest facts that are not known to be on the log, in order."""

    async def drop_posted(self, ids: Iterable[str]) -> None:
        """These are on the log."""


class OutboxRelay(Generic[P]):
    """From an outbox to its topic. `heard` gets every fact that arrives there while it runs,
    `acknowledged` how many arrive at any time.
    """

    def __init__(
        self,
        writer: LogWriter,
        topic: Topic,
        heard: Callable[[Sequence[P]], None] = lambda _: None,
        acknowledged: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.writer = writer
        self._topic = topic
        self._heard = heard
        self._acknowledged = acknowledged
        self._outbox: Outbox | None = None
        self._woken = asyncio.Event()
        self._queue: list[P] = []
        self._next = _future()

    async def open(self, outbox: Outbox) -> None:
        """Write what an earlier life left in the outbox; returns when nothing is left.

        Nobody hears of it yet: before all state is in view nothing may be done about a part of it.
        A dial can be owed while an earlier one to the same person still rings.
        """
        while left := await outbox.posted(AT_ONCE):
            await self._write(left)
            await outbox.drop_posted([one.id for one in left])
        self._outbox = outbox

    def close(self) -> None:
        """The outbox is gone or no longer ours; who waits must ask again."""
        self._outbox = None
        self._queue = []
        _fail(self._next)
        self._next = _future()

    async def run(self, outbox: Outbox) -> None:
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
            await outbox.drop_posted([one.id for one in posted])

    def on_the_log(self, outbox: Outbox, posted: Sequence[P]) -> "asyncio.Future[None]":
        """Done when these facts, and all that were handed over before, are on the log.

        Facts of an outbox that is no longer served fail: in another life of Redis they never were.
        """
        if outbox is not self._outbox:
            lost = _future()
            _fail(lost)
            return lost
        self._queue += posted
        self._woken.set()
        return self._next

    async def _write(self, posted: Sequence[Posted]) -> None:
        records = [Outgoing(topic=self._topic, key=one.key, value=one.value) for one in posted]
        while records:
            try:
                await self.writer.append(records)
            except (OverloadedError, UnknownOutcomeError) as error:
                log.warning("log away", extra={"facts": len(records), "detail": str(error)})
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._acknowledged(len(records))
                return


def _future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


def _fail(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(NotReadyError("Redis was lost before the log had it"))
        # Nobody may be waiting: that is no fault.
        future.exception()
