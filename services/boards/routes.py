"""What may be asked of the board?"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from prometheus_client import CollectorRegistry, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.boards import rooms
from services.boards.access import COOKIE, Guard
from services.boards.board import Board
from services.boards.inquiry import Inquiry
from services.boards.kiosks import Kiosks
from services.boards.rooms import language_of
from services.boards.vendored import STATIC
from services.openapi import ERROR_SCHEMA, refusals

HTML: Final = "text/html; charset=utf-8"
NOT_KEPT: Final = {"Cache-Control": "no-store"}
KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STREAM: Final = {**NOT_KEPT, "X-Accel-Buffering": "no"}
MEDIA: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """What the routes need: the board, its metrics, who may look, the screens' links, and
    the surges' cases.
    """

    board: Board
    registry: CollectorRegistry
    check: Guard
    kiosks: Kiosks | None
    inquiry: Inquiry


def install(app: FastAPI, doors: Doors) -> None:
    """Give the app its routes."""
    app.add_middleware(Careful)
    _install_page(app, doors.board, doors.check)
    rooms.install(app, doors.board, doors.check, doors.inquiry)
    _install_numbers(app, doors)
    _install_health(app, doors)
    if doors.kiosks is not None:
        _install_kiosk(app, doors.kiosks)


def _install_page(app: FastAPI, board: Board, check: Guard) -> None:
    @app.get("/", include_in_schema=False, dependencies=[Depends(check)])
    async def page(lang: str = "both") -> Response:
        if board.snapshot is None:
            return Response(board.pages.waiting_page(), 503, NOT_KEPT, HTML)
        html = board.pages.page(board.snapshot, language_of(lang))
        return Response(html, 200, NOT_KEPT, HTML)

    @app.get("/events", include_in_schema=False, dependencies=[Depends(check)])
    async def events(request: Request) -> Response:
        stream = board.hub.stream(lambda: check.still_admits(request))
        return StreamingResponse(stream, 200, STREAM, "text/event-stream")

    @app.get("/static/{version}/{name:path}", include_in_schema=False)
    async def static(version: str, name: str) -> Response:  # noqa: ARG001 - names the cached copy
        path = (STATIC / name).resolve()
        if not _is_ours(path):
            return Response(status_code=404)
        return FileResponse(path, 200, KEPT, MEDIA[path.suffix])


def _install_numbers(app: FastAPI, doors: Doors) -> None:
    board = doors.board

    answered = {
        **refusals(401, 403, schema=ERROR_SCHEMA),
        503: {"description": "Nothing is known yet."},
    }

    @app.get("/v1/board.json", dependencies=[Depends(doors.check)], responses=answered)
    async def snapshot() -> Response:
        """What the board shows, and the offsets of the log that it reflects."""
        status = 200 if board.snapshot else 503
        return Response(board.json or b"{}", status, NOT_KEPT, "application/json")

    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(doors.check)])
    async def metrics() -> Response:
        board.catch_up()
        board.collector.viewers = board.hub.viewers
        body = generate_latest(doors.registry)
        return Response(body, 200, NOT_KEPT, "text/plain; version=0.0.4; charset=utf-8")


def _install_health(app: FastAPI, doors: Doors) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        if doors.board.snapshot is not None:
            return Response(b'{"status":"ready"}', 200, NOT_KEPT, "application/json")
        return Response(b'{"status":"reading the log"}', 503, NOT_KEPT, "application/json")


def _install_kiosk(app: FastAPI, kiosks: Kiosks) -> None:
    @app.get("/kiosk/{given}", include_in_schema=False)
    async def enter(given: str, request: Request, lang: str = "both") -> Response:
        link = kiosks.link(given, datetime.now(UTC))
        answer = RedirectResponse(f"/?lang={language_of(lang)}", 303, NOT_KEPT)
        if link is not None:
            secure = request.url.scheme == "https"
            answer.set_cookie(
                COOKIE,
                given,
                expires=link.until,
                httponly=True,
                samesite="strict",
                secure=secure,
            )
        return answer


class Careful:
    """Puts the security headers on every answer; a stream passes through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        await self._app(scope, receive, careful if scope["type"] == "http" else send)


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(STATIC) and path.is_file() and path.suffix in MEDIA
