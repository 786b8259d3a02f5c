"""How often may one person be rung? Delay, never drop.

Carriers block numbers that call too often, and heavy sleepers need several calls: three calls in
a quarter of an hour, seven an hour, fifteen in three hours (GoAlert's buckets); messages likewise.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

BUCKETS: Final = (
    (3, timedelta(minutes=15)),
    (7, timedelta(hours=1)),
    (15, timedelta(hours=3)),
)


def earliest(sent: Iterable[datetime], now: datetime) -> datetime:
    """When the next one of this kind may go to this person, given when the others went."""
    times = sorted(sent)
    at = now
    for most, period in BUCKETS:
        if len(times) >= most:
            at = max(at, times[-most] + period)
    return at
