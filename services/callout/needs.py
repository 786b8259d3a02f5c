"""Who may raise a need, and what becomes of it? Alerts from outside, surges, and managers.

One open need for each dedup key: raised again it is revised, resolved it is closed.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.callout.commands import Commands
from services.callout.inbound.needs import NeedAsked, Taken
from streams.domain.callout import life
from streams.domain.callout.book import OVER, CalloutBook, RefusedError
from streams.domain.callout.policy import CalloutPolicy
from streams.domain.centre import Centre
from streams.events.callouts import CalloutData, Need, Quota, Severity

log = logging.getLogger(__name__)

_SEVERITIES: Final[dict[str, Severity]] = {
    "critical": "critical",
    "error": "high",
    "warning": "normal",
    "info": "normal",
}


class Needs:
    """Opens and closes needs; fulfils `services.callout.inbound.needs.NeedsIn`."""

    def __init__(self, commands: Commands, centre: Callable[[], Centre]) -> None:
        self._commands = commands
        self._centre = centre

    @property
    def policy(self) -> CalloutPolicy:
        """How this centre calls people out now."""
        return self._centre().callout

    async def raised(self, need: Need, *, drill: bool = False) -> CalloutData:
        """Open it, or revise the open one; with `raise_needs = "automatic"` it starts at once."""
        centre = self._centre()
        stamped = centre.callout.stamped(centre.version)

        def decide(book: CalloutBook, now: datetime) -> CalloutData:
            known = book.open_need(need.dedup_key)
            callout = life.open_need(book, need, stamped, now, drill=drill)
            automatic = centre.callout.raise_needs == "automatic" and need.episode is not None
            if known is None and automatic and not drill:
                callout = life.start(book, callout.id, stamped, "automatic", now, unseen=True)
            return book.callout(callout.id)

        callout = await self._commands.run("need", decide)
        log.info("need", extra={"callout": callout.id, "pool": need.pool, "state": callout.state})
        return callout

    async def met(self, dedup_key: str, reason: str, by: str) -> CalloutData | None:
        """Close it; None when it is not open."""

        def decide(book: CalloutBook, now: datetime) -> CalloutData | None:
            known = book.open_need(dedup_key)
            return life.stop(book, known.id, reason, by, now) if known is not None else None

        return await self._commands.run("close_need", decide)

    # From outside

    async def open_need(self, need: NeedAsked, *, by: str) -> Taken:
        """See `NeedsIn`."""
        centre, book = self._centre(), self._commands.book
        known = book.open_need(need.dedup_key)
        pool = need.pool or (known.need.pool if known else _first_pool(centre))
        seats = need.seats or (sum(q.seats for q in known.need.quotas) if known else 0)
        if not seats:
            raise RefusedError("missing", "the need does not say how many seats", "seats")
        before = known.version if known is not None else None
        callout = await self.raised(self._need(need, pool, seats, by))
        if before is None:
            return "opened"
        return "unchanged" if callout.version == before else "revised"

    async def close_need(self, dedup_key: str, *, by: str) -> Taken:
        """See `NeedsIn`."""
        closed = await self.met(dedup_key, "resolved", by)
        return "closed" if closed is not None else "no_such_need"

    async def acknowledge_need(self, dedup_key: str, *, by: str) -> Taken:
        """See `NeedsIn`: written down, and nobody is paged less for it."""

        def decide(book: CalloutBook, now: datetime) -> Taken:
            known = book.open_need(dedup_key)
            if known is None or known.state in OVER:
                return "no_such_need"
            life.seen_by(book, known.id, by, now)
            return "acknowledged"

        return await self._commands.run("acknowledge_need", decide)

    def _need(self, asked: NeedAsked, pool: str, seats: int, by: str) -> Need:
        now, policy = self._commands.now(), self.policy
        start = asked.starts_at or now + call_up(self._centre(), pool)
        hours = timedelta(hours=asked.hours) if asked.hours else policy.shift
        languages = asked.languages or (None,)
        skills = asked.skills or (None,)
        kinds = [(skill, language) for skill in skills for language in languages]
        # Without a number for each kind, the seats are shared evenly, the first kinds first.
        each, more = divmod(seats, len(kinds))
        quotas = tuple(
            Quota(seats=each + (n < more), skill=skill, language=language)
            for n, (skill, language) in enumerate(kinds)
            if each + (n < more)
        )
        return Need(
            dedup_key=asked.dedup_key,
            pool=pool,
            quotas=quotas,
            start=start,
            end=start + hours,
            severity=_SEVERITIES[asked.severity],
            raised_at=now,
            raised_by=by,
            reason=asked.summary[:500],
            expires_at=now + policy.expires,
            confirm_by=policy.confirm_by(now),
            unconfirmed=policy.unconfirmed,
        )


def call_up(centre: Centre, pool: str) -> timedelta:
    """How long it takes until people of a pool sit at a desk."""
    found = next((one for one in centre.pools if one.name == pool), None)
    return found.call_up if found is not None else timedelta(minutes=30)


def _first_pool(centre: Centre) -> str:
    pools = [*centre.people.pools, *(pool.name for pool in centre.pools)]
    return pools[0]
