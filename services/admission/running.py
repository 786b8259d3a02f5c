"""The parts of a running admission process."""

import asyncio

from services.admission.questions import Questions
from services.admission.reader import Reader
from services.admission.settings import Settings
from services.admission.state import State
from services.tasks import end_process_on_error
from streams.domain.centre import Centre
from streams.kafka import FollowedCentre


class Running:
    """It answers from its first moment: from what it knows, which at first is the centre file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._followed = FollowedCentre(settings.connections)
        self._followed.on_change(self._go_by)
        centre = self._followed.centre
        self.questions = Questions(centre, settings.pseudonyms)
        self.state = State(centre)
        self.reader = Reader(settings.connections, self.state)
        self._reading: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._reading = asyncio.create_task(self.reader.run())
        end_process_on_error(self._reading, "admission ends")
        # Answers do not wait for it: until the log has been read, the file of this machine counts.
        self._following = asyncio.create_task(self._followed.start())

    async def stop(self) -> None:
        """Stop reading."""
        tasks = [task for task in (self._reading, self._following) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._followed.stop()

    def _go_by(self, centre: Centre) -> None:
        self.questions = Questions(centre, self.settings.pseudonyms)
        self.state.go_by(centre)
