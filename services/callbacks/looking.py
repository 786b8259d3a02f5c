"""What is on the list, for someone who looks for something in it?

The list is kept in order, not by language or queue, so a filter walks it; whole thousands take a
fraction of a second, in steps short enough that nobody who asks for the next callback waits for it.
What everybody's page shows is counted at most once a second, of long lists more seldom.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.callbacks.worklist import Worklist
from streams.domain.callbacks.order import EVERY_QUEUE, may_be_leased, why_here
from streams.events.callbacks import CallbackData, SwitchesData

STEP: Final = 200
FRESH_SECONDS: Final = 1.0
# The counting takes a twentieth of the time at most, however long the list.
FRESH_FOR: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What must be so of a callback; None means it does not matter."""

    language: str | None = None
    queue: str | None = None
    urgency: str | None = None
    overdue: bool | None = None

    def fits(self, state: CallbackData, now: datetime) -> bool:
        """Whether it is one of those."""
        return (
            self.language in (None, state.language)
            and self.queue in (None, state.queue)
            and self.urgency in (None, state.urgency)
            and self.overdue in (None, is_overdue(state, now))
        )


ANYTHING: Final = Sought()


def is_overdue(state: CallbackData, now: datetime) -> bool:
    """Open past what was promised."""
    return state.state != "closed" and state.promised_by < now


async def page(
    worklist: Worklist, which: str, offset: int, limit: int, now: datetime, sought: Sought
) -> tuple[int, list[CallbackData]]:
    """How many there are of those, and some of them in order."""
    if sought == ANYTHING:
        return await worklist.page(which, offset, limit, now)
    count, found = 0, []
    async for state in _all(worklist, which, now):
        if sought.fits(state, now):
            if offset <= count < offset + limit:
                found.append(state)
            count += 1
    return count, found


class Summary:
    """The counts above everybody's list."""

    def __init__(self) -> None:
        self._counted: dict[str, Any] = {}
        self._good_until = 0.0

    async def of(self, worklist: Worklist, now: datetime) -> dict[str, Any]:
        """Counted now, or a moment ago."""
        began = time.monotonic()
        if began >= self._good_until:
            self._counted = await _count(worklist, now)
            ended = time.monotonic()
            self._good_until = ended + max(FRESH_SECONDS, FRESH_FOR * (ended - began))
        return self._counted


async def _count(worklist: Worklist, now: datetime) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    oldest: datetime | None = None
    next_due: datetime | None = None
    async for state in _all(worklist, "waiting", now):
        ready = may_be_leased(state, now)
        counts["waiting"] += 1
        counts["ready"] += ready and not _is_closed(worklist.switches, state)
        counts["overdue"] += is_overdue(state, now)
        counts["life_at_risk"] += state.urgency == "life_at_risk"
        # The one exception to the order of arrival: rule (2) lifts what is near its deadline.
        counts["lifted"] += ready and why_here(state, now) == "promise_near_deadline"
        oldest = min(oldest or state.origin, state.origin)
        if not ready and state.due_at > now:
            next_due = min(next_due or state.due_at, state.due_at)
    async for state in _all(worklist, "held", now):
        counts["held"] += 1
        counts["overdue"] += is_overdue(state, now)
    names = ("waiting", "ready", "held", "overdue", "life_at_risk", "lifted")
    return {name: counts[name] for name in names} | {"oldest": oldest, "next_due": next_due}


def _is_closed(switches: SwitchesData, state: CallbackData) -> bool:
    return not {state.queue, EVERY_QUEUE}.isdisjoint(switches.dialling_off)


async def _all(worklist: Worklist, which: str, now: datetime) -> AsyncIterator[CallbackData]:
    offset = 0
    while True:
        total, states = await worklist.page(which, offset, STEP, now)
        for state in states:
            yield state
        offset += STEP
        if offset >= total:
            return
