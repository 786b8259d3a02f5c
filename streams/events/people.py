"""Who can be called out, how they are reached, and when they work.

`people` carries one compacted record per person and one per shift. Names, addresses and numbers
are sealed; nothing in the clear tells who somebody is. A record without a value forgets them.
"""

from datetime import datetime
from typing import Literal

import msgspec

from streams.events.envelope import CloudEvent, Data

MethodKind = Literal["sms", "voice", "email", "push"]
Standing = Literal["now", "30min", "2h", "no"]
Group = Literal["counselor", "agency", "volunteer"]
ShiftKind = Literal["planned", "override", "swap", "seat", "elsewhere"]
Profile = Literal["EU", "KR", "none"]


class ContactMethod(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to reach a person. `sealed` is the number or address.

    `digest` is the keyed hash of a number, so that an answer from it finds its person. Nobody is
    paged by a method that was never verified, nor by one that opted out at the carrier.
    """

    id: str
    kind: MethodKind
    sealed: str
    digest: str = ""
    verified_at: datetime | None = None
    last_success_at: datetime | None = None
    opted_out: bool = False


class PlanStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a contact plan: this method, so long after the offer. A method may come twice."""

    method: str
    after_seconds: int = 0


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From one instant until another."""

    starts_at: datetime
    ends_at: datetime


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a person asks not to be paged, in minutes after local midnight; may cross midnight.

    `days` are the weekdays on which it begins, Monday is 0.
    """

    from_minute: int
    until_minute: int
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


class Person(Data, frozen=True, kw_only=True):
    """One person who can be called out. `version` counts changes from 1.

    `tier` is when they are asked: 1 before 2. `agent` is who they are to the phone system, so that
    a seat can be seen to be taken. `profile` is the law their rest follows. `weekly_hours` and
    `monthly_hours` are what their contract allows at most; 0 is no limit of their own.
    `response_minutes` is how soon the roster expects them: short times make standby working time
    (Matzak, C-518/15). `feed_digest` is the hash of their calendar's secret address.
    """

    id: str
    version: int = 1
    sealed_name: str
    pool: str
    tier: int = 1
    group: Group = "counselor"
    agent: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    methods: tuple[ContactMethod, ...] = ()
    plan: tuple[PlanStep, ...] = ()
    timezone: str
    standing: Standing = "30min"
    standing_since: datetime | None = None
    leave: tuple[Span, ...] = ()
    quiet: tuple[QuietHours, ...] = ()
    profile: Profile = "none"
    weekly_hours: float = 0.0
    monthly_hours: float = 0.0
    response_minutes: int = 0
    feed_digest: str = ""
    active: bool = True


class PersonChanged(CloudEvent, frozen=True, kw_only=True, tag="surgeline.person.changed.v1"):
    """`change` says what happened: imported, verified, reached, opted_out, opted_in, standing_set,
    leave_set, feed_made, feed_revoked, deactivated, resealed.
    """

    change: str
    data: Person


class Shift(Data, frozen=True, kw_only=True):
    """Hours of one person, as instants. "elsewhere" is work that we only know of by a calendar.

    `replaces` is the shift that an override or a swap took the place of; `source` the calendar or
    file it came from, `seen_at` when that was last read. `cancelled` shifts count for nothing.
    """

    id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    kind: ShiftKind = "planned"
    pool: str = ""
    replaces: str | None = None
    source: str = ""
    seen_at: datetime | None = None
    sequence: int = 0
    cancelled: bool = False


class ShiftChanged(CloudEvent, frozen=True, kw_only=True, tag="surgeline.shift.changed.v1"):
    data: Shift
