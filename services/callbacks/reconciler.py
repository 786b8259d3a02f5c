"""Does Redis still hold what the log says, and is it put right when it does not?

The log wins, always. The latest record of each callback is followed as it is; a few callbacks a
second are compared with what Redis has for them: state, place in line, lease, indexes. Redis may be
ahead of the log for a moment, never for long, so a difference is looked at twice, and repaired only
when it stayed the same and the log has been read to its end in between. The step that repairs
refuses when the callback has changed meanwhile.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError

from services.adapters.redis import RedisLostError
from services.callbacks.commands import Commands
from services.callbacks.filed import Seen
from services.callbacks.sweeper import STATES_KEPT
from services.callbacks.worklist import Worklist
from services.outbox import NotReadyError
from streams.domain.callbacks.duties import has_duties
from streams.domain.callbacks.switches import SWITCHES_KEY
from streams.events.callbacks import CallbackChanged, CallbackData
from streams.events.codec import decode_known
from streams.kafka import end_offsets, follow
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import CALLBACKS

log = logging.getLogger(__name__)

# Small and often: whoever asks for the next callback waits for no more than one slice.
EVERY_SECONDS: Final = 0.1
AT_ONCE: Final = 10
AGAIN_SECONDS: Final = 1.0
SETTLED_SECONDS: Final = 3.0
# What is about to be forgotten may be gone already.
COMPARED_FOR: Final = STATES_KEPT - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A difference seen once: what the log and Redis had, when, and how far the log went then."""

    on_the_log: bytes | None
    seen: Seen
    since: float
    ends: dict[int, int]


class Reconciler:
    """Compares for ever, a slice at a time."""

    def __init__(
        self, connections: Connections, commands: Commands, now: Callable[[], datetime]
    ) -> None:
        self._connections = connections
        self._commands = commands
        self._now = now
        self._latest: dict[str, bytes] = {}
        self._read: dict[int, int] = {}
        self._suspects: dict[str, _Suspect] = {}
        self._ids: Iterator[str] = iter(())
        self._cursor = 0
        self._checked: Worklist | None = None

    async def follow(self) -> None:
        """Keep the latest record of each callback, over every loss of the log."""
        while True:
            try:
                async for record in follow(self._connections, CALLBACKS, in_no_hurry=True):
                    key = (record.key or b"").decode()
                    if record.value is None:
                        self._latest.pop(key, None)
                    elif key != SWITCHES_KEY:
                        self._latest[key] = record.value
                    self._read[record.partition] = record.offset + 1
            except KafkaError as error:
                log.warning("log cannot be followed", extra={"error": type(error).__name__})
                await asyncio.sleep(AGAIN_SECONDS)

    async def run(self) -> None:
        """Compare slice after slice, while the list is served."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                if self._commands.is_open:
                    await self.look(self._commands.worklist)
            except (RedisLostError, NotReadyError, KafkaError):
                # Whoever serves the list notices too, and rebuilds it.
                self._suspects.clear()

    async def look(self, worklist: Worklist) -> None:
        """Compare the next slice, and look again at what was different a while ago."""
        if worklist is not self._checked:
            self._checked = worklist
            self._suspects.clear()
        settled = time.monotonic() - SETTLED_SECONDS
        again = [one for one, suspect in self._suspects.items() if suspect.since <= settled]
        slice_ = dict.fromkeys([*again, *await self._next_slice(worklist)])
        states = {one: self._on_the_log(one) for one in slice_}
        seen = await worklist.inspect(states)
        metrics.CALLBACK_COMPARED.inc(len(seen))
        different = {one: found for one, found in seen.items() if not _same(states[one], found)}
        for one in slice_.keys() - different.keys():
            self._suspects.pop(one, None)
        if different:
            await self._judge(worklist, states, different)

    async def _next_slice(self, worklist: Worklist) -> list[str]:
        ids = list(itertools.islice(self._ids, AT_ONCE))
        if not ids:
            self._ids = iter(list(self._latest))
            ids = list(itertools.islice(self._ids, AT_ONCE))
        self._cursor, in_redis = await worklist.scan(self._cursor, AT_ONCE)
        return [*ids, *(one for one in in_redis if one not in self._latest)]

    def _on_the_log(self, callback: str) -> CallbackData | None:
        """The state that Redis should have; None when it need not have any."""
        raw = self._latest.get(callback)
        event = decode_known(raw)
        if not isinstance(event, CallbackChanged):
            return None
        state = event.data
        if state.closed_at is None or has_duties(state):
            return state
        if state.closed_at > self._now() - COMPARED_FOR:
            return state
        self._latest.pop(callback, None)
        return None

    async def _judge(
        self,
        worklist: Worklist,
        states: dict[str, CallbackData | None],
        different: dict[str, Seen],
    ) -> None:
        wall = time.monotonic()
        ends: dict[int, int] | None = None
        for one, found in different.items():
            raw = self._latest.get(one)
            before = self._suspects.get(one)
            if before is None or (before.on_the_log, before.seen) != (raw, found):
                ends = ends or await end_offsets(self._connections, CALLBACKS)
                self._suspects[one] = _Suspect(raw, found, wall, ends)
            elif wall - before.since >= SETTLED_SECONDS and self._has_read(before.ends):
                del self._suspects[one]
                await self._repair(worklist, one, states[one], found)

    def _has_read(self, ends: dict[int, int]) -> bool:
        return all(self._read.get(p, 0) >= end for p, end in ends.items())

    async def _repair(
        self, worklist: Worklist, callback: str, state: CallbackData | None, found: Seen
    ) -> None:
        if state is None and callback in self._latest:
            return
        if await worklist.repair(callback, state, found):
            what = _what(state, found)
            metrics.CALLBACK_REPAIRS.labels(what).inc()
            log.warning("Redis put right", extra={"callback": callback, "what": what})


def _same(state: CallbackData | None, found: Seen) -> bool:
    if state is None or found.raw is None:
        return state is None and found.raw is None
    return found.filed and found.raw_state() == state


def _what(state: CallbackData | None, found: Seen) -> str:
    if state is None:
        return "unknown"
    if found.raw is None:
        return "missing"
    return "index" if found.raw_state() == state else "state"
