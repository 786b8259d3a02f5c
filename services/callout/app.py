"""What is the call-out service made of? The app, its routes, its errors, what starts with it."""

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI, Request, Response

from services import not_done
from services.callout import mine, routes
from services.callout.doors import add_doors, open_doors
from services.callout.handlers import Handlers
from services.callout.inbound.missed import Missed
from services.callout.lines import DrillRouter, Lines, inboxes_of
from services.callout.running import Running
from services.callout.settings import Settings
from services.message_router import Route, Router
from services.message_setup import routes_from_env
from services.openapi import ERROR_SCHEMA, refusals
from services.replies import refusal
from services.serving import living, new_app
from streams.domain.callout.book import RefusedError

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
        missed = Missed(
            app.state.doors,
            running.commands,
            inboxes_of(carried),
            running.store,
            lambda: running.clock.clock,
        )
        async with living(running), living(missed):
            yield

    app = new_app("callout", settings, life)
    # Routes are tried in turn, and four hundred people may answer at once: their doors come first.
    add_doors(app)
    answered = refusals(400, 401, 403, 404, 409, 413, 422, 503, schema=ERROR_SCHEMA)
    app.include_router(routes.router, responses=answered)
    app.include_router(mine.router, responses=answered)
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

    not_done.install(
        app,
        rebuilding="the call-outs are being read",
        absent="there is no such call-out",
    )
