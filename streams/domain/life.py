"""What do all reports about one contact, in whatever order they came, say of its life?

The fold is a join: each field takes the earliest, latest or highest of what was said, so the
order of reports and their repeats change nothing. A contact has legs (passes through a queue).
An answer on a leg of the caller's own means answered live, whenever it is heard of; hanging up
and being turned away are ends; a consult leg is two counselors talking and is no part of what
the caller got, nor is a leg in which we rang the caller back.
"""

from enum import IntEnum
from typing import Final

from streams.domain.moments import HOUR, Micros, micros
from streams.events.callbacks import Caller
from streams.events.contacts import (
    AbandonedData,
    AnsweredData,
    ArrivedData,
    CompletedData,
    ContactEvent,
    DeflectedData,
    DeflectReason,
    OfferedData,
    QueuedData,
)

# What is said of the caller: queue, channel (None for voice), language, country, topic, key.
Known = tuple[str, str | None, str | None, str | None, str | None, str | None]
QUEUE, CHANNEL, LANGUAGE, COUNTRY, TOPIC, KEY = range(6)

ARRIVED, QUEUED, OFFERED, ANSWERED, COMPLETED, ABANDONED, DEFLECTED = range(7)
RANK: Final[dict[type, int]] = {
    ArrivedData: ARRIVED,
    QueuedData: QUEUED,
    OfferedData: OFFERED,
    AnsweredData: ANSWERED,
    CompletedData: COMPLETED,
    AbandonedData: ABANDONED,
    DeflectedData: DEFLECTED,
}
_URGENCY: Final = {"low": 1, "normal": 0, "high": 2, "life_at_risk": 3}
URGENCIES: Final = ("normal", "low", "high", "life_at_risk")
NEVER: Final = 1 << 62


class State(IntEnum):
    """Where a contact stands. OUTBOUND: no leg of the caller's own, so it is nobody's request."""

    OUTBOUND = 0
    WAITING = 1
    ANSWERED = 2
    ABANDONED = 3
    DEFLECTED = 4
    NO_END = 5


class Leg:
    """One pass through a queue that reached a counselor; legs of a contact form a short list."""

    __slots__ = ("answered_at", "completed_at", "handled", "next", "number")

    def __init__(self, number: int, following: "Leg | None") -> None:
        self.number = number
        self.next = following
        self.answered_at: Micros = NEVER
        self.completed_at: Micros = -1
        self.handled: Micros = -1

    def handle_time(self) -> Micros:
        """Talk, hold and wrap-up as reported, else from the answer to the end; -1 if unknown."""
        if self.handled >= 0:
            return self.handled
        if self.completed_at < 0 or self.answered_at == NEVER:
            return -1
        return max(0, self.completed_at - self.answered_at)


class ContactLife:
    """One contact. Small, because a day has up to a million; see `docs` of the tally for bytes."""

    __slots__ = (
        "abandoned_at",
        "agent",
        "answered",
        "answered_at",
        "arrived_at",
        "caller",
        "completed_leg",
        "consent",
        "deflected_at",
        "deflected_leg",
        "deflected_why",
        "first_heard",
        "handle",
        "has_number",
        "id",
        "inbound",
        "known",
        "last_at",
        "legs",
        "next",
        "no_end",
        "prev",
        "promise",
        "queued_at",
        "reach",
        "request",
        "role",
        "seen",
        "served",
        "shape",
        "stamps",
        "top_leg",
        "urgency",
        "wait",
    )

    def __init__(self, contact: str) -> None:
        self.id = contact
        self.known: Known = ("", None, None, None, None, None)
        self.stamps: int | tuple[int, ...] = NEVER
        self.seen = b""
        self.caller: Caller | None = None
        self.has_number = False
        self.consent = True
        self.urgency = 0
        self.inbound = False
        self.first_heard: Micros = NEVER
        self.arrived_at: Micros = NEVER
        self.queued_at: Micros = NEVER
        self.answered = False
        self.answered_at: Micros = NEVER
        self.agent: str | None = None
        self.abandoned_at: Micros = NEVER
        self.deflected_leg = 0
        self.deflected_at: Micros = NEVER
        self.deflected_why: DeflectReason | None = None
        self.completed_leg = 0
        self.top_leg = 0
        self.last_at: Micros = -1
        self.legs: Leg | None = None
        self.no_end = False
