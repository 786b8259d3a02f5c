"""Made-up people, their shifts, and what keeps them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.callout.people.people import People
from services.numbers import Pseudonyms
from services.people_file import Secrets
from services.sealing import Sealer
from streams.centre_file import load_centre
from streams.events.people import ContactMethod, Person, Shift
from streams.kafka import Outgoing
from tests.support.broker import ROOT

CENTRE = load_centre(ROOT / "centre.toml")
SECRETS = Secrets(Sealer({"s1": b"s" * 32}), Pseudonyms({"p1": b"p" * 32}))
PROVED = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def way(kind: Any = "sms", number: str = "+447700900001", **changed: Any) -> ContactMethod:
    """A proved way to reach somebody."""
    given = {
        "id": kind,
        "kind": kind,
        "sealed": SECRETS.sealer.seal(number.encode()),
        "digest": SECRETS.pseudonyms.key_of(number)[0],
        "verified_at": PROVED,
    }
    return ContactMethod(**{**given, **changed})


def person(name: str = "counselor-01", **changed: Any) -> Person:
    """Somebody who may be asked for anything."""
    given = {
        "id": name,
        "sealed_name": SECRETS.sealer.seal(b"Somebody"),
        "pool": "counselors",
        "skills": ("general", "crisis"),
        "languages": ("ko", "en"),
        "methods": (way("sms"), way("voice")),
        "timezone": "Asia/Seoul",
        "standing": "now",
        "profile": "EU",
    }
    return Person(**{**given, **changed})


def shift(start: datetime, hours: float = 8, name: str = "", **changed: Any) -> Shift:
    """Work of counselor-01 that begins then."""
    given = {
        "id": name or f"shift-{start.isoformat()}",
        "person": "counselor-01",
        "starts_at": start,
        "ends_at": start + timedelta(hours=hours),
    }
    return Shift(**{**given, **changed})


class Log:
    """A log in memory: what was written, in order."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def append(self, records: Sequence[Outgoing]) -> None:
        self.records += records


def people_of(*known: Person, log: Log | None = None, now: Any = None) -> People:
    """People as a process keeps them."""
    people = People(CENTRE, SECRETS, (log or Log()).append, now or (lambda: NOW))
    for one in known:
        people.book.put(one)
    return people
