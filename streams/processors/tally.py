"""What do the contacts amount to?

Folds `contacts` partition by partition and says, for each batch: how many people called in which
second (`pulses`), what each queue amounts to (`queues`), and who needs a callback or was served
after all (`overflow`). All of it is cumulative or has derived ids, so saying it again is harmless.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from streams.domain.centre import Centre
from streams.domain.contacts.contact import OverflowFact
from streams.events.callbacks import CallbackWanted
from streams.events.codec import derived_id, encode, encode_decision, encode_parcel
from streams.events.demand import PulseCounted, PulseData, QueueData, QueuesMeasured
from streams.kafka import FollowedClock, Outgoing, Record
from streams.processors.contract import Moment, Start
from streams.processors.fold import PartitionFold
from streams.processors.replay import Source, arrival, replay
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import CONTACTS, OVERFLOW, PULSES, QUEUES, partition_of

log = logging.getLogger(__name__)

SOURCE: Final = "/surgeline/tally"
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

    async def load(self, starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        """Keep the books that are still good, rebuild the others, drop those of others.

        A book stays good over a rebalance when nobody else has folded beyond it meanwhile.
        """
        kept = {
            partition: fold
            for partition, fold in self._folds.items()
            if partition in starts and fold.position >= starts[partition].offset
        }
        fresh = {
            partition: PartitionFold(self._centre, partition, start.offset)
            for partition, start in starts.items()
            if partition not in kept
        }
        self._folds = kept
        lost = any(not starts[partition].committed for partition in fresh)
        source = Source(self._connections, self._centre, self._clock)
        if await replay(source, fresh, give_up, all_promises=lost):
            self._folds = kept | fresh

    # --- records and time --------------------------------------------------------------------

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Fold, then say what changed: overflow, pulses, queues."""
        touched: dict[int, PartitionFold] = {}
        folded = 0
        for record in records:
            fold = touched[record.partition] = self._folds[record.partition]
            taken, refused = fold.take(record, arrival(record, self._clock))
            moment.letters.good(taken)
            folded += taken
            for index, raw, why in refused:
                moment.letters.add(record, CONTACTS.name, index, raw, why)
        metrics.EVENTS_FOLDED.labels(self.name).inc(folded)
        return self._say(touched.values(), moment)

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Who has waited too long by now; queues that changed by waiting, or were long silent."""
        return self._say(self._folds.values(), moment)

    def _say(self, folds: Collection[PartitionFold], moment: Moment) -> list[Outgoing]:
        now = moment.now
        overflow = [
            fact
            for fold in folds
            for fact in fold.pass_time(now, behind=fold.partition in moment.behind)
        ]
        decided = _overflow(overflow, self._centre.version)
        return [*decided, *self._pulses(folds, now), *self._measured(folds, now)]

    # --- what is said ------------------------------------------------------------------------

    def _pulses(self, folds: Iterable[PartitionFold], now: datetime) -> list[Outgoing]:
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

    def _measured(self, folds: Iterable[PartitionFold], now: datetime) -> list[Outgoing]:
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
        # What would go into a derived id, as it stands: there are too many pulses to hash each.
        id=f"{data.key}/{data.partition}/{data.second.isoformat()}",
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


def _overflow(facts: Iterable[OverflowFact], version: str) -> list[Outgoing]:
    outgoing = []
    for fact in facts:
        key = fact.data.caller.key if isinstance(fact, CallbackWanted) else fact.data.caller_key
        value = encode_decision(fact, version)
        outgoing.append(Outgoing(topic=OVERFLOW, key=key.encode(), value=value))
    return outgoing
