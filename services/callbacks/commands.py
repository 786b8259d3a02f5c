"""How do many commands at once become few steps?

Commands queue up while the step before is under way; then all of them are decided on one loaded
book, in order, and stored by one Redis function. So the heavier the load, the cheaper each command,
and no two commands of this process ever meet in between. Each is answered when its facts are on the
log.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from services.adapters.redis import RedisLostError
from services.callbacks.filed import Needed, Posted
from services.callbacks.worklist import Worklist
from services.outbox import NotReadyError, OutboxRelay
from streams.domain.callbacks.book import RULES, CallbackBook
from streams.domain.callbacks.callback import Change, RefusedError
from streams.domain.callbacks.order import Wish
from streams.domain.centre import CallbackPolicy, Centre, OverflowPolicy
from streams.events.callbacks import CallbackData, SwitchesData, SwitchesSet
from streams.telemetry import metrics

log = logging.getLogger(__name__)

AT_ONCE: Final = 256
MOST_TRIES: Final = 20

T = TypeVar("T")


class TryAgainError(Exception):
    """What was picked is taken meanwhile: pick again."""


@dataclass(slots=True, eq=False)
class Command(Generic[T]):
    """Something to be decided. `needed` is loaded first; `picked` is what `wish` found."""

    name: str
    decide: Callable[["Command[T]", CallbackBook, datetime], T]
    needed: Needed = field(default_factory=Needed)
    wish: Wish | None = None
    picked: CallbackData | None = None
    tries: int = 0
    done: "asyncio.Future[T]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def _ignore(_: CallbackData) -> None:
    """Nobody follows what becomes of callbacks."""


@dataclass(slots=True)
class _Decided:
    command: Command[Any]
    result: Any
    changes: list[Change]


class Commands:
    """One queue of commands, and one worker that decides them."""

    def __init__(
        self,
        policy: OverflowPolicy,
        now: Callable[[], datetime],
        relay: OutboxRelay[Posted],
        rules: CallbackPolicy = RULES,
        note: Callable[[CallbackData], None] = _ignore,
    ) -> None:
        self._policy = policy
        self._rules = rules
        self._version = ""
        self._note = note
        self._now = now
        self._relay = relay
        self._queue: asyncio.Queue[Command[Any]] = asyncio.Queue()
        self._worklist: Worklist | None = None
        self._answering: set[asyncio.Task[None]] = set()

    def go_by(self, centre: Centre) -> None:
        """Decide by this version of the centre file from the next step on."""
        self._policy, self._rules, self._version = centre.overflow, centre.callbacks, centre.version

    @property
    def worklist(self) -> Worklist:
        """The list being served."""
        if self._worklist is None:
            raise NotReadyError("the callback list is being rebuilt")
        return self._worklist

    @property
    def is_open(self) -> bool:
        """Whether commands are taken."""
        return self._worklist is not None

    def open(self, worklist: Worklist) -> None:
        """Take commands."""
        self._worklist = worklist

    def close(self) -> None:
        """Take none until the list is there again."""
        self._worklist = None

    async def run(self, command: Command[T]) -> T:
        """Its answer, when the log has what it changed; `RefusedError` when it cannot be done."""
        began = time.monotonic()
        if self._worklist is None:
            raise NotReadyError("the callback list is being rebuilt")
        self._queue.put_nowait(command)
        try:
            result = await command.done
        except RefusedError as error:
            metrics.CALLBACK_COMMANDS.labels(command.name, error.reason).inc()
            raise
        metrics.CALLBACK_COMMANDS.labels(command.name, "done").inc()
        metrics.CALLBACK_COMMAND_SECONDS.labels(command.name).observe(time.monotonic() - began)
        return result

    async def turn(self, switches: SwitchesData, fact: SwitchesSet) -> bool:
        """Set the switches; False when somebody turned one meanwhile."""
        worklist = self.worklist
        posted = await worklist.set_switches(switches, fact)
        if posted:
            await self._relay.on_the_log(worklist, posted)
        return bool(posted)

    async def work(self, lost: Callable[[RedisLostError], None]) -> None:
        """Decide for ever; `lost` is told when Redis cannot be trusted any more."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            worklist = self._worklist
            if worklist is None:
                _fail(batch, NotReadyError("the callback list is being rebuilt"))
                continue
            try:
                await self._decide(batch, worklist)
            except RedisLostError as error:
                _fail(batch, NotReadyError("Redis was lost"))
                if worklist is self._worklist:
                    lost(error)

    async def _decide(self, batch: Sequence[Command[Any]], worklist: Worklist) -> None:
        now = self._now()
        book, before = await self._load(batch, worklist, now)
        # Those who asked for the next one first: what was picked for them is still untouched.
        in_order = sorted(batch, key=lambda command: command.wish is None)
        decided = [one for command in in_order if (one := self._try(command, book, now))]
        by_callback: dict[str, list[Change]] = defaultdict(list)
        for one in decided:
            for change in one.changes:
                by_callback[change.state.id].append(change)
        served = book.take_served()
        stored: set[str] = set()
        posted: list[Posted] = []
        if by_callback or served:
            parts = [(before.get(i), changes) for i, changes in by_callback.items()]
            for callback, facts in zip(
                by_callback, await worklist.commit(parts, served, self._version), strict=True
            ):
                posted += facts
                if facts:
                    stored.add(callback)
                    self._note(by_callback[callback][-1].state)
        metrics.CALLBACK_BATCH.observe(len(batch))
        # Also for commands that changed nothing: they may rest on a change not yet on the log.
        on_the_log = self._relay.on_the_log(worklist, posted)
        for one in decided:
            if all(change.state.id in stored for change in one.changes):
                on_the_log.add_done_callback(partial(_answer, one))
            else:
                metrics.CALLBACK_CONFLICTS.inc()
                self._again(one.command)

    async def _load(
        self, batch: Sequence[Command[Any]], worklist: Worklist, now: datetime
    ) -> tuple[CallbackBook, dict[str, CallbackData]]:
        asking = [command for command in batch if command.wish is not None]
        picked: list[CallbackData | None] = []
        if asking:
            picked = await worklist.pick([c.wish for c in asking if c.wish is not None], now)
            for command, state in zip(asking, picked, strict=True):
                command.picked = state
        loaded = await worklist.load(
            Needed(
                callbacks=[i for command in batch for i in command.needed.callbacks],
                callers=list(dict.fromkeys(c for m in batch for c in m.needed.callers)),
                requests=list(dict.fromkeys(r for m in batch for r in m.needed.requests)),
            )
        )
        book = CallbackBook(self._policy, worklist.epoch, self._rules)
        states = [*(state for state in picked if state is not None), *loaded.states]
        for state in states:
            book.load(state)
        for request, callback in loaded.of_request.items():
            book.load_request(request, callback)
        for request, at in loaded.served.items():
            book.load_served(request, at)
        return book, {state.id: state for state in states}

    def _try(self, command: Command[Any], book: CallbackBook, now: datetime) -> _Decided | None:
        try:
            result = command.decide(command, book, now)
        except RefusedError as error:
            _fail([command], error)
        except TryAgainError:
            self._again(command)
        else:
            return _Decided(command, result, book.take_changes())
        return None

    def _again(self, command: Command[Any]) -> None:
        command.tries += 1
        if command.tries > MOST_TRIES:
            _fail([command], NotReadyError("too many others at once"))
        else:
            self._queue.put_nowait(command)


def _answer(one: _Decided, on_the_log: "asyncio.Future[None]") -> None:
    done = one.command.done
    if done.done():
        return
    error = on_the_log.exception()
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(one.result)


def _fail(commands: Sequence[Command[Any]], error: Exception) -> None:
    for command in commands:
        if not command.done.done():
            command.done.set_exception(error)
            # Whoever gave it may have left: an answer nobody reads is no fault.
            command.done.exception()
