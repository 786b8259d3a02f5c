"""What can be asked of admission over HTTP? A route reads, asks the state and translates.

The route takes the bare request, not a model: the token and the size are judged before a byte of
the body is parsed, and the error names the field in the words of the other services.
"""

import asyncio
import math
import time
from datetime import UTC, datetime
from functools import cache
from typing import Final

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter

from services.admission.answers import wire
from services.admission.questions import QuestionError
from services.admission.running import Running
from services.auth import allowed
from services.replies import json_response, refusal
from streams.telemetry import metrics
from streams.telemetry.families import page_of

NOT_KEPT: Final = {"Cache-Control": "no-store"}


async def admit(request: Request) -> Response:
    """POST /v1/admission: what to do with one arriving contact."""
    allowed(request, "source", "phone")
    running: Running = request.app.state.running
    try:
        question = await running.questions.read(request)
    except QuestionError as error:
        metrics.ADMISSION_REFUSED.labels(error.reason).inc()
        # The body may not have been read to its end, so the connection is not used again.
        headers = {**NOT_KEPT, "Connection": "close"}
        return refusal(error.status, error.reason, error.field, error.detail, headers)
    began = time.perf_counter()
    told = running.state.ask(question, datetime.now(UTC))
    response = json_response(200, wire(told), NOT_KEPT)
    metrics.ADMISSION_SECONDS.observe(time.perf_counter() - began)
    _counter(told.answer.decision, told.answer.reason).inc()
    if told.age.stale:
        metrics.ADMISSION_STALE.inc()
    return response


@cache
def _counter(decision: str, reason: str) -> Counter:
    return metrics.ADMISSION_ANSWERS.labels(decision, reason)


async def healthz(_: Request) -> Response:
    """The process is alive."""
    return json_response(200, {"status": "alive"}, NOT_KEPT)


async def readyz(request: Request) -> Response:
    """The log has been read; before that the answers are those of a centre nobody knows."""
    running: Running = request.app.state.running
    ready = running.reader.caught_up
    detail = "" if ready else "admission reads the log; it answers, marked as stale"
    return json_response(200 if ready else 503, {"ready": ready, "detail": detail}, NOT_KEPT)


async def show_metrics(request: Request) -> Response:
    """For Prometheus."""
    running: Running = request.app.state.running
    _measure(running)
    page = await asyncio.to_thread(page_of, "admission")
    return Response(page, media_type=CONTENT_TYPE_LATEST)


def _measure(running: Running) -> None:
    state = running.state
    age = state.age(datetime.now(UTC)).seconds
    metrics.ADMISSION_AGE_SECONDS.set(math.inf if age is None else age)
    metrics.ADMISSION_PENDING.set(len(state.promises))
    for queue, long in state.long.items():
        metrics.ADMISSION_LONG.labels(queue).set(long)
    for name in ("list_full", "promise_out_of_reach"):
        metrics.ADMISSION_CEILING.labels(name).set(state.ceiling == name)


def install(app: FastAPI) -> None:
    """Put the routes on the app."""
    app.add_route("/v1/admission", admit, methods=["POST"])
    app.add_route("/healthz", healthz, methods=["GET"])
    app.add_route("/readyz", readyz, methods=["GET"])
    app.add_route("/metrics", show_metrics, methods=["GET"])
