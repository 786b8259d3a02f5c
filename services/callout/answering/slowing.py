"""Is somebody trying too often?

A sliding count per key, of which only so many are remembered; the oldest key is forgotten first.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta


class Slowing:
    """At most `count` in `period` for each key."""

    def __init__(self, count: int, period: timedelta, most_keys: int = 20_000) -> None:
        self._count = count
        self._period = period
        self._most_keys = most_keys
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()

    def too_many(self, key: str, now: datetime) -> bool:
        """Count one more, unless it is one too many."""
        tries = self._tries.setdefault(key, deque())
        self._tries.move_to_end(key)
        while tries and now - tries[0] >= self._period:
            tries.popleft()
        if len(tries) >= self._count:
            return True
        tries.append(now)
        while len(self._tries) > self._most_keys:
            self._tries.popitem(last=False)
        return False
