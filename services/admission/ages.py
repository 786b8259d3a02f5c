"""How old is what an answer stands on?

The ends of the log are asked for every second. Once everything that was there has been folded, the
state was right at the moment of asking; its age is the time since then, whether calls come or not.
For the lines the end of `contacts` is compared with the offsets that the tally reports, so a tally
that stands still makes the state old as well.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

Offsets = Mapping[str, Mapping[int, int]]

# The ends are polled each second and a broker under load answers late: five misses are no chance.
STALE_SECONDS: Final = 5.0
POLLS_KEPT: Final = 120


@dataclass(frozen=True, slots=True)
class Age:
    """`as_of` is wall time; None when the log has never been read to its end."""

    as_of: datetime | None
    seconds: float | None

    @property
    def stale(self) -> bool:
        """Whether an answer must say that it may be out of date."""
        return self.seconds is None or self.seconds > STALE_SECONDS


class Ages:
    """When the state was last known to reflect the whole log."""

    def __init__(self) -> None:
        self._open: deque[tuple[datetime, Offsets]] = deque(maxlen=POLLS_KEPT)
        self._as_of: datetime | None = None

    def polled(self, wall: datetime, last: Offsets) -> None:
        """At this moment the last record of each partition that holds any had this offset."""
        self._open.append((wall, last))

    def read(self, folded: Offsets, wall: datetime) -> Age:
        """The age at this moment; `folded` are the offsets reflected."""
        while self._open and _reached(self._open[0][1], folded):
            self._as_of = self._open.popleft()[0]
        if self._as_of is None:
            return Age(None, None)
        return Age(self._as_of, max(0.0, (wall - self._as_of).total_seconds()))


def _reached(last: Offsets, folded: Offsets) -> bool:
    return all(
        folded.get(topic, {}).get(partition, -1) >= offset
        for topic, ends in last.items()
        for partition, offset in ends.items()
    )
