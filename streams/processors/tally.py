"""What do the contacts amount to?

Folds `contacts` partition by partition and says, for each batch: how many people called in which
second (`pulses`), what each queue amounts to (`queues`), and who needs a callback or was served
after all (`overflow`). All of it is cumulative or has derived ids, so saying it again is harmless.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from streams.domain.centre import Centre
from streams.events.callbacks import CallbackWanted
from streams.events.codec import derived_id, encode, encode_parcel
from streams.events.demand import PulseCounted, PulseData, QueueData, QueuesMeasured
from streams.kafka import FollowedClock, Outgoing, Record, read_to_end
from streams.processors.fold import Overflow, PartitionFold
from streams.processors.letters import Letters
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import CONTACTS, OVERFLOW, PULSES, QUEUES, partition_of

log = logging.getLogger(__name__)

SOURCE: Final = "/surgeline/tally"
# Open contacts, redial memory and today's counts reach this far back.
WINDOW: Final = timedelta(hours=26)
# A rehearsal's hours pass in minutes, so its window cannot be found by the log's timestamps.
REHEARSAL_RECORDS: Final = 200_000
# The board shows how old a number is; a queue where nothing happens still says so.
HEARTBEAT_SECONDS: Final = 10.0
PULSES_PER_PARCEL: Final = 1000


class Tally:
    """The contact books of this worker's partitions."""

    name = "tally"
    source = CONTACTS
    one_owner = False

    def __init__(self, connections: Connections, centre: Centre, clock: FollowedClock) -> None:
        self._connections = connections
        self._centre = centre
        self._clock = clock
        self._folds: dict[int, PartitionFold] = {}
        self._said: dict[int, tuple[float, bytes]] = {}

    def positions(self) -> Mapping[int, int]:
        """The next offset of each partition."""
        return {partition: fold.position for partition, fold in self._folds.items()}

    # --- partitions come and go ------------------------------------------------------------

    async def load(
        self, committed: Mapping[int, int | None], give_up: Callable[[], bool]
    ) -> list[Outgoing]:
        """Keep the books that are still good, rebuild the others, drop those of others.

        A book stays good over a rebalance when nobody else has folded beyond it meanwhile.
        """
        kept = {
            partition: fold
            for partition, fold in self._folds.items()
            if partition in committed and fold.position >= (committed[partition] or 0)
        }
        fresh = {
            partition: PartitionFold(self._centre, partition, at or 0)
            for partition, at in committed.items()
            if partition not in kept
        }
        self._folds = kept
        if not await self._replay(fresh, give_up):
            return []
        self._folds = kept | fresh
        return self._measured(fresh.values())

    async def _replay(
        self, fresh: Mapping[int, PartitionFold], give_up: Callable[[], bool]
    ) -> bool:
        ends = {partition: fold.position for partition, fold in fresh.items() if fold.position}
        if not ends:
            return True
        real = self._clock.clock.is_real
        records = read_to_end(
            self._connections,
            CONTACTS,
            partitions=list(ends),
            ends=ends,
            since=datetime.now(UTC) - WINDOW if real else None,
            starts={p: max(0, end - REHEARSAL_RECORDS) for p, end in ends.items()},
        )
        count = 0
        async for record in records:
            fresh[record.partition].take(record, self._arrived(record))
            count += 1
            if count % 50 == 0:
                await asyncio.sleep(0)
                if give_up():
                    return False
        for fold in fresh.values():
            fold.position = max(fold.position, ends.get(fold.partition, 0))
            fold.book.take_pulses()
        log.info("contacts replayed", extra={"records": count, "partitions": len(ends)})
        return True

    def _arrived(self, record: Record) -> datetime:
        return self._clock.clock.at(datetime.fromtimestamp(record.timestamp_ms / 1000, UTC))

    # --- records and time --------------------------------------------------------------------

    def fold(self, records: Sequence[Record], letters: Letters) -> list[Outgoing]:
        """Fold, then say what changed: pulses, queues, overflow."""
        overflow: list[Overflow] = []
        touched: dict[int, PartitionFold] = {}
        for record in records:
            fold = touched[record.partition] = self._folds[record.partition]
            facts, refused, taken = fold.take(record, self._arrived(record))
            overflow += facts
            letters.good(taken)
            metrics.EVENTS_FOLDED.labels(self.name).inc(taken)
            for index, raw, why in refused:
                letters.add(record, CONTACTS.name, index, raw, why)
        return [
            *_overflow(overflow),
            *self._pulses(touched.values()),
            *self._measured(touched.values()),
        ]

    def tick(self, now: datetime, behind: Collection[int], letters: Letters) -> list[Outgoing]:  # noqa: ARG002
        """Who has waited too long by now; queues that changed by waiting, or were long silent."""
        current = [fold for partition, fold in self._folds.items() if partition not in behind]
        overflow = [fact for fold in current for fact in fold.pass_time(now)]
        return [*_overflow(overflow), *self._pulses(current), *self._measured(current)]

    # --- what is said ------------------------------------------------------------------------

    def _pulses(self, folds: Iterable[PartitionFold]) -> list[Outgoing]:
        now = self._clock.now()
        by_target: dict[int, list[PulseCounted]] = defaultdict(list)
        for fold in folds:
            for pulse in fold.book.take_pulses():
                # Lateness is judged by when intake heard of it, however far behind we are.
                heard = fold.heard or now
                by_target[partition_of(pulse.key, PULSES)].append(_pulse(pulse, heard))
        return [
            Outgoing(
                topic=PULSES,
                partition=target,
                value=encode_parcel(pulses[start : start + PULSES_PER_PARCEL]),
            )
            for target, pulses in sorted(by_target.items())
            for start in range(0, len(pulses), PULSES_PER_PARCEL)
        ]

    def _measured(self, folds: Iterable[PartitionFold]) -> list[Outgoing]:
        now = self._clock.now()
        outgoing = []
        for fold in folds:
            data = QueueData(
                partition=fold.partition, offset=fold.position - 1, counts=fold.book.counts()
            )
            said_at, said = self._said.get(fold.partition, (0.0, b""))
            saying = msgspec.json.encode(data)
            if saying == said and time.monotonic() - said_at < HEARTBEAT_SECONDS:
                continue
            self._said[fold.partition] = (time.monotonic(), saying)
            outgoing.append(_queues(data, now))
        return outgoing


def _pulse(data: PulseData, heard: datetime) -> PulseCounted:
    return PulseCounted(
        id=derived_id("pulse", data.key, data.partition, data.second.isoformat()),
        source=SOURCE,
        subject=data.key,
        time=data.second,
        recordedtime=heard,
        data=data,
    )


def _queues(data: QueueData, now: datetime) -> Outgoing:
    event = QueuesMeasured(
        id=derived_id("queues", data.partition, data.offset, now.isoformat()),
        source=SOURCE,
        subject=str(data.partition),
        time=now,
        data=data,
    )
    return Outgoing(
        topic=QUEUES, key=str(data.partition).encode(), partition=0, value=encode(event)
    )


def _overflow(facts: Iterable[Overflow]) -> list[Outgoing]:
    outgoing = []
    for fact in facts:
        key = fact.data.caller.key if isinstance(fact, CallbackWanted) else fact.data.caller_key
        outgoing.append(Outgoing(topic=OVERFLOW, key=key.encode(), value=encode(fact)))
    return outgoing
