"""What is in a record of a topic that holds one event a record, or a parcel of them?"""

from streams.errors import InvalidEventError
from streams.events.codec import Event, decode, decode_parcel, encode
from streams.kafka import Record
from streams.processors.letters import Letters

Refusal = tuple[int, bytes, InvalidEventError]


def open_value(value: bytes | None) -> tuple[list[Event], list[Refusal]]:
    """A record's events and what could not be read of it; a tombstone holds nothing."""
    if value is None:
        return [], []
    if value.lstrip()[:1] == b"[":
        return decode_parcel(value)
    try:
        return [decode(value)], []
    except InvalidEventError as error:
        return [], [(0, value, error)]


def open_record(record: Record, topic: str, letters: Letters) -> list[Event]:
    """A record's events; what could not be read becomes a letter."""
    events, refused = open_value(record.value)
    for index, raw, why in refused:
        letters.add(record, topic, index, raw, why)
    return events


def misplaced(event: Event) -> InvalidEventError:
    """Why a readable event is refused that has no business in this topic."""
    return InvalidEventError("wrong_topic", "type", f"{type(event).__name__} does not belong here")


def refuse(record: Record, topic: str, event: Event, letters: Letters) -> None:
    """A letter for an event that has no business in this topic."""
    letters.add(record, topic, 0, encode(event), misplaced(event))
