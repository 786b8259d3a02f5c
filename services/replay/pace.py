"""When is each row sent, and what does the centre's clock say meanwhile?

At a speed, the clock is declared once and rows are sent when it gets to them. As fast as it goes,
the clock stands still at the end of each batch and is moved from batch to batch, so that every
event is judged at the time it happened then.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from services.replay.contacts import Retelling
from services.replay.rows import Row
from services.replay.sender import Sender

ROWS_AT_ONCE: Final = 500
COLLECT_SECONDS: Final = 0.1
# In a fast replay no event is judged at a time that is further off than this.
STEP: Final = timedelta(seconds=10)

Progress = Callable[[int], None]


class Pace:
    """Sends rows in their order and moves the clock."""

    def __init__(self, sender: Sender, retelling: Retelling, on_sent: Progress) -> None:
        self.behind_seconds = 0.0
        self.last: datetime | None = None
        self._sender = sender
        self._retelling = retelling
        self._on_sent = on_sent
        self._shift = retelling.shift.total_seconds()

    async def fast(self, rows: Iterable[Row]) -> None:
        """As fast as intake takes them."""
        for batch in batches(rows):
            self.last = self._retelling.time_of(batch[-1])
            await self._sender.declare(self.last, 0.0, self._shift)
            await self._send(batch)
        if self.last is not None:
            # Let it go on from there, so that what waits for time to pass is not held up for ever.
            await self._sender.declare(self.last, 1.0, self._shift)

    async def at_speed(self, rows: Iterable[Row], speed: float) -> None:
        """Each row when the centre's clock, at this speed, gets to its time."""
        upcoming = iter(rows)
        first = next(upcoming, None)
        if first is None:
            return
        loop = asyncio.get_running_loop()
        begin = self._retelling.time_of(first)
        began = loop.time()
        await self._sender.declare(begin, speed, self._shift)
        due: list[Row] = []
        for row in itertools.chain([first], upcoming):
            self.last = self._retelling.time_of(row)
            wait = began + (self.last - begin).total_seconds() / speed - loop.time()
            if due and (wait > COLLECT_SECONDS or len(due) >= ROWS_AT_ONCE):
                await self._send(due)
                due = []
                wait = began + (self.last - begin).total_seconds() / speed - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self.behind_seconds = max(self.behind_seconds, -wait)
            due.append(row)
        await self._send(due)

    async def _send(self, rows: list[Row]) -> None:
        await self._sender.send([event for row in rows for event in self._retelling.events(row)])
        self._on_sent(len(rows))


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that belong to one position of the clock: close in time, and not too many."""
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) >= ROWS_AT_ONCE or row.time - batch[0].time > STEP):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
