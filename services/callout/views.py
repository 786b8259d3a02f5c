"""What do managers see of a call-out? Numbers first, then people by state; no number, no name."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import msgspec

from services.callout.handlers import Previewed
from services.callout.lines import Lines
from services.callout.wording import asked_with
from streams.domain.callout.asking import standing
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.offers import contacted
from streams.domain.callout.outlook import Outlook
from streams.domain.callout.seating import position, quota_of_seat
from streams.domain.centre import Centre
from streams.events.callouts import CalloutData, OfferData, OfferState

FUNNEL: Final[tuple[OfferState, ...]] = (
    "delivered",
    "seen",
    "accepted",
    "declined",
    "waitlisted",
    "no_answer",
    "unreachable",
)


def shown(book: CalloutBook, callout: CalloutData, now: datetime) -> dict[str, Any]:
    """One call-out with its numbers."""
    stand = standing(book, callout, now)
    offers = list(book.offers_of(callout.id))
    seats = book.index(callout.id).seats
    by_quota = Counter(quota_of_seat(callout.need, seat) for seat in seats)
    return {
        "callout": msgspec.to_builtins(callout),
        "needed": stand.needed,
        "accepted": stand.accepted,
        "expected": round(stand.expected, 1),
        "gap": max(0, stand.needed - stand.accepted),
        "waitlisted": len(book.index(callout.id).reserve),
        "arrived": sum(1 for one in offers if one.arrived_at is not None),
        "no_show": sum(1 for one in offers if one.no_show_at is not None),
        "answered": sum(1 for one in offers if one.answered_at is not None),
        "woken": sum(1 for one in offers if contacted(one)),
        "rates": {channel: round(rate, 3) for channel, rate in sorted(stand.rates.items())},
        "quotas": [
            {**msgspec.to_builtins(quota), "accepted": by_quota[place]}
            for place, quota in enumerate(callout.need.quotas)
        ],
        "tiers": _tiers(offers),
        "version": callout.version,
        "now": now,
    }


def shown_people(book: CalloutBook, callout: CalloutData) -> list[dict[str, Any]]:
    """Everyone asked; those who need a human first."""
    found = [shown_offer(book, offer) for offer in book.offers_of(callout.id)]
    found.sort(key=lambda one: (not one["needs_human"], one["seat"] or 10_000, one["person"]))
    return found


def shown_offer(book: CalloutBook, offer: OfferData) -> dict[str, Any]:
    """One person's part: the four facts apart, the messages, and what a human should look at."""
    return {
        "offer": offer.id,
        "person": offer.person,
        "state": offer.state,
        "reason": offer.reason,
        "tier": offer.tier,
        "seat": offer.seat,
        "position": position(book, offer) if offer.state == "waitlisted" else None,
        "asked_at": offer.asked_at,
        "answered_at": offer.answered_at,
        "accepted_at": offer.accepted_at,
        "arrived_at": offer.arrived_at,
        "no_show_at": offer.no_show_at,
        "arrives_in_minutes": offer.arrives_in_minutes,
        "since": offer.since,
        "until": offer.until,
        "warnings": list(offer.warnings),
        "needs_human": _needs_human(offer),
        "attempts": [
            {
                "kind": one.kind,
                "purpose": one.purpose,
                "state": one.state,
                "reason": one.reason,
                "provider": one.provider,
                "due_at": one.due_at,
                "sent_at": one.sent_at,
            }
            for one in offer.attempts
        ],
    }


def shown_preview(previewed: Previewed, centre: Centre) -> dict[str, Any]:
    """Who, why not the others, how long, the slider's columns, and the message."""
    seen = previewed.preview
    return {
        "callout": previewed.callout.id,
        "first": list(seen.first),
        "order": [
            {"person": one.person, "tier": one.tier, "channel": one.channel}
            | ({"warnings": list(one.warnings)} if one.warnings else {})
            for one in seen.order
        ],
        "others": [asdict(one) for one in seen.others],
        "tiers": [asdict(one) for one in seen.tiers],
        "quotas": [asdict(one) for one in seen.quotas],
        "expected": _outlook(seen.expected),
        "slider": {mark: _outlook(one) for mark, one in seen.slider.items()},
        "seconds_to_send": {
            kind: round(seconds, 1) if seconds != float("inf") else None
            for kind, seconds in previewed.seconds_to_send.items()
        },
        "messages": {
            language: asked_with(
                previewed.callout, language, centre.timezone.key, title, centre.callout.place
            )
            for language, title in (("ko", centre.title_ko), ("en", centre.title_en))
        },
    }


def shown_lines(lines: Lines) -> list[dict[str, Any]]:
    """Every account: its limit and how long its line is."""
    return [
        asdict(line) | {"drills": drills}
        for router in lines.both()
        for drills in (router is lines.drills,)
        for line in router.lines()
    ]


def _outlook(one: Outlook) -> dict[str, float | None]:
    """The four columns, and the band."""
    return {
        "fill_seconds": one.median_seconds,
        "fill_seconds_p90": one.p90_seconds,
        "people_woken": round(one.people_woken, 1),
        "surplus": round(one.surplus, 1),
        "filled_in_two_hours": round(one.filled_in_two_hours, 3),
    }


def _tiers(offers: list[OfferData]) -> list[dict[str, Any]]:
    tiers = []
    for tier in sorted({one.tier for one in offers}):
        own = [one for one in offers if one.tier == tier]
        states = Counter(one.state for one in own)
        counts: dict[str, Any] = {name: states[name] for name in FUNNEL}
        tiers.append({"tier": tier, "paged": sum(1 for o in own if contacted(o)), **counts})
    return tiers


def _needs_human(offer: OfferData) -> bool:
    opted_out = any(one.reason in ("opted_out", "unverified") for one in offer.attempts)
    return offer.state == "unreachable" or opted_out or bool(offer.seat and offer.warnings)
