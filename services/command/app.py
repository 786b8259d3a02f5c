"""What is the command service made of? The app, its routes, its errors, what starts with it."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from services.command import routes, version_routes
from services.command.orders import OrderRefusedError
from services.command.running import Running
from services.command.schemas import KINDS
from services.command.settings import Settings
from services.openapi import ERROR_SCHEMA, refusals
from services.replies import refusal
from services.serving import living, new_app
from services.small_bodies import SmallBodies
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.telemetry import metrics


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    running = Running(settings)
    app = new_app("command", settings, lambda _: living(running))
    app.state.running = running
    app.add_middleware(SmallBodies)
    answered = refusals(400, 401, 403, 404, 409, 413, 422, 503, schema=ERROR_SCHEMA)
    app.include_router(routes.router, responses=answered)
    app.include_router(version_routes.router, responses=answered)
    _install_errors(app)
    return app


def _install_errors(app: FastAPI) -> None:
    @app.exception_handler(OrderRefusedError)
    async def refused(_: Request, error: OrderRefusedError) -> Response:
        metrics.ORDERS_REFUSED.labels(error.reason).inc()
        return refusal(error.status, error.reason, error.field, error.detail)

    @app.exception_handler(OverloadedError)
    async def overloaded(_: Request, error: OverloadedError) -> Response:
        return refusal(503, "not_ready", "", str(error), {"Retry-After": "1"})

    @app.exception_handler(UnknownOutcomeError)
    async def unknown(_: Request, error: UnknownOutcomeError) -> Response:
        # The order may stand on the log: with the same id asking again is safe.
        return refusal(503, "unknown", "", str(error), {"Retry-After": "1"})

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return refusal(400, "malformed", "", "the body is not JSON")
        beside = {"body", "query", *KINDS}
        field = ".".join(str(part) for part in first["loc"] if part not in beside)
        if first["type"].startswith("union_tag"):
            field, detail = "kind", f"must be one of {', '.join(sorted(KINDS))}"
        else:
            detail = str(first["msg"])
        reason = "missing" if first["type"] in {"missing", "union_tag_not_found"} else "invalid"
        metrics.ORDERS_REFUSED.labels(reason).inc()
        return refusal(422, reason, field, detail)
