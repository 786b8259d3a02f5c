"""What is the standing audit made of? The app, and what starts and stops with it."""

import asyncio
from typing import Final

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.audit.settings import Settings
from services.audit.standing import StandingAudit
from services.replies import json_response
from services.serving import living, new_app
from streams.telemetry.families import page_of

NOT_KEPT: Final = {"Cache-Control": "no-store"}


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    standing = StandingAudit(settings)
    app = new_app("audit", settings, lambda _: living(standing))
    app.add_route("/healthz", _alive, methods=["GET"])
    app.add_route("/readyz", _alive, methods=["GET"])
    app.add_route("/metrics", _metrics, methods=["GET"])
    return app


async def _alive(_: Request) -> Response:
    return json_response(200, {"status": "alive"}, NOT_KEPT)


async def _metrics(_: Request) -> Response:
    page = await asyncio.to_thread(page_of, "audit")
    return Response(page, media_type=CONTENT_TYPE_LATEST)
