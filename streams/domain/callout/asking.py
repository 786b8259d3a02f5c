"""Who is asked now?

Looked at whenever something happened and at the latest after the policy's interval: for each quota,
as many people as the forecast says are missing, in the order of the candidates. When a tier has
nobody left and seats are still open, the next tier opens by itself.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from streams.domain.callout.book import IN_HAND, OVER, SILENT, CalloutBook, RefusedError
from streams.domain.callout.candidates import Candidate
from streams.domain.callout.forecast import Asked, Habit, habit_of, learned
from streams.domain.callout.offers import new_offer
from streams.domain.callout.paging import Open, expected_more, how_many
from streams.domain.callout.seating import fits, free_seats
from streams.events.callouts import CalloutData, OfferData

# Silences this close are counted as one group.
_TOGETHER_SECONDS: Final = 10.0
_STILL_ASKED: Final = SILENT | IN_HAND


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a call-out stands: the three big numbers, and what the rates are by now."""

    needed: int
    accepted: int
    expected: float
    rates: dict[str, float]


def busy_people(book: CalloutBook, callout: CalloutData) -> dict[str, str]:
    """Who has been asked already, here or by another open call-out, and is not asked again.

    A drill keeps nobody from a true call-out; a true one keeps people from a drill.
    """
    busy = dict.fromkeys(book.index(callout.id).people, "asked_already")
    for other in book.still_open():
        if other.id == callout.id or (other.drill and not callout.drill):
            continue
        for person, offer_id in book.index(other.id).people.items():
            if book.offers[offer_id].state in _STILL_ASKED:
                busy.setdefault(person, "asked_elsewhere")
    return busy


def look(
    book: CalloutBook, callout_id: str, candidates: Sequence[Candidate], now: datetime
) -> list[OfferData]:
    """Ask whom the forecast wants; the offers made. Candidates are in their order."""
    callout = book.callout(callout_id)
    if callout.state != "running":
        return []
    rates = rates_of(book, callout, now)
    asked = set(busy_people(book, callout))
    ready = [one for one in candidates if one.person not in asked]
    tier = callout.tier
    made: list[OfferData] = []
    for place, free in sorted(free_seats(book, callout).items()):
        wanted = [c for c in ready if _fits(callout, c, place)]
        in_tier = [c for c in wanted if c.tier <= tier]
        if not in_tier and wanted and free > 0:
            tier = wanted[0].tier
            in_tier = [c for c in wanted if c.tier <= tier]
        if not in_tier:
            continue
        habit = habit_of(in_tier[0].channel, in_tier[0].tier, in_tier[0].local_hour, rates)
        silent = silent_of(book, callout, place, rates, now)
        more = how_many(callout.policy, free, silent, habit)
        for candidate in in_tier[:more]:
            offer = new_offer(callout, candidate, place, now)
            book.put(offer, now)
            made.append(book.offers[offer.id])
            ready.remove(candidate)
    _note(book, callout, tier, rates, now)
    return made


def add(
    book: CalloutBook, callout_id: str, candidate: Candidate, now: datetime, *, told: bool = False
) -> OfferData:
    """Ask this person, out of turn. `told`: somebody is talking to them, so no message goes."""
    callout = book.callout(callout_id)
    if callout.state in OVER or callout.state in ("draft", "previewed"):
        raise RefusedError("not_now", f"the call-out is {callout.state}")
    if busy_people(book, callout).get(candidate.person) == "asked_elsewhere":
        raise RefusedError("held", "this person is asked by another call-out", "person")
    known = book.offer_of(callout_id, candidate.person)
    if known is not None:
        return known
    place = next((n for n in range(len(callout.need.quotas)) if _fits(callout, candidate, n)), None)
    if place is None:
        raise RefusedError("ineligible", "they fit none of the seats", "person")
    offer = new_offer(callout, candidate, place, now)
    if told:
        offer = msgspec.structs.replace(offer, attempts=(), asked_at=now)
    book.put(offer, now)
    return book.offers[offer.id]


def standing(book: CalloutBook, callout: CalloutData, now: datetime) -> Standing:
    """Needed, accepted, expected."""
    rates = rates_of(book, callout, now)
    silent = waiting(book, callout, now)
    return Standing(
        needed=sum(quota.seats for quota in callout.need.quotas),
        accepted=len(book.index(callout.id).seats),
        expected=expected_more(silent, None),
        rates=rates,
    )


def rates_of(book: CalloutBook, callout: CalloutData, now: datetime) -> dict[str, float]:
    """What the answers so far say about the prior, by channel; older call-outs weigh too."""
    before: dict[str, tuple[float, float]] = {}
    for other in book.callouts.values():
        if other.id == callout.id or other.state not in OVER:
            continue
        for channel, (expected, got) in _tally(book, other, other.closed_at or now).items():
            known = before.get(channel, (0.0, 0.0))
            before[channel] = (known[0] + expected, known[1] + got)
    return learned(_asked(book.offers_of(callout.id), now), before)


def silent_of(
    book: CalloutBook, callout: CalloutData, place: int, rates: dict[str, float], now: datetime
) -> list[Open]:
    """Those who were asked for a quota and are silent, in groups of the same silence."""
    groups: dict[tuple[str, int, int, int], int] = {}
    for offer_id in book.index(callout.id).silent:
        offer = book.offers[offer_id]
        if offer.quota == place:
            seconds = (now - (offer.asked_at or offer.created_at)).total_seconds()
            about = math.floor(max(0.0, seconds) / _TOGETHER_SECONDS)
            key = (offer.channel, offer.tier, offer.local_hour, about)
            groups[key] = groups.get(key, 0) + 1
    return [
        Open(habit_of(channel, tier, hour, rates), about * _TOGETHER_SECONDS, people)
        for (channel, tier, hour, about), people in sorted(groups.items())
    ]


def waiting(book: CalloutBook, callout: CalloutData, now: datetime) -> list[Open]:
    """Everyone who was asked and is silent, for whichever seat."""
    rates = rates_of(book, callout, now)
    return [
        one
        for place in range(len(callout.need.quotas))
        for one in silent_of(book, callout, place, rates, now)
    ]


def habits(candidates: Iterable[Candidate], rates: dict[str, float]) -> list[Habit]:
    """How each of them is taken to answer."""
    return [habit_of(c.channel, c.tier, c.local_hour, rates) for c in candidates]


def _asked(offers: Iterable[OfferData], now: datetime) -> list[Asked]:
    """Only those to whom a message went; a person told face to face says nothing of channels."""
    found = []
    for offer in offers:
        if offer.asked_at is None or not offer.attempts:
            continue
        yes = offer.accepted_at is not None
        said = yes or offer.answered_at is not None
        found.append(
            Asked(
                channel=offer.channel,
                tier=offer.tier,
                local_hour=offer.local_hour,
                seconds=(now - offer.asked_at).total_seconds(),
                yes=yes if said else None,
            )
        )
    return found


def _tally(
    book: CalloutBook, callout: CalloutData, until: datetime
) -> dict[str, tuple[float, float]]:
    tally: dict[str, tuple[float, float]] = {}
    for one in _asked(book.offers_of(callout.id), until):
        habit = habit_of(one.channel, one.tier, one.local_hour, {})
        seen = 1.0 if one.yes is not None else habit.answered_by(one.seconds)
        expected, got = tally.get(one.channel, (0.0, 0.0))
        tally[one.channel] = (expected + habit.yes_share * seen, got + (1.0 if one.yes else 0.0))
    return tally


def _note(
    book: CalloutBook, callout: CalloutData, tier: int, rates: dict[str, float], now: datetime
) -> None:
    expected = sum(
        expected_more(silent_of(book, callout, place, rates, now), None)
        for place in range(len(callout.need.quotas))
    )
    after = msgspec.structs.replace(
        callout,
        tier=tier,
        look_at=now + timedelta(seconds=callout.policy.every_seconds),
        expected_more=round(expected, 1),
    )
    book.put(after, now)


def _fits(callout: CalloutData, candidate: Candidate, place: int) -> bool:
    return fits(candidate.skills, candidate.languages, callout.need.quotas[place])
