"""Bytes to facts and back, in one place on each side of the log."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from streams.errors import InvalidEventError
from streams.events.agents import AgentStateChanged
from streams.events.audit import AuditRecorded
from streams.events.baselines import BaselineLearned, DetectorCheckpointed
from streams.events.callbacks import CallbackChanged, CallbackWanted, CallerServed, SwitchesSet
from streams.events.callouts import CalloutAlarmed, CalloutChanged, OfferChanged
from streams.events.centre import CentreApplied
from streams.events.commands import OrderGiven
from streams.events.contacts import (
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactDeflected,
    ContactOffered,
    ContactQueued,
)
from streams.events.control import ClockDeclared, ContactKeyed, DeadLettered
from streams.events.demand import PulseCounted, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.people import PersonChanged, ShiftChanged
from streams.events.surges import (
    EventPlanned,
    FeedResumed,
    FeedSilent,
    SeatsNeeded,
    SurgeCleared,
    SurgeDeclared,
    SurgeRevised,
    WaitEstimated,
)

Event = (
    ContactArrived
    | ContactQueued
    | ContactOffered
    | ContactAnswered
    | ContactAbandoned
    | ContactCompleted
    | ContactDeflected
    | AgentStateChanged
    | PulseCounted
    | QueuesMeasured
    | SurgeDeclared
    | SurgeRevised
    | SurgeCleared
    | EventPlanned
    | SeatsNeeded
    | WaitEstimated
    | BaselineLearned
    | DetectorCheckpointed
    | FeedSilent
    | FeedResumed
    | CallbackWanted
    | CallerServed
    | CallbackChanged
    | SwitchesSet
    | CalloutChanged
    | OfferChanged
    | CalloutAlarmed
    | OrderGiven
    | CentreApplied
    | PersonChanged
    | ShiftChanged
    | ClockDeclared
    | ContactKeyed
    | DeadLettered
    | AuditRecorded
)
EVENT_TYPES: dict[str, type[CloudEvent]] = {
    str(cls.__struct_config__.tag): cls for cls in Event.__args__
}
# What a phone system may send; everything else is ours to say.
INTAKE_TYPES: frozenset[str] = frozenset(
    name for name in EVENT_TYPES if name.startswith(("surgeline.contact.", "surgeline.agent."))
) - {"surgeline.contact.keyed.v1"}

NAMESPACE = uuid.UUID("6f0e2b54-0d54-5f0e-9b7e-3f6b4f0a1c11")
_NAMESPACE_BYTES = NAMESPACE.bytes
# The digit that says "as in RFC 9562", by the one that the hash has there.
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

_encoder = msgspec.json.Encoder()
_parcel_decoder = msgspec.json.Decoder(list[Event])
_loose_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_event_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Event)


def encode_decision(event: CloudEvent, version: str) -> bytes:
    """One event as JSON bytes, with the version of the centre file by which it was decided."""
    return _encoder.encode(msgspec.structs.replace(event, centreversion=version or None))


def encode(event: CloudEvent) -> bytes:
    """One event as JSON bytes; the same event always gives the same bytes."""
    return _encoder.encode(event)


def decode(raw: bytes) -> Event:
    """One event from JSON bytes; raises `InvalidEventError` naming the field."""
    try:
        event: Event = _event_decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _invalid(error, raw) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidEventError("malformed", "", str(error)) from None
    return event


def decode_known(raw: bytes | None) -> Event | None:
    """The same for whoever follows a topic beside a newer version of us: what that one alone can
    read is None, as is a tombstone, and no reason to end.
    """
    try:
        return decode(raw) if raw else None
    except InvalidEventError:
        return None


def encode_parcel(events: Sequence[CloudEvent]) -> bytes:
    """1..N events of one partition as one record's value."""
    return _encoder.encode(events)


def decode_parcel(raw: bytes) -> tuple[list[Event], list[tuple[int, bytes, InvalidEventError]]]:
    """A record's events, and those that could not be read as (index, bytes, error).

    One decode for the whole parcel; only when something in it is wrong is each event tried alone,
    so that a bad one does not take its neighbours along.
    """
    try:
        return _parcel_decoder.decode(raw), []
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        parts = _loose_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [], [(0, raw, InvalidEventError("malformed", "", str(error)))]
    good: list[Event] = []
    bad: list[tuple[int, bytes, InvalidEventError]] = []
    for index, part in enumerate(parts):
        try:
            good.append(decode(bytes(part)))
        except InvalidEventError as error:
            bad.append((index, bytes(part), error))
    return good, bad


def derived_id(*parts: str | int) -> str:
    """The same inputs give the same id on every replay: UUIDv5 over the parts."""
    name = "\x1f".join([str(part) for part in parts]).encode()
    made = hashlib.sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).hexdigest()
    # `str(uuid.uuid5(...))`, written out: each pulse has such an id, and this takes a third.
    variant = _VARIANT[made[16]]
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{variant}{made[17:20]}-{made[20:32]}"


def _invalid(error: msgspec.ValidationError, raw: bytes) -> InvalidEventError:
    detail, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if field == "type":
        return InvalidEventError("unknown_type", "type", detail)
    if detail.startswith("Object missing required field `"):
        missing = detail.split("`")[1]
        return InvalidEventError("missing", f"{field}.{missing}".lstrip("."), "is required")
    if not field and raw[:1] != b"{":
        return InvalidEventError("malformed", "", "an event is a JSON object")
    return InvalidEventError("invalid", field, detail)
