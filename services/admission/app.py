"""What is admission made of? The app, its routes, and what starts and stops with it."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from services import auth
from services.admission import routes
from services.admission.running import Running
from services.admission.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    running = Running(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running.start()
        yield
        await running.stop()

    app = FastAPI(title="Surgeline admission", lifespan=lifespan, openapi_url=None)
    app.state.running = running
    auth.install(app, settings.tokens)
    routes.install(app)

    @app.exception_handler(HTTPException)
    async def not_a_route(_: Request, error: HTTPException) -> Response:
        reason = "not_found" if error.status_code == 404 else "method"  # noqa: PLR2004
        return routes.refusal(error.status_code, reason, "", str(error.detail))

    return app
