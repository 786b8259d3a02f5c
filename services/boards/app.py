"""What are the boards made of? The app, and what starts and stops with it."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.boards import routes
from services.boards.access import viewer
from services.boards.board import Board
from services.boards.fold import Fold
from services.boards.reader import Reader
from services.boards.routes import Doors
from services.boards.settings import Settings
from services.serving import new_app
from streams.telemetry.families import registry_of

log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    fold = Fold(settings.centre)
    board = Board(fold)
    reader = Reader(settings.connections, fold)
    registry = registry_of("boards")
    registry.register(board.collector)

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        app.state.end_streams = lambda: loop.call_soon_threadsafe(board.hub.close)
        tasks = [
            asyncio.create_task(reader.run()),
            asyncio.create_task(board.run(lambda: reader.caught_up)),
        ]
        for task in tasks:
            task.add_done_callback(_end_on_unknown_error)
        yield
        board.hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    app = new_app("boards", settings, life)
    check = viewer(settings.host, settings.tokens, settings.kiosk)
    doors = Doors(board, registry, lambda: reader.caught_up, check, settings.kiosk)
    routes.install(app, doors)
    return app


def _end_on_unknown_error(task: "asyncio.Task[None]") -> None:
    """A board that no longer reads must not go on showing: the supervisor starts a new one."""
    if task.cancelled() or task.exception() is None:
        return
    log.critical("board ends", exc_info=task.exception())
    os._exit(1)
