"""Is this an event that can be taken, and what goes on the log instead of the caller's number?

`admit` takes the bytes of one event as a phone system sent it and gives the typed event, or raises
`InvalidEventError` with the field at fault. The sentence of that error never repeats a value that
was sent: a misplaced number would travel with it.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from services.intake.callers import TELLING_DIGITS, Callers, Known
from services.intake.reasons import named
from services.numbers import Pseudonyms, is_zone
from services.sealing import Sealer
from streams.errors import InvalidEventError
from streams.events.agents import AgentStateChanged
from streams.events.codec import EVENT_TYPES, INTAKE_TYPES, encode
from streams.events.contacts import ContactData, ContactEvent
from streams.events.envelope import CloudEvent

AHEAD: Final = timedelta(minutes=5)
LATE: Final = timedelta(hours=24)
JSON: Final = "application/json"
LONGEST: Final = {"id": 256, "source": 256, "subject": 128}
KEPT_TEXTS: Final = frozenset(
    {"agent", "offer", "queue", "topic", "pool", "language", "country", "languages", "skills"}
)
_BETWEEN_DIGITS: Final = " -./()"
_SEPARATORS: Final = str.maketrans("", "", _BETWEEN_DIGITS)

_decoder = msgspec.json.Decoder()


class Admitted(msgspec.Struct, frozen=True):
    """An event that passed. `event` names the caller by pseudonym alone; `caller` has the rest.

    `identity` stands for (source, id), `digest` for the content: the same for a retry, however it
    was written down, and different when anything that we keep differs. Sixteen bytes each.
    """

    event: ContactEvent | AgentStateChanged
    caller: Known | None
    digest: bytes
    identity: bytes

    @property
    def caller_key(self) -> str | None:
        """The caller's pseudonym, when this event says who calls."""
        return self.caller.bare.key if self.caller is not None else None

    def written(self, now: datetime, partition_key: str | None) -> bytes:
        """The event as it goes on the log."""
        event = self.event
        data = event.data
        if self.caller is not None and isinstance(data, ContactData):
            data = replace(data, caller=self.caller.sealed)
            if data.caller_tz is None and self.caller.zone is not None:
                data = replace(data, caller_tz=self.caller.zone, caller_tz_from="number_prefix")
        return encode(replace(event, data=data, recordedtime=now, partitionkey=partition_key))


class Admission:
    """The rules, with the keys that hide numbers."""

    def __init__(
        self, pseudonyms: Pseudonyms, sealer: Sealer, region: str, event_bytes: int
    ) -> None:
        self._pseudonyms = pseudonyms
        self._callers = Callers(pseudonyms, sealer, region)
        self._event_bytes = event_bytes

    def admit(self, raw: bytes, now: datetime) -> Admitted:
        """The event, or `InvalidEventError`. `now` is the centre's clock."""
        fields = _object(raw)
        kind = _kind(fields)
        _envelope(fields)
        caller = self._hide_caller(fields) if kind is not AgentStateChanged else None
        self._hide_place(fields)
        event = _typed(fields, kind, now)
        content = encode(event)
        if len(content) > self._event_bytes:
            raise InvalidEventError(
                "too_large", "", f"an event may have {self._event_bytes} bytes at most"
            )
        _no_control_characters(content, fields)
        if caller is not None:
            _no_number_outside(content, event, caller.telling)
        identity = _sixteen(f"{event.source}\x1f{event.id}".encode())
        return Admitted(event, caller, _sixteen(content), identity)

    def _hide_caller(self, fields: dict[str, Any]) -> Known | None:
        """Put the pseudonym where the number was; the caller, when there is one."""
        data = fields.get("data")
        if not isinstance(data, dict) or data.get("caller") is None:
            return None
        text = data["caller"]
        if not isinstance(text, str):
            detail = "is the number as text, the word withheld, or null"
            raise InvalidEventError("invalid", "data.caller", detail)
        caller = self._callers.known(text)
        data["caller"] = caller.bare if caller is not None else None
        return caller

    def _hide_place(self, fields: dict[str, Any]) -> None:
        """A place may be somebody's address: equal ones stay equal, and none can be read."""
        data = fields.get("data")
        if isinstance(data, dict) and isinstance(data.get("place"), str) and data["place"]:
            place = " ".join(data["place"].split()).casefold()
            data["place"] = self._pseudonyms.digest_of(f"place\x1f{place}".encode())[:8].hex()


def _sixteen(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        fields = _decoder.decode(raw)
    except RecursionError:
        raise InvalidEventError("malformed", "", "is nested too deeply") from None
    except UnicodeDecodeError:
        raise InvalidEventError("malformed", "", "is not UTF-8") from None
    except msgspec.DecodeError as error:
        raise InvalidEventError("malformed", "", str(error)) from None
    if not isinstance(fields, dict):
        raise InvalidEventError("malformed", "", "an event is a JSON object")
    return fields


def _kind(fields: dict[str, Any]) -> type[CloudEvent]:
    if "specversion" not in fields:
        raise InvalidEventError("missing", "specversion", "is required")
    if fields["specversion"] != "1.0":
        raise InvalidEventError("invalid", "specversion", 'must be "1.0"')
    if "type" not in fields:
        raise InvalidEventError("missing", "type", "is required")
    if not isinstance(fields["type"], str):
        raise InvalidEventError("invalid", "type", "must be text")
    if fields["type"] not in INTAKE_TYPES:
        raise InvalidEventError(
            "unknown_type", "type", f"is not one of {', '.join(sorted(INTAKE_TYPES))}"
        )
    return EVENT_TYPES[fields["type"]]


def _envelope(fields: dict[str, Any]) -> None:
    for name, longest in LONGEST.items():
        value = fields.get(name)
        if isinstance(value, str) and (len(value) > longest or not value or value.isspace()):
            raise InvalidEventError("invalid", name, f"must have 1 to {longest} characters")
    media = fields.get("datacontenttype", JSON)
    if media != JSON and not _means_json(media):
        raise InvalidEventError("invalid", "datacontenttype", f"must be {JSON}")
    fields["datacontenttype"] = JSON
    # These two are ours to say, whatever was sent.
    fields.pop("recordedtime", None)
    fields.pop("partitionkey", None)


def _means_json(media: Any) -> bool:
    return isinstance(media, str) and media.partition(";")[0].strip().lower() == JSON


def _typed(
    fields: dict[str, Any], kind: type[CloudEvent], now: datetime
) -> ContactEvent | AgentStateChanged:
    try:
        event: Any = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise named(error, kind) from None
    zone = getattr(event.data, "caller_tz", None)
    if zone is not None and not is_zone(zone):
        raise InvalidEventError("invalid", "data.caller_tz", 'must be such as "Europe/Paris"')
    if isinstance(event, AgentStateChanged) and event.subject != event.data.agent:
        raise InvalidEventError("invalid", "subject", "must be the agent's id, as in data.agent")
    moment = _aware(event.time, "time")
    if moment > now + AHEAD:
        raise InvalidEventError("in_future", "time", "is ahead of the centre's clock")
    if moment < now - LATE:
        raise InvalidEventError("too_late", "time", "is more than 24 hours ago")
    if event.originaltime is not None:
        original = _aware(event.originaltime, "originaltime")
        event = replace(event, originaltime=original)
    return event if moment is event.time else replace(event, time=moment)  # type: ignore[no-any-return]


def _aware(moment: datetime, field: str) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise InvalidEventError("invalid", field, "needs a zone: Z or an offset such as +09:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidEventError("invalid", field, "is outside the calendar") from None


def _no_control_characters(content: bytes, fields: dict[str, Any]) -> None:
    # JSON writes them, quotes and backslashes as escapes: without one there is nothing to look for.
    if b"\\" not in content:
        return
    for name in ("id", "source", "subject"):
        _printable(fields[name], name)
    for name, value in fields["data"].items():
        if name in KEPT_TEXTS:
            for text in value if isinstance(value, list) else [value]:
                _printable(text, f"data.{name}")


def _printable(value: Any, field: str) -> None:
    if isinstance(value, str) and not value.isprintable():
        raise InvalidEventError("invalid", field, "holds a control character")


def _no_number_outside(
    content: bytes, event: ContactEvent | AgentStateChanged, telling: str
) -> None:
    """A phone system that names its calls by number would write it into keys and logs."""
    # Whatever field holds it, then so do the bytes of the event: one look clears nearly all.
    if telling.encode() not in content.translate(None, _BETWEEN_DIGITS.encode()):
        return
    data = event.data
    texts = {
        "id": event.id,
        "source": event.source,
        "subject": event.subject,
        "data.topic": getattr(data, "topic", None),
        "data.agent": getattr(data, "agent", None),
        "data.offer": getattr(data, "offer", None),
        **{f"data.skills[{at}]": skill for at, skill in enumerate(getattr(data, "skills", ()))},
    }
    for field, text in texts.items():
        if text and _tells(text, telling):
            raise InvalidEventError("personal_data", field, "holds the caller's number")


def _tells(text: str, telling: str) -> bool:
    bare = text.translate(_SEPARATORS)
    return len(bare) >= TELLING_DIGITS and telling in bare
