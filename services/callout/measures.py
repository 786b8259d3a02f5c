"""What do call-outs tell Prometheus? True ones only: a drill shows in the console.

Counted when something changes; the gauges are set at each look of the engine.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from streams.domain.callout.book import CalloutBook, Change
from streams.domain.callout.seating import in_reserve
from streams.domain.people.eligible import LIFTABLE
from streams.events.callouts import CalloutData, OfferData
from streams.telemetry import metrics_callout as metrics

# Later tiers are told as one.
LAST_TIER: Final = 4


def count(changes: Sequence[Change]) -> None:
    """What these changes are worth counting for."""
    for change in changes:
        after, before = change.state, change.before
        if after.drill:
            continue
        if isinstance(after, OfferData):
            _count_offer(before if isinstance(before, OfferData) else None, after)
        elif isinstance(before, CalloutData):
            _count_callout(before, after)


def gauge(book: CalloutBook) -> None:
    """How the call-outs stand that are not over."""
    going = [one for one in book.still_open() if not one.drill]
    offers = {one.id: list(book.offers_of(one.id)) for one in going}
    everyone = [offer for own in offers.values() for offer in own]
    needed = sum(quota.seats for one in going for quota in one.need.quotas)
    metrics.SEATS.labels("needed").set(needed)
    metrics.SEATS.labels("accepted").set(sum(1 for o in everyone if o.seat is not None))
    metrics.SEATS.labels("arrived").set(sum(1 for o in everyone if o.arrived_at is not None))
    waiting = sum(len(in_reserve(book, one.id)) for one in going)
    metrics.SEATS.labels("waitlisted").set(waiting)
    metrics.UNREACHABLE_PEOPLE.set(sum(1 for o in everyone if o.state == "unreachable"))
    since = min((at for own in offers.values() if (at := unanswered_since(own))), default=None)
    metrics.OLDEST_UNACKNOWLEDGED.set(since.timestamp() if since is not None else 0.0)


def unanswered_since(offers: Iterable[OfferData]) -> datetime | None:
    """When the first message of a call-out went out, by the wall; None once anybody answered.

    Silence of one person is the normal answer; silence of all of them is a pager that fails.
    """
    first: datetime | None = None
    for offer in offers:
        if offer.answered_at is not None:
            return None
        for attempt in offer.attempts:
            if attempt.purpose == "ask" and attempt.claimed_at is not None:
                first = min(first or attempt.claimed_at, attempt.claimed_at)
    return first


def _count_offer(before: OfferData | None, after: OfferData) -> None:
    fresh = before is None or before.answered_at is None
    if fresh and after.answered_at is not None and after.asked_at is not None:
        waited = (after.answered_at - after.asked_at).total_seconds()
        tier = str(min(after.tier, LAST_TIER))
        metrics.PAGE_ACKNOWLEDGE_SECONDS.labels(tier).observe(max(0.0, waited))
    if after.seat is not None and (before is None or before.seat is None):
        for rule in LIFTABLE.intersection(after.warnings):
            metrics.REST_OVERRIDES.labels(rule).inc()


def _count_callout(before: CalloutData, after: CalloutData) -> None:
    """How soon the first message went, and how soon the seats were filled."""
    if after.started_at is None:
        return
    if before.first_attempt_at is None and after.first_attempt_at is not None:
        waited = after.first_attempt_at - after.started_at
        metrics.FIRST_ATTEMPT_SECONDS.observe(waited.total_seconds())
    if before.filled_at is None and after.filled_at is not None:
        metrics.FILL_SECONDS.observe((after.filled_at - after.started_at).total_seconds())
