"""How does a processor follow a small topic beside the one that its group owns?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from streams.kafka import Record, follow
from streams.settings import Connections
from streams.topics import Topic


class StateFeed:
    """A small topic: all of it, and then live.

    With `last_only` each record replaces the one before of its key, so that only the last is
    decoded. Not for counselors: a report that came late must not hide a newer one.
    """

    def __init__(self, connections: Connections, topic: Topic, *, last_only: bool = False) -> None:
        self._connections = connections
        self._topic = topic
        self._last_only = last_only
        self._task: asyncio.Task[None] | None = None
        self._records: dict[bytes | int | None, Record] = {}

    async def start(self) -> None:
        """Return when everything said so far has been read."""
        caught_up = asyncio.Event()
        self._task = asyncio.create_task(
            self._keep(follow(self._connections, self._topic, on_caught_up=caught_up.set))
        )
        waiter = asyncio.create_task(caught_up.wait())
        await asyncio.wait({self._task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def stop(self) -> None:
        """Forget what was read."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._task = None
        self._records = {}

    def take(self) -> list[Record]:
        """What came since the last time; raises what ended the feed."""
        if self._task is not None and self._task.done():
            self._task.result()
        taken, self._records = self._records, {}
        return list(taken.values())

    async def _keep(self, records: AsyncIterator[Record]) -> None:
        async for record in records:
            self._records[record.key if self._last_only else record.offset] = record
