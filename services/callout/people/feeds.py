"""Who may read whose calendar, by a secret address that can be taken back?

The secret is shown once, when it is made; only its hash is kept. A new one ends the old one.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from services.callout.answering.tokens import TOKEN_BYTES, hash_of, looks_like_a_token
from services.callout.people.people import People
from services.people_calendar import write_calendar

PAST: Final = timedelta(days=30)
AHEAD: Final = timedelta(days=180)


async def make_feed(people: People, person: str) -> str:
    """A new secret for a person's calendar."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    await people.set_feed(person, hash_of(secret))
    return secret


async def revoke_feed(people: People, person: str) -> None:
    """From now on nobody reads it."""
    await people.set_feed(person, "")


def feed(people: People, secret: str, now: datetime) -> bytes | None:
    """The calendar behind a secret; None when there is none (any more)."""
    if not looks_like_a_token(secret):
        return None
    person = people.book.by_feed(hash_of(secret))
    if person is None or not person.active:
        return None
    # Cancelled ones too: a calendar program takes an event back only when it is told.
    shifts = [
        shift
        for shift in people.book.shifts.values()
        if shift.person == person.id
        and shift.kind != "elsewhere"
        and now - PAST < shift.ends_at
        and shift.starts_at < now + AHEAD
    ]
    shifts.sort(key=lambda shift: shift.starts_at)
    return write_calendar(shifts, people.centre.title_en, now)
