"""When may the next message go, by the provider's own limit?

A leaky bucket as one number: the moment when the last message that was promised a place has its
turn. Whoever asks is told how long to wait; nothing is ever dropped, and the length of the line is
there for everyone to see.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class Bucket:
    """`burst` messages may go at once after a pause; then `per_second`."""

    per_second: float
    burst: int = 1
    _next: datetime | None = None

    def reserve(self, now: datetime) -> timedelta:
        """Take the next place, and say how long to wait for it."""
        gap = timedelta(seconds=1 / self.per_second)
        earliest = now - gap * (self.burst - 1)
        turn = max(self._next or earliest, earliest)
        self._next = turn + gap
        return max(timedelta(0), turn - now)

    def backlog(self, now: datetime) -> timedelta:
        """How long somebody who asks now would wait."""
        return max(timedelta(0), (self._next or now) - now)

    def hold_off(self, now: datetime, pause: timedelta) -> None:
        """The provider said "not so fast": nobody's turn comes before the pause is over."""
        self._next = max(self._next or now, now + pause)

    def time_for(self, count: int) -> timedelta:
        """How long it takes from a standing start until the last of `count` messages goes."""
        return timedelta(seconds=max(0, count - self.burst) / self.per_second)
