"""Who is asked next, and what does waiting bring? The domain says; here it is asked often enough.

Looked at as soon as something changed or is due, and every few seconds whatever happens. Each look
asks the directory anew, so somebody who went on leave a second ago is not asked.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.adapters.redis import RedisLostError
from services.callout import measures
from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.rebuild import is_old
from services.callout.store import Store
from services.outbox import NotReadyError
from streams.domain.callout import asking, life, ticking
from streams.domain.callout.book import CalloutBook, State
from streams.domain.callout.candidates import Candidate, NotNow, sort_out
from streams.domain.callout.lifting import rules_for
from streams.domain.callout.outlook import outlook
from streams.domain.callout.seating import free_seats
from streams.events.callouts import CalloutData, Need

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.5
GATHER_SECONDS: Final = 0.1
FORETELL_SECONDS: Final = 10.0
FORGET_EVERY: Final = 1200


class Engine:
    """Drives every call-out that is not over."""

    def __init__(
        self, commands: Commands, directory: Directory, now: Callable[[], datetime]
    ) -> None:
        self._commands = commands
        self._directory = directory
        self._now = now
        self._woken = asyncio.Event()
        self._foretold: dict[str, float] = {}

    def wake(self) -> None:
        """Something changed: look at once."""
        self._woken.set()

    async def run(self, lost: Callable[[RedisLostError], None], store: Callable[[], Store]) -> None:
        """Drive for ever."""
        rounds = 0
        while True:
            await self._sleep()
            if not self._commands.is_open:
                continue
            rounds += 1
            try:
                await self.round()
                if rounds % FORGET_EVERY == 0:
                    await self._forget(store())
            except NotReadyError:
                continue
            except RedisLostError as error:
                lost(error)

    async def round(self) -> None:
        """One look at everything."""
        book = self._commands.book
        if any(book.still_open()):
            await self._commands.run("tick", ticking.tick)
        for callout in self._commands.book.still_open():
            if (
                callout.state == "running"
                and callout.look_at is not None
                and callout.look_at <= self._now()
            ):
                await self.look(callout.id)
        for callout in self._commands.book.still_open():
            if callout.state == "running":
                await self._foretell(callout)
        measures.gauge(self._commands.book)

    async def look(self, callout_id: str) -> int:
        """Ask whom the forecast wants; how many that were."""

        def decide(book: CalloutBook, now: datetime) -> int:
            callout = book.callout(callout_id)
            candidates, _ = self.sorted_out(book, callout, callout.need, now)
            return len(asking.look(book, callout_id, candidates, now))

        asked = await self._commands.run("look", decide)
        if asked:
            log.info("people asked", extra={"callout": callout_id, "people": asked})
        return asked

    async def _foretell(self, callout: CalloutData) -> None:
        """When it will be full, played from where it stands now; on the log for every page."""
        last = self._foretold.get(callout.id, float("-inf"))
        if time.monotonic() - last < FORETELL_SECONDS:
            return
        self._foretold[callout.id] = time.monotonic()
        book, now = self._commands.book, self._now()
        candidates, _ = self.sorted_out(book, callout, callout.need, now)
        rates = asking.rates_of(book, callout, now)
        free = sum(free_seats(book, callout).values())
        # A hundred call-outs are played: meanwhile answers are taken.
        seen = await asyncio.to_thread(
            outlook,
            free,
            asking.habits(candidates, rates),
            callout.policy,
            waiting=asking.waiting(book, callout, now),
        )
        await self._commands.run(
            "foretell", lambda book, _: life.foretold(book, callout.id, seen, now)
        )

    def sorted_out(
        self, book: CalloutBook, callout: CalloutData, need: Need, now: datetime
    ) -> tuple[list[Candidate], list[NotNow]]:
        """Everyone of the pool: who may be asked, in order, and who not."""
        return sort_out(
            self._directory.everyone(),
            self._directory.roster,
            need,
            now,
            rules_for(callout, self._directory.rules),
            asking.busy_people(book, callout),
            last_asked(book),
        )

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), EVERY_SECONDS)
            # A thousand answers at once are one reason to look, not a thousand.
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            pass
        self._woken.clear()

    async def _forget(self, store: Store) -> None:
        """Drop what has been over for long: it stays on the log."""
        book = self._commands.book
        for callout in [c for c in book.callouts.values() if is_old(c, self._now())]:
            states: list[State] = [*book.offers_of(callout.id), callout]
            await store.forget(states)
            book.forget(callout.id)
            self._foretold.pop(callout.id, None)


def last_asked(book: CalloutBook) -> dict[str, datetime]:
    """When each person was last asked for anything."""
    asked: dict[str, datetime] = {}
    for offer in book.offers.values():
        if offer.asked_at is not None and not offer.drill:
            known = asked.get(offer.person)
            asked[offer.person] = max(known, offer.asked_at) if known else offer.asked_at
    return asked
