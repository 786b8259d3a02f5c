"""Contacts straight onto the log, as intake would write them, and what they must amount to.

The same seed gives the same people doing the same things; times are those of the run.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
from aiokafka.admin import AIOKafkaAdminClient

from streams.centre_file import load_centre
from streams.domain.contacts.contact import OverflowFact
from streams.events.codec import decode, encode_parcel
from streams.events.contacts import (
    AbandonedData,
    AnsweredData,
    ArrivedData,
    Caller,
    CompletedData,
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactEvent,
    ContactQueued,
    QueuedData,
)
from streams.events.demand import PulseCounted, PulseData, QueueCounts, QueuesMeasured
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.processors.fold import PartitionFold
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import CONTACTS, OVERFLOW, PULSES, QUEUES, Topic, partition_of
from tests.support.process import ServiceProcess

SLOT_SECONDS = 0.02
SOURCE = "/phone/test"
KINDS = {
    "arrived": (ContactArrived, ArrivedData),
    "queued": (ContactQueued, QueuedData),
    "answered": (ContactAnswered, AnsweredData),
    "completed": (ContactCompleted, CompletedData),
    "abandoned": (ContactAbandoned, AbandonedData),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to one contact, in a slot of 20 ms, `waited` after it arrived."""

    slot: int
    contact: str
    kind: str
    caller: str | None
    queue: str
    waited: float

    @property
    def partition(self) -> int:
        return partition_of(self.caller or self.contact, CONTACTS)

    def event(self, now: datetime) -> ContactEvent:
        kind, data = KINDS[self.kind]
        caller = Caller(key=self.caller, key_id="p1", sealed="s1.AAAA") if self.caller else None
        more = {"agent": "a1"} if self.kind in {"answered", "completed"} else {}
        event: ContactEvent = kind(
            id=f"{self.contact}-{self.kind}",
            source=SOURCE,
            subject=self.contact,
            time=now + timedelta(seconds=self.waited),
            recordedtime=now,
            partitionkey=self.caller or self.contact,
            data=data(queue=self.queue, caller=caller, language="ko", **more),
        )
        return event


def people(seed: int, contacts: int, events_per_second: int) -> list[Step]:
    """So many contacts, most answered, many giving up, some redialling, some without a number."""
    rng = random.Random(seed)
    callers = [f"{rng.getrandbits(128):032x}" for _ in range(contacts)]
    per_slot = events_per_second * SLOT_SECONDS / 3.2
    steps: list[Step] = []
    for number in range(contacts):
        first = int(number / per_slot)
        again = rng.random() < 0.15 and number > 20
        caller = callers[rng.randrange(number - 20, number)] if again else callers[number]
        known = caller if rng.random() > 0.05 else None
        queue = "english" if rng.random() < 0.2 else "main"
        answered = rng.random() < 0.6
        kinds = ("arrived", "queued", "answered", "completed") if answered else (
            "arrived", "queued", "abandoned"
        )  # fmt: skip
        waits = (0.0, 0.5, 10.0, 70.0) if answered else (0.0, 0.5, rng.choice((2.0, 40.0)))
        for kind, waited in zip(kinds, waits, strict=True):
            slot = first + int(waited)
            steps.append(Step(slot, f"c{seed}-{number}", kind, known, queue, waited))
    return sorted(steps, key=lambda step: step.slot)


def _parcels(steps: Sequence[Step], now: datetime) -> Iterator[Outgoing]:
    by_partition: dict[int, list[ContactEvent]] = defaultdict(list)
    for step in steps:
        by_partition[step.partition].append(step.event(now))
    for partition, events in by_partition.items():
        yield Outgoing(topic=CONTACTS, partition=partition, value=encode_parcel(events))


async def feed(writer: LogWriter, steps: Sequence[Step], *, fast: bool = False) -> None:
    """Write every step in its slot; `fast` does not wait for the slots."""
    by_slot: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        by_slot[step.slot].append(step)
    began = time.monotonic()
    for slot in sorted(by_slot):
        if not fast:
            await asyncio.sleep(max(0.0, began + slot * SLOT_SECONDS - time.monotonic()))
        await writer.append(list(_parcels(by_slot[slot], datetime.now(UTC))))


@dataclass(slots=True)
class Amount:
    """What a log of contacts amounts to: by partition, by pulse, by derived id."""

    counts: dict[int, dict[str, dict[str, QueueCounts]]] = field(default_factory=dict)
    offsets: dict[int, int] = field(default_factory=dict)
    pulses: dict[tuple[str, int, datetime], PulseData] = field(default_factory=dict)
    revisions: dict[tuple[str, int, datetime], int] = field(default_factory=dict)
    overflow: dict[str, OverflowFact] = field(default_factory=dict)
    repeats: int = 0

    def add(self, pulse: PulseData) -> None:
        """A word on a key, partition and second; the highest revision holds."""
        place = (pulse.key, pulse.partition, pulse.second)
        if pulse.revision >= self.revisions.get(place, -1):
            self.revisions[place] = pulse.revision
            self.pulses[place] = msgspec.structs.replace(pulse, revision=0)


async def recount(connections: Connections, promised: Collection[OverflowFact]) -> Amount:
    """Fold the log of contacts from its first record, by books that nobody else has touched.

    Promises depend on when the tally asked, so those it made are given; `overflow` of the result
    holds what it should have said and did not.
    """
    amount = Amount()
    for partition, fold in (await folded_again(connections, promised)).items():
        left = fold.pass_time(datetime.now(UTC), behind=True)
        amount.overflow |= {fact.id: fact for fact in left}
        if fold.position:
            amount.counts[partition] = fold.book.counts()
            amount.offsets[partition] = fold.position - 1
        for pulse in fold.book.take_pulses():
            amount.add(pulse)
    return amount


async def folded_again(
    connections: Connections,
    promised: Collection[OverflowFact],
    ends: Mapping[int, int] | None = None,
) -> dict[int, PartitionFold]:
    """The log of contacts from its first record, to these ends (exclusive) or to its own, and
    beside it what was promised.
    """
    centre = load_centre(connections.centre)
    partitions = list(range(CONTACTS.partitions) if ends is None else ends)
    folds = {partition: PartitionFold(centre, partition, 0) for partition in partitions}
    async for record in read_to_end(connections, CONTACTS, partitions=partitions, ends=ends):
        arrived = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        folds[record.partition].take(record, arrived)
    for fold in folds.values():
        for fact in promised:
            fold.book.remember(fact)
    return folds


async def published(connections: Connections) -> Amount:
    """What the tally has said, read from its topics: the last word on each key."""
    amount = Amount()
    async for record in read_to_end(connections, QUEUES):
        event = decode(record.value or b"")
        assert isinstance(event, QueuesMeasured)
        # The highest offset holds, as for the board: a worker that slept may repeat old words.
        if event.data.offset >= max(0, amount.offsets.get(event.data.partition, 0)):
            amount.counts[event.data.partition] = event.data.counts
            amount.offsets[event.data.partition] = event.data.offset
    async for record in read_to_end(connections, PULSES):
        for event in open_value(record.value)[0]:
            assert isinstance(event, PulseCounted)
            amount.add(event.data)
    async for record in read_to_end(connections, OVERFLOW):
        for event in open_value(record.value)[0]:
            assert isinstance(event, OverflowFact)
            amount.repeats += event.id in amount.overflow
            amount.overflow[event.id] = event
    return amount


async def caught_up(
    connections: Connections,
    worker: ServiceProcess | None = None,
    patience_seconds: float = 60.0,
) -> Amount:
    """What was published, once it reflects the whole log of contacts."""
    ends: dict[int, int] = {}
    async for record in read_to_end(connections, CONTACTS):
        ends[record.partition] = record.offset
    give_up = time.monotonic() + patience_seconds
    while True:
        amount = await published(connections)
        if all(amount.offsets.get(p, -1) >= offset for p, offset in ends.items()):
            return amount
        if time.monotonic() > give_up:
            missing = {p: (amount.offsets.get(p), end) for p, end in ends.items()}
            words = f"{worker.returncode} {worker.log_text()[-5000:]}" if worker else ""
            raise AssertionError(f"the tally has not caught up: {missing} {words}")
        await asyncio.sleep(0.3)


async def committed(connections: Connections, group: str, topic: Topic) -> dict[int, int]:
    """Where a group stands, of those partitions on which it has committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    name = connections.topic(topic)
    return {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == name}
