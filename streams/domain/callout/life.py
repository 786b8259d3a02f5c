"""What can be done with a call-out as a whole: opened, started, held, widened, ended?"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from streams.domain.callout.book import GOING_ON, OVER, CalloutBook, RefusedError
from streams.domain.callout.offers import (
    asked_again,
    contacted,
    moved,
    told_once,
    without_asking,
    without_pending,
)
from streams.domain.callout.outlook import Outlook
from streams.domain.callout.seating import free_seats, seats_needed
from streams.events.callouts import CalloutData, FillForecast, Need, OfferData, Policy, Quota
from streams.events.codec import derived_id

MOST_SEATS: Final = 1000
LONGEST: Final = timedelta(hours=24)
FASTER: Final = 0.25
_REFS: Final = range(10, 100)
# Why a call-out is closed when nobody is needed any more, in or out of reserve.
NEED_OVER: Final = frozenset({"surge_over", "resolved"})


def open_need(
    book: CalloutBook, need: Need, policy: Policy, now: datetime, *, drill: bool = False
) -> CalloutData:
    """A call-out for a need. An open need of the same key is that need: it is revised."""
    _check(need, now)
    known = book.open_need(need.dedup_key)
    if known is not None:
        if known.drill != drill:
            raise RefusedError("held", "a drill and a true need cannot have one key", "dedup_key")
        return revise(book, known.id, need.quotas, need.end, need.raised_by, now)
    callout = CalloutData(
        id=_new_id(book, need),
        state="draft",
        drill=drill,
        ref=_free_ref(book),
        need=need,
        policy=policy,
        created_at=now,
        touched_at=now,
        touched_by=need.raised_by,
    )
    book.put(callout, now)
    return callout


def revise(
    book: CalloutBook,
    callout_id: str,
    quotas: tuple[Quota, ...],
    end: datetime,
    by: str,
    now: datetime,
) -> CalloutData:
    """More seats or fewer, as the evidence grows. Nobody who sits is sent away for that."""
    callout = _going(book, callout_id, "draft", "previewed", "running", "paused", "filled")
    need = msgspec.structs.replace(callout.need, quotas=quotas, end=end)
    if need == callout.need:
        return callout
    _check(need, now)
    kinds = [(q.skill, q.language) for q in quotas]
    before = [(q.skill, q.language) for q in callout.need.quotas]
    if kinds[: len(before)] != before and book.index(callout_id).seats:
        detail = "seats are taken: quotas can be resized, and others added at the end"
        raise RefusedError("held", detail, "quotas")
    if [q.seats for q in quotas] != [q.seats for q in callout.need.quotas]:
        _renumber(book, callout, need, now)
    changed = _touch(callout, by, now, need=need)
    book.put(changed, now)
    return settle(book, callout_id, now)


def previewed(book: CalloutBook, callout_id: str, now: datetime) -> CalloutData:
    """Somebody has seen who would be asked."""
    callout = book.callout(callout_id)
    if callout.state == "draft":
        callout = msgspec.structs.replace(callout, state="previewed")
        book.put(callout, now)
    return callout


def start(
    book: CalloutBook,
    callout_id: str,
    policy: Policy,
    by: str,
    now: datetime,
    *,
    unseen: bool = False,
) -> CalloutData:
    """Begin, with the policy as it is now. Preview before sending is the rule."""
    callout = book.callout(callout_id)
    if callout.state in GOING_ON:
        return callout
    _going(book, callout_id, "draft", "previewed")
    if callout.state == "draft" and not unseen:
        raise RefusedError("not_previewed", "look at the preview before sending")
    changed = _touch(
        callout,
        by,
        now,
        state="running",
        policy=policy,
        started_at=now,
        started_by=by,
        look_at=now,
        second_until=None,
        need=msgspec.structs.replace(callout.need, confirm_by=None),
    )
    book.put(changed, now)
    return changed


def ask_second(
    book: CalloutBook, callout_id: str, by: str, within: timedelta, now: datetime
) -> bool:
    """Whether somebody else has agreed; else `by` is noted as who wants it sent, for so long."""
    callout = _going(book, callout_id, "previewed")
    asked = callout.second_for if callout.second_until and now < callout.second_until else None
    if asked is not None and asked != by:
        return True
    if asked is None:
        _put(book, callout, by, now, second_for=by, second_until=now + within)
    return False


def pause(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """Ask nobody else. Answers still come in."""
    callout = _going(book, callout_id, "running", "paused")
    return _put(book, callout, by, now, state="paused")


def resume(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """Go on."""
    callout = _going(book, callout_id, "running", "paused")
    changed = _put(book, callout, by, now, state="running", look_at=now)
    return settle(book, changed.id, now)


def widen(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """Open the next tier now."""
    callout = _going(book, callout_id, "running", "paused")
    return _put(book, callout, by, now, tier=callout.tier + 1, look_at=now)


def faster(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """Wake more people for less time."""
    callout = _going(book, callout_id, "running", "paused")
    speed = min(1.0, callout.policy.speed + FASTER)
    policy = msgspec.structs.replace(callout.policy, speed=speed)
    return _put(book, callout, by, now, policy=policy, look_at=now)


def rewind(book: CalloutBook, callout_id: str, by: str, now: datetime) -> int:
    """Ask those once more who have not answered; how many that is."""
    callout = _going(book, callout_id, "running")
    asked = 0
    for offer in list(book.offers_of(callout_id)):
        if offer.state not in ("contacting", "delivered", "seen", "no_answer"):
            continue
        if book.is_asked_elsewhere(offer):
            continue
        again = asked_again(without_asking(offer, "asked_again", now), now)
        if again != offer:
            book.put(moved(again, "contacting"), now)
            asked += 1
    _put(book, callout, by, now)
    return asked


def stop(
    book: CalloutBook, callout_id: str, reason: str, by: str, now: datetime, *, tell: bool = True
) -> CalloutData:
    """Ask nobody else, keep who is seated, and tell the others that they may sleep on."""
    callout = book.callout(callout_id)
    if callout.state in OVER:
        return callout
    if callout.state in ("draft", "previewed"):
        return _put(book, callout, by, now, state="cancelled", closed_at=now, closed_reason=reason)
    # Where the need itself is over there is nothing left to be in reserve for.
    grace = None
    if reason not in NEED_OVER:
        grace = now + timedelta(seconds=callout.policy.grace_seconds)
    changed = _put(
        book,
        callout,
        by,
        now,
        state="closed",
        closed_at=now,
        closed_reason=reason,
        grace_until=grace,
        look_at=None,
        expected_more=0.0,
    )
    stand_down(book, callout_id, now, tell=tell, reserve=True)
    return changed


def cancel(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """It was a mistake: everyone who was contacted hears that nobody is needed."""
    callout = book.callout(callout_id)
    if callout.state in OVER:
        return callout
    changed = _put(
        book, callout, by, now, state="cancelled", closed_at=now, closed_reason="cancelled",
        look_at=None, expected_more=0.0,
    )  # fmt: skip
    for offer in list(book.offers_of(callout_id)):
        if offer.seat is not None:
            book.put(moved(offer, "stood_down", "cancelled", seat=None), now)
    stand_down(book, callout_id, now, tell=True, reserve=True)
    return changed


def expire(book: CalloutBook, callout_id: str, now: datetime) -> CalloutData:
    """Its time is over, filled or not."""
    callout = book.callout(callout_id)
    changed = _put(
        book, callout, "", now, state="expired", closed_at=now, closed_reason="expired",
        look_at=None, expected_more=0.0,
    )  # fmt: skip
    stand_down(book, callout_id, now, tell=True, reserve=True)
    return changed


def stand_down(
    book: CalloutBook, callout_id: str, now: datetime, *, tell: bool, reserve: bool
) -> None:
    """Everyone who was contacted and has no seat hears that they are not needed, once."""
    index = book.index(callout_id)
    ids: Collection[str] = [*index.silent, *(index.reserve if reserve else ())]
    silent = [book.offers[i] for i in sorted(ids)]
    quiet = [o for o in book.offers_of(callout_id) if o.state == "no_answer"]
    for offer in [*silent, *quiet]:
        was_told = contacted(offer) or offer.state == "waitlisted"
        after = moved(without_pending(offer, "over", now), "stood_down", offer.reason)
        book.put(told_once(after, "stand_down", now) if tell and was_told else after, now)


def settle(book: CalloutBook, callout_id: str, now: datetime) -> CalloutData:
    """Filled when no seat is free, running again when one is: whatever has just happened."""
    callout = book.callout(callout_id)
    is_full = not any(free > 0 for free in free_seats(book, callout).values())
    if is_full and callout.state in ("running", "paused"):
        grace = now + timedelta(seconds=callout.policy.grace_seconds)
        callout = msgspec.structs.replace(
            callout, state="filled", filled_at=now, grace_until=grace, look_at=None,
            expected_more=0.0,
        )  # fmt: skip
        book.put(callout, now)
        for offer in [book.offers[i] for i in sorted(book.index(callout_id).silent)]:
            after = without_asking(offer, "filled", now)
            if after is not offer:
                book.put(after, now)
    elif not is_full and callout.state == "filled":
        callout = msgspec.structs.replace(callout, state="running", look_at=now, grace_until=None)
        book.put(callout, now)
    return callout


def foretold(book: CalloutBook, callout_id: str, seen: Outlook, now: datetime) -> None:
    """Keep when it will be full, as it looks now. Nobody has touched it for that."""
    callout = book.callouts.get(callout_id)
    if callout is None or callout.state != "running":
        return
    times = (seen.median_seconds, seen.p90_seconds)
    half, most = (None if s is None else now + timedelta(seconds=round(s)) for s in times)
    forecast = FillForecast(at=now, half=half, most=most)
    first = callout.first_forecast or forecast
    book.put(msgspec.structs.replace(callout, forecast=forecast, first_forecast=first), now)


def seen_by(book: CalloutBook, callout_id: str, by: str, now: datetime) -> CalloutData:
    """A manager has seen it. Nobody is asked less for that."""
    return _put(book, book.callout(callout_id), by, now)


def is_overdue(offer: OfferData, now: datetime, policy: Policy) -> bool:
    """Silent for so long that they are taken not to answer."""
    since = offer.asked_at or offer.created_at
    return now >= since + timedelta(seconds=policy.no_answer_seconds)


def _renumber(book: CalloutBook, callout: CalloutData, need: Need, now: datetime) -> None:
    """Quotas of other sizes number the seats anew: everyone stays on a seat of their quota."""
    first_before, first_after = 1, 1
    places: list[tuple[OfferData, int]] = []
    index = book.index(callout.id)
    for old, new in zip(callout.need.quotas, need.quotas, strict=False):
        taken = [
            index.seats[seat]
            for seat in range(first_before, first_before + old.seats)
            if seat in index.seats
        ]
        if len(taken) > new.seats:
            raise RefusedError(
                "held", f"{len(taken)} of these seats are taken: raise it, or stop", "quotas"
            )
        places += [(book.offers[i], first_after + n) for n, i in enumerate(taken)]
        first_before += old.seats
        first_after += new.seats
    for offer, seat in places:
        if offer.seat != seat:
            book.put(msgspec.structs.replace(offer, seat=seat), now)
    # Moving one by one may have unfiled a neighbour: file all of them as they are now.
    for offer, _ in places:
        book.load(book.offers[offer.id])


def _put(
    book: CalloutBook, callout: CalloutData, by: str, now: datetime, **more: object
) -> CalloutData:
    changed = _touch(callout, by, now, **more)
    book.put(changed, now)
    return changed


def _touch(callout: CalloutData, by: str, now: datetime, **more: object) -> CalloutData:
    return msgspec.structs.replace(
        callout, touched_at=now, touched_by=by or callout.touched_by, **more
    )


def _going(book: CalloutBook, callout_id: str, *states: str) -> CalloutData:
    callout = book.callout(callout_id)
    if callout.state not in states:
        raise RefusedError("not_now", f"the call-out is {callout.state}")
    return callout


def _check(need: Need, now: datetime) -> None:
    if not 1 <= seats_needed(need) <= MOST_SEATS or any(q.seats < 1 for q in need.quotas):
        raise RefusedError("invalid", f"a need has 1 to {MOST_SEATS} seats", "quotas")
    if not need.start < need.end <= need.start + LONGEST:
        raise RefusedError("invalid", "a need lasts from its start for at most 24 hours", "end")
    if need.expires_at <= now:
        raise RefusedError("invalid", "the need has expired already", "expires_at")


def _new_id(book: CalloutBook, need: Need) -> str:
    """A key that was closed and is raised again in the same instant is another call-out."""
    before = sum(1 for one in book.callouts.values() if one.need.dedup_key == need.dedup_key)
    return derived_id("callout", need.dedup_key, need.raised_at.isoformat(), book.epoch, before)


def _free_ref(book: CalloutBook) -> str:
    """Two digits that no open call-out has: people type them with their answer."""
    taken = {callout.ref for callout in book.still_open()}
    recent = {callout.ref for callout in book.callouts.values()}
    for used in (recent, taken):
        free = next((str(n) for n in _REFS if str(n) not in used), None)
        if free is not None:
            return free
    raise RefusedError("held", "ninety call-outs are open: close one first")
