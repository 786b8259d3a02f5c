"""By which centre file does the board go, and how does it come to another one?

A version that is put in force is read together with the log from the start, beside what is shown.
Only when all has been read does it take its place: screens stay connected and see no gap.
"""

import asyncio
import logging

from services import tasks
from services.boards.board import Board
from services.boards.fold import Fold
from services.boards.reader import Reader
from streams.domain.centre import Centre
from streams.kafka import FollowedCentre
from streams.settings import Connections

log = logging.getLogger(__name__)


class Following:
    """Keeps the board on the centre file in force."""

    def __init__(self, connections: Connections, board: Board, followed: FollowedCentre) -> None:
        self._connections = connections
        self._board = board
        self._followed = followed
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Follow until cancelled; an unknown error of a reader comes out, and ends the process."""
        self._followed.on_change(self._note)
        try:
            await self._followed.start()
            while True:
                self._changed.clear()
                await self._change_to(self._followed.centre)
                await self._changed_or_failed()
        finally:
            await tasks.end(self._reading)
            await self._followed.stop()

    def _note(self, centre: Centre) -> None:
        log.info("centre file to be taken up", extra={"version": centre.version})
        self._changed.set()

    async def _change_to(self, centre: Centre) -> None:
        fold = Fold(centre)
        reader = Reader(self._connections, fold)
        before, reading = self._reading, asyncio.create_task(reader.run())
        all_read = asyncio.create_task(reader.all_read.wait())
        try:
            await asyncio.wait((all_read, reading), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                await reading
        except BaseException:
            await tasks.end(reading)
            raise
        finally:
            await tasks.end(all_read)
        self._reading = reading
        self._board.adopt(fold)
        await tasks.end(before)
        log.info("board goes by centre file", extra={"version": centre.version})

    async def _changed_or_failed(self) -> None:
        changed = asyncio.create_task(self._changed.wait())
        reading = self._reading
        try:
            await asyncio.wait(
                (changed, *((reading,) if reading else ())), return_when=asyncio.FIRST_COMPLETED
            )
            if reading is not None and reading.done():
                await reading
        finally:
            await tasks.end(changed)
