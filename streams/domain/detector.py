"""Is one key's demand in surge, whatever order its contacts were heard of in?

Counts are kept per second and partition for as long as they may still change (the allowed
lateness). After each of those seconds the state is kept too, so that something late is folded in
by going back to the second before it. The state is therefore always the fold of the counts in
the order of their seconds: any order of arrival, any repeat and any split over partitions ends
in the same bits. Alarms do not wait for that; a surge is closed only on counts that can no
longer change.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

from streams.domain.centre import AlertPolicy
from streams.domain.mixture import Mixture, Rise, Scores

# Closing asks for the mirrored question: is demand back from 1.5 times the baseline to 1.0?
CLOSING_RATIO = 1.5
_FALL = 1 / CLOSING_RATIO
_SLOPE = CLOSING_RATIO - 1.0
_FLOOR = CLOSING_RATIO / _SLOPE
_MOST_NATS = 690.0


class Counts(NamedTuple):
    """First attempts, redials, reconnects and withheld numbers of one partition in one second."""

    first_attempts: int
    redials: int = 0
    reconnects: int = 0
    withheld: int = 0

    def later_than(self, other: "Counts") -> bool:
        """Counts only grow, or turn from a first attempt into a redial when the first is found."""
        return self._rank() > other._rank()

    def _rank(self) -> tuple[int, int, int, int]:
        known = self.first_attempts + self.redials + self.reconnects
        return known, -self.first_attempts, self.reconnects, -self.withheld


class Episode(NamedTuple):
    """A surge of one key: since when, when it was certain, and what has come since the start.

    `fall` is the mirrored statistic: evidence that demand is back below the closing ratio.
    """

    start: int
    watched: int
    alerted: int | None
    calls: float
    mass: float
    fall: float
    evidence: float


class Standing(NamedTuple):
    """One key after a second with contacts in it.

    `identified` and `repeats` are recent first attempts with a number, and redials and
    reconnects, forgotten over ten minutes: the share by which withheld numbers are corrected.
    """

    scores: Scores
    episode: Episode | None = None
    identified: float = 0.0
    repeats: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where watch and alert begin, and the evidence that closes a surge.

    The first two follow from the budgets and the baselines. `release` is 20 expected contacts:
    at 1.5 times the baseline a surge is closed too early once in 20 contacts' worth or more; at
    twice the baseline and above, practically never.
    """

    watch: float
    alert: float
    release: float = 20.0


class Clockwork:
    """How much mass lies between two seconds: `mass(start, end)`; `rate(second)` is per hour."""

    def mass(self, start: int, end: int) -> float:
        """Expected contacts from `start` up to, not including, `end`."""
        raise NotImplementedError

    def rate(self, second: int) -> float:
        """Expected contacts per hour."""
        raise NotImplementedError
