"""What did the log amount to up to some offsets? Counted anew, by other means than the board's own.

The rules that say which outcome a request has, and which state the service is in, are the domain's;
every sum is made here from the facts themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import structs

from streams.domain.centre import Centre
from streams.domain.contacts import outcomes
from streams.domain.detection.expected import Expected
from streams.domain.staffing.service_state import service_state
from streams.errors import InvalidEventError
from streams.events.agents import STAFFED, AgentStateChanged
from streams.events.baselines import BaselineLearned
from streams.events.callbacks import CallbackChanged, CallbackData
from streams.events.codec import decode, decode_parcel
from streams.events.demand import PulseCounted, QueueCounts, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import (
    SeatsData,
    SeatsNeeded,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)
from streams.kafka import read_to_end
from streams.known_days import known_days
from streams.settings import Connections
from streams.topics import AGENTS, BASELINES, CALLBACKS, PULSES, QUEUES, SEATS, SURGES, Topic

READ = (QUEUES, CALLBACKS, PULSES, SEATS, AGENTS, SURGES, BASELINES)
SURGE_FACTS = (SurgeDeclared, SurgeRevised, SurgeCleared)
Offsets = Mapping[str, Mapping[str, int]]
RANKS = {"normal": 0, "watch": 1, "surge": 2}


class Log:
    """All facts of the topics that a board reads, each at its place."""

    def __init__(self, read: Mapping[str, list[tuple[int, int, CloudEvent]]]) -> None:
        self._read = read

    @classmethod
    async def of(cls, connections: Connections) -> "Log":
        """Read to the end, once."""
        return cls({topic.name: [f async for f in _facts(connections, topic)] for topic in READ})

    def upto(self, topic: Topic, offsets: Offsets) -> list[CloudEvent]:
        """The topic's facts up to and including these offsets, in the order of each partition."""
        reached = offsets.get(topic.name, {})
        return [
            event
            for partition, offset, event in self._read[topic.name]
            if offset <= reached.get(str(partition), -1)
        ]


async def _facts(connections: Connections, topic: Topic) -> Any:
    async for record in read_to_end(connections, topic):
        for event in _events(record.value or b""):
            yield record.partition, record.offset, event


def _events(value: bytes) -> Sequence[CloudEvent]:
    if value.startswith(b"["):
        good, bad = decode_parcel(value)
        assert not bad
        return good
    try:
        return (decode(value),)
    except InvalidEventError:
        # A checkpoint of the detector, beside what it has learned.
        return ()


class Recount:
    """The numbers of one snapshot of the board, from the log up to its offsets."""

    def __init__(self, log: Log, centre: Centre, snapshot: dict[str, Any]) -> None:
        self.centre = centre
        self.at = datetime.fromisoformat(snapshot["at"])
        self.wall = datetime.fromisoformat(snapshot["wall"])
        self._facts = {topic: log.upto(topic, snapshot["offsets"]) for topic in READ}
        self.day = self.at.astimezone(centre.timezone).date().isoformat()
        self.surges = self._latest_surges()
        self.promises = self._latest_promises()
        self.plan = self._plan()

    def on_the_wall(self, moment: datetime) -> float:
        """A moment of the centre's clock as a timestamp whose age is in centre seconds."""
        return self.wall.timestamp() - (self.at - moment).total_seconds()

    # Queues

    def counts(self) -> Iterator[tuple[str, str, QueueCounts]]:
        """The latest report of every partition, as (day, queue, counts)."""
        facts = self._facts[QUEUES]
        latest = {e.data.partition: e for e in facts if isinstance(e, QueuesMeasured)}
        for report in latest.values():
            for day, queues in report.data.counts.items():
                for queue, counts in queues.items():
                    yield day, queue, counts

    def queues(self, name: str) -> int:
        """One number, over all queues and days."""
        return sum(getattr(counts, name) for _, _, counts in self.counts())

    def oldest(self) -> datetime | None:
        """Since when the one waits who has waited longest."""
        since = [counts.oldest_waiting_since for _, _, counts in self.counts()]
        return min(filter(None, since), default=None)

    def judged(self) -> int:
        """Contacts whose wait can be judged."""
        left = self.queues("short_abandoned") + self.queues("deflected") + self.queues("waiting")
        return max(self.queues("contacts") - left, self.queues("answered"))

    def outcomes(self) -> dict[str, int]:
        """Where everyone of the day is."""
        zone = self.centre.timezone

        def of_today(data: CallbackData) -> CallbackData:
            requests = [
                each
                for each in data.requests
                if each.arrived_at.astimezone(zone).date().isoformat() == self.day
            ]
            return structs.replace(data, requests=tuple(requests))

        today = [counts for day, _, counts in self.counts() if day == self.day]
        counted = outcomes.shares(today, map(of_today, self.promises.values())).as_counts()
        return {name: people for name, people in counted.items() if name != outcomes.UNACCOUNTED}

    # Pulses

    def people(self) -> Counter[str]:
        """First attempts by key."""
        latest: dict[tuple[str, int, datetime], tuple[int, int]] = {}
        for event in self._facts[PULSES]:
            if isinstance(event, PulseCounted):
                data = event.data
                place = data.key, data.partition, data.second
                found = data.revision, data.first_attempts
                latest[place] = max(latest.get(place, (0, 0)), found)
        told: Counter[str] = Counter()
        for (key, _, _), (_, people) in latest.items():
            told[key] += people
        return told

    def expected(self) -> dict[str, float]:
        """First attempts an hour that are usual now, by key."""
        known = Expected(self.centre, known_days(self.centre.region))
        for event in self._facts[BASELINES]:
            if isinstance(event, BaselineLearned):
                known.learn(event.data)
        keys = dict.fromkeys(baseline.key for baseline in self.centre.baselines)
        return {key: known.rate(key, self.at) for key in keys}

    # Surges

    def _latest_surges(self) -> dict[str, tuple[SurgeData, bool]]:
        found: dict[str, tuple[SurgeData, bool]] = {}
        for event in self._facts[SURGES]:
            if isinstance(event, SURGE_FACTS):
                found[event.data.episode] = event.data, isinstance(event, SurgeCleared)
        return found

    def on(self) -> list[SurgeData]:
        """The episodes that are not over."""
        return [data for data, over in self.surges.values() if not over]

    def levels(self) -> dict[str, int]:
        """The level of every key of the centre file and of every key that is up."""
        keys = dict.fromkeys([b.key for b in self.centre.baselines], 0)
        up = {data.key: 0 for data in self.on()}
        found = keys | up
        for data in self.on():
            rank = RANKS["surge" if data.tier == "alert" else "watch"]
            for key in (data.key, *data.also):
                if key in found:
                    found[key] = max(found[key], rank)
        return found

    def changes(self) -> Counter[tuple[str, str]]:
        """How often an episode went from one level to another."""
        at: dict[str, str] = {}
        told: Counter[tuple[str, str]] = Counter()
        for event in self._facts[SURGES]:
            if isinstance(event, SURGE_FACTS):
                tier = "surge" if event.data.tier == "alert" else "watch"
                after = "normal" if isinstance(event, SurgeCleared) else tier
                before = at.get(event.data.episode, "normal")
                if before != after:
                    told[before, after] += 1
                at[event.data.episode] = after
        return told

    # Callbacks

    def _latest_promises(self) -> dict[str, CallbackData]:
        facts = self._facts[CALLBACKS]
        return {e.data.id: e.data for e in facts if isinstance(e, CallbackChanged)}

    def open(self) -> list[CallbackData]:
        """Promises that stand."""
        return [data for data in self.promises.values() if data.outcome is None]

    def overdue(self) -> int:
        """Promises that have passed."""
        return sum(data.promised_by < self.at for data in self.open())

    def closed(self) -> Counter[str]:
        """Promises that are over, by result."""
        return Counter(data.outcome for data in self.promises.values() if data.outcome)

    # Seats

    def staffed(self) -> int:
        """Counselors signed in."""
        facts = [e for e in self._facts[AGENTS] if isinstance(e, AgentStateChanged)]
        states = {e.data.agent: e.data.state for e in sorted(facts, key=lambda e: e.time)}
        return sum(state in STAFFED for state in states.values())

    def _plan(self) -> SeatsData | None:
        facts = self._facts[SEATS]
        plans = {e.data.pool: e.data for e in facts if isinstance(e, SeatsNeeded)}
        return plans.get("all")

    def needed(self) -> int | None:
        """Seats needed, once a plan was heard."""
        return None if self.plan is None else self.plan.needed

    def short(self) -> int | None:
        """Seats needed less seats staffed."""
        return None if self.plan is None else max(0, self.plan.needed - self.staffed())

    def service(self) -> str | None:
        """The state of the service in NENA's words."""
        if self.plan is None:
            return None
        plan = structs.replace(self.plan, staffed=self.staffed())
        return service_state(self.on(), plan, sum(p.seats for p in self.centre.pools)).state
