"""Does the surge need people called in? One open need for each pool, revised as evidence grows.

Reads `seats` and `surges` from their beginning; what they say of now counts, not their history. The
seats of a need are what is missing until 90 % is covered plus who has come already, so that an
arrival never shrinks it.
When the episode is over the need is closed, and everybody who was contacted hears so.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError

from services.callout.commands import Commands
from services.callout.needs import Needs, call_up
from services.outbox import NotReadyError
from streams.domain.callout.book import RefusedError
from streams.domain.callout.quotas import grown, shared
from streams.domain.centre import Centre
from streams.domain.staffing.pools import to_call_in
from streams.errors import InvalidEventError
from streams.events.callouts import Need
from streams.events.codec import decode
from streams.events.surges import SeatsData, SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import Record, follow
from streams.settings import Connections
from streams.topics import SEATS, SURGES, Topic

log = logging.getLogger(__name__)

ALL: Final = "all"
EVERY_SECONDS: Final = 1.0
OLDEST: Final = timedelta(minutes=10)
# Until then somebody who signs in is among the staff that `seats` goes by.
COUNTED_AFTER: Final = timedelta(seconds=10)


class SurgesIn:
    """From the staffing alert to the need."""

    def __init__(
        self,
        connections: Connections,
        commands: Commands,
        needs: Needs,
        centre: Callable[[], Centre],
    ) -> None:
        self._connections = connections
        self._commands = commands
        self._needs = needs
        self._centre = centre
        self._up: set[str] = set()
        self._over: set[str] = set()
        self._wanted: tuple[datetime, SeatsData] | None = None
        self._caught_up: set[str] = set()

    async def follow(self, topic: Topic) -> None:
        """Follow one of the two for ever."""
        while True:
            try:
                caught_up = lambda: self._caught_up.add(topic.name)  # noqa: E731
                async for record in follow(self._connections, topic, on_caught_up=caught_up):
                    self.take(record)
            except (KafkaError, OSError) as error:
                log.warning("seats followed anew", extra={"error": type(error).__name__})
                await asyncio.sleep(1)

    def take(self, record: Record) -> None:
        """Fold one record."""
        if record.value is None:
            return
        try:
            event = decode(record.value)
        except InvalidEventError:
            return
        if isinstance(event, SeatsNeeded) and event.data.pool == ALL:
            self._wanted = (event.time, event.data)
        elif isinstance(event, SurgeDeclared | SurgeRevised):
            self._up.add(event.data.episode)
        elif isinstance(event, SurgeCleared):
            self._up.discard(event.data.episode)
            self._over.add(event.data.episode)

    async def run(self) -> None:
        """Bring the needs up to date, every second."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._caught_up < {SEATS.name, SURGES.name} or not self._commands.is_open:
                continue
            try:
                await self.look()
            except NotReadyError:
                continue
            except RefusedError as error:
                log.warning("a surge's need was refused", extra={"reason": error.reason})

    async def look(self) -> None:
        """Close what is over; open or revise what is missing."""
        for callout in self._commands.book.still_open():
            episode = callout.need.episode
            if episode is not None and episode in self._over:
                await self._needs.met(callout.need.dedup_key, "surge_over", "surge")
        if self._needs.policy.raise_needs == "off" or self._wanted is None:
            return
        said_at, seats = self._wanted
        if seats.episode is None or seats.episode in self._over or not seats.first:
            return
        if seats.gap <= 0 or said_at < self._commands.now() - OLDEST:
            return
        await self._raise(said_at, seats, seats.episode, seats.first)

    async def _raise(self, said_at: datetime, seats: SeatsData, episode: str, pool: str) -> None:
        key = f"surge/{pool}"
        book, now = self._commands.book, self._commands.now()
        known = book.open_need(key)
        if known is None and any(
            one.need.episode == episode and one.need.dedup_key == key
            for one in book.callouts.values()
        ):
            # Dropped, stopped or expired by somebody's decision: this surge does not ask again.
            return
        arrived = 0
        if known is not None:
            # Who came after it was counted is still missing in that count.
            counted = said_at - COUNTED_AFTER
            came = (offer.arrived_at for offer in book.offers_of(known.id))
            arrived = sum(1 for at in came if at is not None and at <= counted)
        wanted = to_call_in(seats) + arrived
        before = known.need.quotas if known is not None else ()
        # It grows with the evidence; fewer are wanted when the surge is over, or by hand.
        if wanted <= sum(quota.seats for quota in before):
            return
        policy, centre = self._needs.policy, self._centre()
        own = next((one for one in centre.pools if one.name == pool), None)
        lanes = {lane: float(median) for lane, (median, _) in seats.skills.items()}
        start = known.need.start if known is not None else now + call_up(centre, pool)
        need = Need(
            dedup_key=key,
            pool=pool,
            quotas=grown(before, shared(wanted, lanes, own)),
            start=start,
            end=known.need.end if known is not None else start + policy.shift,
            severity="high",
            raised_at=now,
            raised_by="surge",
            reason=seats.reason[:500],
            episode=episode,
            expires_at=now + policy.expires,
            confirm_by=policy.confirm_by(now),
            unconfirmed=policy.unconfirmed,
        )
        await self._needs.raised(need)
