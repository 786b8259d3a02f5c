"""What does a service of commands answer when it cannot do what was asked, or not yet?"""

import secrets

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from services.adapters.redis import RedisLostError
from services.outbox import NotReadyError
from services.replies import refusal
from streams.errors import OverloadedError, UnknownOutcomeError


def install(app: FastAPI, *, rebuilding: str, absent: str) -> None:
    """`rebuilding` is said while Redis is lost, `absent` of a path that names nothing."""

    @app.exception_handler(NotReadyError)
    @app.exception_handler(RedisLostError)
    @app.exception_handler(OverloadedError)
    @app.exception_handler(UnknownOutcomeError)
    async def not_ready(_: Request, error: Exception) -> Response:
        detail = rebuilding if isinstance(error, RedisLostError) else str(error)
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
            return refusal(404, "not_found", "", absent)
        reason = "missing" if first["type"] == "missing" else "invalid"
        return refusal(422, reason, field, str(first["msg"]))
