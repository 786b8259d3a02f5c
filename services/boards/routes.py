"""What may be asked of the board?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from services.boards.access import COOKIE, Kiosk
from services.boards.board import Board
from services.boards.pages import LANGUAGES
from services.boards.vendored import STATIC

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


def install(
    app: FastAPI,
    board: Board,
    registry: CollectorRegistry,
    caught_up: Callable[[], bool],
    check: Callable[[Request], None],
    kiosk: Kiosk | None,
) -> None:
    """Give the app its routes."""
    may_look = [Depends(check)]

    @app.middleware("http")
    async def be_careful(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers.update(SECURITY)
        return response

    @app.get("/", dependencies=may_look)
    async def page(lang: str = "both") -> Response:
        snapshot = board.snapshot
        if snapshot is None:
            return Response(board.pages.waiting_page(), 503, NOT_KEPT, HTML)
        language = lang if lang in LANGUAGES else "both"
        html = board.pages.page(snapshot, board.parts, language)
        return Response(html, 200, NOT_KEPT, HTML)

    @app.get("/v1/board.json", dependencies=may_look)
    async def snapshot() -> Response:
        status = 200 if board.snapshot else 503
        return Response(board.json or b"{}", status, NOT_KEPT, "application/json")

    @app.get("/events", dependencies=may_look)
    async def events() -> Response:
        return StreamingResponse(board.hub.stream(), 200, STREAM, "text/event-stream")

    @app.get("/metrics", dependencies=may_look)
    async def metrics() -> Response:
        board.collector.viewers = board.hub.viewers
        body = generate_latest(registry) + generate_latest(REGISTRY)
        return Response(body, 200, NOT_KEPT, "text/plain; version=0.0.4; charset=utf-8")

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def ready() -> Response:
        if caught_up() and board.snapshot is not None:
            return Response(b'{"status":"ready"}', 200, NOT_KEPT, "application/json")
        return Response(b'{"status":"reading the log"}', 503, NOT_KEPT, "application/json")

    @app.get("/static/{version}/{name:path}")
    async def static(version: str, name: str) -> Response:  # noqa: ARG001 - names the cached copy
        path = (STATIC / name).resolve()
        if not _is_ours(path):
            return Response(status_code=404)
        return FileResponse(path, 200, KEPT, MEDIA[path.suffix])

    if kiosk is not None:

        @app.get("/kiosk/{given}")
        async def enter(given: str, request: Request, lang: str = "both") -> Response:
            until = kiosk.good_until(given)
            language = lang if lang in LANGUAGES else "both"
            answer = RedirectResponse(f"/?lang={language}", 303, NOT_KEPT)
            if until is not None:
                secure = request.url.scheme == "https"
                answer.set_cookie(
                    COOKIE, given, expires=until, httponly=True, samesite="strict", secure=secure
                )
            return answer


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(STATIC) and path.is_file() and path.suffix in MEDIA
