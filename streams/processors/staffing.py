"""How many people are needed at the desks, given the surges and who is signed in?

Surges come through the group; the counselors' states and what the queues amount to are small and
compacted, so whoever owns the surges reads them whole, without a group: a group could give the
topics to different workers. With them comes how long a queue's next caller will wait.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from streams.domain.centre import Centre
from streams.domain.staffing.announcing import Announcer
from streams.domain.staffing.staffing import SeatPlanner, SurgeFact
from streams.events.agents import AgentStateChanged
from streams.events.baselines import BaselineLearned
from streams.events.codec import encode_decision
from streams.events.demand import QueuesMeasured
from streams.events.surges import EventPlanned, FeedResumed, FeedSilent, SeatsNeeded, WaitEstimated
from streams.kafka import FollowedClock, Outgoing, Record, read_to_end
from streams.known_days import known_days
from streams.processors.contract import Moment, Start
from streams.processors.opened import open_record, open_value, refuse
from streams.processors.state_feed import StateFeed
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import AGENTS, BASELINES, QUEUES, SEATS, SURGES, Topic

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
        self._planner = _planner(centre)
        self._announcer = Announcer(centre, self._planner.house)
        self._position: int | None = None
        self._agents = StateFeed(connections, AGENTS)
        self._queues = StateFeed(connections, QUEUES, last_only=True)
        self._learned = StateFeed(connections, BASELINES, last_only=True)

    def positions(self) -> Mapping[int, int]:
        """The next offset of `surges`, when it is ours."""
        return {} if self._position is None else {ONLY: self._position}

    async def load(self, starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        """Read all surges and all counselors there are; what the pools need now is said at once."""
        self._position = None
        await self._agents.stop()
        await self._queues.stop()
        await self._learned.stop()
        if ONLY not in starts:
            return
        self._planner = _planner(self._centre)
        self._announcer = Announcer(self._centre, self._planner.house)
        end = starts[ONLY].offset
        await self._replay(end)
        await self._agents.start()
        await self._queues.start()
        await self._learned.start()
        if not give_up():
            self._position = end

    async def _replay(self, end: int) -> None:
        async for record in read_to_end(self._connections, SURGES, ends={ONLY: end}):
            for event in open_value(record.value)[0]:
                if isinstance(event, SurgeFact | EventPlanned):
                    self._planner.observe(event, event.time)

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Each surge fact may change what is needed."""
        needs: list[SeatsNeeded] = []
        for record in records:
            for event in open_record(record, SURGES.name, moment.letters):
                if isinstance(event, SurgeFact | EventPlanned):
                    needs += self._planner.observe(event, moment.now)
                    moment.letters.good()
                elif not isinstance(event, FeedSilent | FeedResumed):
                    refuse(record, SURGES.name, event, moment.letters)
            self._position = record.offset + 1
        metrics.EVENTS_FOLDED.labels(self.name).inc(len(records))
        return _latest(needs, self._centre.version)

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Counselors who came and went, lines that grew, the plan that changes with the hour."""
        if self._position is None or moment.behind:
            return []
        for record in self._agents.take():
            self._take(AGENTS, record, AgentStateChanged, moment)
        for record in self._queues.take():
            self._take(QUEUES, record, QueuesMeasured, moment)
        for record in self._learned.take():
            # Where the detector stands is its own affair.
            if (record.key or b"").startswith(b"baseline/"):
                self._take(BASELINES, record, BaselineLearned, moment)
        learned = self._planner.house.learned()
        metrics.STAFFING_HANDLE_SECONDS.set(learned.handle_seconds)
        metrics.STAFFING_PATIENCE_SECONDS.set(learned.patience_seconds)
        metrics.STAFFING_LEARNED_FROM.labels("handled").set(learned.handled)
        metrics.STAFFING_LEARNED_FROM.labels("gave_up").set(learned.gave_up)
        needs = self._planner.tick(moment.now)
        version = self._centre.version
        waits = _waits(self._announcer.tick(moment.now), version)
        return [*_latest(needs, version), *waits]

    def _take(
        self,
        topic: Topic,
        record: Record,
        kind: type[AgentStateChanged] | type[QueuesMeasured] | type[BaselineLearned],
        moment: Moment,
    ) -> None:
        for event in open_record(record, topic.name, moment.letters):
            if isinstance(event, kind):
                self._planner.observe(event, moment.now)
                moment.letters.good()
            else:
                refuse(record, topic.name, event, moment.letters)


def _planner(centre: Centre) -> SeatPlanner:
    return SeatPlanner(centre, known_day=known_days(centre.region))


def _waits(said: Sequence[WaitEstimated], version: str) -> list[Outgoing]:
    return [
        Outgoing(
            topic=SEATS,
            key=f"wait/{wait.data.queue}".encode(),
            partition=ONLY,
            value=encode_decision(wait, version),
        )
        for wait in said
    ]


def _latest(needs: Sequence[SeatsNeeded], version: str) -> list[Outgoing]:
    """The last word on each pool."""
    by_pool = {need.data.pool: need for need in needs}
    return [
        Outgoing(
            topic=SEATS, key=pool.encode(), partition=ONLY, value=encode_decision(need, version)
        )
        for pool, need in by_pool.items()
    ]
