"""May this message go out now, and what does what we heard of it change?

Everything is checked again at the claim, which is on the log before the provider is asked: the
call-out still runs, the offer is still open, a seat is still free, the method is still verified and
not opted out, the rest rules still hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from streams.domain.callout import attempts as a
from streams.domain.callout.book import OVER, SILENT, CalloutBook
from streams.domain.callout.offers import (
    all_failed,
    moved,
    next_way_now,
    with_attempt,
)
from streams.domain.callout.seating import free_seats
from streams.domain.callout.smoothing import earliest
from streams.events.callouts import CalloutData, OfferData, OfferState, PageAttempt


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of handing it to a provider."""

    outcome: str
    provider: str = ""
    reference: str = ""
    reason: str = ""
    permanent: bool = False
    retry_after_seconds: float = 0.0


def due(book: CalloutBook, now: datetime) -> list[tuple[OfferData, PageAttempt]]:
    """Every message whose time has come, the earliest first. A paused call-out asks nobody."""
    found = [
        (offer, attempt)
        for offer, attempt in _named(book, book.pending)
        if attempt.due_at <= now and not _is_held(book, offer, attempt)
    ]
    found.sort(key=lambda one: (one[1].due_at, one[0].created_at, one[1].id))
    return found


def next_due(book: CalloutBook, now: datetime) -> datetime | None:
    """When the next message's time comes."""
    return min(
        (
            attempt.due_at
            for offer, attempt in _named(book, book.pending)
            if attempt.due_at > now and not _is_held(book, offer, attempt)
        ),
        default=None,
    )


def claim(
    book: CalloutBook,
    attempt_id: str,
    refusal: str,
    now: datetime,
    wall: datetime,
    provider: str = "",
) -> PageAttempt | None:
    """The attempt, ours to send once this is on the log; None when it does not go now.

    `refusal` is why the method or the person may not be used any more, "" when nothing speaks
    against it.
    """
    found = book.by_attempt(attempt_id)
    if found is None or found[1].state != "pending" or found[1].due_at > now:
        return None
    offer, attempt = found
    callout = book.callout(offer.callout)
    if attempt.purpose == "ask":
        if callout.state == "paused":
            return None
        refusal = _why_not(book, callout, offer) or refusal
    if refusal:
        _file(book, offer, a.suppressed(attempt, refusal, now), now)
        return None
    wait = earliest(_went(book, offer.person, attempt), now)
    if wait > now:
        _file(book, offer, a.delayed(attempt, wait), now)
        return None
    mine = a.claimed(attempt, now, wall, callout.policy, provider)
    after = with_attempt(offer, mine)
    if attempt.purpose == "ask":
        state = "contacting" if offer.state == "queued" else offer.state
        after = moved(after, state, offer.reason, asked_at=offer.asked_at or now)
    book.put(after, now)
    if callout.first_attempt_at is None:
        book.put(msgspec.structs.replace(callout, first_attempt_at=now), now)
    return mine


def heard(
    book: CalloutBook, attempt_id: str, fence: int, what: Heard, now: datetime, wall: datetime
) -> None:
    """The provider answered, or did not. An answer to an older claim only proves a sending."""
    found = book.by_attempt(attempt_id)
    if found is None:
        return
    offer, attempt = found
    if what.outcome == "accepted":
        _file(book, offer, a.accepted(attempt, what.provider, what.reference), now)
        return
    if attempt.fence != fence or attempt.state != "sending":
        return
    attempt = msgspec.structs.replace(attempt, provider=what.provider or attempt.provider)
    if what.outcome == "unknown":
        _file(book, offer, a.unknown(attempt, wall), now)
        return
    policy = book.callout(offer.callout).policy
    after = a.refused(
        attempt,
        what.reason,
        now,
        policy,
        permanent=what.permanent,
        retry_after_seconds=what.retry_after_seconds,
    )
    _file(book, offer, after, now)


def leases_over(book: CalloutBook, wall: datetime) -> list[PageAttempt]:
    """Claims that nobody has reported on in time."""
    return [
        attempt
        for _, attempt in _in_flight(book)
        if attempt.state == "sending"
        and attempt.lease_until is not None
        and attempt.lease_until <= wall
    ]


def lease_ran_out(book: CalloutBook, attempt_id: str, now: datetime, wall: datetime) -> None:
    """Whoever claimed it is gone or slow: unknown, never straight back to pending."""
    found = book.by_attempt(attempt_id)
    if found is None or found[1].state != "sending":
        return
    if found[1].lease_until is not None and found[1].lease_until <= wall:
        _file(book, found[0], a.unknown(found[1], wall), now)


def first_lease(book: CalloutBook) -> datetime | None:
    """When the first lease that is held now ends."""
    leases = (one.lease_until for _, one in _in_flight(book) if one.state == "sending")
    return min((lease for lease in leases if lease is not None), default=None)


def unknowns(book: CalloutBook) -> list[tuple[OfferData, PageAttempt]]:
    """Attempts of which nobody knows whether they were sent."""
    return [(offer, one) for offer, one in _in_flight(book) if one.state == "unknown"]


def not_there(book: CalloutBook, attempt_id: str, fence: int, now: datetime) -> None:
    """The provider is certain: it was never sent, so it may be."""
    found = book.by_attempt(attempt_id)
    if found is not None and found[1].state == "unknown" and found[1].fence == fence:
        _file(book, found[0], a.not_there(found[1], now), now)


def cannot_tell(
    book: CalloutBook, attempt_id: str, now: datetime, wall: datetime, *, at_once: bool = False
) -> None:
    """Nobody can say. After a while the other ways are used; this one is never repeated."""
    found = book.by_attempt(attempt_id)
    if found is None or found[1].state != "unknown":
        return
    offer, attempt = found
    policy = book.callout(offer.callout).policy
    since = attempt.unknown_since or wall
    if at_once or wall >= since + timedelta(seconds=policy.give_up_after_seconds):
        _file(book, offer, a.given_up(attempt, now), now)


def receipt(
    book: CalloutBook,
    attempt_id: str,
    provider: str,
    reference: str,
    state: str,
    reason: str,
    now: datetime,
) -> bool:
    """A provider's report; False when it told nothing new."""
    found = book.by_attempt(attempt_id)
    if found is None:
        return False
    offer, attempt = found
    after = a.reported(attempt, provider, reference, state, reason, now)
    if after is attempt:
        return False
    _file(book, offer, after, now)
    return True


def _file(book: CalloutBook, offer: OfferData, attempt: PageAttempt, now: datetime) -> None:
    """Store an attempt, with what follows from it for its offer and its call-out."""
    known = next(one for one in offer.attempts if one.id == attempt.id)
    if known == attempt:
        return
    after = with_attempt(offer, attempt)
    if attempt.purpose == "ask" and offer.state in SILENT:
        if attempt.state in a.FAILED:
            after = next_way_now(after, attempt, now)
        if attempt.state == "delivered" and after.state in ("queued", "contacting"):
            after = moved(after, "delivered")
        if attempt.state == "accepted" and after.state == "queued":
            after = moved(after, "contacting", asked_at=offer.asked_at or now)
        elif all_failed(after):
            reason = attempt.reason or attempt.state
            state: OfferState = "unreachable"
            if attempt.state == "suppressed":
                state = "ineligible"
            if reason not in ("filled", "not_running", "asked_again"):
                after = moved(after, state, reason)
                _look_now(book, offer.callout, now)
    elif attempt.purpose != "ask" and attempt.state in a.FAILED:
        after = next_way_now(after, attempt, now)
    book.put(after, now)


def _why_not(book: CalloutBook, callout: CalloutData, offer: OfferData) -> str:
    if callout.state in OVER or callout.state in ("draft", "previewed"):
        return "not_running"
    if offer.state not in SILENT:
        return "answered"
    if not any(free > 0 for free in free_seats(book, callout).values()):
        return "filled"
    return ""


def _went(book: CalloutBook, person: str, attempt: PageAttempt) -> Iterator[datetime]:
    """When messages of this kind went to this person, for whatever call-out."""
    for offer in book.offers_to(person):
        for one in offer.attempts:
            if one.kind == attempt.kind and one.sent_at is not None and one.id != attempt.id:
                yield one.sent_at


def _in_flight(book: CalloutBook) -> Iterator[tuple[OfferData, PageAttempt]]:
    return _named(book, book.in_flight)


def _named(
    book: CalloutBook, offer_of: Mapping[str, str]
) -> Iterator[tuple[OfferData, PageAttempt]]:
    for attempt_id, offer_id in offer_of.items():
        offer = book.offers[offer_id]
        yield offer, next(one for one in offer.attempts if one.id == attempt_id)


def _is_held(book: CalloutBook, offer: OfferData, attempt: PageAttempt) -> bool:
    return attempt.purpose == "ask" and book.callouts[offer.callout].state == "paused"


def _look_now(book: CalloutBook, callout_id: str, now: datetime) -> None:
    """Somebody fell away: the forecast is due at once."""
    callout = book.callout(callout_id)
    if callout.state == "running" and (callout.look_at is None or callout.look_at > now):
        book.put(msgspec.structs.replace(callout, look_at=now), now)
