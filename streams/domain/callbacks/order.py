"""Whose turn is it?

(1) life at risk, (2) promises near their deadline, (3) urgency, (4) original arrival. The arrival
is the person's first, kept through every retry; nobody is overtaken by a later arrival of the same
(1) and (3) except where (2) says so. The order is one number per callback, so that a sorted set
keeps it, and a lane (queue, language, skills) says who can take it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from streams.domain.callbacks.callback import URGENCY_RANK, Change, in_flight
from streams.domain.centre import CallbackPolicy
from streams.events.callbacks import CallbackData

RULES: Final = CallbackPolicy()
EVERY_QUEUE: Final = "*"

# A double holds whole numbers up to 9.007e15: eight classes of 1e15 microseconds (31 years).
_CLASS: Final = 10**15
_ZERO: Final = datetime(2015, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An agent who is free, and what they can take; None means they did not say, so anything."""

    agent: str
    languages: frozenset[str] | None = None
    skills: frozenset[str] | None = None


def near_from(state: CallbackData) -> datetime:
    """From when on the promise is near its deadline; older records do not say."""
    return state.near_from or state.promised_by - RULES.near_deadline


def marked(change: Change, policy: CallbackPolicy) -> Change:
    """The same transition, with the moment its promise comes near its deadline written down."""
    near = change.state.promised_by - policy.near_deadline
    if change.state.near_from == near:
        return change
    return Change(name=change.name, state=replace(change.state, near_from=near), at=change.at)


def may_be_leased(state: CallbackData, now: datetime) -> bool:
    """Whether an agent may have it now."""
    free = state.state == "due" and not state.on_hold and not in_flight(state)
    awake = state.quiet_from is None or now < state.quiet_from
    return free and awake and state.due_at <= now < state.expires_at


def score(state: CallbackData, *, near: bool) -> int:
    """The place in line as a number: smaller is sooner."""
    # Life at risk: classes 0 and 1. The others: 2 to 4 near the deadline, 5 to 7 before.
    rank = URGENCY_RANK[state.urgency]
    others = 1 if near else 4
    place = others + rank if rank else int(not near)
    arrival = (state.origin - _ZERO) // _MICROSECOND
    return place * _CLASS + min(max(arrival, 0), _CLASS - 1)


def place(state: CallbackData, now: datetime) -> tuple[int, str]:
    """The place in line now; ids break ties."""
    return score(state, near=now >= near_from(state)), state.id


def why_here(state: CallbackData, now: datetime) -> str:
    """The rule that gave the place, for the people who look at the list."""
    if state.urgency == "life_at_risk":
        return "life_at_risk"
    if now >= near_from(state):
        return "promise_near_deadline"
    return "arrival" if state.urgency == "normal" else f"urgency_{state.urgency}"


def lane(state: CallbackData) -> str:
    """Callbacks of one lane can be taken by the same people."""
    return "|".join((state.queue, state.language or "", ",".join(sorted(state.skills))))


def fits(lane_name: str, wish: Wish, closed_queues: Collection[str]) -> bool:
    """Whether this agent may take callbacks of a lane; queues whose dialling is off are closed."""
    queue, language, skills = lane_name.split("|", 2)
    if queue in closed_queues or EVERY_QUEUE in closed_queues:
        return False
    if language and wish.languages is not None and not _speaks(wish.languages, language):
        return False
    needed = frozenset(filter(None, skills.split(",")))
    return wish.skills is None or needed <= wish.skills


def _speaks(languages: frozenset[str], language: str) -> bool:
    # "en-GB" is understood by whoever speaks "en".
    return language in languages or language.partition("-")[0] in languages
