"""What does an answer bring, on whichever way and however often it comes?

Answers are added, never edited; the same one again is told the same. Any answer on any method
cancels the rest at once. A yes is a seat or a place on the waitlist; a mind may be changed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from streams.domain.callout.book import OVER, CalloutBook, RefusedError
from streams.domain.callout.life import settle
from streams.domain.callout.offers import asked_again, moved, told_once, without_asking
from streams.domain.callout.seating import find_seat, first_in_reserve, position, seats_needed
from streams.domain.people.eligible import Verdict
from streams.events.callouts import CalloutData, GivenAnswer, OfferData

LATER_MINUTES: Final = 60
MOST_ANSWERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What they are told: the kind of reply, and its numbers."""

    kind: str
    seat: int = 0
    need: int = 0
    position: int = 0
    reason: str = ""
    again: bool = False


def answer(
    book: CalloutBook,
    offer_id: str,
    given: GivenAnswer,
    verdict: Verdict,
    now: datetime,
    *,
    again_in_minutes: int = LATER_MINUTES,
) -> Said:
    """Take an answer. `verdict` is whether they may work these hours, looked up just now."""
    offer = book.offer(offer_id)
    callout = book.callout(offer.callout)
    if any(known.key == given.key for known in offer.answers):
        return replace(_told(book, callout, offer), again=True)
    if len(offer.answers) >= MOST_ANSWERS:
        raise RefusedError("too_many", "this offer has had a hundred answers")
    if given.kind == "seen":
        return _seen(book, callout, offer, now)
    late = _is_late(callout, now)
    offer = _recorded(offer, msgspec.structs.replace(given, late=late), now)
    if late and not (given.kind == "withdraw" and offer.seat is not None):
        book.put(offer, now)
        return Said(kind="late", need=seats_needed(callout.need))
    if given.kind == "later":
        return _later(book, callout, offer, again_in_minutes, now)
    if given.kind in ("decline", "withdraw"):
        return _no(book, callout, offer, given, now)
    return _yes(book, callout, offer, given, verdict, now)


def answer_found(
    book: CalloutBook, offer_id: str, given: GivenAnswer, verdict: Verdict, now: datetime
) -> Said:
    """Take an answer that was read from a provider's list afterwards.

    What they have said since counts more. The reply has no way back to them, so a seat is told by a
    message of its own.
    """
    offer = book.offer(offer_id)
    is_known = any(one.key == given.key for one in offer.answers)
    said_since = any(one.at > given.at for one in offer.answers if one.kind != "seen")
    if said_since and not is_known:
        in_order = tuple(sorted((*offer.answers, given), key=lambda one: one.at))
        book.put(msgspec.structs.replace(offer, answers=in_order), now)
        return _told(book, book.callout(offer.callout), book.offers[offer_id])
    said = answer(book, offer_id, given, verdict, now)
    if said.kind == "seated" and not said.again:
        book.put(told_once(book.offers[offer_id], "seated", now), now)
    return said


def arrived(book: CalloutBook, offer_id: str, now: datetime) -> OfferData:
    """They signed in. A no-show who comes after all gets a seat if one is free."""
    offer = book.offer(offer_id)
    if offer.arrived_at is not None:
        return offer
    if offer.accepted_at is None:
        raise RefusedError("not_now", "they have not accepted")
    here = msgspec.structs.replace(offer, arrived_at=now)
    if offer.seat is not None:
        book.put(here, now)
        return book.offers[offer_id]
    callout = book.callout(offer.callout)
    book.put(here, now)
    if callout.state not in OVER and find_seat(book, callout, here):
        _sit(book, callout, here, now)
        settle(book, callout.id, now)
    return book.offers[offer_id]


def no_show(book: CalloutBook, offer_id: str, now: datetime) -> None:
    """They accepted and are not there: the seat is for the next."""
    offer = book.offer(offer_id)
    gone = moved(without_asking(offer, "no_show", now), "withdrawn", "no_show", no_show_at=now)
    book.put(msgspec.structs.replace(gone, seat=None), now)
    back_fill(book, offer.callout, now)


def back_fill(book: CalloutBook, callout_id: str, now: datetime) -> list[OfferData]:
    """Free seats go to the waitlist in its order; what is left is asked for at once."""
    seated = []
    callout = book.callout(callout_id)
    if callout.state not in OVER:
        while (first := first_in_reserve(book, callout)) is not None:
            _sit(book, callout, told_once(first, "seated", now), now)
            seated.append(book.offers[first.id])
        settle(book, callout_id, now)
    return seated


def _yes(
    book: CalloutBook,
    callout: CalloutData,
    offer: OfferData,
    given: GivenAnswer,
    verdict: Verdict,
    now: datetime,
) -> Said:
    if offer.state in ("accepted", "waitlisted"):
        book.put(offer, now)
        return _told(book, callout, offer)
    if not verdict.ok:
        book.put(moved(offer, "ineligible", verdict.reason), now)
        return Said(kind="ineligible", reason=verdict.reason, need=seats_needed(callout.need))
    turn = callout.acceptances + 1
    offer = msgspec.structs.replace(
        offer,
        turn=turn,
        accepted_at=now,
        no_show_at=None,
        since=given.since,
        until=given.until,
        arrives_in_minutes=given.arrives_in_minutes,
        reason=None,
        warnings=verdict.warnings or offer.warnings,
    )
    callout = msgspec.structs.replace(callout, acceptances=turn)
    book.put(callout, now)
    callout = book.callout(callout.id)
    # Whoever waits already was first, unless nobody who waits fits the seat.
    if callout.state != "closed" and find_seat(book, callout, offer):
        _sit(book, callout, offer, now)
        settle(book, callout.id, now)
    else:
        book.put(moved(offer, "waitlisted"), now)
    return _told(book, book.callout(callout.id), book.offers[offer.id])


def _no(
    book: CalloutBook, callout: CalloutData, offer: OfferData, given: GivenAnswer, now: datetime
) -> Said:
    was_in = offer.state in ("accepted", "waitlisted")
    state = "withdrawn" if was_in or given.kind == "withdraw" else "declined"
    had_seat = offer.seat is not None
    gone = moved(offer, state, given.reason)  # type: ignore[arg-type]
    book.put(msgspec.structs.replace(gone, seat=None), now)
    if had_seat:
        back_fill(book, callout.id, now)
    elif callout.state == "running":
        book.put(msgspec.structs.replace(book.callout(callout.id), look_at=now), now)
    return Said(
        kind="withdrawn" if state == "withdrawn" else "thanks", need=seats_needed(callout.need)
    )


def _later(
    book: CalloutBook, callout: CalloutData, offer: OfferData, minutes: int, now: datetime
) -> Said:
    if offer.state not in ("accepted", "waitlisted") and not book.is_asked_elsewhere(offer):
        again = asked_again(offer, now + timedelta(minutes=minutes))
        book.put(moved(again, "queued", "later"), now)
    else:
        book.put(offer, now)
    return Said(kind="thanks", reason="later", need=seats_needed(callout.need))


def _seen(book: CalloutBook, callout: CalloutData, offer: OfferData, now: datetime) -> Said:
    if offer.state in ("queued", "contacting", "delivered"):
        book.put(moved(offer, "seen", offer.reason), now)
    return Said(kind="seen", need=seats_needed(callout.need))


def _sit(book: CalloutBook, callout: CalloutData, offer: OfferData, now: datetime) -> None:
    """Give them a seat that was found; those who move over for it go first."""
    for mover, seat in reversed(find_seat(book, callout, offer)):
        who = offer if mover.id == offer.id else mover
        book.put(moved(who, "accepted", None, seat=seat), now)


def _told(book: CalloutBook, callout: CalloutData, offer: OfferData) -> Said:
    """What somebody in this state is told."""
    needed = seats_needed(callout.need)
    if offer.seat is not None:
        return Said(kind="seated", seat=offer.seat, need=needed)
    if offer.state == "waitlisted":
        return Said(kind="waitlisted", position=position(book, offer), need=needed)
    if offer.state == "ineligible":
        return Said(kind="ineligible", reason=offer.reason or "", need=needed)
    if offer.state == "stood_down" or _has_late(offer):
        return Said(kind="late", need=needed)
    thanks = offer.state == "declined" or offer.reason == "later"
    kind = "withdrawn" if offer.state == "withdrawn" else "thanks" if thanks else "seen"
    return Said(kind=kind, need=needed)


def told(book: CalloutBook, offer: OfferData) -> Said | None:
    """What an answer given before was told; None before any."""
    if not offer.answers:
        return None
    return _told(book, book.callout(offer.callout), offer)


def _recorded(offer: OfferData, given: GivenAnswer, now: datetime) -> OfferData:
    return msgspec.structs.replace(
        without_asking(offer, "answered", now),
        answers=(*offer.answers, given),
        answered_at=offer.answered_at or now,
    )


def _is_late(callout: CalloutData, now: datetime) -> bool:
    """Over, and the grace in which a yes still counts for the waitlist is over too."""
    if callout.state == "closed":
        return callout.grace_until is None or now >= callout.grace_until
    return callout.state in OVER or callout.state in ("draft", "previewed")


def _has_late(offer: OfferData) -> bool:
    return bool(offer.answers) and offer.answers[-1].late
