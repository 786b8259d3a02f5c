"""What is one offer made of: the messages that are planned, and those that need not go any more?"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from streams.domain.callout.attempts import AT_PROVIDER, FAILED, LIVE, suppressed
from streams.domain.callout.candidates import Candidate, Step
from streams.events.callouts import (
    CalloutData,
    MethodKind,
    Need,
    OfferData,
    OfferState,
    PageAttempt,
    Purpose,
)
from streams.events.codec import derived_id


def new_offer(callout: CalloutData, candidate: Candidate, quota: int, now: datetime) -> OfferData:
    """One person asked for one call-out, with every message of their plan."""
    offer_id = derived_id("offer", callout.id, candidate.person)
    return OfferData(
        id=offer_id,
        callout=callout.id,
        person=candidate.person,
        state="queued",
        drill=callout.drill,
        tier=candidate.tier,
        channel=candidate.channel,
        local_hour=candidate.local_hour,
        skills=candidate.skills,
        languages=candidate.languages,
        quota=quota,
        created_at=now,
        warnings=candidate.warnings,
        attempts=tuple(
            planned(offer_id, "ask", step, place, now)
            for place, step in enumerate(candidate.steps, start=1)
        ),
    )


def planned(offer_id: str, purpose: Purpose, step: Step, place: int, now: datetime) -> PageAttempt:
    """A message that will be sent; the same offer, method and step is always the same one."""
    return PageAttempt(
        id=derived_id("attempt", offer_id, step.method, purpose, place),
        purpose=purpose,
        method=step.method,
        kind=step.kind,
        step=place,
        due_at=now + timedelta(seconds=step.after_seconds),
    )


def with_attempt(offer: OfferData, attempt: PageAttempt) -> OfferData:
    """The offer with one attempt replaced, or added."""
    found = [attempt if one.id == attempt.id else one for one in offer.attempts]
    if all(one.id != attempt.id for one in offer.attempts):
        found.append(attempt)
    return msgspec.structs.replace(offer, attempts=tuple(found))


def without_asking(offer: OfferData, reason: str, now: datetime) -> OfferData:
    """Every ask that has not gone out will not. What is under way cannot be called back."""
    return _each(
        offer,
        lambda one: (
            suppressed(one, reason, now) if one.purpose == "ask" and one.state == "pending" else one
        ),
    )


def without_pending(offer: OfferData, reason: str, now: datetime) -> OfferData:
    """Nothing that has not gone out will go out, whatever it was for."""
    return _each(offer, lambda one: suppressed(one, reason, now) if one.state == "pending" else one)


def told_once(offer: OfferData, purpose: Purpose, now: datetime) -> OfferData:
    """One more message, by the way that reached them; each purpose once."""
    if any(one.purpose == purpose for one in offer.attempts):
        return offer
    by = _way_that_reached(offer)
    if by is None:
        return offer
    step = Step(method=by.method, kind=by.kind, after_seconds=0)
    return with_attempt(offer, planned(offer.id, purpose, step, 1, now))


def asked_again(offer: OfferData, at: datetime) -> OfferData:
    """The whole plan's first way once more, from `at` on: a step of its own, so a new attempt."""
    asks = [one for one in offer.attempts if one.purpose == "ask"]
    if not asks:
        return offer
    last = max(one.step for one in asks)
    methods: dict[str, MethodKind] = {}
    for one in asks:
        if one.state not in FAILED:
            methods.setdefault(one.method, one.kind)
    for place, (method, kind) in enumerate(methods.items(), start=1):
        step = Step(method=method, kind=kind, after_seconds=0)
        offer = with_attempt(offer, planned(offer.id, "ask", step, last + place, at))
    return offer


def next_way_now(offer: OfferData, failed: PageAttempt, now: datetime) -> OfferData:
    """The next planned message by another method goes at once, in place of one that failed."""
    waiting = [
        one
        for one in offer.attempts
        if one.purpose == failed.purpose and one.state == "pending" and one.method != failed.method
    ]
    if not waiting:
        return offer
    first = min(waiting, key=lambda one: (one.due_at, one.step))
    return with_attempt(offer, msgspec.structs.replace(first, due_at=min(first.due_at, now)))


def contacted(offer: OfferData) -> bool:
    """Whether anything that asks may have reached them."""
    return any(
        one.purpose == "ask" and (one.state in AT_PROVIDER or one.state in ("sending", "unknown"))
        for one in offer.attempts
    )


def starts_for(need: Need, offer: OfferData) -> datetime:
    """When their hours begin: with the need, or later as they said."""
    return max(need.start, offer.since) if offer.since is not None else need.start


def ends_for(need: Need, offer: OfferData) -> datetime:
    """When their hours end: with the need, or earlier as they said."""
    return min(need.end, offer.until) if offer.until is not None else need.end


def all_failed(offer: OfferData) -> bool:
    """Nothing reached them and nothing more is planned."""
    asks = [one for one in offer.attempts if one.purpose == "ask"]
    return not any(one.state in LIVE or one.state in AT_PROVIDER for one in asks)


def nothing_planned(offer: OfferData) -> bool:
    """No ask of theirs is waiting or under way."""
    return not any(one.purpose == "ask" and one.state in LIVE for one in offer.attempts)


def moved(
    offer: OfferData, state: OfferState, reason: str | None = None, **more: object
) -> OfferData:
    """The offer in another state."""
    return msgspec.structs.replace(offer, state=state, reason=reason, **more)


def _way_that_reached(offer: OfferData) -> PageAttempt | None:
    asks = [one for one in offer.attempts if one.purpose == "ask" and one.state not in FAILED]
    answered = {answer.channel for answer in offer.answers}
    ranked = sorted(
        (one for one in asks if one.state != "suppressed" or one.kind in answered),
        key=lambda one: (one.kind in answered, one.rank, -one.step),
    )
    return ranked[-1] if ranked else None


def _each(offer: OfferData, change: Callable[[PageAttempt], PageAttempt]) -> OfferData:
    attempts = tuple(change(one) for one in offer.attempts)
    if attempts == offer.attempts:
        return offer
    return msgspec.structs.replace(offer, attempts=attempts)
