"""What do monitoring tools ask for that speak PagerDuty's Events API v2?

trigger opens a need, resolve closes it, acknowledge says that a manager has seen it, which stops
nobody from being paged. An acknowledge or resolve without an open need is dropped, as PagerDuty
does.
"""

import re
import secrets
from typing import Annotated, Any, Final, Literal

import msgspec

from services.callout.inbound.needs import NeedAsked, Severity
from streams.errors import InvalidEventError

LARGEST_BODY: Final = 512 * 1024
MOST_SEATS: Final = 1000

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Details(msgspec.Struct, kw_only=True):
    """Of the custom details, those that we know."""

    seats: Annotated[int, msgspec.Meta(ge=1, le=MOST_SEATS)] | None = None
    pool: Annotated[str, msgspec.Meta(max_length=64)] = ""
    skills: list[Annotated[str, msgspec.Meta(max_length=64)]] = []
    languages: list[Annotated[str, msgspec.Meta(max_length=64)]] = []
    hours: Annotated[float, msgspec.Meta(gt=0, le=48)] | None = None
    callout_policy: Annotated[str, msgspec.Meta(max_length=64)] = ""


class EventPayload(msgspec.Struct, kw_only=True):
    """What a trigger carries."""

    summary: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    severity: Severity
    custom_details: Any = None


class PagerEvent(msgspec.Struct, kw_only=True):
    """One event. Unknown fields (images, links, client) are left aside."""

    routing_key: Annotated[str, msgspec.Meta(min_length=32, max_length=64)]
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: Key | None = None
    payload: EventPayload | None = None


def read_event(raw: bytes) -> PagerEvent:
    """Decode and check; `InvalidEventError` names the field and never shows the routing key."""
    try:
        event = msgspec.json.decode(raw, type=PagerEvent)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        raise InvalidEventError("invalid", path.rstrip("`").lstrip("."), detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidEventError("malformed", "", "the body is not JSON") from None
    if event.event_action == "trigger" and event.payload is None:
        raise InvalidEventError("missing", "payload", "a trigger needs a payload")
    if event.event_action != "trigger" and event.dedup_key is None:
        detail = "acknowledge and resolve need the key of the trigger"
        raise InvalidEventError("missing", "dedup_key", detail)
    return event


def need_of(event: PagerEvent, key: str) -> NeedAsked:
    """The need of a trigger."""
    payload = event.payload
    if payload is None:
        raise InvalidEventError("missing", "payload", "a trigger needs a payload")
    details = _details(payload.custom_details)
    return NeedAsked(
        dedup_key=our_key(key),
        summary=payload.summary,
        severity=payload.severity,
        pool=details.pool,
        seats=details.seats or 0,
        skills=_words(details.skills),
        languages=_words(details.languages),
        policy=details.callout_policy,
        hours=details.hours or 0.0,
        source=f"pagerduty/{payload.source[:64]}",
    )


def key_of(event: PagerEvent) -> str:
    """The sender's key, or one made for them."""
    return event.dedup_key or secrets.token_hex(16)


def our_key(key: str) -> str:
    """Apart from the keys of other doors."""
    return f"pagerduty/{key}"


def _details(given: Any) -> Details:
    if not isinstance(given, dict):
        return Details()
    try:
        return msgspec.convert(given, Details)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        field = f"payload.custom_details{path.rstrip('`')}"
        raise InvalidEventError("invalid", field, detail) from None


def _words(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if re.fullmatch(r"[A-Za-z0-9._-]+", word))[:8]
