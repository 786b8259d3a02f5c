"""What time is it for the centre?

A live centre runs on real time. A replay or a rehearsal declares another clock: an anchor where
wall time and centre time meet, and a speed. Every decision that waiting causes asks this clock,
and lateness is judged against it, so that an earthquake of 2012 can be played at fifty times its
speed and be judged as it would have been then.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

FIRST: Final = datetime(1, 1, 2, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreClock:
    """`wall` and `event` are the same moment on the two clocks; `speed` 0 stands still."""

    wall: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    event: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    speed: float = 1.0

    @property
    def is_real(self) -> bool:
        """True when the centre's time is the wall's."""
        return self.speed == 1.0 and self.wall == self.event

    def at(self, wall: datetime) -> datetime:
        """The centre's time at a moment of wall time; both aware, in UTC."""
        elapsed = (wall - self.wall).total_seconds() * self.speed
        try:
            return self.event + timedelta(seconds=elapsed)
        except OverflowError:
            # A fast clock that was forgotten: it stands at the end of the calendar.
            return LAST if elapsed > 0 else FIRST


REAL_TIME = CentreClock()
