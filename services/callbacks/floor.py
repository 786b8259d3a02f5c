"""Who is free at the phones, and who waits on hold, while callbacks are given out?

The `agents` and `queues` topics say it; the callbacks in hand are known here before any phone
reports them. What is not reported limits nothing: without an agents feed there is no reserve.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aiokafka.errors import KafkaError

from services.callbacks.rebuild import events_of
from streams.domain.callbacks.callback import HELD, in_flight
from streams.domain.callbacks.release import Floor
from streams.domain.centre import Centre, Pool
from streams.domain.staffing.lines import Waiting, waiting
from streams.domain.staffing.pools import QUEUE, serves
from streams.events.agents import STAFFED, AgentStateChanged, AgentStateData
from streams.events.callbacks import Attempt, CallbackData
from streams.events.demand import QueuesMeasured
from streams.kafka import follow
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import AGENTS, QUEUES, Topic

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 1.0
FOLLOWED: Final = (AGENTS, QUEUES)


class PhoneFloor:
    """The agents, the lines, the callbacks in hand."""

    def __init__(self, centre: Centre) -> None:
        self.go_by(centre)
        self._agents: dict[str, tuple[datetime, AgentStateData]] = {}
        self._parts: dict[int, dict[str, Waiting]] = {}
        self._holders: dict[str, str] = {}
        self._under_way: dict[str, Attempt] = {}
        self._due = 0
        self._read = {topic.name: asyncio.Event() for topic in FOLLOWED}

    def go_by(self, centre: Centre) -> None:
        """The queues and pools are those of this version of the centre file from now on."""
        self._queues = frozenset(queue.name for queue in centre.queues)
        self._serves = {pool.name: _served(pool, self._queues) for pool in centre.pools}

    # What the log says

    async def follow(self, connections: Connections, topic: Topic) -> None:
        """Follow a topic for ever, over every loss of the log."""
        while True:
            try:
                read = self._read[topic.name].set
                async for record in follow(connections, topic, on_caught_up=read):
                    for event in events_of(record.value):
                        self.observe(event)
            except KafkaError as error:
                fields = {"topic": topic.name, "error": type(error).__name__}
                log.warning("floor cannot be followed", extra=fields)
                await asyncio.sleep(AGAIN_SECONDS)

    async def read(self) -> None:
        """Until what the log had of the floor is known: before that, everybody seems to be free."""
        for read in self._read.values():
            await read.wait()

    def observe(self, event: object) -> None:
        """Take a fact; of each agent the latest holds, of each partition the last."""
        if isinstance(event, AgentStateChanged):
            known = self._agents.get(event.data.agent)
            if known is None or known[0] <= event.time:
                self._agents[event.data.agent] = (event.time, event.data)
        elif isinstance(event, QueuesMeasured):
            self._parts[event.data.partition] = waiting(event.data)

    # What the list says

    def begin(self, states: Iterable[CallbackData]) -> None:
        """The list was opened: these are in hand or being rung."""
        self._holders.clear()
        self._under_way.clear()
        for state in states:
            self.note(state)

    def note(self, state: CallbackData) -> None:
        """A callback as it stands now."""
        if state.state in HELD and state.agent:
            self._holders[state.id] = state.agent
        else:
            self._holders.pop(state.id, None)
        if in_flight(state):
            self._under_way[state.id] = state.attempts[-1]
        elif self._under_way.pop(state.id, None) is not None:
            last = state.attempts[-1]
            metrics.CALLBACK_DIALS.labels(last.first, last.outcome or "unknown").inc()

    def count_due(self, due: int) -> None:
        """So many callbacks may be given out now."""
        self._due = due

    @property
    def customer_first_under_way(self) -> int:
        """Dials that rang the caller first and are not over."""
        return sum(dial.first == "customer" for dial in self._under_way.values())

    # What follows for whoever asks

    def around(self, agent: str, queue: str) -> Floor | None:
        """What the agent's desk looks like; None while no agent was ever reported."""
        if not self._agents:
            return None
        queues = self._queues_of(agent) or frozenset({queue})
        mates = [
            (name, data.state)
            for name, (_, data) in self._agents.items()
            if self._serves.get(data.pool, frozenset()) & queues
        ]
        holding = set(self._holders.values())
        waiting, oldest = self._line(queues)
        return Floor(
            on_duty=sum(state in STAFFED for _, state in mates),
            free_beside=sum(
                state == "available" and name != agent and name not in holding
                for name, state in mates
            ),
            waiting=waiting,
            oldest_since=oldest,
            due=self._due,
        )

    def waiting(self) -> int:
        """Everybody on hold."""
        return self._line(self._queues)[0]

    def _queues_of(self, agent: str) -> frozenset[str]:
        known = self._agents.get(agent)
        return self._serves.get(known[1].pool, frozenset()) if known else frozenset()

    def _line(self, queues: frozenset[str]) -> Waiting:
        lines = [
            line for part in self._parts.values() for name, line in part.items() if name in queues
        ]
        heads = [since for _, since in lines if since is not None]
        return sum(waiting for waiting, _ in lines), min(heads, default=None)


def _served(pool: Pool, queues: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in queues if serves(pool, QUEUE + name))
