"""Contact events in one line each, for tests of what they amount to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streams.domain.centre import Centre, Mission, OverflowPolicy, Pool, Queue, ServiceTarget
from streams.events.contacts import (
    AbandonedData,
    AnsweredData,
    ArrivedData,
    Caller,
    CompletedData,
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactDeflected,
    ContactEvent,
    ContactOffered,
    ContactQueued,
    DeflectedData,
    OfferedData,
    QueuedData,
)

NOON = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)  # noon in Seoul

CENTRE = Centre(
    name="consular",
    title_ko="영사콜센터",
    title_en="Consular call centre",
    timezone=ZoneInfo("Asia/Seoul"),
    region="KR",
    languages=("ko", "en"),
    pools=(Pool(name="counselors", seats=24, languages=("ko",)),),
    queues=(
        Queue(name="main", title_ko="대표", title_en="Main"),
        Queue(name="english", title_ko="영어", title_en="English"),
    ),
    missions=(
        Mission(
            name="tokyo",
            country="JP",
            title_ko="도쿄",
            title_en="Tokyo",
            timezone=ZoneInfo("Asia/Tokyo"),
        ),
    ),
    target=ServiceTarget(),
    overflow=OverflowPolicy(),
)

_KINDS: dict[str, tuple[Any, Any]] = {
    "arrived": (ContactArrived, ArrivedData),
    "queued": (ContactQueued, QueuedData),
    "offered": (ContactOffered, OfferedData),
    "answered": (ContactAnswered, AnsweredData),
    "completed": (ContactCompleted, CompletedData),
    "abandoned": (ContactAbandoned, AbandonedData),
    "deflected": (ContactDeflected, DeflectedData),
}
_DEFAULTS: dict[str, dict[str, str]] = {
    "offered": {"agent": "a1"},
    "answered": {"agent": "a1"},
    "completed": {"agent": "a1"},
    "deflected": {"reason": "full"},
}


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def caller(name: str) -> Caller:
    """A caller with a number that can be rung."""
    return Caller(key=(name * 32)[:32], key_id="p1", sealed=f"s1.{name}")


def event(
    kind: str, contact: str, seconds: float, who: str | None = None, **said: Any
) -> ContactEvent:
    """For example `event("arrived", "c1", 0, "ann", country="JP")`."""
    cls, data = _KINDS[kind]
    said = {"queue": "main"} | _DEFAULTS.get(kind, {}) | said
    identity = said.pop("id", f"{contact}:{kind}:{seconds}:{said.get('leg', 1)}")
    made: ContactEvent = cls(
        id=identity,
        source="phone-1",
        subject=contact,
        time=after(seconds),
        data=data(caller=caller(who) if who else None, **said),
    )
    return made
