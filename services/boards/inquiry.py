"""How is the case of one surge read from the log, and how often may that be?

A case is read anew when somebody looks and the last reading is old. A long surge takes longer to
read, so it is read less often: never more than a tenth of the time goes into it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.boards.case import Case, Dossier
from services.boards.reader import LEARNED, events_of
from streams.domain.centre import Centre
from streams.domain.clock import REAL_TIME, CentreClock
from streams.events.control import ClockDeclared
from streams.events.surges import SurgeData
from streams.kafka import Record, read_to_end
from streams.settings import Connections
from streams.topics import (
    BASELINES,
    CALLBACKS,
    CALLOUTS,
    CLOCK,
    PULSES,
    SEATS,
    SURGES,
    Topic,
    partition_of,
)

BREATHE_EVERY: Final = 250
LEAST_AGE_SECONDS: Final = 5.0
SHARE_OF_TIME: Final = 10
KEPT: Final = 32
# Facts are written within this of what they are about, even when a rehearsal plays at half speed.
WRITTEN_EARLIER: Final = timedelta(hours=2)


async def read_case(connections: Connections, centre: Centre, episode: str) -> Case | None:
    """The case as the log has it now; None when it knows no such episode."""
    dossier = Dossier(centre, episode)
    begun = None
    async for record in read_to_end(connections, SURGES):
        _take(dossier, SURGES, record)
        if begun is None and dossier.surge is not None:
            begun = _written(record)
    if begun is None or dossier.surge is None:
        return None
    surge = dossier.surge
    since = begun - WRITTEN_EARLIER - (surge.declared_at - surge.started_at)
    for topic, partitions in _sources(surge):
        start = None if "compact" in topic.cleanup and topic is not SEATS else since
        number = 0
        async for record in read_to_end(connections, topic, since=start, partitions=partitions):
            _take(dossier, topic, record)
            number += 1
            # Screens are not kept waiting by somebody who looks at an old case.
            if number % BREATHE_EVERY == 0:
                await asyncio.sleep(0)
    clock = await _clock(connections)
    return dossier.case(clock.at(datetime.now(UTC)))


def _sources(surge: SurgeData) -> Sequence[tuple[Topic, Sequence[int] | None]]:
    return (
        (BASELINES, None),
        (PULSES, [partition_of(surge.key, PULSES)]),
        (SEATS, None),
        (CALLOUTS, None),
        (CALLBACKS, None),
    )


def _take(dossier: Dossier, topic: Topic, record: Record) -> None:
    dossier.offsets.setdefault(topic.name, {})[record.partition] = record.offset
    if topic is BASELINES and not (record.key or b"").startswith(LEARNED):
        return
    for event in events_of(topic.name, record.value):
        dossier.observe(event)


def _written(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)


async def _clock(connections: Connections) -> CentreClock:
    clock = REAL_TIME
    async for record in read_to_end(connections, CLOCK):
        for event in events_of(CLOCK.name, record.value):
            if isinstance(event, ClockDeclared):
                data = event.data
                clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)
    return clock


@dataclass(frozen=True, slots=True)
class _Reading:
    case: Case | None
    at: float
    took: float


class Inquiry:
    """Cases as they were read last, shared by all who look."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._readings: dict[str, _Reading] = {}
        self._one_by_one = asyncio.Lock()

    async def case(self, centre: Centre, episode: str) -> tuple[Case | None, float]:
        """The case, and how many seconds ago it was read."""
        async with self._one_by_one:
            known = self._readings.get(episode)
            if known is None or _is_old(known):
                began = time.monotonic()
                case = await read_case(self._connections, centre, episode)
                known = _Reading(case, began, time.monotonic() - began)
                self._readings[episode] = known
                for oldest in list(self._readings)[:-KEPT]:
                    del self._readings[oldest]
            return known.case, time.monotonic() - known.at


def _is_old(reading: _Reading) -> bool:
    age = time.monotonic() - reading.at
    return age > max(LEAST_AGE_SECONDS, SHARE_OF_TIME * reading.took)
