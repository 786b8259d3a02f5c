"""Is there anything in the call-outs that should not be, whoever's fault it is?

Asked every half minute by the auditor, which shares nothing with the sender but the stored states.
Each finding can be repaired once; what is found again after that is an alarm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from streams.domain.callout.answering import back_fill
from streams.domain.callout.attempts import AT_PROVIDER, LIVE
from streams.domain.callout.book import OVER, SILENT, CalloutBook
from streams.domain.callout.life import settle
from streams.domain.callout.offers import moved
from streams.domain.callout.seating import seats_needed
from streams.domain.callout.sending import cannot_tell
from streams.events.callouts import OfferData

SLACK: Final = timedelta(seconds=60)
UNTOUCHED: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`what` is one of a closed set; `subject` the call-out, offer or attempt."""

    what: str
    callout: str
    subject: str


def findings(
    book: CalloutBook, now: datetime, wall: datetime, *, speed: float = 1.0
) -> list[Finding]:
    """Everything that is wrong. `speed` is the centre clock's: slack is real time."""
    slack = SLACK * max(1.0, speed)
    return [*_of_callouts(book, now, slack), *_of_offers(book, now, wall, slack)]


def repair(book: CalloutBook, found: Finding, now: datetime, wall: datetime) -> bool:
    """Put it right; False when only a person can."""
    if found.what in ("overdue_look", "overdue_attempt"):
        callout = book.callout(found.callout)
        if found.what == "overdue_look":
            book.put(msgspec.structs.replace(callout, look_at=now), now)
        return True
    if found.what == "contacting_without_attempt":
        book.put(moved(book.offer(found.subject), "unreachable", "no_attempt"), now)
        _look(book, found.callout, now)
        return True
    if found.what == "unknown_too_long":
        cannot_tell(book, found.subject, now, wall, at_once=True)
        return True
    if found.what == "seat_without_acceptance":
        book.put(msgspec.structs.replace(book.offer(found.subject), seat=None), now)
        back_fill(book, found.callout, now)
        return True
    if found.what == "accepted_without_seat":
        book.put(moved(book.offer(found.subject), "waitlisted"), now)
        back_fill(book, found.callout, now)
        return True
    return False


def _of_callouts(book: CalloutBook, now: datetime, slack: timedelta) -> Iterator[Finding]:
    for callout in book.still_open():
        if (
            callout.state == "running"
            and callout.look_at is not None
            and callout.look_at + slack < now
        ):
            yield Finding(what="overdue_look", callout=callout.id, subject=callout.id)
        if callout.state == "paused" and callout.touched_at + UNTOUCHED < now:
            yield Finding(what="paused_untouched", callout=callout.id, subject=callout.id)
        seated = [seat for seat in book.index(callout.id).seats if seat > 0]
        if len(seated) > seats_needed(callout.need):
            yield Finding(what="overfilled", callout=callout.id, subject=callout.id)


def _of_offers(
    book: CalloutBook, now: datetime, wall: datetime, slack: timedelta
) -> Iterator[Finding]:
    for offer in book.offers.values():
        callout = book.callouts[offer.callout]
        for attempt in offer.attempts:
            if attempt.unknown_since is not None and attempt.unknown_since + 2 * SLACK < wall:
                yield Finding(what="unknown_too_long", callout=offer.callout, subject=attempt.id)
            if (
                attempt.state == "pending"
                and attempt.due_at + slack < now
                and (attempt.purpose != "ask" or callout.state == "running")
            ):
                yield Finding(what="overdue_attempt", callout=offer.callout, subject=attempt.id)
        yield from _of_seat(offer)
        if callout.state not in OVER and _forgotten(offer, now, slack):
            yield Finding(
                what="contacting_without_attempt", callout=offer.callout, subject=offer.id
            )


def _of_seat(offer: OfferData) -> Iterator[Finding]:
    if offer.seat is not None and offer.state != "accepted":
        yield Finding(what="seat_without_acceptance", callout=offer.callout, subject=offer.id)
    if offer.seat is None and offer.state == "accepted":
        yield Finding(what="accepted_without_seat", callout=offer.callout, subject=offer.id)


def _forgotten(offer: OfferData, now: datetime, slack: timedelta) -> bool:
    if offer.state not in SILENT or not offer.attempts or offer.created_at + slack > now:
        return False
    return not any(one.state in LIVE or one.state in AT_PROVIDER for one in offer.attempts)


def _look(book: CalloutBook, callout_id: str, now: datetime) -> None:
    callout = settle(book, callout_id, now)
    if callout.state == "running":
        book.put(msgspec.structs.replace(callout, look_at=now), now)
