"""What does every answer carry, and what is turned away before it is read?"""

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.consoles import doors
from services.consoles.pages import STATIC

SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A form must say where it comes from, so the origin is told to ourselves, and to nobody else.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
MEDIA: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
LONGEST_BODY: Final = 64 * 1024


class Careful:
    """Security headers on every answer, long bodies turned away, sessions freshened."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = SECURITY | (
            {"Strict-Transport-Security": "max-age=31536000"} if secure else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LONGEST_BODY:
                raise HTTPException(413, f"a form may have {LONGEST_BODY} bytes at most")
            return message

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # A document that is passed on as it is may bring its own few lines of style.
                if policy := getattr(Request(scope).state, "policy", None):
                    headers["Content-Security-Policy"] = policy
                _freshen(scope, message)
            await send(message)

        await self._app(scope, counted, careful)


def _freshen(scope: Scope, message: Message) -> None:
    request = Request(scope)
    session = getattr(request.state, "freshened", None)
    headers = MutableHeaders(scope=message)
    if session is not None and "set-cookie" not in headers:
        carrier = Response()
        doors.set_session(carrier, request, session)
        headers.append("set-cookie", carrier.headers["set-cookie"])


def install_static(app: FastAPI) -> None:
    """The files of the pages, under addresses that change with them."""

    @app.get("/static/{version}/{name:path}", include_in_schema=False)  # noqa: FAST003
    async def static(name: str) -> Response:
        path = (STATIC / name).resolve()
        if not (path.is_relative_to(STATIC) and path.is_file() and path.suffix in MEDIA):
            raise HTTPException(404)
        return FileResponse(path, 200, KEPT, MEDIA[path.suffix])


def local_path(text: str) -> str:
    """A path of ours to go back to; the first page when it is not one."""
    ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if ours else "/"


def field_of(error: dict[str, Any]) -> str:
    """Which field a validation error is about."""
    return ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path"))
