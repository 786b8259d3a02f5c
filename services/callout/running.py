"""Are call-outs being decided, and if not, what is being done about it?

Opening: own them in Redis; when they were not put in during this very life of Redis, fill it from
the log; put what an earlier life of ours left in the outbox onto the log; read everything; then
decide, send, audit. Whenever Redis is lost, all closes and it opens again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Final

from services.adapters.redis import RedisLostError
from services.callout import measures
from services.callout.answers_in import AnswersIn
from services.callout.auditor import Auditor
from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.engine import Engine
from services.callout.followed_people import FollowedPeople
from services.callout.lines import Lines
from services.callout.needs import Needs
from services.callout.people.keeping import keep_names
from services.callout.people.people import People
from services.callout.rebuild import rebuild
from services.callout.seated import Seated
from services.callout.sender import Sender
from services.callout.settings import Settings
from services.callout.sheet import Sheets
from services.callout.store import Store
from services.callout.surges_in import SurgesIn
from services.outbox import NotReadyError, OutboxRelay, Posted
from services.tasks import end, end_process_on_error, until_done
from streams.domain.callout.book import CalloutBook, Change
from streams.domain.centre import Centre
from streams.events.callouts import OfferData
from streams.kafka import FollowedCentre, FollowedClock, LogWriter, Outgoing
from streams.telemetry import metrics_callout as metrics
from streams.topics import CALLOUTS, SEATS, SURGES

log = logging.getLogger(__name__)

CANNOT_GO_ON: Final = "call-outs cannot go on"


class Running:
    """Everything of one call-out process."""

    def __init__(self, settings: Settings, lines: Lines) -> None:
        connections = settings.connections
        self._centre = FollowedCentre(connections)
        centre = self._centre.centre
        self.settings = settings
        self.lines = lines
        self.clock = FollowedClock(connections)
        self.writer = self._new_writer()
        self.people = People(centre, settings.secrets, self._append, self.clock.now)
        self.followed = FollowedPeople(connections, self.people)
        self.directory: Directory = self.followed
        self.relay = OutboxRelay[Posted](self.writer, CALLOUTS)
        self.commands = Commands(self.clock.now, self.relay, self._changed)
        self.engine = Engine(self.commands, self.directory, self.clock.now)
        self.answers = AnswersIn(
            self.commands,
            self.directory,
            settings.answer_tokens,
            self.clock.now,
            centre.callout.place,
        )
        self.sender = Sender(
            self.commands,
            self.directory,
            lines,
            settings.answer_tokens,
            self.clock.now,
            titles={"ko": centre.title_ko, "en": centre.title_en},
            place=centre.callout.place,
            public_url=settings.public_url,
        )
        self.auditor = Auditor(
            self.commands,
            lambda: self.writer,
            self.clock.now,
            lambda: self.clock.clock.speed,
            self.wake,
            settings.dead_man_url,
        )
        self.needs = Needs(self.commands, self.centre)
        self.surges = SurgesIn(connections, self.commands, self.needs, self.centre)
        self.seated = Seated(connections, self.commands, self.people, self.directory)
        self.sheets = Sheets(
            self.commands,
            self.engine,
            self.directory,
            settings.folder,
            (centre.title_ko, centre.title_en),
            centre.timezone,
        )
        self._centre.on_change(self._go_by)
        self.version = 0
        self._seen = asyncio.Event()
        self._store: Store | None = None
        self._passing_on: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def now(self) -> datetime:
        """The centre's time."""
        return self.clock.now()

    def centre(self) -> Centre:
        """The centre file in force."""
        return self._centre.centre

    def _go_by(self, centre: Centre) -> None:
        """A call-out that runs keeps the policy it was started with."""
        for part in (self.people, self.answers, self.sender, self.sheets):
            part.go_by(centre)

    def wake(self) -> None:
        """Something changed: whoever acts on it looks at once."""
        self.engine.wake()
        self.sender.wake()

    def start(self) -> None:
        """Begin; returns at once."""
        self._spawn(self._live())
        self._spawn(self.commands.work(self._on_lost))
        self._spawn(self.engine.run(self._on_lost, self.store))
        self._spawn(self.sender.run())
        self._spawn(self.auditor.run())
        self._spawn(self.sheets.run())
        self._spawn(self.surges.follow(SEATS))
        self._spawn(self.surges.follow(SURGES))
        self._spawn(self.surges.run())
        self._spawn(self.seated.keep_shifts())
        self._spawn(keep_names(self.people, self.settings.names_kept))
        self._spawn(self.seated.follow_desks())

    async def stop(self) -> None:
        """Finish what was decided, then close."""
        await asyncio.gather(*map(end, self._tasks))
        await self._close()
        await self.lines.stop()
        await self.writer.stop()
        await self.followed.stop()
        await self._centre.stop()
        await self.clock.stop()

    def why_not(self) -> str:
        """What keeps call-outs from being decided; "" when nothing does."""
        if not self.commands.is_open:
            return "the call-outs are being read"
        return "the broker does not answer" if self.writer.away else ""

    def store(self) -> Store:
        """Where they are kept."""
        if self._store is None:
            raise NotReadyError("the call-outs are being read")
        return self._store

    async def change_after(self, version: int, patience_seconds: float) -> int:
        """Wait until something has changed since a version; the version there is then."""
        if self.version == version:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._seen.wait(), patience_seconds)
        return self.version

    async def _list_people(self) -> None:
        await self.people.take_centre_list(self.settings.connections.centre)

    async def _append(self, records: Sequence[Outgoing]) -> None:
        await self.writer.append(records)

    async def _live(self) -> None:
        await until_done("log away at start", self.writer.start)
        await until_done("clock not yet read", self.clock.start)
        await until_done("centre not yet read", self._centre.start)
        await until_done("people not yet read", self.followed.start)
        await until_done("people not yet listed", self._list_people)
        while True:
            await until_done("call-outs not yet open", self._open)
            await self._lost.wait()
            await self._close()

    async def _open(self) -> None:
        self._lost.clear()
        connections = self.settings.connections
        store = Store(connections.redis, connections.prefix)
        self._store = store
        try:
            await store.open()
            epoch = await store.built_epoch()
            if epoch is None:
                # Nothing of an earlier life may arrive on the log after it has been read.
                await self._renew_writer()
                epoch = await rebuild(connections, store, self.now())
            store.epoch = epoch
            await self.relay.open(store)
            book = await self._read(store, epoch)
        except BaseException:
            self.relay.close()
            await store.close()
            raise
        self._passing_on = asyncio.create_task(self._pass_on(store))
        end_process_on_error(self._passing_on, CANNOT_GO_ON)
        self.commands.open(store, book)
        metrics.READY.set(1)
        metrics.EPOCH.set(epoch)
        log.info("call-outs served", extra={"epoch": epoch, "callouts": len(book.callouts)})
        self.wake()

    async def _read(self, store: Store, epoch: int) -> CalloutBook:
        book = CalloutBook(epoch)
        states = await store.read()
        for state in sorted(states, key=lambda one: isinstance(one, OfferData)):
            book.load(state)
            if isinstance(state, OfferData):
                self.answers.learn(state.id)
        return book

    async def _close(self) -> None:
        self.commands.close()
        metrics.READY.set(0)
        await end(self._passing_on)
        self.relay.close()
        await self.sender.close()
        if self._store is not None:
            await self._store.close()

    async def _pass_on(self, store: Store) -> None:
        try:
            await self.relay.run(store)
        except RedisLostError as error:
            self._on_lost(error)

    async def _renew_writer(self) -> None:
        await self.writer.stop()
        self.writer = self._new_writer()
        await self.writer.start()
        self.relay.writer = self.writer

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change.state, OfferData) and change.expected == 0:
                self.answers.learn(change.state.id)
        measures.count(changes)
        self.seated.changed(changes)
        self.version += 1
        self._seen.set()
        self._seen = asyncio.Event()
        self.wake()

    def _on_lost(self, error: RedisLostError) -> None:
        if not self._lost.is_set():
            log.warning("call-outs lost", extra={"detail": str(error)})
        self.commands.close()
        self._lost.set()

    def _new_writer(self) -> LogWriter:
        # Decisions gather while the step before is under way; lingering would only add to that.
        return LogWriter(self.settings.connections, linger_ms=0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        end_process_on_error(task, CANNOT_GO_ON)
        self._tasks.append(task)
