"""What does waiting bring about for a call-out?

An unconfirmed need goes out or is dropped; silence becomes "no answer"; after the grace everyone
who was contacted and has no seat may sleep on; who is seated is reminded, and missed if they do not
come; a need expires.
"""

from datetime import datetime, timedelta

import msgspec

from streams.domain.callout.answering import no_show
from streams.domain.callout.book import OVER, CalloutBook
from streams.domain.callout.life import expire, is_overdue, stand_down, start, stop
from streams.domain.callout.offers import moved, nothing_planned, starts_for, told_once
from streams.events.callouts import CalloutData

AUTOMATIC = "automatic"


def tick(book: CalloutBook, now: datetime) -> None:
    """Everything that is due by now, in every call-out that is not over."""
    for callout in book.still_open():
        if callout.state in ("draft", "previewed"):
            _confirm(book, callout, now)
            continue
        _silence(book, callout, now)
        _grace(book, callout, now)
        _seated(book, callout, now)
        _end(book, book.callout(callout.id), now)


def has_work(book: CalloutBook, now: datetime) -> bool:
    """Whether a look is due somewhere."""
    return any(
        callout.state == "running" and callout.look_at is not None and callout.look_at <= now
        for callout in book.still_open()
    )


def _confirm(book: CalloutBook, callout: CalloutData, now: datetime) -> None:
    """The manager was asked and did not say anything in time."""
    need = callout.need
    if need.expires_at <= now:
        stop(book, callout.id, "expired", "", now)
    elif callout.second_until is not None and callout.second_until <= now:
        if callout.policy.second_silent == "send":
            by = callout.second_for or AUTOMATIC
            start(book, callout.id, callout.policy, by, now, unseen=True)
        else:
            book.put(msgspec.structs.replace(callout, second_for=None, second_until=None), now)
    elif need.confirm_by is not None and need.confirm_by <= now:
        if need.unconfirmed == "send":
            start(book, callout.id, callout.policy, AUTOMATIC, now, unseen=True)
        else:
            stop(book, callout.id, "not_confirmed", AUTOMATIC, now)


def _silence(book: CalloutBook, callout: CalloutData, now: datetime) -> None:
    for offer_id in sorted(book.index(callout.id).silent):
        offer = book.offers[offer_id]
        if nothing_planned(offer) and is_overdue(offer, now, callout.policy):
            book.put(moved(offer, "no_answer"), now)


def _grace(book: CalloutBook, callout: CalloutData, now: datetime) -> None:
    """Filled, and the grace is over: the silent are told once. The waitlist stays until the end."""
    current = book.callout(callout.id)
    if current.state == "filled" and current.grace_until and current.grace_until <= now:
        stand_down(book, callout.id, now, tell=True, reserve=False)
        book.put(msgspec.structs.replace(book.callout(callout.id), grace_until=None), now)


def _seated(book: CalloutBook, callout: CalloutData, now: datetime) -> None:
    policy = callout.policy
    patience = timedelta(seconds=policy.no_show_seconds)
    for offer_id in sorted(book.index(callout.id).seats.values()):
        offer = book.offers[offer_id]
        if offer.arrived_at is not None or offer.accepted_at is None:
            continue
        start_at = starts_for(callout.need, offer)
        remind_at = start_at - timedelta(seconds=policy.remind_before_seconds)
        own = timedelta(minutes=offer.arrives_in_minutes or 0)
        if now >= max(start_at, offer.accepted_at + own) + patience:
            no_show(book, offer_id, now)
        elif remind_at <= now < start_at and offer.accepted_at < remind_at:
            reminded = told_once(offer, "reminder", now)
            if reminded is not offer:
                book.put(reminded, now)


def _end(book: CalloutBook, callout: CalloutData, now: datetime) -> None:
    """Filled and everybody is there: done. Or the need's time is over."""
    if callout.state in OVER:
        return
    seats = book.index(callout.id).seats
    if callout.state == "filled" and all(book.offers[i].arrived_at for i in seats.values()):
        stop(book, callout.id, "filled", "", now)
    elif callout.need.expires_at <= now:
        expire(book, callout.id, now)
