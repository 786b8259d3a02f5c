"""What is a counselor's own in the call-outs? Their offers, shifts, health of contact; an answer.

A signed-in person is found by the desk they have, and sees nobody else.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict

from services.auth import Identity, desk_of, require
from services.callout import views
from services.callout.answers import Answer, DeclineReason
from services.callout.people.desk import PeopleDesk
from services.callout.people.shown import shown as person_shown
from services.callout.running import Running
from streams.domain.callout.book import RefusedError
from streams.domain.callout.seating import seats_needed
from streams.domain.people.readiness import readiness
from streams.events.callouts import AnswerKind, OfferData
from streams.events.people import Person

MOST_OFFERS = 20

router = APIRouter(prefix="/v1/mine")
Counselor = Annotated[Identity, Depends(require("counselor"))]
OfferId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class MineBody(BaseModel):
    """What they say to an offer of theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: AnswerKind
    reason: DeclineReason = ""


async def running(request: Request) -> Running:
    """Everything of this process."""
    found: Running = request.app.state.running
    return found


async def desk(request: Request) -> PeopleDesk:
    """What this process keeps of people."""
    found: PeopleDesk = request.app.state.people_desk
    return found


Live = Annotated[Running, Depends(running)]
Desk = Annotated[PeopleDesk, Depends(desk)]


@router.get("")
async def show(who: Counselor, live: Live, at: Desk) -> dict[str, Any]:
    """Everything of theirs; `person` is None for somebody who is on no list."""
    now = live.now()
    person = _person(who, at)
    if person is None:
        return {"now": now, "person": None, "offers": [], "shifts": [], "leave": []}
    shifts = [
        shift
        for shift in at.people.book.roster.shifts_of(person.id)
        if shift.ends_at > now and not shift.cancelled
    ]
    book = live.commands.book
    offers = sorted(book.offers_to(person.id), key=lambda one: one.created_at, reverse=True)
    return {
        "now": now,
        "person": person_shown(person, readiness(person, now, at.carried), shifts, now),
        "feed": bool(person.feed_digest),
        "offers": [_offer(live, one) for one in offers[:MOST_OFFERS]],
        "leave": [
            {"starts_at": span.starts_at, "ends_at": span.ends_at}
            for span in person.leave
            if span.ends_at > now
        ],
        "shifts": [
            {"starts_at": one.starts_at, "ends_at": one.ends_at, "kind": one.kind}
            for one in sorted(shifts, key=lambda shift: shift.starts_at)
        ],
    }


@router.post("/offers/{offer_id}/answer")
async def answer(
    offer_id: OfferId, body: MineBody, who: Counselor, live: Live, at: Desk
) -> dict[str, Any]:
    """Yes, no, ask me later, or no more: the same as by text message."""
    person = _person(who, at)
    offer = live.commands.book.offers.get(offer_id)
    if person is None or offer is None or offer.person != person.id:
        raise RefusedError("not_found", "there is no such offer of yours")
    given = Answer(
        choice=body.choice, via="console", at=live.now(), reason=body.reason, by=who.name
    )
    return msgspec.to_builtins(await live.answers.answer(offer_id, given))  # type: ignore[no-any-return]


def _offer(live: Running, offer: OfferData) -> dict[str, Any]:
    book = live.commands.book
    callout = book.callout(offer.callout)
    needed = seats_needed(callout.need)
    return views.shown_offer(book, offer) | {
        "callout_state": callout.state,
        "drill": callout.drill,
        "ref": callout.ref,
        "starts_at": callout.need.start,
        "ends_at": callout.need.end,
        "seats": needed,
        "seats_left": max(0, needed - len(book.index(callout.id).seats)),
    }


def _person(who: Identity, at: PeopleDesk) -> Person | None:
    agent = desk_of(who, None)
    found = (one for one in at.people.everyone() if one.agent == agent)
    return next(found, None)
