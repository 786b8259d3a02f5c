"""Which surges would a version of the centre file have declared in the past day?

The pulses of the log are folded again, by both versions, as a backtest does: from what each file
expects, without what has been learned since, so that the two differ by nothing but the files.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from streams.domain.centre import Centre
from streams.domain.detection.surge import SurgeFact, SurgeWatch
from streams.events.codec import decode_parcel
from streams.events.demand import PulseCounted
from streams.events.surges import SurgeDeclared
from streams.kafka import read_to_end
from streams.known_days import known_days
from streams.settings import Connections
from streams.topics import PULSES

LOOKED_BACK: Final = timedelta(hours=24)
# About ten seconds of folding; a crisis has more, and then nobody should wait for this.
MOST_PULSES: Final = 500_000
AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What was declared in the past day by each version, as "key (tier)"; None: too many pulses."""

    pulses: int
    before: list[str] | None
    after: list[str] | None


async def hindsight(connections: Connections, before: Centre, after: Centre) -> Hindsight:
    """Fold the past day's pulses by both versions."""
    since = datetime.now(UTC) - LOOKED_BACK
    watches = [SurgeWatch(centre, known_days(centre.region)) for centre in (before, after)]
    found: list[list[str]] = [[], []]
    count = 0
    async for record in read_to_end(connections, PULSES, since=since):
        for event in decode_parcel(record.value or b"")[0]:
            if not isinstance(event, PulseCounted):
                continue
            count += 1
            now = event.recordedtime or event.time
            for declared, watch in zip(found, watches, strict=True):
                declared.extend(_declared(watch.observe(event.data, now)))
        if count > MOST_PULSES:
            return Hindsight(count, None, None)
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
    return Hindsight(count, found[0], found[1])


def _declared(facts: list[SurgeFact]) -> list[str]:
    return [
        f"{fact.data.key} ({fact.data.tier})" for fact in facts if isinstance(fact, SurgeDeclared)
    ]
