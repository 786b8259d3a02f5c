"""Which surges do the pulses amount to?

One worker owns all pulses: a crisis shows in several keys at once (a queue, a country, the total),
and only who sees them together makes one episode of it. Time is judged by the pulses' own
`recordedtime`, live and on replay alike, so that a worker that lags or restarts decides as it
would have done in time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from streams.domain.centre import Centre
from streams.domain.surge import SurgeFact, SurgeWatch
from streams.events.codec import encode
from streams.events.demand import PulseCounted
from streams.kafka import FollowedClock, Outgoing, Record, read_to_end
from streams.processors.contract import Moment
from streams.processors.opened import open_record, open_value, refuse
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import PULSES, SURGES

log = logging.getLogger(__name__)

# The detector's memory is as long as the pulses are kept; older ones have no weight left.
WINDOW: Final = timedelta(days=7)


class Surge:
    """The surge watch of the whole centre, where this worker owns it."""

    name = "surge"
    source = PULSES
    one_owner = True

    def __init__(self, connections: Connections, centre: Centre, clock: FollowedClock) -> None:
        self._connections = connections
        self._centre = centre
        self._clock = clock
        self._watch = SurgeWatch(centre)
        self._positions: dict[int, int] = {}
        self._heard: datetime | None = None

    def positions(self) -> Mapping[int, int]:
        """The next offset of each partition of `pulses`."""
        return self._positions

    async def load(self, committed: Mapping[int, int | None], give_up: Callable[[], bool]) -> None:
        """Start anew from the pulses kept on the log, unless nothing has changed hands."""
        kept = committed.keys() == self._positions.keys() and all(
            self._positions[partition] >= (at or 0) for partition, at in committed.items()
        )
        if kept:
            return
        self._positions = {}
        self._watch = SurgeWatch(self._centre)
        self._heard = None
        ends = {partition: at for partition, at in committed.items() if at}
        if ends and not await self._replay(ends, give_up):
            return
        self._positions = {partition: at or 0 for partition, at in committed.items()}

    async def _replay(self, ends: Mapping[int, int], give_up: Callable[[], bool]) -> bool:
        since = datetime.now(UTC) - WINDOW
        records = [
            record
            async for record in read_to_end(
                self._connections, PULSES, partitions=list(ends), ends=ends, since=since
            )
        ]
        # As they came: the keys of one crisis are on several partitions.
        records.sort(key=lambda record: (record.timestamp_ms, record.partition, record.offset))
        for number, record in enumerate(records):
            for event in open_value(record.value)[0]:
                if isinstance(event, PulseCounted):
                    self._observe(event, record)
            if number % 100 == 0:
                await asyncio.sleep(0)
                if give_up():
                    return False
        log.info("pulses replayed", extra={"records": len(records)})
        return True

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Each pulse may raise a key."""
        facts: list[SurgeFact] = []
        folded = 0
        for record in records:
            for event in open_record(record, PULSES.name, moment.letters):
                if isinstance(event, PulseCounted):
                    facts += self._observe(event, record)
                    folded += 1
                else:
                    refuse(record, PULSES.name, event, moment.letters)
            self._positions[record.partition] = record.offset + 1
        moment.letters.good(folded)
        metrics.EVENTS_FOLDED.labels(self.name).inc(folded)
        return [_outgoing(fact) for fact in facts]

    def _observe(self, event: PulseCounted, record: Record) -> list[SurgeFact]:
        arrived = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        now = event.recordedtime or self._clock.clock.at(arrived)
        self._heard = max(now, self._heard or now)
        return self._watch.observe(event.data, self._heard)

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Surges that are over, or whose numbers are due again."""
        if not self._positions:
            return []
        until = self._heard if moment.behind and self._heard else moment.now
        return [_outgoing(fact) for fact in self._watch.tick(until)]


def _outgoing(fact: SurgeFact) -> Outgoing:
    # By episode, not by surge key: an episode may be renamed to a narrower key, and its last word
    # must outlive compaction whatever other episodes of that key there are.
    log.info(
        "surge said",
        extra={
            "change": type(fact).__name__,
            "key": fact.data.key,
            "tier": fact.data.tier,
            "episode": fact.data.episode,
            "ratio": round(fact.data.ratio, 2),
        },
    )
    return Outgoing(topic=SURGES, key=fact.data.episode.encode(), partition=0, value=encode(fact))
