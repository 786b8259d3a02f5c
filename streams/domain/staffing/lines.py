"""How many wait in each queue by one partition's report, and since when the first of them?"""

from datetime import datetime

from streams.events.demand import QueueData

Waiting = tuple[int, datetime | None]


def waiting(data: QueueData) -> dict[str, Waiting]:
    """Only who waits: a quiet partition costs nothing when the first in line is looked for."""
    part: dict[str, Waiting] = {}
    for queues in data.counts.values():
        for name, counts in queues.items():
            if counts.waiting:
                before, since = part.get(name, (0, None))
                both = [each for each in (since, counts.oldest_waiting_since) if each]
                part[name] = before + counts.waiting, min(both, default=None)
    return part
