"""The doors for machines that ask for people: Alertmanager's webhook and PagerDuty's events."""

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from services.auth import Identity, Tokens, allowed
from services.callout.answering.routes import Ask
from services.callout.inbound import alertmanager, pagerduty
from services.callout.inbound.needs import NeedsIn
from services.replies import json_response, refusal
from streams.errors import InvalidEventError
from streams.telemetry import metrics_callout

ROLES: Final = ("source", "manager")

router = APIRouter()


async def needs_in(request: Request) -> NeedsIn:
    """The engine."""
    found: NeedsIn = request.app.state.needs
    return found


Needs = Annotated[NeedsIn, Depends(needs_in)]


@router.post("/v1/alertmanager")
async def from_alertmanager(request: Request, needs: Needs) -> Response:
    """A group fires or is resolved. 2xx only when the log has it; 4xx is not repeated."""
    who = allowed(request, *ROLES)
    try:
        payload = alertmanager.read_payload(await _body(request))
        if alertmanager.is_watchdog(payload):
            metrics_callout.WATCHDOG_SEEN.set(time.time())
            return json_response(200, {"result": "watchdog_seen"})
        key = alertmanager.dedup_key(payload)
        if payload.status == "resolved":
            taken = await needs.close_need(key, by=who.name)
        else:
            taken = await needs.open_need(alertmanager.need_of(payload), by=who.name)
    except InvalidEventError as error:
        return refusal(422, error.reason, error.field, error.detail)
    return json_response(200, {"dedup_key": key, "result": taken})


# Asked and answered as PagerDuty describes it, not as our other APIs are.
@router.post("/v2/enqueue", include_in_schema=False)
async def from_pagerduty(request: Request, needs: Needs, ask: Ask) -> Response:
    """An event in PagerDuty's form; the routing key is a token of this centre."""
    try:
        event = pagerduty.read_event(await _body(request))
        who = _holder(request, event.routing_key)
        if who is None:
            ask.refused("unknown", "alert_pagerduty", "unknown", "unknown_routing_key")
            return _told(400, "invalid event", ["routing_key is not known here"])
        key = pagerduty.key_of(event)
        await _act(needs, event, key, who.name)
    except InvalidEventError as error:
        return _told(400, "invalid event", [f"{error.field}: {error.detail}"])
    return json_response(202, {"status": "success", "message": "Event processed", "dedup_key": key})


async def _act(needs: NeedsIn, event: pagerduty.PagerEvent, key: str, by: str) -> None:
    if event.event_action == "trigger":
        await needs.open_need(pagerduty.need_of(event, key), by=by)
    elif event.event_action == "resolve":
        await needs.close_need(pagerduty.our_key(key), by=by)
    else:
        await needs.acknowledge_need(pagerduty.our_key(key), by=by)


def _holder(request: Request, routing_key: str) -> Identity | None:
    tokens: Tokens = request.app.state.tokens
    identity = tokens.identify(f"Bearer {routing_key}")
    return identity if identity is not None and not identity.roles.isdisjoint(ROLES) else None


def _told(status: int, word: str, errors: list[str]) -> Response:
    body: dict[str, Any] = {"status": word, "message": "Event object is invalid", "errors": errors}
    return json_response(status, body)


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > pagerduty.LARGEST_BODY:
            raise HTTPException(413, "at most 512 KB")
    return raw
