"""The parts of a running admission process."""

import asyncio
import logging
import os

from services.admission.questions import Questions
from services.admission.reader import Reader
from services.admission.settings import Settings
from services.admission.state import State

log = logging.getLogger(__name__)


class Running:
    """It answers from its first moment: from what it knows, which at first is the centre file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.questions = Questions(settings.centre, settings.pseudonyms)
        self.state = State(settings.centre)
        self.reader = Reader(settings.connections, self.state)
        self._reading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._reading = asyncio.create_task(self.reader.run())
        self._reading.add_done_callback(_end_on_unknown_error)

    async def stop(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])


def _end_on_unknown_error(task: "asyncio.Task[None]") -> None:
    """Who no longer reads must not go on answering: the supervisor starts a new process."""
    if task.cancelled() or task.exception() is None:
        return
    log.critical("admission ends", exc_info=task.exception())
    os._exit(1)
