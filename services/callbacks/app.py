"""What is the callbacks service made of? The app, its routes, its errors, what starts with it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI, Request, Response

from services import not_done
from services.callbacks import keeping_routes, routes
from services.callbacks.handlers import Handlers
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.openapi import ERROR_SCHEMA, refusals
from services.ports import PhoneLines
from services.replies import refusal
from services.serving import living, new_app
from services.small_bodies import SmallBodies
from streams.domain.callbacks.callback import RefusedError

STATUS: Final = {"not_found": 404, "invalid": 422}


def create_app(settings: Settings, phone: PhoneLines | None = None) -> FastAPI:
    """The app of one process."""

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        running = Running(settings, phone)
        app.state.running = running
        app.state.handlers = Handlers(
            running.commands,
            running.dialable,
            running.clock,
            running.giving,
        )
        async with living(running):
            yield

    app = new_app("callbacks", settings, life)
    app.add_middleware(SmallBodies)
    answered = refusals(400, 401, 403, 404, 409, 413, 422, 503, schema=ERROR_SCHEMA)
    # Before the routes of one callback, whose paths would take its words for ids.
    app.include_router(keeping_routes.router, responses=answered)
    app.include_router(routes.router, responses=answered)
    _install_errors(app)
    return app


def _install_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> Response:
        status = STATUS.get(error.reason, 409)
        return refusal(status, error.reason, error.field, error.detail)

    not_done.install(
        app,
        rebuilding="the callback list is being rebuilt",
        absent="there is no such callback",
    )
