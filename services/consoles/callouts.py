"""How does a manager call people in? What is needed, a plan that sends nothing, one press, and then
how it goes.

No rule is here: the call-out service decides, these pages ask it and show what it says.
"""

from typing import Annotated, Any, Final, Literal

import httpx
from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.consoles.api import Api, RefusedError, moment
from services.consoles.callout_forms import (
    DEEDS,
    MARKS,
    DropForm,
    LiftForm,
    Mark,
    NeedForm,
    PersonForm,
    RestoreForm,
    SendForm,
    SizeForm,
    StopForm,
)
from services.consoles.callout_shown import (
    by_reason,
    callout_of,
    curve,
    providers_are_slow,
    seen,
    ways,
)
from services.consoles.doors import house_of, person, reader_of, sender
from services.consoles.lists import LEADING
from services.consoles.pages import CALLOUTS, NOT_KEPT
from services.consoles.people_names import names_of
from services.sessions import Session
from streams.domain.people.eligible import LIFTABLE

PATH: Final = "/callouts"
MOST_SHOWN: Final = 200
LOG_LINES: Final = 20

router = APIRouter(prefix=PATH)
Viewer = Annotated[Session, Depends(person(*sorted(CALLOUTS.roles)))]
Manager = Annotated[Session, Depends(person("manager"))]
Sender = Annotated[Session, Depends(sender(*LEADING))]
Deciding = Annotated[Session, Depends(sender("manager"))]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Steer = Literal["pause", "resume", "widen", "faster", "rewind"]
State = Literal[
    "",
    "paged",
    "delivered",
    "seen",
    "accepted",
    "declined",
    "waitlisted",
    "no_answer",
    "unreachable",
    "seated",
]


@router.get("")
async def show_all(
    request: Request, who: Viewer, over: Literal["", "true"] = "", note: str = ""
) -> Response:
    """What is needed, what is under way, and a form for a need of one's own."""
    house = house_of(request)
    told = await _api(request, who).get("/v1/callouts", over=over)
    centre = house.centre
    return house.pages.page(
        "callouts.html",
        reader_of(request),
        note=note,
        as_of=moment(told["now"]),
        callouts=[callout_of(one) for one in told["callouts"]],
        over=over,
        pools=list(dict.fromkeys([*centre.people.pools, *(one.name for one in centre.pools)])),
        spoken=centre.languages,
        skills=sorted({skill for pool in centre.pools for skill in pool.skills}),
        leads=_leads(who),
    )


@router.post("/new")
async def open_need(request: Request, who: Sender, form: Annotated[NeedForm, Form()]) -> Response:
    """A need of one's own: a plan, and nothing sent."""
    quota = {"seats": form.seats, "language": form.language or None, "skill": form.skill or None}
    body = {"pool": form.pool, "quotas": [quota], "reason": form.reason, "drill": bool(form.drill)}
    opened = await _api(request, who).post("/v1/needs", body)
    return _to(f"{opened['callout']['id']}/plan")


@router.get("/{callout_id}/plan")
async def show_plan(
    request: Request, who: Viewer, callout_id: Id, mark: Mark | None = None, note: str = ""
) -> Response:
    """Who would be asked, why not the others, how long it would take. It sends nothing."""
    api = _api(request, who)
    callout = callout_of(await api.get(f"/v1/callouts/{callout_id}"))
    if not callout.proposed or not _leads(who):
        return _to(callout_id, note)
    chosen = mark or callout.mark
    plan = await api.post(f"/v1/callouts/{callout_id}/preview", {"mark": chosen})
    listed = [*plan["first"], *(one["person"] for one in plan["others"])]
    return house_of(request).pages.page(
        "callout_plan.html",
        reader_of(request),
        note=note,
        as_of=callout.now,
        callout=callout,
        plan=plan,
        chosen=chosen,
        marks=MARKS,
        others=by_reason(plan["others"]),
        names=await names_of(api, who, listed),
        can_lift=LIFTABLE if "manager" in who.roles else frozenset(),
        slow=providers_are_slow(plan["seconds_to_send"]),
        minutes=_minutes,
        moment=moment,
    )


@router.post("/{callout_id}/send")
async def send(
    request: Request, who: Sender, callout_id: Id, form: Annotated[SendForm, Form()]
) -> Response:
    """Send."""
    body = {"mark": form.mark, "people": form.typed}
    try:
        await _api(request, who).post(f"/v1/callouts/{callout_id}/start", body)
    except RefusedError as error:
        if error.status == 422 or error.field == "people":  # noqa: PLR2004
            return _to(f"{callout_id}/plan?mark={form.mark}", "callout_typed")
        return _to(callout_id, _note(error))
    return _to(callout_id, "callout_started")


@router.post("/{callout_id}/drop")
async def drop(
    request: Request, who: Sender, callout_id: Id, form: Annotated[DropForm, Form()]
) -> Response:
    """Not now: nobody was asked, and nobody is."""
    house_of(request).note(who, "callout_drop", callout_id, form.reason)
    note = await _done(request, who, f"{callout_id}/stop", {"tell": False}, "callout_dropped")
    return RedirectResponse(f"{PATH}?note={note}", 303, NOT_KEPT)


@router.get("/{callout_id}")
async def show_one(
    request: Request,
    who: Viewer,
    callout_id: Id,
    tier: Annotated[int, Query(ge=0, le=1000)] = 0,
    state: State = "",
    someone: Annotated[str, Query(max_length=64)] = "",
    note: str = "",
) -> Response:
    """How it goes."""
    house, api = house_of(request), _api(request, who)
    told = await api.get(f"/v1/callouts/{callout_id}")
    callout = callout_of(told)
    if callout.proposed and _leads(who):
        return _to(f"{callout_id}/plan", note)
    people = seen(told["people"], tier, state)
    page = people[:MOST_SHOWN]
    return house.pages.page(
        "callout.html",
        reader_of(request),
        note=note,
        as_of=callout.now,
        callout=callout,
        people=page,
        names=await names_of(api, who, (one["person"] for one in page)),
        can_lift=sorted(LIFTABLE) if "manager" in who.roles else [],
        found=len(people),
        everyone=len(told["people"]),
        curve=curve(callout, told["people"]),
        ways=ways,
        moment=moment,
        tier=tier,
        state=state,
        someone=someone,
        deeds=DEEDS,
        log=house.trail.about(callout_id)[:LOG_LINES],
        leads=_leads(who),
        may_print="manager" in who.roles,
        refreshed=f"{PATH}/{callout_id}?tier={tier}&state={state}",
    )


@router.get("/{callout_id}/sheet.{form}")
async def sheet(
    request: Request, who: Manager, callout_id: Id, form: Literal["html", "csv"]
) -> Response:
    """The call sheet as the service makes it."""
    found = await _api(request, who).document(f"/v1/callouts/{callout_id}/sheet.{form}")
    return _as_it_is(request, found)


@router.get("/{callout_id}/report.{form}")
async def after_action(
    request: Request, who: Viewer, callout_id: Id, form: Literal["html", "csv"]
) -> Response:
    """What happened, as the service tells it: without names and numbers."""
    language = reader_of(request).language
    path = f"/v1/callouts/{callout_id}/report.{form}?lang={language}"
    return _as_it_is(request, await _api(request, who).document(path))


@router.post("/{callout_id}/stop")
async def stop(
    request: Request, who: Sender, callout_id: Id, form: Annotated[StopForm, Form()]
) -> Response:
    """Finish."""
    body = {"tell": form.tell == "yes"}
    return _to(callout_id, await _done(request, who, f"{callout_id}/stop", body, "callout_stopped"))


@router.post("/{callout_id}/size")
async def resize(
    request: Request, who: Sender, callout_id: Id, form: Annotated[SizeForm, Form()]
) -> Response:
    """Raise or lower the need, quota by quota."""
    told = await _api(request, who).get(f"/v1/callouts/{callout_id}")
    before = told["callout"]["need"]["quotas"]
    if len(before) != len(form.seats):
        raise RefusedError(422, "invalid", "seats", "there are other quotas by now")
    quotas = [quota | {"seats": seats} for quota, seats in zip(before, form.seats, strict=True)]
    return _to(callout_id, await _done(request, who, f"{callout_id}/need", {"quotas": quotas}))


@router.post("/{callout_id}/lift")
async def lift(
    request: Request, who: Deciding, callout_id: Id, form: Annotated[LiftForm, Form()]
) -> Response:
    """A rule of rest warns instead of blocking: the manager says why."""
    body = {"rule": form.rule, "reason": form.reason}
    return _to(callout_id, await _done(request, who, f"{callout_id}/lift", body, "callout_lifted"))


@router.post("/{callout_id}/restore")
async def restore(
    request: Request, who: Deciding, callout_id: Id, form: Annotated[RestoreForm, Form()]
) -> Response:
    """It blocks again."""
    return _to(callout_id, await _done(request, who, f"{callout_id}/restore", {"rule": form.rule}))


@router.post("/{callout_id}/person")
async def by_hand(
    request: Request, who: Sender, callout_id: Id, form: Annotated[PersonForm, Form()]
) -> Response:
    """One person: asked out of turn, told in person, what they said, or that they are here."""
    body: dict[str, Any] = {"person": form.person}
    if form.deed in ("ask", "told"):
        path, body["told"] = "add", form.deed == "told"
    elif form.deed == "arrived":
        path = "arrived"
    else:
        path, body["choice"] = "answers", form.deed
    return _to(callout_id, await _done(request, who, f"{callout_id}/{path}", body))


# Last, for its path would hide the others.
@router.post("/{callout_id}/{what}")
async def steer(request: Request, who: Sender, callout_id: Id, what: Steer) -> Response:
    """Pause, go on, next tier, faster, ask the silent again."""
    return _to(callout_id, await _done(request, who, f"{callout_id}/{what}", {}))


async def _done(
    request: Request, who: Session, path: str, body: dict[str, Any], note: str = "callout_done"
) -> str:
    """Have it done; the note that says what came of it."""
    try:
        await _api(request, who).post(f"/v1/callouts/{path}", body)
    except RefusedError as error:
        if error.status in (403, 422):
            raise
        return _note(error)
    return note


def _as_it_is(request: Request, found: httpx.Response) -> Response:
    """A page of the service, with its own few lines of style and nothing else."""
    request.state.policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(found.content, media_type=found.headers["content-type"], headers=NOT_KEPT)


def _note(error: RefusedError) -> str:
    return f"callout_{error.reason}"


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:.1f}"


def _leads(who: Session) -> bool:
    return not set(LEADING).isdisjoint(who.roles)


def _api(request: Request, who: Session) -> Api:
    return house_of(request).callouts.for_whom(who.acting())


def _to(path: str, note: str = "") -> RedirectResponse:
    joined = "&" if "?" in path else "?"
    told = f"{joined}note={note}" if note else ""
    return RedirectResponse(f"{PATH}/{path}{told}", 303, NOT_KEPT)
