"""What does Alertmanager ask for? (webhook version "4")

One group is one need, its `groupKey` the dedup key. Users may template the whole payload since
0.32, so nothing in it is trusted: what cannot be read is refused with a 4xx, which Alertmanager
does not repeat. Only after the need is on the log it hears 2xx.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, cast, get_args

import msgspec

from services.callout.inbound.needs import NeedAsked, Severity
from streams.errors import InvalidEventError

WATCHDOG: Final = "Watchdog"
LONGEST: Final = 512
MOST_SEATS: Final = 1000
# What people write who do not think of PagerDuty's words.
SEVERITIES: Final[Mapping[str, Severity]] = {"page": "critical", "high": "error", "none": "info"}
_SEATS: Final = re.compile(r"^\d{1,4}$")

Text = Annotated[str, msgspec.Meta(max_length=65_536)]


class Alert(msgspec.Struct, kw_only=True):
    """One alert of a group. Unknown fields are left aside."""

    status: Literal["firing", "resolved"]
    labels: dict[str, Text] = {}
    annotations: dict[str, Text] = {}
    startsAt: datetime | None = None  # noqa: N815
    fingerprint: str = ""


class Payload(msgspec.Struct, kw_only=True):
    """The whole notification, as far as it matters here."""

    version: Literal["4"]
    groupKey: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]  # noqa: N815
    status: Literal["firing", "resolved"]
    receiver: str = ""
    groupLabels: dict[str, Text] = {}  # noqa: N815
    commonLabels: dict[str, Text] = {}  # noqa: N815
    commonAnnotations: dict[str, Text] = {}  # noqa: N815
    alerts: list[Alert] = []


def read_payload(raw: bytes) -> Payload:
    """Decode and check; `InvalidEventError` names the field."""
    try:
        return msgspec.json.decode(raw, type=Payload)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        raise InvalidEventError("invalid", path.rstrip("`").lstrip("."), detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidEventError("malformed", "", "the body is not JSON") from None


def is_watchdog(payload: Payload) -> bool:
    """The alert that always fires, to show that alerts come through at all."""
    names = [payload.commonLabels.get("alertname")]
    names += [alert.labels.get("alertname") for alert in payload.alerts]
    return WATCHDOG in names


def need_of(payload: Payload) -> NeedAsked:
    """The need of a firing group: labels `need` (seats), `pool`, `skill`, `language`,
    `severity` and `callout_policy` are honoured.
    """
    labels = {**payload.groupLabels, **payload.commonLabels}
    seats = labels.get("need", "")
    if seats and not (_SEATS.match(seats) and 1 <= int(seats) <= MOST_SEATS):
        detail = f"must be a whole number from 1 to {MOST_SEATS}"
        raise InvalidEventError("invalid", "commonLabels.need", detail)
    starts = [alert.startsAt for alert in payload.alerts if alert.status == "firing"]
    return NeedAsked(
        dedup_key=dedup_key(payload),
        summary=_summary(payload, labels),
        severity=_severity(labels.get("severity", "critical")),
        pool=labels.get("pool", "")[:64],
        seats=int(seats or 0),
        skills=_words(labels.get("skill", "")),
        languages=_words(labels.get("language", "")),
        policy=labels.get("callout_policy", "")[:64],
        starts_at=min((start for start in starts if start is not None), default=None),
        source=f"alertmanager/{payload.receiver[:64]}",
    )


def dedup_key(payload: Payload) -> str:
    """One need a group."""
    return f"alertmanager/{payload.groupKey}"


def _summary(payload: Payload, labels: Mapping[str, str]) -> str:
    annotations = payload.commonAnnotations
    text = annotations.get("summary") or annotations.get("description") or labels.get("alertname")
    return (text or "an alert")[:LONGEST]


def _severity(word: str) -> Severity:
    if word in get_args(Severity):
        return cast("Severity", word)
    return SEVERITIES.get(word, "critical")


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Za-z0-9._-]{1,64}", text))[:8]
