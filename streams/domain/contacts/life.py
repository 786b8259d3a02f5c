"""What do all reports about one contact, in whatever order they came, say of its life?

The fold is a join: each field takes the earliest, latest or highest of what was said, so the
order of reports and their repeats change nothing. A contact has legs (passes through a queue).
An answer on a leg of the caller's own means answered live, whenever it is heard of; hanging up
and being turned away are ends; a consult leg is two counselors talking and is no part of what
the caller got, nor is a leg in which we rang the caller back.
"""

import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from streams.domain.contacts.legs import Leg, leg_of
from streams.domain.contacts.rule_table import Facts
from streams.domain.moments import NEVER, Micros
from streams.events.contacts import (
    Caller,
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactData,
    ContactDeflected,
    ContactEvent,
    ContactOffered,
    ContactQueued,
    DeflectReason,
    Urgency,
    ZoneSaid,
)

if TYPE_CHECKING:
    from streams.domain.contacts.requests import PersonsRequest
    from streams.domain.contacts.tallies import Shape

NOTHING: Final[Facts] = ("", None, None, None, None)
KEY: Final = 5  # the caller's key is joined like a sixth fact, but kept apart: it is not shared

ARRIVED, QUEUED, OFFERED = range(3)
RANK: Final[dict[type, int]] = {
    ContactArrived: ARRIVED,
    ContactQueued: QUEUED,
    ContactOffered: OFFERED,
    ContactAnswered: 3,
    ContactCompleted: 4,
    ContactAbandoned: 5,
    ContactDeflected: 6,
}
_TIME_BITS: Final = 52
# A zone heard of: how far it is to be trusted, the report's stamp, its name. The least one holds.
ZoneHeard = tuple[int, int, str]
SAID_BY: Final[tuple[ZoneSaid, ...]] = ("declared", "app", "number_prefix")
_TRUST: Final = {said: trust for trust, said in enumerate(SAID_BY)}
_NOT_THE_CALLERS: Final = frozenset({"consult", "callback"})
_NOT_SAID: Final = (None, None, None)


class State(IntEnum):
    """Where a contact stands. NO_END: it waited so long that its end must have been missed."""

    WAITING = 1
    ANSWERED = 2
    ABANDONED = 3
    DEFLECTED = 4
    NO_END = 5


class Promise:
    """A callback was asked for: under which request's id, and when the need was there."""

    __slots__ = ("at", "request_id")

    def __init__(self, request_id: str, at: Micros) -> None:
        self.request_id = request_id
        self.at = at


class ContactLife:
    """One contact. Slots and whole numbers only, because a day may have a million of them."""

    __slots__ = (
        "abandoned_at",
        "agent",
        "answered",
        "answered_at",
        "arrival",
        "arrived_at",
        "caller",
        "closed_leg",
        "consent",
        "deflected",
        "facts",
        "first_heard",
        "handle",
        "has_number",
        "id",
        "inbound",
        "key",
        "last_at",
        "legs",
        "newest",
        "next",
        "no_end",
        "place",
        "prev",
        "promise",
        "queued_at",
        "reach",
        "request",
        "role",
        "second",
        "seen",
        "served",
        "shape",
        "skills",
        "stamps",
        "state",
        "top_leg",
        "urgency",
        "wait",
        "zone",
    )

    def __init__(self, contact: str) -> None:
        self.id = contact
        # What was reported:
        self.facts = NOTHING
        self.key: str | None = None
        self.newest = -1  # the latest report that a fact was taken from; `stamps` say it for each
        self.stamps: tuple[int, ...] | None = None
        self.seen = b""
        self.caller: Caller | None = None
        self.has_number = False
        self.consent = True
        self.place: tuple[int, str] | None = None  # as the first report that names one has it
        self.urgency: Urgency = "normal"
        self.skills: tuple[str, ...] = ()
        self.zone: ZoneHeard | None = None
        self.inbound = False
        self.first_heard: Micros = NEVER
        self.arrived_at: Micros = NEVER
        self.arrival: Micros = NEVER  # when it arrived; until that is reported, first_heard
        self.queued_at: Micros = NEVER
        self.answered = False
        self.answered_at: Micros = NEVER
        self.agent: str | None = None
        self.abandoned_at: Micros = NEVER
        self.deflected: tuple[int, Micros, DeflectReason] | None = None
        self.closed_leg = 0
        self.top_leg = 0
        self.last_at: Micros = -1
        self.legs: Leg | None = None
        self.state = State.WAITING
        # What was decided:
        self.no_end = False
        self.promise: Promise | None = None
        self.served = False
        # Where it stands among the caller's contacts, and how it is counted now:
        self.prev: ContactLife | None = None
        self.next: ContactLife | None = None
        self.request: PersonsRequest | None = None
        self.reach: Micros = -1
        self.role = 0
        self.shape: Shape | None = None
        self.second = -1
        self.wait: Micros = -1
        self.handle: Micros = -1

    # Questions

    @property
    def waits_from(self) -> Micros:
        """Waiting begins in the queue, not in the menu before it."""
        return self.queued_at if self.queued_at != NEVER else self.arrival

    @property
    def is_open(self) -> bool:
        """No end of it has been seen."""
        return (
            self.abandoned_at == NEVER
            and self.closed_leg < self.top_leg
            and (self.deflected is None or self.deflected[0] < self.top_leg)
        )

    def wait_time(self) -> Micros:
        """From the start of waiting to the first answer, or to hanging up; -1 if not known."""
        until = self.answered_at if self.answered else self.abandoned_at
        if until == NEVER or (self.arrived_at == NEVER and self.queued_at == NEVER):
            return -1
        return max(0, until - self.waits_from)

    def handle_time(self) -> Micros:
        """Handling over all legs; -1 while none is known."""
        return -1 if self.legs is None else self.legs.handle_time_of_all()

    def miss_the_end(self) -> None:
        """It has waited so long that its end must have been missed."""
        self.no_end = True
        self._restate()

    # The join

    def fold(self, event: ContactEvent, at: Micros, shared: dict[Facts, Facts]) -> None:
        """Take one report. `shared` keeps one copy of each combination of facts."""
        data = event.data
        if at > self.last_at:  # noqa: PLR1730 (half the cost, on the hot path)
            self.last_at = at
        if data.leg_kind in _NOT_THE_CALLERS:
            return
        if not self.inbound:
            self.inbound = True
            self.first_heard, self.facts = NEVER, NOTHING  # a stand-in's were not its own
        if at < self.first_heard:  # noqa: PLR1730
            self.first_heard = at
        self.no_end = False  # it was heard of: to be judged anew
        rank = RANK[type(event)]
        self._learn(data, ((data.leg << 3) | rank) << _TIME_BITS | at, shared)
        if rank <= OFFERED:
            self._on_the_way(rank, data.leg, at)
        elif isinstance(event, ContactAnswered):
            self._answered(event, at)
        elif isinstance(event, ContactCompleted):
            self._completed(event, at)
        elif isinstance(event, ContactDeflected):
            told = (data.leg, at, event.data.reason)
            self.deflected = told if self.deflected is None else max(self.deflected, told)
        else:
            self.abandoned_at = min(self.abandoned_at, at)
        self.arrival = self.arrived_at if self.arrived_at != NEVER else self.first_heard
        self._restate()

    def _restate(self) -> None:
        """Being turned away on the last leg outlasts the hang-up after it."""
        if self.answered:
            self.state = State.ANSWERED
        elif self.deflected is not None and self.deflected[0] >= self.top_leg:
            self.state = State.DEFLECTED
        elif self.abandoned_at != NEVER:
            self.state = State.ABANDONED
        else:
            self.state = State.NO_END if self.no_end else State.WAITING

    def _on_the_way(self, rank: int, leg: int, at: Micros) -> None:
        if leg > self.top_leg:  # noqa: PLR1730
            self.top_leg = leg
        if rank == ARRIVED:
            self.arrived_at = min(self.arrived_at, at)
        elif rank == QUEUED and at < self.queued_at:
            self.queued_at = at

    def _learn(self, data: ContactData, stamp: int, shared: dict[Facts, Facts]) -> None:
        caller = data.caller
        channel = None if data.channel == "voice" else data.channel
        facts: Facts = (data.queue, channel, data.language, data.country, data.topic)
        key = None if caller is None else caller.key
        if self.newest < 0:
            self.facts, self.key, self.newest = shared.setdefault(facts, facts), key, stamp
        elif stamp < self.newest or facts != self.facts or (key is not None and key != self.key):
            # Most later reports repeat what is known, or leave the caller out.
            self._merge((*facts, key), stamp, shared)
        if caller is not None and caller.sealed is not None:
            self.has_number = True
            if self.caller is None or self.caller.key != self.key:
                self.caller = caller
        if data.urgency != "normal":
            self.urgency = graver(self.urgency, data.urgency)
        if not data.consent_callback:
            self.consent = False
        if data.place is not None:
            place = stamp, data.place
            self.place = place if self.place is None else min(self.place, place)
        if data.skills:
            self.skills = tuple(sorted({*self.skills, *data.skills}))
        if data.caller_tz is not None:
            heard = (_TRUST[data.caller_tz_from], stamp, data.caller_tz)
            self.zone = heard if self.zone is None else min(self.zone, heard)

    def _merge(self, said: tuple[str | None, ...], stamp: int, shared: dict[Facts, Facts]) -> None:
        """Fact by fact the report of the lowest leg, rank and time holds."""
        stamps = self.stamps or (self.newest,) * 6
        held = (*self.facts, self.key)
        takes = [
            new is not None and (old is None or (stamp, new) < (since, old))
            for old, since, new in zip(held, stamps, said, strict=True)
        ]
        if not any(takes):
            return
        queue, channel, language, country, topic, key = (
            new if take else old for take, new, old in zip(takes, said, held, strict=True)
        )
        facts: Facts = (queue or "", channel, language, country, topic)
        self.facts, self.key = shared.setdefault(facts, facts), key
        self.stamps = tuple(
            stamp if take else since for take, since in zip(takes, stamps, strict=True)
        )
        self.newest = max(self.stamps)

    def _answered(self, event: ContactAnswered, at: Micros) -> None:
        agent = event.data.agent
        if (at, agent) < (self.answered_at, self.agent or ""):
            self.answered_at, self.agent = at, sys.intern(agent)  # one copy for all their calls
        self.answered = True
        self.top_leg = max(self.top_leg, event.data.leg)
        self.legs, leg = leg_of(self.legs, event.data.leg)
        leg.answered_at = min(leg.answered_at, at)

    def _completed(self, event: ContactCompleted, at: Micros) -> None:
        data = event.data
        self.answered = True
        if data.agent is not None and self.answered_at == NEVER:
            self.agent = min(self.agent or data.agent, data.agent)
        self.top_leg = max(self.top_leg, data.leg)
        self.closed_leg = max(self.closed_leg, data.leg)
        self.legs, leg = leg_of(self.legs, data.leg)
        leg.completed_at = max(leg.completed_at, at)
        parts = (data.talk_seconds, data.hold_seconds, data.wrap_up_seconds)
        if parts != _NOT_SAID:
            leg.handled = max(leg.handled, round(sum(part or 0.0 for part in parts) * 1e6))


_GRAVITY: Final[dict[Urgency, int]] = {"normal": 0, "low": 1, "high": 2, "life_at_risk": 3}


def graver(one: Urgency, other: Urgency) -> Urgency:
    """The graver of two urgencies. "normal" is also what is said when nobody asked, so a "low"
    that was said once is not undone by it.
    """
    return one if _GRAVITY[one] >= _GRAVITY[other] else other
