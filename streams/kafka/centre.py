"""Which version of the centre file is in force, and who must be told when another one is?

The `centre` topic has every version that was put in force; the last one holds. The file that a
process was started with counts until the log knows one, and once more when the log has never seen
it: then the command service puts it there, and whoever starts meanwhile goes by it at once. A file
that was in force before and was left behind does not come back by a restart.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from aiokafka.errors import KafkaError

from streams.centre_file import check_text, load_centre
from streams.domain.centre import Centre
from streams.events.centre import CentreApplied, CentreData
from streams.events.codec import decode_known
from streams.kafka.reader import follow
from streams.settings import Connections
from streams.topics import CENTRE

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0


class FollowedCentre:
    """The centre as the log has it in force."""

    def __init__(self, connections: Connections) -> None:
        """Raises `WrongSettingError` when the file of this process cannot be used."""
        self._connections = connections
        self._listeners: list[Callable[[Centre], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.centre = self._own = load_centre(connections.centre)
        self._began = False
        self._news = asyncio.Event()
        self.versions: list[CentreData] = []

    def on_change(self, listener: Callable[[Centre], None]) -> None:
        """Call `listener` with each version that comes into force after `start`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Return once every version so far is known; then keep following."""
        caught_up = asyncio.Event()
        self._task = asyncio.create_task(self._keep_following(caught_up.set))
        await caught_up.wait()

    async def until(self, version: str) -> None:
        """Return when this version has come from the log."""
        while not any(known.version == version for known in self.versions):
            self._news.clear()
            await self._news.wait()

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep_following(self, caught_up: Callable[[], None]) -> None:
        while True:
            try:
                await self._follow(caught_up)
            except (KafkaError, OSError) as error:
                log.warning("centre followed anew", extra={"error": type(error).__name__})
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, caught_up: Callable[[], None]) -> None:
        read: list[CentreData] = []
        up_to_date = False

        def take_up() -> None:
            nonlocal up_to_date
            up_to_date = True
            self._adopt(read)
            caught_up()

        async for record in follow(self._connections, CENTRE, on_caught_up=take_up):
            event = decode_known(record.value)
            if isinstance(event, CentreApplied):
                read.append(event.data)
                if up_to_date:
                    self._adopt(read)

    def _adopt(self, versions: list[CentreData]) -> None:
        first, self._began = not self._began, True
        new = first and all(version.version != self._own.version for version in versions)
        self.versions = list(versions)
        self._news.set()
        centre = self._own if new or not versions else _read(versions[-1])
        if centre is None or centre.version == self.centre.version:
            return
        self.centre = centre
        log.info("centre in force", extra={"version": centre.version})
        for listener in self._listeners:
            listener(centre)


def _read(version: CentreData) -> Centre | None:
    """None when this program does not understand the file, which a newer one may have written."""
    centre, problems = check_text(version.text.encode(), f"version {version.version}")
    if problems:
        log.error(
            "centre not understood",
            extra={"version": version.version, "problems": [str(problem) for problem in problems]},
        )
        return None
    return centre
