"""The centre's own housekeeping: its clock, the place of a contact, and what was refused."""

from datetime import datetime

from streams.events.envelope import CloudEvent, Data


class ClockData(Data, frozen=True, kw_only=True):
    """See `streams.domain.clock.CentreClock`; `shift_seconds` is what a replay added to times."""

    wall: datetime
    event: datetime
    speed: float
    shift_seconds: float = 0.0
    declared_by: str = ""


class ClockDeclared(CloudEvent, frozen=True, kw_only=True, tag="surgeline.clock.declared.v1"):
    data: ClockData


class ContactKeyData(Data, frozen=True, kw_only=True):
    """The partition key of a contact, decided once. The first record of a contact id holds."""

    contact: str
    key: str


class ContactKeyed(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.keyed.v1"):
    data: ContactKeyData


class DeadLetterData(Data, frozen=True, kw_only=True):
    """An event that could not be taken: why, where it was, and its bytes sealed with AES-GCM.

    The bytes may hold a number, so they are never kept in the clear. `topic`, `partition` and
    `offset` are set when the event was already on the log; `index` is its place in the parcel
    or in the request.
    """

    reason: str
    field: str = ""
    detail: str = ""
    sealed: str = ""
    truncated: bool = False
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    index: int | None = None


class DeadLettered(CloudEvent, frozen=True, kw_only=True, tag="surgeline.dead-letter.kept.v1"):
    data: DeadLetterData
