"""How does the surge watch come back after a crash, or at another worker?

From `baselines`, what was settled; from `pulses`, what was said after that, in the order in which
it was said; from `surges`, which episodes are open and what was last said of each, so that none is
declared again and none forgotten; from `commands`, what people ordered that was not obeyed yet.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from streams.domain.centre import MOST_LATENESS
from streams.domain.clock import CentreClock
from streams.domain.detection.surge import FeedFact, Said, SurgeWatch
from streams.events.baselines import BaselineLearned, DetectorCheckpointed
from streams.events.commands import OrderGiven
from streams.events.demand import PulseCounted
from streams.kafka import FollowedClock, Record, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import BASELINES, PULSES, SURGES

log = logging.getLogger(__name__)

# Without a checkpoint, as far back as pulses are kept.
WINDOW: Final = timedelta(days=7)
# A pulse is written within the lateness that the detector allows, and a rebuild of the tally.
MARGIN: Final = MOST_LATENESS
PAUSE_AFTER_RECORDS: Final = 50
# An order's time is the centre's: further from the wall's than this, and it is a rehearsal's.
REAL_ENOUGH: Final = timedelta(minutes=5)

Checkpoint = DetectorCheckpointed | BaselineLearned


class Heard:
    """A surge watch and the latest centre time that pulses have told it."""

    def __init__(self, watch: SurgeWatch, clock: FollowedClock) -> None:
        self.watch = watch
        self.clock = clock
        self.until: datetime | None = None

    def observe(self, events: Sequence[PulseCounted], record: Record) -> list[Said]:
        """Take a record's pulses at the centre's time when the last of the contacts was heard of;
        orders given by then come first.
        """
        if not events:
            return []
        heard = [event.recordedtime for event in events if event.recordedtime is not None]
        now = max(heard) if heard else self.clock.clock.at(written_at(record))
        self.until = max(now, self.until or now)
        said = self.watch.obey(self.until)
        return [*said, *self.watch.observe_all((event.data for event in events), self.until)]


class GivenOrders:
    """All orders on the log, and which of them count by the clock of the moment."""

    def __init__(self) -> None:
        self._given: list[tuple[datetime, OrderGiven]] = []

    def add(self, order: OrderGiven, wall: datetime) -> None:
        """An order that was written at a moment of wall time."""
        self._given.append((wall, order))

    def under(self, clock: CentreClock) -> list[OrderGiven]:
        """Orders of a rehearsal are none of the live centre's, nor the other way round."""
        return [order for wall, order in self._given if given_under(clock, order, wall)]


def given_under(clock: CentreClock, order: OrderGiven, wall: datetime) -> bool:
    """Whether the centre's clock was this one when an order was given."""
    if clock.is_real:
        return abs(order.time - wall) < REAL_ENOUGH
    return wall >= clock.wall


def written_at(record: Record) -> datetime:
    """When the log took a record."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)


async def recall(
    connections: Connections,
    heard: Heard,
    ends: Mapping[int, int],
    give_up: Callable[[], bool],
) -> None:
    """Bring a new watch to where the group had committed, silently."""
    checkpoints = await _checkpoints(connections, heard.clock.now())
    facts = await _said(connections, heard.clock.now())
    heard.watch.restore(checkpoints.values(), facts)
    settled = {
        event.data.key: event.data.settled_until
        for event in checkpoints.values()
        if isinstance(event, DetectorCheckpointed)
    }
    count = await _pulses(connections, heard, ends, settled, give_up)
    # The replay has said to itself again what it said then; what holds is what is on the log.
    heard.watch.restore((), facts)
    log.info(
        "pulses replayed",
        extra={"records": count, "checkpoints": len(settled), "open": len(heard.watch.open())},
    )


async def _checkpoints(connections: Connections, now: datetime) -> dict[bytes | None, Checkpoint]:
    last: dict[bytes | None, Checkpoint] = {}
    async for record in read_to_end(connections, BASELINES):
        for event in open_value(record.value)[0]:
            # One from ahead of us was made by a rehearsal's clock, which runs no more.
            if isinstance(event, Checkpoint) and event.data.settled_until <= now:
                last[record.key] = event
    return last


async def _said(connections: Connections, now: datetime) -> list[Said | FeedFact]:
    return [
        event
        async for record in read_to_end(connections, SURGES)
        for event in open_value(record.value)[0]
        # A silence ahead of us was a rehearsal's.
        if isinstance(event, Said) or (isinstance(event, FeedFact) and event.time <= now)
    ]


async def _pulses(
    connections: Connections,
    heard: Heard,
    ends: Mapping[int, int],
    settled: Mapping[str, datetime],
    give_up: Callable[[], bool],
) -> int:
    if not ends:
        return 0
    # What was said by another clock than the present one is no part of this time.
    since = max(datetime.now(UTC) - WINDOW, heard.clock.clock.wall)
    if settled and heard.clock.clock.is_real:
        since = max(since, min(settled.values()) - MARGIN)
    records = [
        record
        async for record in read_to_end(
            connections, PULSES, partitions=list(ends), ends=ends, since=since
        )
    ]
    # As they came: the keys of one crisis are on several partitions.
    records.sort(key=lambda record: (record.timestamp_ms, record.partition, record.offset))
    for number, record in enumerate(records, 1):
        pulses = [
            event
            for event in open_value(record.value)[0]
            if isinstance(event, PulseCounted) and not _is_settled(event, settled)
        ]
        heard.observe(pulses, record)
        if number % PAUSE_AFTER_RECORDS == 0:
            await asyncio.sleep(0)
            if give_up():
                break
    return len(records)


def _is_settled(event: PulseCounted, settled: Mapping[str, datetime]) -> bool:
    until = settled.get(event.data.key)
    return until is not None and event.data.second < until
