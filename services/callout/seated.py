"""What follows outside the call-out from a seat, and how is it seen that somebody came?

A seat is a shift: whoever has one is working then, for the rest rules and for every other call-out.
Who signs in at the phone system within reach of the start has arrived; nobody has to say so.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from aiokafka.errors import KafkaError

from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.people.people import People
from services.outbox import NotReadyError
from streams.domain.callout import answering
from streams.domain.callout.book import CalloutBook, Change, RefusedError
from streams.domain.callout.offers import ends_for, starts_for
from streams.errors import InvalidEventError, OverloadedError, UnknownOutcomeError
from streams.events.agents import STAFFED, AgentStateChanged
from streams.events.callouts import OfferData
from streams.events.codec import decode, derived_id
from streams.events.people import Shift
from streams.kafka import Record, follow
from streams.settings import Connections
from streams.topics import AGENTS

log = logging.getLogger(__name__)

# Who signs in earlier than this is finishing other work.
EARLIEST: Final = timedelta(hours=1)
AGAIN_SECONDS: Final = 1.0


class Seated:
    """Keeps shifts and arrivals true to the seats."""

    def __init__(
        self, connections: Connections, commands: Commands, people: People, directory: Directory
    ) -> None:
        self._connections = connections
        self._commands = commands
        self._people = people
        self._directory = directory
        self._todo: asyncio.Queue[Shift] = asyncio.Queue()

    def changed(self, changes: Sequence[Change]) -> None:
        """Seats were taken, given back or changed. A drill's are nobody's work."""
        for change in changes:
            after, before = change.state, change.before
            if not isinstance(after, OfferData) or after.drill:
                continue
            had = isinstance(before, OfferData) and before.seat is not None
            has = after.seat is not None
            if has != had:
                self._todo.put_nowait(self._shift(after, cancelled=not has))

    async def keep_shifts(self) -> None:
        """Write them for ever, each until the log has it."""
        while True:
            shift = await self._todo.get()
            while True:
                try:
                    await self._people.put_shifts([shift])
                except (OverloadedError, UnknownOutcomeError, KafkaError) as error:
                    log.warning("a shift waits for the log", extra={"error": type(error).__name__})
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    break

    async def follow_desks(self) -> None:
        """See who signs in, for ever."""
        while True:
            try:
                async for record in follow(self._connections, AGENTS):
                    await self._take(record)
            except (KafkaError, OSError) as error:
                log.warning("agents followed anew", extra={"error": type(error).__name__})
                await asyncio.sleep(AGAIN_SECONDS)

    async def _take(self, record: Record) -> None:
        if record.value is None:
            return
        try:
            event = decode(record.value)
        except InvalidEventError:
            return
        if not isinstance(event, AgentStateChanged) or event.data.state not in STAFFED:
            return
        try:
            for offer in self._expected(self._commands.book, event):
                await self._commands.run("arrived", partial(_arrive, offer))
                log.info("arrived", extra={"offer": offer})
        except (NotReadyError, RefusedError) as error:
            log.warning("an arrival was not noted", extra={"detail": str(error)})

    def _expected(self, book: CalloutBook, event: AgentStateChanged) -> list[str]:
        """The offers of this agent whose seat begins soon and who are not there yet."""
        found = []
        for callout in book.still_open():
            if callout.drill:
                continue
            for offer_id in book.index(callout.id).seats.values():
                offer = book.offers[offer_id]
                if event.time < starts_for(callout.need, offer) - EARLIEST:
                    continue
                person = self._directory.person(offer.person)
                is_theirs = person is not None and person.agent == event.data.agent
                after_yes = offer.accepted_at is not None and event.time >= offer.accepted_at
                if is_theirs and after_yes and offer.arrived_at is None:
                    found.append(offer_id)
        return found

    def _shift(self, offer: OfferData, *, cancelled: bool) -> Shift:
        need = self._commands.book.callout(offer.callout).need
        return Shift(
            id=derived_id("seat", offer.id),
            person=offer.person,
            starts_at=starts_for(need, offer),
            ends_at=ends_for(need, offer),
            kind="seat",
            pool=need.pool,
            source=f"callout/{offer.callout}",
            sequence=offer.version,
            cancelled=cancelled,
        )


def _arrive(offer: str, book: CalloutBook, now: datetime) -> OfferData:
    return answering.arrived(book, offer, now)
