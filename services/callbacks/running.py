"""Is the list being served, and if not, what is being done about it?

Opening: own the list in Redis; when it was not built in this very life of Redis, rebuild it from
the log; put what an earlier life of ours left in the outbox onto the log; find what is owed to the
phone system; then take commands. Whenever Redis is lost, everything closes and it opens again.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from services.adapters.by_hand import HandDialling
from services.adapters.phone_http import HttpPhone
from services.adapters.redis import RedisLostError
from services.callbacks.commands import Commands
from services.callbacks.dialable import Dialable
from services.callbacks.dispatcher import Dispatcher
from services.callbacks.filed import Posted
from services.callbacks.floor import FOLLOWED, PhoneFloor
from services.callbacks.giving import Giving
from services.callbacks.keeping import Keeper
from services.callbacks.projector import Projector
from services.callbacks.rebuild import rebuild
from services.callbacks.reconciler import Reconciler
from services.callbacks.settings import Settings
from services.callbacks.sweeper import Sweeper
from services.callbacks.worklist import Worklist
from services.outbox import OutboxRelay
from services.ports import PhoneLines
from services.tasks import end, end_process, end_process_on_error, until_done
from streams.domain.centre import Centre
from streams.events.callbacks import CallbackChanged
from streams.events.codec import decode
from streams.kafka import FollowedCentre, FollowedClock, LogWriter
from streams.telemetry import metrics
from streams.topics import CALLBACKS

log = logging.getLogger(__name__)

CANNOT_GO_ON: Final = "callbacks cannot go on"


class Running:
    """Everything of one callbacks process."""

    def __init__(self, settings: Settings, phone: PhoneLines | None = None) -> None:
        connections = settings.connections
        self.settings = settings
        self.clock = FollowedClock(connections)
        self.writer = self._new_writer()
        self._followed = FollowedCentre(connections)
        self._followed.on_change(self._go_by)
        centre = self.centre
        self.dialable = Dialable(
            settings.sealer, centre.overflow.blocked_numbers, centre.callbacks, centre.region
        )
        self.floor = PhoneFloor(centre)
        self.relay = OutboxRelay(self.writer, CALLBACKS, self._heard, metrics.CALLBACK_FACTS.inc)
        self.commands = Commands(
            centre.overflow, self.clock.now, self.relay, centre.callbacks, self.floor.note
        )
        self.giving = Giving(self.commands, self.floor, centre.callbacks)
        self._http_phone: HttpPhone | None = None
        lines = phone or self._phone()
        self.dispatcher = Dispatcher(lines, lines, self.dialable, self.commands, self.clock.now)
        self.dispatcher.on_failure(partial(end_process, what=CANNOT_GO_ON))
        self.sweeper = Sweeper(self.commands, self.dispatcher, self.clock.now, self.floor.count_due)
        self.projector = Projector(
            connections,
            self.commands,
            self.dialable,
            self.relay,
            settings.sealer,
            settings.former,
        )
        self.keeper = Keeper(
            connections,
            self.commands,
            self.relay,
            settings.sealer,
            settings.pseudonyms,
            settings.keeping,
            self.clock.now,
        )
        self.reconciler = Reconciler(connections, self.commands, self.clock.now)
        self._go_by(centre)
        self._worklist: Worklist | None = None
        self._passing_on: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._served = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def centre(self) -> Centre:
        """The centre file in force."""
        return self._followed.centre

    def now(self) -> datetime:
        """The centre's time."""
        return self.clock.now()

    def _go_by(self, centre: Centre) -> None:
        for part in (self.dialable, self.floor, self.commands, self.giving):
            part.go_by(centre)

    def start(self) -> None:
        """Begin; returns at once."""
        self._spawn(self._live())
        self._spawn(self.commands.work(self._on_lost))
        self._spawn(self.sweeper.run(self._on_lost))
        self._spawn(self.projector.run(self._until_served))
        self._spawn(self.reconciler.follow())
        self._spawn(self.reconciler.run())
        self._spawn(self.keeper.run(lambda: self.commands.is_open))
        for topic in FOLLOWED:
            self._spawn(self.floor.follow(self.settings.connections, topic))

    async def stop(self) -> None:
        """Finish what was decided, then close."""
        await asyncio.gather(*map(end, self._tasks))
        await self._close()
        if self._http_phone is not None:
            await self._http_phone.stop()
        await self.writer.stop()
        await self._followed.stop()
        await self.clock.stop()

    def why_not(self) -> str:
        """What keeps commands from being taken; "" when nothing does."""
        if not self.commands.is_open:
            return "the callback list is being opened"
        return "the broker does not answer" if self.writer.away else ""

    async def _live(self) -> None:
        await until_done("log away at start", self.writer.start)
        await until_done("clock not yet read", self.clock.start)
        await until_done("centre not yet read", self._followed.start)
        await self.floor.read()
        while True:
            await until_done("list not yet open", self._open)
            await self._lost.wait()
            await self._close()

    async def _open(self) -> None:
        self._lost.clear()
        worklist = Worklist(self.settings.connections.redis, self.settings.connections.prefix)
        self._worklist = worklist
        try:
            await worklist.open()
            epoch = await worklist.built_epoch()
            if epoch is None:
                # Nothing of an earlier life may arrive on the log after it has been read.
                await self._renew_writer()
                epoch = await rebuild(self.settings.connections, worklist, self.now())
            await worklist.use(epoch)
            await self.relay.open(worklist)
            owed = await worklist.owed()
            self.floor.begin([*await worklist.held(), *owed])
        except BaseException:
            self.relay.close()
            await worklist.close()
            raise
        self._passing_on = asyncio.create_task(self._pass_on(worklist))
        end_process_on_error(self._passing_on, CANNOT_GO_ON)
        self.commands.open(worklist)
        for state in owed:
            self.dispatcher.feed(state)
        self._served.set()
        metrics.CALLBACK_READY.set(1)
        metrics.CALLBACK_EPOCH.set(epoch)
        log.info("callbacks served", extra={"epoch": epoch, "owed": len(owed)})

    async def _close(self) -> None:
        self._served.clear()
        self.commands.close()
        metrics.CALLBACK_READY.set(0)
        await end(self._passing_on)
        self.relay.close()
        await self.dispatcher.close()
        if self._worklist is not None:
            await self._worklist.close()

    async def _pass_on(self, worklist: Worklist) -> None:
        try:
            await self.relay.run(worklist)
        except RedisLostError as error:
            self._on_lost(error)

    async def _renew_writer(self) -> None:
        await self.writer.stop()
        self.writer = self._new_writer()
        await self.writer.start()
        self.relay.writer = self.writer

    def _on_lost(self, error: RedisLostError) -> None:
        if not self._lost.is_set():
            log.warning("list lost", extra={"detail": str(error)})
        self.commands.close()
        self._served.clear()
        self._lost.set()

    def _heard(self, posted: Sequence[Posted]) -> None:
        for one in posted:
            if one.owed or self.dispatcher.follows(one.key.decode()):
                event = decode(one.value)
                if isinstance(event, CallbackChanged):
                    self.dispatcher.feed(event.data)

    async def _until_served(self) -> None:
        await self._served.wait()

    def _new_writer(self) -> LogWriter:
        # Commands gather while the step before is under way; lingering would only add to that.
        return LogWriter(self.settings.connections, linger_ms=0)

    def _phone(self) -> PhoneLines:
        settings = self.settings
        if settings.phone_url is None:
            log.warning("no phone system is set: agents dial by hand")
            return HandDialling()
        self._http_phone = HttpPhone(settings.phone_url, settings.phone_token)
        return self._http_phone

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        end_process_on_error(task, CANNOT_GO_ON)
        self._tasks.append(task)
