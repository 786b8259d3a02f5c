"""What does a page know of one callback? The API's answer, with its times as times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.consoles.api import moment


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dial."""

    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A callback as it is shown."""

    id: str
    state: str
    queue: str
    urgency: str
    language: str
    country: str
    topic: str
    caller: str
    masked: str
    caller_tz: str
    caller_tz_from: str
    reason: str
    why: str
    origin: datetime
    promised_by: datetime
    due_at: datetime
    ready: bool
    attempts: tuple[Attempt, ...]
    requests: int
    agent: str
    lease_until: datetime | None
    outcome: str
    outcome_reason: str
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the promise still stands."""
        return self.state != "closed"

    def left(self, now: datetime) -> timedelta:
        """Until the promise; below zero when it is late."""
        return self.promised_by - now


def call_of(told: dict[str, Any]) -> Call:
    """From the API's answer."""

    def text(name: str) -> str:
        return str(told.get(name) or "")

    def at(name: str) -> datetime:
        return datetime.fromisoformat(told[name])

    return Call(
        id=text("id"),
        state=text("state"),
        queue=text("queue"),
        urgency=text("urgency"),
        language=text("language"),
        country=text("country"),
        topic=text("topic"),
        caller=text("caller"),
        masked=text("number_masked"),
        caller_tz=text("caller_tz"),
        caller_tz_from=text("caller_tz_from") or "centre",
        reason=text("reason"),
        why=text("why"),
        origin=at("origin"),
        promised_by=at("promised_by"),
        due_at=at("due_at"),
        ready=bool(told.get("ready")),
        attempts=tuple(
            Attempt(datetime.fromisoformat(one["at"]), one["outcome"] or "open")
            for one in told["attempts"]
        ),
        requests=len(told["requests"]),
        agent=text("agent"),
        lease_until=moment(told.get("lease_until")),
        outcome=text("outcome"),
        outcome_reason=text("outcome_reason"),
        closed_at=moment(told.get("closed_at")),
    )
