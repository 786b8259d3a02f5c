"""What does waiting bring about?

A lease runs out, a promise expires, a callback's time comes: by the centre's clock, so that a
rehearsal at many times the speed lives by the same rules. A lease that ran out after a dial is not
ended here: the phone system is asked.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.adapters.redis import RedisLostError
from services.callbacks.commands import Command, Commands
from services.callbacks.dispatcher import Dispatcher
from services.callbacks.filed import Needed
from services.callbacks.worklist import Worklist
from services.outbox import NotReadyError
from streams.domain.callbacks.book import CallbackBook
from streams.events.callbacks import CallbackData
from streams.telemetry import metrics

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.25
AT_ONCE: Final = 200
STATES_KEPT: Final = timedelta(hours=48)
REQUESTS_KEPT: Final = timedelta(days=31)


class Sweeper:
    """Looks at the list four times a second."""

    def __init__(
        self,
        commands: Commands,
        dispatcher: Dispatcher,
        now: Callable[[], datetime],
        counted: Callable[[int], None],
    ) -> None:
        self._commands = commands
        self._dispatcher = dispatcher
        self._now = now
        self._counted = counted

    async def run(self, lost: Callable[[RedisLostError], None]) -> None:
        """Sweep for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if not self._commands.is_open:
                continue
            try:
                await self.sweep(self._commands.worklist)
            except NotReadyError:
                continue
            except RedisLostError as error:
                lost(error)

    async def sweep(self, worklist: Worklist) -> None:
        """One look."""
        now = self._now()
        await worklist.tick(now)
        leases, expired = await worklist.ran_out(now, AT_ONCE)
        todo = [self._command("lease_ran_out", i, CallbackBook.lease_ran_out) for i in leases]
        todo += [self._command("expire", i, CallbackBook.expire) for i in expired]
        night = await worklist.resting(now, AT_ONCE)
        todo += [self._command("postpone", i, CallbackBook.postpone) for i in night]
        await asyncio.gather(*(self._commands.run(command) for command in todo))
        for callback_id in leases:
            self._dispatcher.look(callback_id)
        await worklist.forget(now - STATES_KEPT, now - REQUESTS_KEPT, AT_ONCE)
        counts = await worklist.counts()
        self._counted(counts["ready"])
        for place, count in counts.items():
            metrics.CALLBACK_LIST.labels(place).set(count)

    def _command(
        self,
        name: str,
        callback_id: str,
        act: Callable[[CallbackBook, str, datetime], CallbackData | None],
    ) -> Command[CallbackData | None]:
        return Command(
            name=name,
            needed=Needed(callbacks=[callback_id]),
            decide=lambda _, book, now: act(book, callback_id, now),
        )
