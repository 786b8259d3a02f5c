"""What does a counselor need for the next callback? One button, one call, and why this one."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from services.consoles import moments
from services.consoles.api import Api, Claim, RefusedError, moment
from services.consoles.calls import Call, call_of
from services.consoles.doors import BY_ITSELF, house_of, person, reader_of, sender
from services.consoles.forms import ClaimForm, FailForm, RescheduleForm
from services.consoles.pages import NOT_KEPT
from services.sessions import Session

PATH: Final = "/desk"
# The lease went to somebody else, or ended: there is nothing to press again.
LOST: Final = frozenset({"stale_token", "not_holder"})

router = APIRouter(prefix=PATH)
Counselor = Annotated[Session, Depends(person("counselor"))]
Sender = Annotated[Session, Depends(sender("counselor"))]


@router.get("", include_in_schema=False)
async def show(request: Request, who: Counselor, note: str = "") -> Response:
    """What they hold, or what there is to take."""
    api = _api(request, who)
    mine = await api.get("/v1/callbacks/mine")
    if mine["callback"] is None:
        return await _free(request, api, note)
    return await _held(request, api, mine, note=note)


@router.post("/next")
async def take_next(request: Request, who: Sender) -> Response:
    """Take the next callback."""
    account = house_of(request).settings.accounts.get(who.account)
    limits = {"languages": account.speaks, "skills": account.skills} if account else {}
    wish = {name: list(value) for name, value in limits.items() if value}
    told = await _api(request, who).post("/v1/callbacks/next", wish)
    return _to_desk("" if told["callback"] else str(told["reason"]))


@router.get("/{callback_id}/{verb}", include_in_schema=False)
async def go_to_desk(callback_id: str, verb: str, _: Counselor) -> Response:
    """Somebody reloaded the address of a form."""
    del callback_id, verb
    return _to_desk()


@router.post("/{callback_id}/dial")
async def dial(
    request: Request, who: Sender, callback_id: str, form: Annotated[ClaimForm, Form()]
) -> Response:
    """Ring the counselor, then the caller."""
    return await _command(request, who, form.claim(callback_id), "dial")


@router.post("/{callback_id}/connected")
async def connected(
    request: Request, who: Sender, callback_id: str, form: Annotated[ClaimForm, Form()]
) -> Response:
    """They are talking."""
    return await _command(request, who, form.claim(callback_id), "connected")


@router.post("/{callback_id}/close")
async def close(
    request: Request, who: Sender, callback_id: str, form: Annotated[ClaimForm, Form()]
) -> Response:
    """They talked."""
    return await _command(request, who, form.claim(callback_id), "complete", note="closed_it")


@router.post("/{callback_id}/fail")
async def fail(
    request: Request, who: Sender, callback_id: str, form: Annotated[FailForm, Form()]
) -> Response:
    """Nothing came of it, or it is given back."""
    note = "gave_back" if form.outcome == "agent_gone" else "failed_it"
    claim = form.claim(callback_id)
    return await _command(request, who, claim, "fail", note=note, outcome=form.outcome)


@router.post("/{callback_id}/reschedule")
async def reschedule(
    request: Request, who: Sender, callback_id: str, form: Annotated[RescheduleForm, Form()]
) -> Response:
    """Another time, on the caller's own clock."""
    api = _api(request, who)
    one = await api.get(f"/v1/callbacks/{callback_id}")
    at = meant(request, one, form.at)
    claim = form.claim(callback_id)
    return await _command(request, who, claim, "reschedule", note="rescheduled", at=at.isoformat())


@router.post("/{callback_id}/number")
async def number(
    request: Request, who: Sender, callback_id: str, form: Annotated[ClaimForm, Form()]
) -> Response:
    """Show the number: on this one page, to the holder, written down first."""
    api = _api(request, who)
    try:
        told = await api.command(form.claim(callback_id), "number")
    except RefusedError as error:
        return _to_desk(_note(error))
    mine = await api.get("/v1/callbacks/mine")
    if mine["callback"] is None or mine["callback"]["id"] != callback_id:
        return _to_desk("lost")
    return await _held(request, api, mine, number=str(told["number"]))


@router.post("/{callback_id}/renew")
async def renew(
    request: Request, who: Sender, callback_id: str, form: Annotated[ClaimForm, Form()]
) -> Response:
    """Keep it: asked for by the page itself, or by a button where there are no scripts."""
    house = house_of(request)
    # Whoever holds a callback is at work, however long the call takes.
    request.state.freshened = house.settings.sessions.freshened(who, house.now())
    try:
        told = await _api(request, who).command(form.claim(callback_id), "renew")
    except RefusedError as error:
        if not _by_itself(request):
            return _to_desk(_note(error))
        return JSONResponse({"held": False, "note": _note(error)}, headers=NOT_KEPT)
    if not _by_itself(request):
        return _to_desk()
    call = call_of(told["callback"])
    home, until = house.centre.timezone, call.lease_until or house.now()
    shown = f"{moments.clock(until, home, until, seconds=True)} {moments.zone_name(until, home)}"
    return JSONResponse({"held": True, "state": call.state, "until": shown}, headers=NOT_KEPT)


def meant(request: Request, one: dict[str, Any], text: str) -> datetime:
    """The moment meant by a local time of the caller's; `RefusedError` when there is none."""
    home = house_of(request).centre.timezone
    zone = moments.zone_of(one["callback"]["caller_tz"], home)
    at = moments.meant(text, zone)
    if at is None:
        raise RefusedError(422, "invalid", "at", "there is no such time where the caller is")
    return at


async def _command(
    request: Request, who: Session, claim: Claim, verb: str, *, note: str = "", **more: Any
) -> Response:
    try:
        await _api(request, who).command(claim, verb, **more)
    except RefusedError as error:
        if error.status in (403, 422):
            raise
        return _to_desk(_note(error))
    return _to_desk(note)


async def _free(request: Request, api: Api, note: str) -> Response:
    summary = await api.get("/v1/callbacks/summary")
    switches = await api.get("/v1/callbacks/switches")
    now = moment(summary["now"])
    return house_of(request).pages.page(
        "desk_free.html",
        reader_of(request),
        note=note,
        as_of=now,
        summary=summary,
        oldest=moment(summary["oldest"]),
        next_due=moment(summary["next_due"]),
        dialling_off="*" in switches["dialling_off"],
        off_reason=switches["reason"],
    )


async def _held(
    request: Request, api: Api, mine: dict[str, Any], *, note: str = "", number: str = ""
) -> Response:
    one = mine["callback"]
    told = await api.get(f"/v1/callbacks/{one['id']}/history")
    before = [call_of(entry) for entry in told["callbacks"] if entry["id"] != one["id"]]
    call: Call = call_of(one)
    return house_of(request).pages.page(
        "desk_held.html",
        reader_of(request),
        note=note,
        as_of=moment(mine["now"]),
        call=call,
        before=before,
        number=number,
        epoch=one["epoch"],
        token=one["token"],
    )


def _note(error: RefusedError) -> str:
    return "lost" if error.reason in LOST else error.reason


def _by_itself(request: Request) -> bool:
    return any(name in request.headers for name in BY_ITSELF)


def _api(request: Request, who: Session) -> Api:
    return house_of(request).callbacks.for_whom(who.acting())


def _to_desk(note: str = "") -> RedirectResponse:
    return RedirectResponse(f"{PATH}?note={note}" if note else PATH, 303, NOT_KEPT)
