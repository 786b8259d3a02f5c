"""What is the callbacks service made of? The app, its routes, its errors, what starts with it."""

import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from services import auth
from services.adapters.redis import RedisLostError
from services.callbacks import routes
from services.callbacks.handlers import Handlers
from services.callbacks.limits import SmallBodies
from services.callbacks.relay import NotReadyError
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.ports import PhoneSystem
from streams.domain.callbacks.callback import RefusedError

log = logging.getLogger(__name__)

STATUS: Final = {"not_found": 404, "invalid": 422}
REASONS: Final = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large"}


def create_app(settings: Settings, phone: PhoneSystem | None = None) -> FastAPI:
    """The app of one process."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = Running(settings, phone)
        app.state.running = running
        app.state.handlers = Handlers(running.commands, running.dialable, running.clock)
        running.start()
        yield
        await running.stop()

    # FastAPI's own pages would load scripts from elsewhere; the description itself is served.
    app = FastAPI(title="Surgeline callbacks", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(SmallBodies)
    auth.install(app, settings.tokens)
    app.include_router(routes.router)
    _install_errors(app)
    return app


def _install_errors(app: FastAPI) -> None:
    answer = app.exception_handlers[auth.AccessError]

    @app.exception_handler(auth.AccessError)
    async def refuse(request: Request, error: auth.AccessError) -> Any:
        fields = {"reason": error.reason, "method": request.method, "path": request.url.path}
        log.warning("access refused", extra=fields)
        return await answer(request, error)  # type: ignore[misc]

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        status = STATUS.get(error.reason, 409)
        return _told(status, error.reason, error.field, error.detail)

    @app.exception_handler(NotReadyError)
    @app.exception_handler(RedisLostError)
    async def not_ready(_: Request, error: Exception) -> JSONResponse:
        lost = isinstance(error, RedisLostError)
        detail = "the callback list is being rebuilt" if lost else str(error)
        # Not all desks at the same moment.
        headers = {"Retry-After": str(1 + secrets.randbelow(3))}
        return _told(503, "not_ready", "", detail, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        if first["type"] == "json_invalid":
            return _told(400, "malformed", "", "the body is not JSON")
        if "path" in first["loc"]:
            return _told(404, "not_found", "", "there is no such callback")
        reason = "missing" if first["type"] == "missing" else "invalid"
        return _told(422, reason, field, str(first["msg"]))

    @app.exception_handler(HTTPException)
    async def not_a_route(_: Request, error: HTTPException) -> JSONResponse:
        reason = REASONS.get(error.status_code, "refused")
        return _told(error.status_code, reason, "", str(error.detail))


def _told(
    status: int, reason: str, field: str, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body: dict[str, Any] = {"error": {"reason": reason, "field": field, "detail": detail}}
    return JSONResponse(body, status_code=status, headers=headers)
