"""What is the callbacks service made of? The app, its routes, its errors, what starts with it."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from services.adapters.redis import RedisLostError
from services.callbacks import routes
from services.callbacks.handlers import Handlers
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.openapi import ERROR_SCHEMA, refusals
from services.outbox import NotReadyError
from services.ports import PhoneLines
from services.replies import refusal
from services.serving import living, new_app
from services.small_bodies import SmallBodies
from streams.domain.callbacks.callback import RefusedError
from streams.errors import OverloadedError, UnknownOutcomeError

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
    app.include_router(routes.router, responses=answered)
    _install_errors(app)
    return app


def _install_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> Response:
        status = STATUS.get(error.reason, 409)
        return refusal(status, error.reason, error.field, error.detail)

    @app.exception_handler(NotReadyError)
    @app.exception_handler(RedisLostError)
    @app.exception_handler(OverloadedError)
    @app.exception_handler(UnknownOutcomeError)
    async def not_ready(_: Request, error: Exception) -> Response:
        lost = isinstance(error, RedisLostError)
        detail = "the callback list is being rebuilt" if lost else str(error)
        # Not all desks at the same moment.
        headers = {"Retry-After": str(1 + secrets.randbelow(3))}
        return refusal(503, "not_ready", "", detail, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        if first["type"] == "json_invalid":
            return refusal(400, "malformed", "", "the body is not JSON")
        if "path" in first["loc"]:
            return refusal(404, "not_found", "", "there is no such callback")
        reason = "missing" if first["type"] == "missing" else "invalid"
        return refusal(422, reason, field, str(first["msg"]))
