"""Is this an event that can be taken, and what goes on the log instead of the caller's number?

`admit` takes the bytes of one event as a phone system sent it and gives the typed event, or raises
`InvalidEventError` with the field at fault. The sentence of that error never repeats a value that
was sent: a misplaced number would travel with it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from services.intake.reasons import named
from services.numbers import Pseudonyms, caller_number, is_zone, zone_of
from services.sealing import Sealer
from streams.errors import InvalidEventError
from streams.events.agents import AgentStateChanged
from streams.events.codec import EVENT_TYPES, INTAKE_TYPES, encode
from streams.events.contacts import Caller, ContactData, ContactEvent
from streams.events.envelope import CloudEvent

AHEAD: Final = timedelta(minutes=5)
LATE: Final = timedelta(hours=24)
LONGEST: Final = {"id": 256, "source": 256, "subject": 128}
# A national number of fewer digits would be found in too many innocent ids.
TELLING_DIGITS: Final = 8
KEPT_TEXTS: Final = frozenset(
    {"agent", "offer", "queue", "topic", "pool", "language", "country", "languages", "skills"}
)
_SEPARATORS: Final = str.maketrans("", "", " -./()")

_decoder = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event that passed. `event` names the caller by pseudonym; `sealed` is their number, `zone`
    the time zone of its prefix.

    `identity` stands for (source, id), `digest` for the content: the same for a retry, however it
    was written down, and different when anything that we keep differs. Sixteen bytes each.
    """

    event: ContactEvent | AgentStateChanged
    sealed: str | None
    zone: str | None
    digest: bytes
    identity: bytes

    @property
    def caller_key(self) -> str | None:
        """The caller's pseudonym, when this event says who calls."""
        data = self.event.data
        return data.caller.key if isinstance(data, ContactData) and data.caller else None

    def written(self, now: datetime, partition_key: str | None) -> bytes:
        """The event as it goes on the log."""
        event = self.event
        data = event.data
        if self.sealed is not None and isinstance(data, ContactData) and data.caller is not None:
            data = replace(data, caller=replace(data.caller, sealed=self.sealed))
            if data.caller_tz is None and self.zone is not None:
                data = replace(data, caller_tz=self.zone, caller_tz_from="number_prefix")
        return encode(replace(event, data=data, recordedtime=now, partitionkey=partition_key))


class Admission:
    """The rules, with the keys that hide numbers."""

    def __init__(
        self, pseudonyms: Pseudonyms, sealer: Sealer, region: str, event_bytes: int
    ) -> None:
        self._pseudonyms = pseudonyms
        self._sealer = sealer
        self._region = region
        self._event_bytes = event_bytes

    def admit(self, raw: bytes, now: datetime) -> Admitted:
        """The event, or `InvalidEventError`. `now` is the centre's clock."""
        fields = _object(raw)
        kind = _kind(fields)
        _envelope(fields)
        number = self._hide_caller(fields) if kind is not AgentStateChanged else None
        self._hide_place(fields)
        event = _typed(fields, kind, now)
        content = encode(event)
        if len(content) > self._event_bytes:
            raise InvalidEventError(
                "too_large", "", f"an event may have {self._event_bytes} bytes at most"
            )
        _no_control_characters(content, fields)
        if number is not None:
            _no_number_outside(event, number)
        return Admitted(
            event,
            self._sealer.seal(number.encode()) if number else None,
            zone_of(number) if number else None,
            digest=_sixteen(content),
            identity=_sixteen(f"{event.source}\x1f{event.id}".encode()),
        )

    def _hide_caller(self, fields: dict[str, Any]) -> str | None:
        """Put the pseudonym where the number was; the number, when there is one."""
        data = fields.get("data")
        if not isinstance(data, dict) or data.get("caller") is None:
            return None
        caller = data["caller"]
        if not isinstance(caller, str):
            detail = "is the number as text, the word withheld, or null"
            raise InvalidEventError("invalid", "data.caller", detail)
        number = caller_number(caller, self._region)
        if number is None:
            data["caller"] = None
            return None
        key, key_id = self._pseudonyms.key_of(number)
        data["caller"] = Caller(key=key, key_id=key_id)
        return number

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
        if isinstance(value, str) and not 0 < len(value.strip()) <= len(value) <= longest:
            raise InvalidEventError("invalid", name, f"must have 1 to {longest} characters")
    media = fields.setdefault("datacontenttype", "application/json")
    if not isinstance(media, str) or media.partition(";")[0].strip().lower() != "application/json":
        raise InvalidEventError("invalid", "datacontenttype", "must be application/json")
    fields["datacontenttype"] = "application/json"
    # These two are ours to say, whatever was sent.
    fields.pop("recordedtime", None)
    fields.pop("partitionkey", None)


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
    _aware(event.time, "time")
    if event.time > now + AHEAD:
        raise InvalidEventError("in_future", "time", "is ahead of the centre's clock")
    if event.time < now - LATE:
        raise InvalidEventError("too_late", "time", "is more than 24 hours ago")
    if event.originaltime is not None:
        original = _aware(event.originaltime, "originaltime")
        event = replace(event, originaltime=original)
    return replace(event, time=event.time.astimezone(UTC))  # type: ignore[no-any-return]


def _aware(moment: datetime, field: str) -> datetime:
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


def _no_number_outside(event: ContactEvent | AgentStateChanged, number: str) -> None:
    """A phone system that names its calls by number would write it into keys and logs."""
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
        if text and _tells(text, number):
            raise InvalidEventError("personal_data", field, "holds the caller's number")


def _tells(text: str, number: str) -> bool:
    bare = text.translate(_SEPARATORS)
    if len(bare) < TELLING_DIGITS:
        return False
    return number[1:] in bare or _national(number) in bare


def _national(number: str) -> str:
    """The tail that every way of writing a number shares: country codes have 1 to 3 digits."""
    return number[4:] if len(number) - 4 >= TELLING_DIGITS else number[1:]
