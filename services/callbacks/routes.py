"""What can be asked of the callback list over HTTP? A route asks the handler and translates."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.audit_log import AuditLog
from services.auth import Identity, desk_of, require
from services.callbacks.handlers import Handlers
from services.callbacks.looking import Sought
from services.callbacks.running import Running
from services.callbacks.schemas import (
    ClaimBody,
    Code,
    CompleteBody,
    FailBody,
    Language,
    NextBody,
    RescheduleBody,
    SwitchBody,
    Which,
    WithdrawBody,
    Word,
    lease_of,
    shown,
    shown_switches,
    shown_to_holder,
)
from services.outbox import NotReadyError
from streams.domain.callbacks.callback import RefusedError
from streams.domain.callbacks.order import EVERY_QUEUE, Wish
from streams.events.callbacks import CallbackData
from streams.events.contacts import Urgency
from streams.telemetry.families import page_of

ANSWER_SECONDS: Final = 8.0
# Who may take a callback from its holder.
LEADING: Final = frozenset({"lead", "manager"})
# Who may see the last digits of a number.
AT_THE_DESKS: Final = LEADING | {"counselor"}

T = TypeVar("T")

Counselor = Annotated[Identity, Depends(require("counselor"))]
Lead = Annotated[Identity, Depends(require("lead", "manager"))]
Desk = Annotated[Identity, Depends(require("counselor", "lead", "manager"))]
Reader = Annotated[Identity, Depends(require("counselor", "lead", "manager", "viewer", "auditor"))]
Id = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]

router = APIRouter()


def handlers(request: Request) -> Handlers:
    """The handlers of this process."""
    found: Handlers = request.app.state.handlers
    return found


def audit_of(request: Request) -> AuditLog:
    """The audit lines of this process."""
    found: AuditLog = request.app.state.audit
    return found


Ask = Annotated[Handlers, Depends(handlers)]


async def in_time(asking: Awaitable[T]) -> T:
    """The answer, or "not known yet": what was asked may be done, and asking again is safe."""
    try:
        return await asyncio.wait_for(asking, ANSWER_SECONDS)
    except TimeoutError:
        raise NotReadyError("the log has not acknowledged it yet: ask again") from None


@router.post("/v1/callbacks/next")
async def take_next(body: NextBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """The next callback for a free agent; the one they hold, when they hold one."""
    wish = Wish(
        agent=desk_of(who, body.agent),
        languages=None if body.languages is None else frozenset(body.languages),
        skills=None if body.skills is None else frozenset(body.skills),
    )
    given = await in_time(ask.next(wish))
    told = None if given.callback is None else shown_to_holder(given.callback, ask.now())
    return {"callback": told, "reason": given.reason, "detail": given.detail}


@router.get("/v1/callbacks/switches")
async def show_switches(_: Reader, ask: Ask) -> dict[str, Any]:
    """Which queues take no promises, and which are not dialled."""
    return shown_switches(ask.switches())


@router.post("/v1/callbacks/switches")
async def turn_switch(body: SwitchBody, who: Lead, ask: Ask, request: Request) -> dict[str, Any]:
    """Turn registering or dialling on or off."""
    running: Running = request.app.state.running
    if body.queue != EVERY_QUEUE and running.centre.queue(body.queue) is None:
        raise RefusedError("invalid", "is not a queue of this centre", "queue")
    word = "on" if body.on else "off"
    audit = audit_of(request)
    action = f"switch {body.switch} {word}"
    await in_time(audit.write(audit.line(who, action, f"queue {body.queue}", body.reason)))
    turned = ask.turn(body.switch, body.queue, on=body.on, by=who.name, reason=body.reason)
    return shown_switches(await in_time(turned))


@router.get("/v1/callbacks/mine")
async def show_mine(who: Counselor, ask: Ask, agent: Word | None = None) -> dict[str, Any]:
    """What the agent holds, with its lease; asking leases nothing."""
    state = await in_time(ask.held_by(desk_of(who, agent)))
    now = ask.now()
    told = seen(state, ask, who) | lease_of(state) if state is not None else None
    return {"callback": told, "now": now}


@router.get("/v1/callbacks/summary")
async def show_summary(_: Reader, ask: Ask) -> dict[str, Any]:
    """How many wait, may be rung now, are late, and were lifted out of the order of arrival."""
    return await in_time(ask.summary()) | {"now": ask.now()}


@router.get("/v1/callbacks/out-of-turn")
async def show_out_of_turn(who: Reader, ask: Ask) -> dict[str, Any]:
    """Callbacks given out though somebody on hold was there before, with why."""
    states = ask.out_of_turn()
    return {"callbacks": [seen(one, ask, who) for one in states], "now": ask.now()}


@router.get("/v1/callbacks")
async def show_list(
    who: Reader,
    ask: Ask,
    state: Which = "waiting",
    language: Language | None = None,
    queue: Code | None = None,
    urgency: Urgency | None = None,
    overdue: bool | None = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """The list in its order, each with why it stands there; no number."""
    sought = Sought(language=language, queue=queue, urgency=urgency, overdue=overdue)
    total, states = await in_time(ask.page(state, offset, limit, sought))
    return {
        "callbacks": [seen(one, ask, who) for one in states],
        "total": total,
        "now": ask.now(),
    }


@router.get("/v1/callbacks/{callback_id}")
async def show_one(callback_id: Id, who: Reader, ask: Ask) -> dict[str, Any]:
    """One callback."""
    state = await in_time(ask.get(callback_id))
    return {"callback": seen(state, ask, who), "now": ask.now()}


@router.get("/v1/callbacks/{callback_id}/history")
async def show_history(callback_id: Id, who: Reader, ask: Ask) -> dict[str, Any]:
    """Every callback of the same caller, this one among them, the latest first."""
    states = await in_time(ask.history(callback_id))
    return {"callbacks": [seen(one, ask, who) for one in states], "now": ask.now()}


@router.post("/v1/callbacks/{callback_id}/renew")
async def renew(callback_id: Id, body: ClaimBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """Hold it for one more lease time."""
    return _held(await in_time(ask.renew(callback_id, body.claim(who))), ask)


@router.post("/v1/callbacks/{callback_id}/dial")
async def dial(callback_id: Id, body: ClaimBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """Ring the agent, then the caller."""
    state = await in_time(ask.dial(callback_id, body.claim(who)))
    return _held(state, ask) | {"dial": state.attempts[-1].id}


@router.post("/v1/callbacks/{callback_id}/connected")
async def connected(callback_id: Id, body: ClaimBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """They are talking."""
    return _held(await in_time(ask.connected(callback_id, body.claim(who))), ask)


@router.post("/v1/callbacks/{callback_id}/complete")
async def complete(callback_id: Id, body: CompleteBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """They talked: closed."""
    return _held(await in_time(ask.complete(callback_id, body.claim(who), body.result)), ask)


@router.post("/v1/callbacks/{callback_id}/fail")
async def fail(callback_id: Id, body: FailBody, who: Counselor, ask: Ask) -> dict[str, Any]:
    """Nothing came of it: due again, or closed after the last attempt."""
    return _held(await in_time(ask.fail(callback_id, body.claim(who), body.outcome)), ask)


@router.post("/v1/callbacks/{callback_id}/reschedule")
async def reschedule(callback_id: Id, body: RescheduleBody, who: Desk, ask: Ask) -> dict[str, Any]:
    """The caller wants to be rung at another time."""
    return _held(await in_time(ask.reschedule(callback_id, body.claim(who), body.at)), ask)


@router.post("/v1/callbacks/{callback_id}/withdraw")
async def withdraw(callback_id: Id, body: WithdrawBody, who: Desk, ask: Ask) -> dict[str, Any]:
    """No longer wanted. A lead may take it from its holder."""
    leads = not who.roles.isdisjoint(LEADING)
    asking = ask.withdraw(callback_id, body.claim(who), body.reason, override=leads)
    return _held(await in_time(asking), ask)


@router.post("/v1/callbacks/{callback_id}/number")
async def number(
    callback_id: Id, body: ClaimBody, who: Counselor, ask: Ask, request: Request, response: Response
) -> dict[str, Any]:
    """The number, to the holder of the lease; who looked is on the log first."""
    response.headers["Cache-Control"] = "no-store"
    shown_number = await in_time(ask.number(callback_id, body.claim(who)))
    audit = audit_of(request)
    line = audit.line(who, "reveal number", callback_id, f"agent {desk_of(who, body.agent)}")
    await in_time(audit.write(line))
    return {"number": shown_number}


@router.get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Commands would be taken now."""
    running: Running = request.app.state.running
    why_not = running.why_not()
    response.status_code = 503 if why_not else 200
    return {"ready": not why_not, "detail": why_not}


@router.get("/metrics", include_in_schema=False)
async def show_metrics() -> Response:
    """For Prometheus."""
    return Response(page_of("callbacks"), media_type=CONTENT_TYPE_LATEST)


def seen(state: CallbackData, ask: Handlers, who: Identity) -> dict[str, Any]:
    """A callback as this person may see it."""
    told = shown(state, ask.now())
    if who.roles.isdisjoint(AT_THE_DESKS):
        return told
    return told | {"number_masked": ask.masked(state)}


def _held(state: CallbackData, ask: Handlers) -> dict[str, Any]:
    return {"callback": shown_to_holder(state, ask.now())}
