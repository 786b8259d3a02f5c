"""How does a service start, listen and stop? The same way in each: one process, uvloop, one log."""

import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol, TypedDict, TypeVar
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from services import auth
from services.audit_log import AuditLog
from services.auth import Tokens, check_listen
from services.replies import refusal
from streams.collector import look_seldom
from streams.errors import WrongSettingError
from streams.secret_files import opened
from streams.settings import Connections, whole_number
from streams.telemetry.logs import configure_logs

KEEP_ALIVE_SECONDS: Final = 5
REASONS: Final = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large"}


class Listening(TypedDict):
    """Where a service listens, and whose tokens it knows."""

    host: str
    port: int
    tokens: Tokens


def listening(env: Mapping[str, str], default_port: int) -> Listening:
    """Read and check it; `WrongSettingError` when the door would stand open."""
    tokens_file = env.get("SURGELINE_TOKENS")
    tokens = Tokens.load(Path(tokens_file) if tokens_file else None)
    host = env.get("SURGELINE_HOST", "127.0.0.1")
    check_listen(host, tokens)
    port = whole_number(env, "SURGELINE_PORT", default_port)
    return Listening(host=host, port=port, tokens=tokens)


def address_of(env: Mapping[str, str], name: str) -> str:
    """Where people open another service's pages; "" when nobody says."""
    text = env.get(name, "")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise WrongSettingError(f"{name} must be like https://host or http://127.0.0.1:8400")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


class Settings(Protocol):
    """What the settings of every service have."""

    @property
    def connections(self) -> Connections: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def tokens(self) -> Tokens: ...


class Running(Protocol):
    """The parts of a process, which start and stop with it."""

    def start(self) -> None: ...
    async def stop(self) -> None: ...


Life = Callable[[FastAPI], AbstractAsyncContextManager[None]]
S = TypeVar("S", bound=Settings)


@contextlib.asynccontextmanager
async def living(running: Running) -> AsyncIterator[None]:
    """Started, and stopped at the end."""
    running.start()
    yield
    await running.stop()


def new_app(
    name: str,
    settings: Settings,
    life: Life,
    described: Callable[[], dict[str, Any]] | None = None,
    *,
    kind: type[FastAPI] = FastAPI,
) -> FastAPI:
    """An app with its tokens, its audit lines, and the one form of a 401, 403, 404 and 405.

    `described` gives the OpenAPI document where FastAPI cannot find it out by itself; `kind` is
    another class than FastAPI's own, where a service has a way of its own beside the routes.
    """
    audit = AuditLog(settings.connections, name)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with life(app):
            yield
        await audit.stop()

    # FastAPI's own pages would load scripts from elsewhere; the description itself is served.
    app = kind(title=f"Surgeline {name}", lifespan=lifespan, docs_url=None, redoc_url=None)
    if described is not None:
        app.openapi = described  # type: ignore[method-assign]
    app.state.audit = audit
    auth.install(app, settings.tokens, audit)

    @app.exception_handler(HTTPException)
    async def not_a_route(_: Request, error: HTTPException) -> Response:
        reason = REASONS.get(error.status_code, "refused")
        # A 405 says in Allow what would be right.
        headers = dict(error.headers) if error.headers else None
        return refusal(error.status_code, reason, "", str(error.detail), headers)

    return app


class _Server(uvicorn.Server):
    """Ends live streams as soon as it is told to stop, not when their patience ends."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        end_streams = getattr(self.config.app.state, "end_streams", None)  # type: ignore[union-attr]
        if end_streams is not None:
            end_streams()
        super().handle_exit(sig, frame)


def serve(
    app: FastAPI,
    host: str,
    port: int,
    *,
    grace_seconds: int,
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
) -> None:
    """Serve until a signal says stop; open requests get `grace_seconds` to end."""
    look_seldom()
    # uvicorn raises the signal once more when it has stopped; by then everything is done, and an
    # end that was asked for is no failure.
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: None)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=grace_seconds,
    )
    server = _Server(config)
    server.run()
    if not server.started:
        # The reason is on the log: the address is taken, or the app could not start.
        sys.exit(1)


def run(
    name: str,
    read_settings: Callable[[Mapping[str, str]], S],
    create_app: Callable[[S], FastAPI],
    *,
    grace_seconds: int,
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
) -> int:
    """Be this service until SIGTERM; 2 when a setting cannot be used."""
    configure_logs(name)
    # One line a decision is ours to write; a client library's line a request is not.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = read_settings(opened(os.environ))
        app = create_app(settings)
    except WrongSettingError as error:
        log = logging.getLogger(f"services.{name}")
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2
    serve(
        app,
        settings.host,
        settings.port,
        grace_seconds=grace_seconds,
        keep_alive_seconds=keep_alive_seconds,
    )
    return 0
