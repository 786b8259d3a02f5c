"""Whose number is still kept, under which key, and for how long?

The log says which callbacks there are, also those that Redis forgot long ago. A callback that the
list may still know is changed by a command like any other; of one that it forgot, nobody but this
process writes, so its next state goes straight onto the log.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from aiokafka.errors import KafkaError

from services.callbacks.commands import Command, Commands
from services.callbacks.filed import Needed, Posted
from services.callbacks.rebuild import FromTheLog, events_of
from services.callbacks.sweeper import STATES_KEPT
from services.numbers import Pseudonyms, normalise
from services.outbox import NotReadyError, OutboxRelay
from services.sealing import CannotOpenError, Sealer
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import RefusedError, is_open
from streams.domain.callbacks.forgetting import Fate, Keeping
from streams.domain.centre import OverflowPolicy
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.events.callbacks import CallbackData
from streams.events.codec import encode
from streams.kafka import Outgoing, kept_ms, read_to_end
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import CALLBACKS, CONTACT_KEYS, CONTACTS, DEAD_LETTERS, OVERFLOW, Topic

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 6 * 3600.0
AGAIN_SECONDS: Final = 30.0
AT_ONCE: Final = 200
# Where a sealed number or a pseudonym stands that nobody can take out: these forget by time.
ONLY_BY_TIME: Final[tuple[Topic, ...]] = (CONTACTS, CONTACT_KEYS, OVERFLOW, DEAD_LETTERS)
_NO_RULES: Final = OverflowPolicy()
_NOT_NOW: Final = (NotReadyError, RefusedError, KafkaError, OverloadedError, UnknownOutcomeError)

Act = Callable[[CallbackBook, datetime], CallbackData]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was forgotten of somebody, and in how many days the rest is gone from the log."""

    callbacks: int
    withdrawn: int
    gone_in_days: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """How many numbers were sealed anew, and how many are sealed with which key now."""

    resealed: int
    unreadable: int
    by_key: Mapping[str, int]


class Keeper:
    """Forgets people, on request and in time, and seals numbers anew."""

    def __init__(
        self,
        connections: Connections,
        commands: Commands,
        relay: OutboxRelay[Posted],
        sealer: Sealer,
        pseudonyms: Sequence[Pseudonyms],
        keeping: Keeping,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._commands = commands
        self._relay = relay
        self._sealer = sealer
        self._pseudonyms = pseudonyms
        self._keeping = keeping
        self._now = now

    async def run(self, served: Callable[[], object]) -> None:
        """Forget what has been kept long enough, for ever."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            if not served():
                continue
            try:
                await self.forget_old()
            except _NOT_NOW as error:
                log.warning("old numbers not forgotten", extra={"error": type(error).__name__})
            else:
                await asyncio.sleep(EVERY_SECONDS)

    async def erase(self, number: str, region: str) -> Erased:
        """Nothing that can be changed may lead to this caller; `InvalidEventError` for no number.

        `RefusedError` while somebody talks with them: a talk is not cut.
        """
        if not self._pseudonyms:
            raise RefusedError("no_key", "this process has no SURGELINE_PSEUDONYM_KEY")
        e164 = normalise(number, region)
        keys = {pseudonyms.key_of(e164)[0] for pseudonyms in self._pseudonyms}
        found = [state for state in await self._latest() if state.caller.key in keys]
        if any(state.state == "connected" for state in found):
            raise RefusedError("connected", "somebody is talking with them: ask again afterwards")
        await self._each("erase", found, lambda one: partial(_erase, one.id))
        kept = await kept_ms(self._connections, ONLY_BY_TIME)
        return Erased(
            callbacks=len(found),
            withdrawn=sum(map(is_open, found)),
            gone_in_days={name: round(ms / 86_400_000, 1) for name, ms in kept.items()},
        )

    async def reseal(self) -> Resealed:
        """Seal every number with the key that seals now, so that the others can be taken away."""
        states = [state for state in await self._latest() if state.caller.sealed is not None]
        acts: dict[str, Act] = {}
        unreadable = 0
        for state in states:
            before = state.caller.sealed or ""
            if self._sealer.is_current(before):
                continue
            try:
                after = self._sealer.seal(self._sealer.open(before))
            except CannotOpenError:
                unreadable += 1
            else:
                acts[state.id] = partial(_reseal, state.id, before, after)
        todo = [state for state in states if state.id in acts]
        await self._each("reseal", todo, lambda one: acts[one.id])
        sealed = (state.caller.sealed or "" for state in await self._latest())
        by_key = Counter(text.partition(".")[0] for text in sealed if text)
        return Resealed(resealed=len(todo), unreadable=unreadable, by_key=by_key)

    async def forget_old(self) -> Counter[Fate]:
        """What has ended long ago leads to nobody any more, and in the end is no more."""
        now = self._now()
        states = await self._latest()
        fates = {state.id: self._keeping.fate(state, now) for state in states}
        nameless = [state for state in states if fates[state.id] == "nameless"]
        await self._each("erase", nameless, lambda one: partial(_erase, one.id))
        gone = [state.id for state in states if fates[state.id] == "gone"]
        for start in range(0, len(gone), AT_ONCE):
            await self._append([(one, None) for one in gone[start : start + AT_ONCE]])
        counts = Counter(fates.values())
        if nameless or gone:
            extra = {"nameless": len(nameless), "gone": len(gone)}
            log.info("old callbacks forgotten", extra=extra)
        metrics.CALLBACKS_FORGOTTEN.labels("nameless").inc(counts["nameless"])
        metrics.CALLBACKS_FORGOTTEN.labels("gone").inc(counts["gone"])
        return counts

    async def _latest(self) -> list[CallbackData]:
        """Every callback as the log has it last."""
        found = FromTheLog()
        async for record in read_to_end(self._connections, CALLBACKS):
            if record.value is None:
                found.states.pop((record.key or b"").decode(), None)
            for event in events_of(record.value):
                found.fold(event)
        return list(found.states.values())

    async def _each(
        self, name: str, states: Sequence[CallbackData], act: Callable[[CallbackData], Act]
    ) -> None:
        for start in range(0, len(states), AT_ONCE):
            chunk = states[start : start + AT_ONCE]
            await asyncio.gather(*(self._change(name, state, act(state)) for state in chunk))

    async def _change(self, name: str, state: CallbackData, act: Act) -> None:
        command: Command[CallbackData] = Command(
            name=name,
            needed=Needed(callbacks=[state.id]),
            decide=lambda _, book, now: act(book, now),
        )
        try:
            await self._commands.run(command)
        except RefusedError as error:
            if error.reason != "not_found":
                raise
            await self._change_forgotten(state, act)

    async def _change_forgotten(self, state: CallbackData, act: Act) -> None:
        now = self._now()
        if state.closed_at is None or state.closed_at > now - STATES_KEPT:
            raise NotReadyError("the list is being compared with the log: ask again")
        book = CallbackBook(_NO_RULES)
        book.load(state)
        act(book, now)
        facts = [encode(change.event()) for change in book.take_changes()]
        await self._append([(state.id, fact) for fact in facts])

    async def _append(self, facts: Sequence[tuple[str, bytes | None]]) -> None:
        records = [Outgoing(topic=CALLBACKS, key=one.encode(), value=value) for one, value in facts]
        await self._relay.writer.append(records)


def _erase(callback: str, book: CallbackBook, now: datetime) -> CallbackData:
    return book.erase(callback, now)


def _reseal(
    callback: str, before: str, after: str, book: CallbackBook, now: datetime
) -> CallbackData:
    return book.reseal(callback, before, after, now)
