"""Which seat does somebody who said yes get, and who is next when one gets free?

Seats are numbered through the quotas in order, so a seat's number says what it asks. A person with
several skills sits where most is asked; if all seats they fit are taken, somebody who fits
elsewhere moves over, so that no seat stays empty for want of the right person in the wrong one.
"""

from collections.abc import Iterator

import msgspec

from streams.domain.callout.book import CalloutBook
from streams.events.callouts import CalloutData, Need, OfferData, Quota


def seats_needed(need: Need) -> int:
    """All seats of a need."""
    return sum(quota.seats for quota in need.quotas)


def quota_of_seat(need: Need, seat: int) -> int:
    """The quota that a seat number belongs to; past the end it is none of them (-1)."""
    last = 0
    for place, quota in enumerate(need.quotas):
        last += quota.seats
        if seat <= last:
            return place
    return -1


def fits(skills: tuple[str, ...], languages: tuple[str, ...], quota: Quota) -> bool:
    """Whether somebody can sit on a seat of this quota."""
    return (quota.skill is None or quota.skill in skills) and (
        quota.language is None or quota.language in languages
    )


def fitting(need: Need, skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[int, ...]:
    """The quotas somebody fits, those that ask for most first."""
    places = [n for n, quota in enumerate(need.quotas) if fits(skills, languages, quota)]
    return tuple(sorted(places, key=lambda n: (-_asks(need.quotas[n]), n)))


def free_seats(book: CalloutBook, callout: CalloutData) -> dict[int, int]:
    """For each quota how many of its seats nobody has."""
    free = {place: quota.seats for place, quota in enumerate(callout.need.quotas)}
    for seat in book.index(callout.id).seats:
        place = quota_of_seat(callout.need, seat)
        if place >= 0:
            free[place] -= 1
    return free


def find_seat(
    book: CalloutBook, callout: CalloutData, offer: OfferData
) -> list[tuple[OfferData, int]]:
    """Who sits where so that this person has a seat too; nothing when that cannot be.

    The person comes first; after them those who move over.
    """
    if not any(free > 0 for free in free_seats(book, callout).values()):
        return []
    moves: list[tuple[OfferData, int]] = []
    if _seat(book, callout, offer, set(), moves):
        return moves[::-1]
    return []


def first_in_reserve(book: CalloutBook, callout: CalloutData) -> OfferData | None:
    """Whose turn it is: the earliest yes that can be seated now."""
    waiting = in_reserve(book, callout.id)
    return next((one for one in waiting if find_seat(book, callout, one)), None)


def in_reserve(book: CalloutBook, callout_id: str) -> list[OfferData]:
    """The waitlist in its order: the yes that came first is first."""
    waiting = [book.offers[i] for i in book.index(callout_id).reserve]
    return sorted(waiting, key=lambda one: (one.turn or 0, one.id))


def position(book: CalloutBook, offer: OfferData) -> int:
    """The place on the waitlist, from 1."""
    if offer.turn == book.callouts[offer.callout].acceptances:
        # The latest yes is the last in line; counting the others would be slow at the worst moment.
        return len(book.index(offer.callout).reserve)
    waiting = (book.offers[i] for i in book.index(offer.callout).reserve)
    return 1 + sum(1 for one in waiting if (one.turn or 0, one.id) < (offer.turn or 0, offer.id))


def _seat(
    book: CalloutBook,
    callout: CalloutData,
    offer: OfferData,
    tried: set[int],
    moves: list[tuple[OfferData, int]],
) -> bool:
    """An augmenting path from this person to a free seat."""
    index = book.index(callout.id)
    places = [p for p in fitting(callout.need, offer.skills, offer.languages) if p not in tried]
    for place in places:
        for seat in _seats(callout.need, place):
            if seat not in index.seats:
                moves.append((offer, seat))
                return True
    for place in places:
        if place in tried:
            continue
        tried.add(place)
        for seat in _seats(callout.need, place):
            sitting = book.offers[index.seats[seat]]
            if sitting.arrived_at is None and _seat(book, callout, sitting, tried, moves):
                moves.append((offer, seat))
                return True
    return False


def reseated(offer: OfferData, seat: int) -> OfferData:
    """The same person on another seat."""
    return msgspec.structs.replace(offer, seat=seat)


def _seats(need: Need, place: int) -> Iterator[int]:
    first = sum(quota.seats for quota in need.quotas[:place]) + 1
    return iter(range(first, first + need.quotas[place].seats))


def _asks(quota: Quota) -> int:
    return (quota.skill is not None) + (quota.language is not None)
