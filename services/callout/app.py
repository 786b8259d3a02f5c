"""What is the call-out service made of? The app, its routes, its errors, what starts with it."""

import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from services.adapters.redis import RedisLostError
from services.callout import mine, routes
from services.callout.doors import add_doors, open_doors
from services.callout.handlers import Handlers
from services.callout.lines import DrillRouter, Lines
from services.callout.running import Running
from services.callout.settings import Settings
from services.message_router import Route, Router
from services.message_setup import routes_from_env
from services.outbox import NotReadyError
from services.replies import refusal
from services.serving import living, new_app
from streams.domain.callout.book import RefusedError
from streams.errors import OverloadedError, UnknownOutcomeError

log = logging.getLogger(__name__)

STATUS: Final = {"not_found": 404, "invalid": 422, "missing": 422}


def create_app(settings: Settings, lines: Lines | None = None) -> FastAPI:
    """The app of one process."""
    carried = lines or lines_of(routes_from_env(settings.env, settings.centre.region))
    if not any(router.providers for router in carried.both()):
        log.warning("no message accounts are set: nobody can be paged")

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        running = Running(settings, carried)
        app.state.running = running
        app.state.handlers = Handlers(
            running.commands,
            running.engine,
            running.answers,
            running.needs,
            running.directory,
            carried,
            running.centre,
        )
        open_doors(
            app,
            answers=running.answers,
            needs=running.needs,
            people=running.people,
            routers=carried.both(),
            public_url=settings.public_url,
            now=running.now,
        )
        async with living(running):
            yield

    app = new_app("callout", settings, life)
    app.include_router(routes.router)
    app.include_router(mine.router)
    add_doors(app)
    _install_errors(app)
    return app


def lines_of(found: list[Route]) -> Lines:
    """The accounts for drills apart from all others.

    A centre that has only accounts for drills rehearses: it pages through them, and nobody real.
    """
    fenced = [route for route in found if getattr(route.provider, "drills", False)]
    drills = DrillRouter(fenced)
    live = [route for route in found if route not in fenced]
    return Lines(Router(live) if live else drills, drills)


def _install_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> Response:
        return refusal(STATUS.get(error.reason, 409), error.reason, error.field, error.detail)

    @app.exception_handler(NotReadyError)
    @app.exception_handler(RedisLostError)
    @app.exception_handler(OverloadedError)
    @app.exception_handler(UnknownOutcomeError)
    async def not_ready(_: Request, error: Exception) -> Response:
        lost = isinstance(error, RedisLostError)
        detail = "the call-outs are being read" if lost else str(error)
        # Not everybody at the same moment.
        headers = {"Retry-After": str(1 + secrets.randbelow(3))}
        return refusal(503, "not_ready", "", detail, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        if first["type"] == "json_invalid":
            return refusal(400, "malformed", "", "the body is not JSON")
        if "path" in first["loc"]:
            return refusal(404, "not_found", "", "there is no such call-out")
        reason = "missing" if first["type"] == "missing" else "invalid"
        return refusal(422, reason, field, str(first["msg"]))
