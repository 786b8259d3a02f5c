"""What can be asked of intake over HTTP? A route reads, calls the handler and translates.

The event route takes the bare request, not a model: the token and the size are judged before a
byte of the body is parsed, and a single event costs half of what FastAPI's own parsing would.
"""

import asyncio
import collections
import logging
import secrets
from functools import cache, lru_cache
from typing import Final

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter
from starlette.types import Receive

from services.auth import Identity, allowed
from services.intake import clock as clocks
from services.intake.bodies import BodyError, Headers, by_name, media_type, read_body, split
from services.intake.handlers import Outcome
from services.intake.running import Running
from services.intake.settings import Limits
from services.replies import json_response, refusal
from streams.errors import InvalidEventError, OverloadedError, UnknownOutcomeError
from streams.telemetry import metrics
from streams.telemetry.families import page_of

log = logging.getLogger(__name__)

EVENTS: Final = "/v1/events"
UNAVAILABLE: Final = 503
CLOCK_BYTES: Final = 64 * 1024


async def take_events(request: Request) -> Response:
    """POST /v1/events: 202 when the broker has every accepted event."""
    sender = allowed(request, "source")
    headers = by_name(request.headers.raw)
    return await taken(request.app.state.running, sender, headers, request.receive)


async def taken(running: Running, sender: Identity, headers: Headers, receive: Receive) -> Response:
    """The answer to a request of somebody who may send."""
    try:
        response = await _taken(running, sender, headers, receive)
    except (BodyError, OverloadedError, UnknownOutcomeError) as error:
        response = translated(error)
    _answered(response.status_code).inc()
    return response


async def _taken(
    running: Running, sender: Identity, headers: Headers, receive: Receive
) -> Response:
    media = media_type(headers)
    running.must_be_ready()
    body = await read_body(receive, headers, running.settings.limits, running.held)
    try:
        return await _written(running, sender, media, body)
    finally:
        running.held.now -= len(body)


async def _written(running: Running, sender: Identity, media: str, body: bytes) -> Response:
    now = running.clock.now()
    try:
        parts = split(media, body, running.settings.limits)
    except InvalidEventError as error:
        outcome = await running.handler.keep_unreadable(body, error, sender.name, now)
    else:
        outcome = await running.handler.take(parts, sender.name, now)
    _count(outcome, sender)
    if not outcome.refused:
        return _all_taken(outcome.accepted, outcome.repeated)
    return json_response(_status(outcome), outcome.told())


@lru_cache(maxsize=1_024)
def _all_taken(accepted: int, repeated: int) -> Response:
    # Nearly every answer is this one; it is only ever sent, so one will do for all.
    return json_response(202, Outcome(accepted, repeated).told())


@cache
def _answered(status: int) -> Counter:
    return metrics.INTAKE_REQUESTS.labels(str(status))


def _status(outcome: Outcome) -> int:
    """400 when nothing could be read, 422 when nothing could be taken, else 202."""
    if outcome.accepted or not outcome.refused:
        return 202
    unreadable = all(one.error.reason == "malformed" for one in outcome.refused)
    return 400 if unreadable else 422


def _count(outcome: Outcome, sender: Identity) -> None:
    metrics.INTAKE_ACCEPTED.inc(outcome.accepted)
    if outcome.repeated:
        metrics.INTAKE_REPEATED.inc(outcome.repeated)
    for one in outcome.refused:
        metrics.INTAKE_REFUSED.labels(one.error.reason).inc()
        metrics.DEAD_LETTERS.labels("intake", one.error.reason).inc()
    if outcome.refused:
        why = collections.Counter(
            f"{one.error.reason} {one.error.field}" for one in outcome.refused
        )
        log.warning("events refused", extra={"sender": sender.name, "why": dict(why)})


async def declare_clock(request: Request) -> Response:
    """POST /v1/clock: the centre's clock for a rehearsal or a replay."""
    who = allowed(request, "rehearsal")
    running: Running = request.app.state.running
    if not running.settings.rehearsal:
        detail = "this centre lives in real time; a rehearsal needs SURGELINE_REHEARSAL=1"
        return refusal(403, "forbidden", "", detail)
    try:
        running.must_be_ready()
        headers = by_name(request.headers.raw)
        limits = Limits(body_bytes=CLOCK_BYTES)
        body = await read_body(request.receive, headers, limits, running.held)
        running.held.now -= len(body)
        data = clocks.read_declaration(body, who)
        await clocks.declare(data, running.clock, running.writer)
    except InvalidEventError as error:
        return refusal(422, error.reason, error.field, error.detail)
    except (BodyError, OverloadedError, UnknownOutcomeError) as error:
        return translated(error)
    return json_response(200, clocks.shown(running.clock))


async def show_clock(request: Request) -> Response:
    """GET /v1/clock: what time it is for the centre."""
    allowed(request, "source", "rehearsal", "viewer")
    running: Running = request.app.state.running
    return json_response(200, clocks.shown(running.clock))


async def healthz(_: Request) -> Response:
    """The process is alive."""
    return json_response(200, {"status": "alive"})


async def readyz(request: Request) -> Response:
    """Events would be taken now: the contact keys are loaded and the broker answers."""
    running: Running = request.app.state.running
    why_not = running.why_not() or await running.why_no_broker()
    return json_response(UNAVAILABLE if why_not else 200, {"ready": not why_not, "detail": why_not})


async def show_metrics(request: Request) -> Response:
    """For Prometheus."""
    running: Running = request.app.state.running
    running.measure()
    page = await asyncio.to_thread(page_of, "intake")
    return Response(page, media_type=CONTENT_TYPE_LATEST)


def install(app: FastAPI) -> None:
    """Put the routes on the app."""
    app.add_route(EVENTS, take_events, methods=["POST"])
    app.add_route("/v1/clock", declare_clock, methods=["POST"])
    app.add_route("/v1/clock", show_clock, methods=["GET"])
    app.add_route("/healthz", healthz, methods=["GET"])
    app.add_route("/readyz", readyz, methods=["GET"])
    app.add_route("/metrics", show_metrics, methods=["GET"])


def translated(error: BodyError | OverloadedError | UnknownOutcomeError) -> Response:
    """A request that was turned away as a whole, or not stored."""
    if isinstance(error, BodyError):
        # The body may not have been read to its end, so the connection is not used again.
        headers = {"Connection": "close"}
        if error.status == UNAVAILABLE:
            headers["Retry-After"] = "1"
        return refusal(error.status, error.reason, error.field, error.detail, headers)
    # "refused" is for certain not stored, "unknown" may be; the same ids make trying again safe.
    certain = isinstance(error, OverloadedError)
    seconds = error.retry_after_seconds if isinstance(error, OverloadedError) else 2
    # Not all senders at the same moment.
    headers = {"Retry-After": str(seconds + secrets.randbelow(3))}
    body = {
        "outcome": "refused" if certain else "unknown",
        "error": {
            "reason": "overloaded" if certain else "unknown_outcome",
            "field": "",
            "detail": str(error),
        },
    }
    return json_response(UNAVAILABLE, body, headers)
