"""What are the boards made of? The app, and what starts and stops with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services import tasks
from services.boards import routes, turned_away
from services.boards.access import Guard
from services.boards.board import Board
from services.boards.fold import Fold
from services.boards.following import Following
from services.boards.inquiry import Inquiry
from services.boards.routes import Doors
from services.boards.settings import Settings
from services.serving import new_app
from streams.kafka import FollowedCentre
from streams.telemetry.families import registry_of


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    followed = FollowedCentre(settings.connections)
    board = Board(Fold(followed.centre))
    following = Following(settings.connections, board, followed)
    registry = registry_of("boards")
    registry.register(board.collector)

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        app.state.end_streams = lambda: loop.call_soon_threadsafe(board.hub.close)
        if settings.people is not None:
            settings.people.register.start()
        running = [asyncio.create_task(following.run()), asyncio.create_task(board.run())]
        for task in running:
            tasks.end_process_on_error(task, "board ends")
        yield
        board.hub.close()
        for task in running:
            await tasks.end(task)
        if settings.people is not None:
            await settings.people.register.stop()

    app = new_app("boards", settings, life)
    guard = Guard(settings.host, settings.tokens, settings.kiosks, settings.people)
    inquiry = Inquiry(settings.connections)
    turned_away.install(app, board, settings.consoles_url)
    routes.install(app, Doors(board, registry, guard, settings.kiosks, inquiry))
    return app
