"""What are the consoles made of? The app, its pages, and what it says when something is wrong."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from services.consoles import (
    auditing,
    callouts,
    desk,
    lists,
    on_call,
    people,
    signing,
    switchboard,
)
from services.consoles.api import AwayError, RefusedError
from services.consoles.doors import (
    BY_ITSELF,
    KEYS_COOKIE,
    LANGUAGE_COOKIE,
    ForbiddenError,
    ForeignFormError,
    SignedOutError,
    house_of,
    is_own_name,
    reader_of,
)
from services.consoles.house import House
from services.consoles.pages import CALLOUTS, NOT_KEPT, ON_CALL, PEOPLE
from services.consoles.settings import Settings
from services.consoles.signing import Verifier
from services.consoles.web import Careful, field_of, install_static, local_path
from services.serving import living, new_app
from services.sessions import COOKIE
from streams.telemetry.families import page_of

OF_CALLOUTS: Final = (CALLOUTS.path, ON_CALL.path, PEOPLE.path)
A_YEAR: Final = 365 * 24 * 3600


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        house = House.of(settings, app.state.audit)
        app.state.house = house
        async with living(house):
            yield

    app = new_app("consoles", settings, life)
    app.state.verifier = Verifier()
    app.add_middleware(Careful, secure=settings.secure)
    for room in (signing, desk, on_call, lists, callouts, people, switchboard, auditing):
        app.include_router(room.router)
    install_static(app)
    _install_choices(app)
    _install_health(app, settings)
    _install_errors(app)
    _install_own_name(app)
    return app


def _install_choices(app: FastAPI) -> None:
    @app.get("/language/{language}", include_in_schema=False)
    async def choose(language: Literal["ko", "en"], back: str = "/") -> Response:
        return _chosen(LANGUAGE_COOKIE, language, back)

    @app.get("/keys/{turned}", include_in_schema=False)
    async def keys(turned: Literal["on", "off"], back: str = "/") -> Response:
        return _chosen(KEYS_COOKIE, turned, back)


def _chosen(cookie: str, value: str, back: str) -> Response:
    answer = RedirectResponse(local_path(back), 303, NOT_KEPT)
    answer.set_cookie(cookie, value, max_age=A_YEAR, httponly=True, samesite="lax", path="/")
    return answer


def _install_health(app: FastAPI, settings: Settings) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> dict[str, Any]:
        return {"ready": True, "provider": settings.provider is not None}

    @app.get("/metrics", include_in_schema=False)
    async def show_metrics() -> Response:
        return Response(page_of("consoles"), media_type=CONTENT_TYPE_LATEST)


def _install_own_name(app: FastAPI) -> None:
    @app.middleware("http")
    async def by_our_name(request: Request, call_next: Any) -> Response:
        if not is_own_name(request):
            return JSONResponse({"error": {"reason": "host", "field": "host"}}, 421)
        answer: Response = await call_next(request)
        return answer


def _install_errors(app: FastAPI) -> None:
    @app.exception_handler(SignedOutError)
    async def signed_out(request: Request, _: SignedOutError) -> Response:
        note = "?note=over" if COOKIE in request.cookies else ""
        if any(name in request.headers for name in BY_ITSELF):
            headers = NOT_KEPT | {"HX-Redirect": f"/sign-in{note}"}
            return JSONResponse({"held": False, "note": "over"}, 401, headers)
        return RedirectResponse(f"/sign-in{note}", 303, NOT_KEPT)

    @app.exception_handler(ForbiddenError)
    async def forbidden(request: Request, error: ForbiddenError) -> Response:
        house = house_of(request)
        path = getattr(request.scope.get("route"), "path", "page")
        needed = f"needs the role {' or '.join(error.roles)}"
        house.note(error.session, f"{request.method} {path}", "page", needed, result="refused")
        return _error(request, 403, "forbidden", roles=error.roles)

    @app.exception_handler(ForeignFormError)
    async def foreign(request: Request, _: ForeignFormError) -> Response:
        session = getattr(request.state, "session", None)
        house = house_of(request)
        house.note(session, "send form", "page", "not from a page of ours", result="refused")
        return _error(request, 403, "stale_page")

    @app.exception_handler(AwayError)
    async def away(request: Request, _: AwayError) -> Response:
        kind = "away_callout" if request.url.path.startswith(OF_CALLOUTS) else "away"
        return _error(request, 503, kind, headers={"Retry-After": "3"})

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        status = error.status if error.status in (403, 404, 409, 422) else 502
        kind = {403: "stale_page", 404: "missing"}.get(status, "invalid")
        return _error(request, status, kind, field=error.field, detail=error.detail)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _error(request, 422, "invalid", field=field_of(first), detail=str(first["msg"]))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        kind = "missing" if error.status_code in (404, 405) else "invalid"
        answer = _error(request, error.status_code, kind, detail=str(error.detail))
        answer.headers.update(error.headers or {})
        return answer


def _error(
    request: Request,
    status: int,
    kind: str,
    *,
    field: str = "",
    detail: str = "",
    roles: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    house = house_of(request)
    if getattr(request.state, "session", None) is None:
        request.state.session = house.session(request.cookies.get(COOKIE))
    answer = house.pages.page(
        "error.html",
        reader_of(request),
        status=status,
        kind=kind,
        field=field,
        detail=detail,
        roles=roles,
        again=kind.startswith("away") and request.method == "GET",
    )
    answer.headers.update(headers or {})
    return answer
