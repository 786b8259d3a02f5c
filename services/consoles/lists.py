"""What does the shift lead see? The list in its order, with why, and each callback's story."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.consoles.api import Api, RefusedError, moment
from services.consoles.calls import call_of
from services.consoles.desk import meant
from services.consoles.doors import house_of, person, reader_of, sender
from services.consoles.forms import WITHDRAW_REASONS, Code, LeadRescheduleForm, WithdrawForm
from services.consoles.pages import LIST, NOT_KEPT
from services.sessions import Session

PER_PAGE: Final = 50
URGENCIES: Final = ("life_at_risk", "high", "normal", "low")
LEADING: Final = ("lead", "manager")

router = APIRouter()
Viewer = Annotated[Session, Depends(person(*sorted(LIST.roles)))]
Sender = Annotated[Session, Depends(sender(*LEADING))]
Which = Literal["waiting", "held", "closed"]
Urgency = Literal["", "life_at_risk", "high", "normal", "low"]


@router.get("/list")
async def show_list(
    request: Request,
    who: Viewer,
    state: Which = "waiting",
    language: Code | Literal[""] = "",
    queue: Code | Literal[""] = "",
    urgency: Urgency = "",
    overdue: Literal["", "true"] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    note: str = "",
) -> Response:
    """The list, filtered."""
    house, api = house_of(request), _api(request, who)
    sought: dict[str, Any] = {
        "state": state,
        "language": language,
        "queue": queue,
        "urgency": urgency,
        "overdue": overdue,
    }
    first = (page - 1) * PER_PAGE
    told = await api.get("/v1/callbacks", **sought, offset=first, limit=PER_PAGE)
    centre = house.centre
    return house.pages.page(
        "list.html",
        reader_of(request),
        note=note,
        as_of=moment(told["now"]),
        summary=await api.get("/v1/callbacks/summary"),
        calls=[call_of(one) for one in told["callbacks"]],
        total=told["total"],
        first=first,
        page=page,
        more=first + PER_PAGE < told["total"],
        sought=sought,
        query=lambda **other: _query(sought, **other),
        queues=[one.name for one in centre.queues],
        spoken=centre.languages,
        urgencies=URGENCIES,
        refreshed=f"/list?{_query(sought, page=page)}",
    )


@router.get("/list/{callback_id}")
async def show_one(request: Request, who: Viewer, callback_id: str, note: str = "") -> Response:
    """One callback, and everything its caller asked of us before."""
    api = _api(request, who)
    one = await api.get(f"/v1/callbacks/{callback_id}")
    told = await api.get(f"/v1/callbacks/{callback_id}/history")
    before = [call_of(entry) for entry in told["callbacks"] if entry["id"] != callback_id]
    return house_of(request).pages.page(
        "one.html",
        reader_of(request),
        note=note,
        as_of=moment(one["now"]),
        call=call_of(one["callback"]),
        before=before,
        reasons=WITHDRAW_REASONS,
        leads=not set(LEADING).isdisjoint(who.roles),
    )


@router.post("/list/{callback_id}/reschedule")
async def reschedule(
    request: Request, who: Sender, callback_id: str, form: Annotated[LeadRescheduleForm, Form()]
) -> Response:
    """Another time, on the caller's own clock."""
    api = _api(request, who)
    at = meant(request, await api.get(f"/v1/callbacks/{callback_id}"), form.at)
    body = {"at": at.isoformat()}
    return await _command(request, who, callback_id, "reschedule", body, "rescheduled")


@router.post("/list/{callback_id}/withdraw")
async def withdraw(
    request: Request, who: Sender, callback_id: str, form: Annotated[WithdrawForm, Form()]
) -> Response:
    """No longer wanted."""
    body = {"reason": form.reason}
    return await _command(request, who, callback_id, "withdraw", body, "withdrawn")


async def _command(
    request: Request, who: Session, callback_id: str, verb: str, body: dict[str, Any], note: str
) -> Response:
    house = house_of(request)
    try:
        await _api(request, who).post(f"/v1/callbacks/{callback_id}/{verb}", body)
    except RefusedError as error:
        if error.status in (403, 404, 422):
            raise
        note = error.reason
    else:
        house.note(who, f"{verb} callback", callback_id, str(body.get("reason", "")))
    return RedirectResponse(f"/list/{callback_id}?note={note}", 303, NOT_KEPT)


def _api(request: Request, who: Session) -> Api:
    return house_of(request).callbacks.for_whom(who.acting())


def _query(sought: dict[str, Any], **other: Any) -> str:
    return urlencode({name: value for name, value in (sought | other).items() if value})
