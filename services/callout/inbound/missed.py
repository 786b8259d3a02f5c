"""Which answers came while nobody here listened?

A provider whose call to us fails tells it to nobody again: the text stays on its list. So the list
is read when this process opens, every minute while people are asked, and seldom else (who writes
STOP must be heard at any time). What was heard already changes nothing.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from aiokafka.errors import KafkaError

from services import tasks
from services.adapters.redis import RedisLostError
from services.callout.answering.door import Doors
from services.callout.commands import Commands
from services.callout.sender import wall
from services.message_ports import CannotTellError, Inbox, Written
from services.outbox import NotReadyError
from streams.domain.callout.book import CalloutBook, RefusedError
from streams.domain.clock import CentreClock
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.telemetry import metrics_callout as metrics

log = logging.getLogger(__name__)

ASKING_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 1.0
# What is younger is most likely being told to us at this moment.
SETTLES: Final = timedelta(seconds=10)
# A provider's list may show a message a little after it took it.
OVERLAP: Final = timedelta(minutes=2)
FURTHEST: Final = timedelta(hours=24)
# The log or Redis is away: nothing can be taken now, and the list will still be there.
_AWAY: Final = (NotReadyError, RedisLostError, OverloadedError, UnknownOutcomeError, KafkaError)


class Marks(Protocol):
    """Up to when each list was read."""

    async def read_up_to(self, account: str) -> datetime | None: ...
    async def note_read(self, account: str, at: datetime) -> None: ...


class Missed:
    """Reads the lists of all accounts that keep one."""

    def __init__(
        self,
        doors: Doors,
        commands: Commands,
        inboxes: Sequence[Inbox],
        marks: Callable[[], Marks],
        clock: Callable[[], CentreClock],
        *,
        settles: timedelta = SETTLES,
    ) -> None:
        self._doors = doors
        self._commands = commands
        self._inboxes = inboxes
        self._marks = marks
        self._clock = clock
        self._settles = settles
        self._some_too_young = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._run())
        tasks.end_process_on_error(self._task, "missed answers cannot be looked for")

    async def stop(self) -> None:
        """End."""
        await tasks.end(self._task)

    async def look(self) -> int:
        """Read every list once; how many messages were news."""
        news = 0
        self._some_too_young = False
        for inbox in self._inboxes:
            began = wall()
            since = await self._since(inbox.name, began)
            try:
                written = await inbox.written_since(since)
            except CannotTellError as error:
                extra = {"provider": inbox.name, "detail": str(error)}
                log.warning("a list of messages was not read", extra=extra)
                continue
            for one in written:
                if one.at > began - self._settles:
                    self._some_too_young = True
                else:
                    news += await self._take(inbox.name, one)
            await self._marks().note_read(inbox.name, began)
        return news

    async def _take(self, account: str, written: Written) -> bool:
        try:
            if not await self._doors.found(account, written, self._clock().at(written.at)):
                return False
        except RefusedError as error:
            log.warning("a missed answer was refused", extra={"reason": error.reason})
            return False
        metrics.ANSWERS_FETCHED.labels(account).inc()
        log.warning("an answer was found that we were not told of", extra={"provider": account})
        return True

    async def _since(self, account: str, now: datetime) -> datetime:
        """From the last reading on; without one, from the first message that may be answered."""
        known = await self._marks().read_up_to(account)
        if known is None:
            known = first_asked(self._commands.book) or now
        return max(known - OVERLAP, now - FURTHEST)

    async def _run(self) -> None:
        last = float("-inf")
        while True:
            if self._commands.is_open and time.monotonic() - last >= self._pause():
                try:
                    await self.look()
                except _AWAY as error:
                    log.warning("answers not looked for", extra={"error": type(error).__name__})
                last = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    def _pause(self) -> float:
        if self._some_too_young:
            return self._settles.total_seconds()
        asking = is_asking(self._commands.book, self._commands.now())
        return (ASKING_SECONDS if asking else IDLE_SECONDS) / max(1.0, self._clock().speed)


def is_asking(book: CalloutBook, now: datetime) -> bool:
    """Whether anybody who was asked can still change something by an answer."""
    return any(one.started_at is not None and one.need.end > now for one in book.callouts.values())


def first_asked(book: CalloutBook) -> datetime | None:
    """When the first message of all that are kept went out, by the wall."""
    claimed = (
        one.claimed_at
        for offer in book.offers.values()
        for one in offer.attempts
        if one.claimed_at is not None
    )
    return min(claimed, default=None)
