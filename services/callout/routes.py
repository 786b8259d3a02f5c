"""What can be asked of call-outs over HTTP? A route asks the handler and translates."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.auth import Identity, require
from services.callout import report, views
from services.callout.answers import Answer
from services.callout.handlers import Handlers
from services.callout.needs import call_up
from services.callout.running import Running
from services.callout.schemas import (
    AnswerBody,
    ArrivedBody,
    LiftBody,
    NeedBody,
    PersonBody,
    ResizeBody,
    RestoreBody,
    SliderBody,
    StartBody,
    StopBody,
)
from services.outbox import NotReadyError
from services.replies import json_response
from streams.domain.callout import lifting
from streams.domain.callout.book import RefusedError
from streams.telemetry import metrics_callout as metrics
from streams.telemetry.families import page_of

ANSWER_SECONDS: Final = 8.0
STREAM_SECONDS: Final = 15.0
LONG_POLL_SECONDS: Final = 25.0
SHORTEST_GAP_SECONDS: Final = 0.2

T = TypeVar("T")
# Said as JSON at once: a thousand people take FastAPI's own encoder a tenth of a second.
Body = dict[str, Any]

Boss = Annotated[Identity, Depends(require("manager", "lead"))]
Manager = Annotated[Identity, Depends(require("manager"))]
Reader = Annotated[Identity, Depends(require("manager", "lead", "viewer", "auditor"))]
Watcher = Annotated[Identity, Depends(require("source", "provider", "manager"))]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Steer = Literal["pause", "resume", "widen", "faster", "cancel"]
# A page, or a table for a spreadsheet.
TEXT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {}, "text/csv": {}}}}


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


router = APIRouter()


async def running(request: Request) -> Running:
    """Everything of this process."""
    found: Running = request.app.state.running
    return found


async def handlers(request: Request) -> Handlers:
    """The handlers of this process."""
    found: Handlers = request.app.state.handlers
    return found


Ask = Annotated[Handlers, Depends(handlers)]
Live = Annotated[Running, Depends(running)]


async def in_time(asking: Awaitable[T]) -> T:
    """The answer, or "not known yet": what was asked may be done, and asking again is safe."""
    try:
        return await asyncio.wait_for(asking, ANSWER_SECONDS)
    except TimeoutError:
        raise NotReadyError("the log has not acknowledged it yet: ask again") from None


def _note(request: Request, who: Identity, action: str, thing: str, reason: str = "") -> None:
    audit = request.app.state.audit
    audit.note(audit.line(who, action, thing, reason))


# Needs and call-outs


@router.post("/v1/needs", status_code=201)
async def open_need(
    body: NeedBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """A need, and its call-out as a draft: nothing is sent yet."""
    policy = ask.needs.policy
    centre = live.centre()
    known = {pool.name for pool in centre.pools} | set(centre.people.pools)
    if body.pool not in known:
        raise RefusedError("invalid", f"pools are {', '.join(sorted(known))}", "pool")
    need = body.need(who.name, live.now(), call_up(centre, body.pool), policy.shift, policy.expires)
    callout = await in_time(ask.open(need, drill=body.drill))
    _note(request, who, "callout_need", callout.id, body.reason)
    return views.shown(live.commands.book, callout, live.now())


@router.get("/v1/callouts", response_model=Body)
async def show_all(
    _: Reader, live: Live, *, over: bool = False, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Every call-out that is not over, newest first; `over` adds the others.

    With `after`, the answer waits until something has changed since that version.
    """
    if after:
        await live.change_after(after, LONG_POLL_SECONDS)
    book, now = live.commands.book, live.now()
    found = list(book.callouts.values()) if over else book.still_open()
    found.sort(key=lambda one: one.created_at, reverse=True)
    shown = [views.shown(book, one, now) for one in found]
    return json_response(200, {"callouts": shown, "version": live.version, "now": now})


@router.get("/v1/callouts/stream", response_class=EventStream)
async def stream(_: Reader, live: Live) -> StreamingResponse:
    """The same as server-sent events: at each change, and every few seconds to show its age."""
    return EventStream(_events(live))


async def _events(live: Running) -> AsyncIterator[bytes]:
    version = 0
    while True:
        if live.commands.is_open:
            book, now = live.commands.book, live.now()
            shown = [views.shown(book, one, now) for one in book.still_open()]
            body = {"callouts": shown, "version": live.version, "now": now}
            yield b"event: callouts\ndata: " + orjson.dumps(body) + b"\n\n"
            version = live.version
        else:
            yield b": not ready\n\n"
        await asyncio.sleep(SHORTEST_GAP_SECONDS)
        await live.change_after(version, STREAM_SECONDS)


@router.get("/v1/callouts/lines")
async def show_lines(_: Reader, live: Live) -> dict[str, Any]:
    """The message accounts: weights, limits, how long their lines are."""
    return {"lines": views.shown_lines(live.lines)}


@router.get("/v1/callouts/{callout_id}", response_model=Body)
async def show_one(callout_id: Id, _: Reader, live: Live) -> Response:
    """One call-out with its people."""
    book = live.commands.book
    callout = book.callout(callout_id)
    shown = views.shown(book, callout, live.now())
    return json_response(200, shown | {"people": views.shown_people(book, callout)})


@router.post("/v1/callouts/{callout_id}/preview", response_model=Body)
async def preview(callout_id: Id, body: SliderBody, _: Boss, ask: Ask, live: Live) -> Response:
    """Who would be asked, why not the others, how long it would take, what they would read."""
    seen = await in_time(ask.preview(callout_id, body.mark, body.rule, body.speed))
    return json_response(200, views.shown_preview(seen, live.centre()))


@router.post("/v1/callouts/{callout_id}/start")
async def start(
    callout_id: Id, body: StartBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """Send."""
    await in_time(
        ask.start(
            callout_id,
            who.name,
            mark=body.mark,
            rule=body.rule,
            speed=body.speed,
            people=body.people,
        )
    )
    _note(request, who, "callout_start", callout_id)
    return _one(live, callout_id)


@router.post("/v1/callouts/{callout_id}/stop")
async def stop(
    callout_id: Id, body: StopBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """Finish."""
    await in_time(ask.stop(callout_id, who.name, tell=body.tell))
    _note(request, who, "callout_stop", callout_id)
    return _one(live, callout_id)


@router.post("/v1/callouts/{callout_id}/rewind")
async def rewind(callout_id: Id, who: Boss, ask: Ask, request: Request) -> dict[str, Any]:
    """Ask those once more who have not answered."""
    asked = await in_time(ask.rewind(callout_id, who.name))
    _note(request, who, "callout_rewind", callout_id)
    return {"asked": asked}


@router.post("/v1/callouts/{callout_id}/need")
async def resize(
    callout_id: Id, body: ResizeBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """Raise or lower the need."""
    quotas = tuple(quota.quota() for quota in body.quotas)
    await in_time(ask.resize(callout_id, quotas, body.end, who.name))
    _note(request, who, "callout_resize", callout_id)
    return _one(live, callout_id)


@router.post("/v1/callouts/{callout_id}/lift")
async def lift(
    callout_id: Id, body: LiftBody, who: Manager, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """A rule of rest warns where it blocked. Who and why is on the log before it holds."""
    lifting.check(body.rule)
    audit = request.app.state.audit
    why = f"{body.rule}: {body.reason}"
    await in_time(audit.write(audit.line(who, "callout_lift", callout_id, why)))
    await in_time(ask.lift(callout_id, body.rule, body.reason, who.name))
    return _one(live, callout_id)


@router.post("/v1/callouts/{callout_id}/restore")
async def restore(
    callout_id: Id, body: RestoreBody, who: Manager, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """The rule blocks again."""
    await in_time(ask.restore(callout_id, body.rule, who.name))
    _note(request, who, "callout_restore", callout_id, body.rule)
    return _one(live, callout_id)


@router.post("/v1/callouts/{callout_id}/add")
async def add(
    callout_id: Id, body: PersonBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """Ask somebody out of turn."""
    offer = await in_time(ask.add(callout_id, body.person, told=body.told))
    _note(request, who, "callout_add", offer.id)
    return views.shown_offer(live.commands.book, offer)


@router.post("/v1/callouts/{callout_id}/answers")
async def answer(
    callout_id: Id, body: AnswerBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """What somebody said in person or on paper."""
    given = Answer(
        choice=body.choice,
        via=body.via,
        at=live.now(),
        reason=body.reason,
        arrives_at=body.arrives_at,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        by=who.name,
    )
    reply = await in_time(ask.answer_for(callout_id, body.person, given))
    _note(request, who, "callout_answer", callout_id, body.choice)
    return {
        "reply": reply.kind,
        "seat": reply.seat,
        "need": reply.need,
        "position": reply.position,
        "reason": reply.reason,
    }


@router.post("/v1/callouts/{callout_id}/arrived")
async def arrived(
    callout_id: Id, body: ArrivedBody, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """They are here."""
    offer = await in_time(ask.arrived(callout_id, body.person))
    _note(request, who, "callout_arrived", offer.id)
    return views.shown_offer(live.commands.book, offer)


@router.get("/v1/callouts/{callout_id}/sheet.{form}", response_class=Response, responses=TEXT)
async def sheet(
    callout_id: Id, form: Literal["html", "csv"], who: Manager, live: Live, request: Request
) -> Response:
    """The call sheet, with names and numbers: that it was shown is on the log before it is."""
    audit = request.app.state.audit
    await in_time(audit.write(audit.line(who, "callout_sheet", callout_id, form)))
    book, now = live.commands.book, live.now()
    callout = book.callout(callout_id)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    if form == "csv":
        text = live.sheets.table(book, callout, now)
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    text = live.sheets.page(book, callout, now)
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/v1/callouts/{callout_id}/report.{form}", response_class=Response, responses=TEXT)
async def after_action(
    callout_id: Id,
    form: Literal["html", "csv"],
    _: Reader,
    live: Live,
    lang: Literal["ko", "en"] = "en",
) -> Response:
    """What happened, without a name or a number."""
    book = live.commands.book
    callout = book.callout(callout_id)
    headers = {"Cache-Control": "no-store"}
    if form == "csv":
        text = report.table(book, callout)
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    text = report.page(book, callout, live.now(), live.centre().timezone, lang)
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


# Last, for its path would hide the others.
@router.post("/v1/callouts/{callout_id}/{what}")
async def steer(
    callout_id: Id, what: Steer, who: Boss, ask: Ask, live: Live, request: Request
) -> dict[str, Any]:
    """Pause, resume, widen, faster, cancel."""
    await in_time(ask.steer(callout_id, what, who.name))
    _note(request, who, f"callout_{what}", callout_id)
    return _one(live, callout_id)


# The service itself


@router.post("/v1/watchdog")
async def watchdog(_: Watcher) -> dict[str, bool]:
    """Alertmanager's Watchdog, which always fires: as long as it comes, alerts can come."""
    metrics.WATCHDOG_SEEN.set_to_current_time()
    return {"seen": True}


@router.get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@router.get("/readyz", include_in_schema=False)
async def readyz(live: Live) -> Response:
    """Whether call-outs are decided."""
    why = live.why_not()
    return json_response(503 if why else 200, {"ready": not why, "reason": why})


@router.get("/metrics", include_in_schema=False)
async def show_metrics() -> Response:
    """What Prometheus reads."""
    return Response(page_of("callout"), media_type="text/plain; version=0.0.4; charset=utf-8")


def _one(live: Running, callout_id: str) -> dict[str, Any]:
    book = live.commands.book
    return views.shown(book, book.callout(callout_id), live.now())
