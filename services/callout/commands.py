"""How do many decisions at once become few steps?

Decisions queue up while the step before is under way; then all are made on the book, in order, and
stored by one Redis function. This process is the only one that decides, so the book in memory is
what is stored; whenever that cannot be said any more, it is thrown away and read again. Each is
answered when its facts are on the log.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from services.adapters.redis import RedisLostError
from services.callout.store import Store
from services.outbox import NotReadyError, OutboxRelay, Posted
from streams.domain.callout.book import CalloutBook, Change, RefusedError
from streams.telemetry import metrics_callout as metrics

log = logging.getLogger(__name__)

AT_ONCE: Final = 256

T = TypeVar("T")
Decide = Callable[[CalloutBook, datetime], T]


@dataclass(slots=True, eq=False)
class _Command(Generic[T]):
    name: str
    decide: Decide[T]
    began: float = field(default_factory=time.monotonic)
    done: "asyncio.Future[T]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Commands:
    """One queue of decisions, and one worker that makes them."""

    def __init__(
        self,
        now: Callable[[], datetime],
        relay: OutboxRelay[Posted],
        changed: Callable[[Sequence[Change]], None],
    ) -> None:
        self._now = now
        self._relay = relay
        self._changed = changed
        self._queue: asyncio.Queue[_Command[Any]] = asyncio.Queue()
        self._store: Store | None = None
        self._book = CalloutBook()

    @property
    def is_open(self) -> bool:
        """Whether decisions are made."""
        return self._store is not None

    @property
    def book(self) -> CalloutBook:
        """The book, for reading; changing it is for decisions only."""
        if self._store is None:
            raise NotReadyError("the call-outs are being read")
        return self._book

    def now(self) -> datetime:
        """The time by which decisions are made."""
        return self._now()

    def open(self, store: Store, book: CalloutBook) -> None:
        """Decide, on what was read."""
        self._store, self._book = store, book

    def close(self) -> None:
        """Decide nothing until it has been read again."""
        self._store = None
        self._book = CalloutBook()

    async def run(self, name: str, decide: Decide[T]) -> T:
        """What came of it, when the log has it; `RefusedError` when it cannot be done."""
        if self._store is None:
            raise NotReadyError("the call-outs are being read")
        command = _Command(name, decide)
        self._queue.put_nowait(command)
        try:
            result = await command.done
        except RefusedError as error:
            metrics.COMMANDS.labels(name, error.reason).inc()
            raise
        metrics.COMMANDS.labels(name, "done").inc()
        metrics.COMMAND_SECONDS.labels(name).observe(time.monotonic() - command.began)
        return result

    async def work(self, lost: Callable[[RedisLostError], None]) -> None:
        """Decide for ever; `lost` is told when Redis cannot be trusted any more."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            store = self._store
            if store is None:
                _fail(batch, NotReadyError("the call-outs are being read"))
                continue
            try:
                await self._decide(batch, store)
            except RedisLostError as error:
                _fail(batch, NotReadyError("Redis was lost"))
                if store is self._store:
                    lost(error)

    async def _decide(self, batch: Sequence[_Command[Any]], store: Store) -> None:
        now, book = self._now(), self._book
        decided = []
        for command in batch:
            book.begin()
            try:
                decided.append((command, command.decide(book, now)))
            except RefusedError as error:
                book.undo()
                _fail([command], error)
        changes = book.take_changes()
        began = time.perf_counter()
        posted = await store.commit(changes) if changes else []
        if changes:
            metrics.STORE_SECONDS.observe(time.perf_counter() - began)
        # Also for decisions that changed nothing: they may rest on a change not yet on the log.
        on_the_log = self._relay.on_the_log(store, posted)
        for command, result in decided:
            on_the_log.add_done_callback(partial(_answer, command, result))
        if changes:
            self._changed(changes)


def _answer(command: _Command[Any], result: Any, on_the_log: "asyncio.Future[None]") -> None:
    if command.done.done():
        return
    error = on_the_log.exception()
    if error is not None:
        command.done.set_exception(error)
        command.done.exception()
    else:
        command.done.set_result(result)


def _fail(commands: Sequence[_Command[Any]], error: Exception) -> None:
    for command in commands:
        if not command.done.done():
            command.done.set_exception(error)
            # Whoever gave it may have left: an answer nobody reads is no fault.
            command.done.exception()
