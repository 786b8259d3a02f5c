"""What does a counselor see who can be called in? What is asked of them, and what is their own."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from services.consoles import moments
from services.consoles.api import Api, RefusedError, moment
from services.consoles.callout_forms import (
    DECLINE_REASONS,
    STANDINGS,
    BackForm,
    CodeForm,
    LeaveForm,
    OwnAnswerForm,
    StandingForm,
)
from services.consoles.doors import house_of, person, reader_of, sender
from services.consoles.pages import NOT_KEPT, ON_CALL
from services.sessions import Session

PATH: Final = ON_CALL.path
TOO_MANY: Final = 429
MOST_LEAVE: Final = 50
OPEN: Final = frozenset({"running", "paused", "filled"})

router = APIRouter(prefix=PATH)
Counselor = Annotated[Session, Depends(person("counselor"))]
Sender = Annotated[Session, Depends(sender("counselor"))]
OfferId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Method = Literal["sms", "voice", "email", "push"]


@router.get("")
async def show(request: Request, who: Counselor, note: str = "") -> Response:
    """Everything of theirs."""
    return await _page(request, who, note)


@router.post("/standing")
async def set_standing(
    request: Request, who: Sender, form: Annotated[StandingForm, Form()]
) -> Response:
    """How soon they could come."""
    api, mine = await _mine(request, who)
    await api.post(f"/v1/people/{mine}/standing", {"standing": form.standing})
    return _back("mine_standing")


@router.post("/leave")
async def go_on_leave(
    request: Request, who: Sender, form: Annotated[LeaveForm, Form()]
) -> Response:
    """Away for a time: nobody asks them then."""
    home = house_of(request).centre.timezone
    starts, ends = (moments.meant(text, home) for text in (form.away_from, form.away_until))
    known, now = await _leave(request, who)
    if starts is None or ends is None or ends <= starts or ends <= now:
        return _back("mine_leave_wrong")
    if len(known) >= MOST_LEAVE:
        return _back("mine_leave_many")
    added = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    return await _keep_leave(request, who, [*known, added])


@router.post("/leave/back")
async def come_back(request: Request, who: Sender, form: Annotated[BackForm, Form()]) -> Response:
    """Not away after all."""
    known, _ = await _leave(request, who)
    left = [one for one in known if moment(one["starts_at"]) != form.starts_at]
    return await _keep_leave(request, who, left)


@router.post("/offers/{offer_id}")
async def answer(
    request: Request, who: Sender, offer_id: OfferId, form: Annotated[OwnAnswerForm, Form()]
) -> Response:
    """Yes, no, later, or no more."""
    reason = form.reason if form.choice in ("decline", "withdraw") else ""
    body = {"choice": form.choice, "reason": reason}
    reply = await _api(request, who).post(f"/v1/mine/offers/{offer_id}/answer", body)
    return _back(f"mine_{reply['kind']}")


@router.post("/methods/{method}/test")
async def ask_code(request: Request, who: Sender, method: Method) -> Response:
    """A code goes out by this method."""
    api, mine = await _mine(request, who)
    try:
        await api.post(f"/v1/people/{mine}/methods/{method}/verify", {})
    except RefusedError as error:
        if error.status == TOO_MANY:
            return _back("mine_too_soon")
        raise
    return _back("mine_code_sent")


@router.post("/methods/{method}/confirm")
async def confirm(
    request: Request, who: Sender, method: Method, form: Annotated[CodeForm, Form()]
) -> Response:
    """The code came."""
    api, mine = await _mine(request, who)
    body = {"code": form.code.strip()}
    try:
        await api.post(f"/v1/people/{mine}/methods/{method}/confirm", body)
    except RefusedError as error:
        return _back(f"mine_{error.reason}")
    return _back("mine_verified")


@router.post("/calendar")
async def new_calendar(request: Request, who: Sender) -> Response:
    """A secret address, on this one page."""
    api, mine = await _mine(request, who)
    made = await api.post(f"/v1/people/{mine}/feed", {})
    return await _page(request, who, address=str(made["url"]))


async def _leave(request: Request, who: Session) -> tuple[list[dict[str, Any]], datetime]:
    """What of their leave is still to come, and the centre's time."""
    told = await _api(request, who).get("/v1/mine")
    return told["leave"], datetime.fromisoformat(told["now"])


async def _keep_leave(request: Request, who: Session, leave: list[dict[str, Any]]) -> Response:
    api, mine = await _mine(request, who)
    await api.put(f"/v1/people/{mine}/leave", {"leave": leave})
    return _back("mine_leave")


async def _page(request: Request, who: Session, note: str = "", *, address: str = "") -> Response:
    mine = await _api(request, who).get("/v1/mine")
    return house_of(request).pages.page(
        "on_call.html",
        reader_of(request),
        note=note,
        as_of=moment(mine["now"]),
        mine=mine,
        person=mine["person"],
        offers=[one for one in mine["offers"] if one["callout_state"] in OPEN],
        moment=moment,
        standings=STANDINGS,
        decline_reasons=DECLINE_REASONS,
        address=address,
    )


async def _mine(request: Request, who: Session) -> tuple[Api, str]:
    """The service, and who they are to it."""
    api = _api(request, who)
    person: dict[str, Any] | None = (await api.get("/v1/mine"))["person"]
    if person is None:
        raise RefusedError(404, "not_found", "person", "this account is on no call-out list")
    return api, str(person["id"])


def _api(request: Request, who: Session) -> Api:
    return house_of(request).callouts.for_whom(who.acting())


def _back(note: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}?note={note}", 303, NOT_KEPT)
