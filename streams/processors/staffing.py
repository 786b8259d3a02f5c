"""How many people are needed at the desks, given the surges and who is signed in?

Surges come through the group; the counselors' states are small and compacted, so whoever owns the
surges reads them whole, without a group: a group could give the two topics to two workers.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

from streams.domain.centre import Centre
from streams.domain.staffing import SeatPlanner, SurgeFact
from streams.events.agents import AgentStateChanged
from streams.events.codec import encode
from streams.events.surges import FeedResumed, FeedSilent, SeatsNeeded
from streams.kafka import FollowedClock, Outgoing, Record, follow, read_to_end
from streams.processors.contract import Moment, Start
from streams.processors.opened import open_record, open_value, refuse
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import AGENTS, SEATS, SURGES

ONLY: Final = 0  # both topics have one partition


class Staffing:
    """The seat planner of the whole centre, where this worker owns it."""

    name = "staffing"
    source = SURGES
    one_owner = True

    def __init__(self, connections: Connections, centre: Centre, clock: FollowedClock) -> None:
        self._connections = connections
        self._centre = centre
        self._clock = clock
        self._planner = SeatPlanner(centre)
        self._position: int | None = None
        self._agents = AgentFeed(connections)

    def positions(self) -> Mapping[int, int]:
        """The next offset of `surges`, when it is ours."""
        return {} if self._position is None else {ONLY: self._position}

    async def load(self, starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        """Read all surges and all counselors there are; what the pools need now is said at once."""
        self._position = None
        await self._agents.stop()
        if ONLY not in starts:
            return
        self._planner = SeatPlanner(self._centre)
        end = starts[ONLY].offset
        await self._replay(end)
        await self._agents.start()
        if not give_up():
            self._position = end

    async def _replay(self, end: int) -> None:
        async for record in read_to_end(self._connections, SURGES, ends={ONLY: end}):
            for event in open_value(record.value)[0]:
                if isinstance(event, SurgeFact):
                    self._planner.observe(event, event.time)

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Each surge fact may change what is needed."""
        needs: list[SeatsNeeded] = []
        for record in records:
            for event in open_record(record, SURGES.name, moment.letters):
                if isinstance(event, SurgeFact):
                    needs += self._planner.observe(event, moment.now)
                    moment.letters.good()
                elif not isinstance(event, FeedSilent | FeedResumed):
                    refuse(record, SURGES.name, event, moment.letters)
            self._position = record.offset + 1
        metrics.EVENTS_FOLDED.labels(self.name).inc(len(records))
        return _latest(needs)

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Counselors who came and went; the plan that changes with the hour."""
        needs: list[SeatsNeeded] = []
        if self._position is None or moment.behind:
            return []
        for record in self._agents.take():
            for event in open_record(record, AGENTS.name, moment.letters):
                if isinstance(event, AgentStateChanged):
                    needs += self._planner.observe(event, moment.now)
                    moment.letters.good()
                else:
                    refuse(record, AGENTS.name, event, moment.letters)
        return _latest([*needs, *self._planner.tick(moment.now)])


class AgentFeed:
    """The counselors' states, all of them and then live."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._task: asyncio.Task[None] | None = None
        self._records: list[Record] = []

    async def start(self) -> None:
        """Return when everything said so far has been read."""
        caught_up = asyncio.Event()
        self._task = asyncio.create_task(
            self._keep(follow(self._connections, AGENTS, on_caught_up=caught_up.set))
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
        self._records = []

    def take(self) -> list[Record]:
        """What came since the last time; raises what ended the feed."""
        if self._task is not None and self._task.done():
            self._task.result()
        taken, self._records = self._records, []
        return taken

    async def _keep(self, records: AsyncIterator[Record]) -> None:
        async for record in records:
            self._records.append(record)


def _latest(needs: Sequence[SeatsNeeded]) -> list[Outgoing]:
    """The last word on each pool."""
    by_pool = {need.data.pool: need for need in needs}
    return [
        Outgoing(topic=SEATS, key=pool.encode(), partition=ONLY, value=encode(need))
        for pool, need in by_pool.items()
    ]
