"""Is it quiet, or has the feed stopped?

Silence where more than twenty contacts were expected does not happen by chance (e^-20). Such a
stretch is an outage: the detector's clock stands still in it, so that nothing is learned from it,
no surge is called over because of it, and the backlog after it is not a surge.
"""

from bisect import bisect_left
from typing import Final

from streams.domain.detection.calendar import Calendar
from streams.domain.detection.level import Pattern

SILENT_CONTACTS: Final = 20.0
_KEPT_SECONDS: Final = 90 * 86_400
_LEARNED_SECONDS: Final = 48 * 3600


class Outages:
    """Stretches without a feed, as [first silent second, first second heard again).

    With a `horizon`, only those that had ended by then count: what is learned of an hour must not
    depend on how soon after it we were told that the feed was back.
    """

    __slots__ = ("horizon", "spans", "until")

    def __init__(self) -> None:
        self.horizon: int | None = None
        self.spans: list[tuple[int, int]] = []
        self.until = 0

    def add(self, start: int, end: int) -> None:
        """A stretch that turned out to be silent; stretches do not touch each other."""
        self.remove(start, end)
        self.spans.insert(bisect_left(self.spans, (start, end)), (start, end))
        self.spans = [span for span in self.spans if span[1] > end - _KEPT_SECONDS]
        self.until = max(span[1] for span in self.spans)

    def remove(self, start: int, end: int) -> bool:
        """Something was heard in a stretch after all."""
        kept = [span for span in self.spans if span[1] <= start or span[0] >= end]
        changed = len(kept) < len(self.spans)
        self.spans = kept
        self.until = max((span[1] for span in kept), default=0)
        return changed

    def settled(self, frontier: int) -> list[tuple[int, int]]:
        """The stretches that ended before `frontier` and may still matter to what is learned."""
        return [span for span in self.spans if frontier - _LEARNED_SECONDS < span[1] < frontier]

    def within(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of a stretch of time that are outages."""
        return [
            (max(start, low), min(end, high))
            for low, high in self.spans
            if low < end and high > start and (self.horizon is None or high <= self.horizon)
        ]


class Heard:
    """A pattern whose clock stands still during outages."""

    __slots__ = ("calendar", "outages", "pattern")

    def __init__(self, pattern: Pattern, outages: Outages) -> None:
        self.pattern = pattern
        self.outages = outages
        self.calendar: Calendar = pattern.calendar

    def rate(self, second: int) -> float:
        """Contacts per hour at a second."""
        return self.pattern.rate(second)

    def mass(self, start: int, end: int) -> float:
        """Contacts expected while the feed was there."""
        mass = self.pattern.mass(start, end)
        if start < self.outages.until:
            for low, high in self.outages.within(start, end):
                mass -= self.pattern.mass(low, high)
            return max(mass, 0.0)
        return mass
