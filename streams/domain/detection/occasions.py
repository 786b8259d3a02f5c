"""What do people know of the hours ahead that no pattern knows, and which hours teach nothing?

A planned event multiplies what is expected of its key in its time. The contacts that come on top
belong to the total as well, and are spread over keys of other kinds as contacts usually are: a
passport campaign at three times its usual is expected at its queue and language too, in proportion.
Keys of the same kind (another topic) have no part in it.

No key learns from an hour that touches a planned event, or a surge that a person declared: that
hour is known not to be a plain one, whatever its numbers look like. A key that the centre file does
not name raises no alarm that would say so; it learns nothing from the hours of surges of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from streams.domain.detection.calendar import HOUR, Calendar
from streams.domain.detection.level import Pattern

TOTAL: Final = "total"
# Windows are forgotten when the last hour that they touch has been learned from, or not.
_KEPT_SECONDS: Final = 24 * HOUR
# From one second to another; None while it is not over.
Span = tuple[int, int | None]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Between two seconds (`end` not included) `key` is expected to get `ratio` times the usual."""

    begin: int
    end: int
    key: str
    ratio: float


class Surges(Protocol):
    """When surges were on: those that a person declared, and those of a key."""

    def by_people(self) -> Iterable[Span]: ...

    def of_key(self, key: str) -> Iterable[Span]: ...


class Occasions:
    """The planned events, and the surges whose hours teach nothing."""

    __slots__ = ("_share", "_windows", "surges", "until")

    def __init__(self, share: Callable[[str], float]) -> None:
        """`share` is the part of all contacts that usually counts towards a key."""
        self._share = share
        self._windows: dict[str, Window] = {}
        self.surges: Surges | None = None
        self.until = 0

    def plan(self, event: str, window: Window) -> bool:
        """Take an event, or a change of it; False when that is known."""
        if self._windows.get(event) == window:
            return False
        self._windows[event] = window
        self._see_until()
        return True

    def forget(self, frontier: int) -> None:
        """Let go of what is over and can no longer change anything."""
        old = [e for e, w in self._windows.items() if w.end < frontier - _KEPT_SECONDS]
        for event in old:
            del self._windows[event]
        if old:
            self._see_until()

    def more(
        self, key: str, start: int, end: int, *, inherits: bool
    ) -> list[tuple[int, int, float]]:
        """(from, until, additional part of the usual) of a key between two seconds.

        A key that `inherits` is expected a part of the total, whose additions it has already.
        """
        found = []
        for window in sorted(self._windows.values()):
            low, high = max(start, window.begin), min(end, window.end)
            if low < high:
                share = self.part(key, window) if not inherits or key == window.key else 0.0
                found.append((low, high, (window.ratio - 1) * share))
        return found

    def part(self, key: str, window: Window) -> float:
        """How much of an event's multiplication a key is expected to see."""
        if window.key in (TOTAL, key):
            return 1.0
        if key.partition(":")[0] == window.key.partition(":")[0]:
            return 0.0
        return self._share(window.key)

    def unusual(self, begin: int, end: int) -> bool:
        """True when nothing is to be learned from this stretch of time."""
        windows = ((window.begin, window.end) for window in self._windows.values())
        surges = self.surges.by_people() if self.surges is not None else ()
        return _touches((*surges, *windows), begin, end)

    def unusual_for(self, key: str) -> Callable[[int, int], bool]:
        """The same for a key that the centre file does not name."""

        def unusual(begin: int, end: int) -> bool:
            own = self.surges.of_key(key) if self.surges is not None else ()
            return self.unusual(begin, end) or _touches(own, begin, end)

        return unusual

    def _see_until(self) -> None:
        self.until = max((window.end for window in self._windows.values()), default=0)


def _touches(spans: Iterable[Span], begin: int, end: int) -> bool:
    return any(low < end and (high is None or high > begin) for low, high in spans)


class Planned:
    """A pattern with the planned events in it."""

    __slots__ = ("_inherits", "_key", "_occasions", "calendar", "pattern")

    def __init__(
        self, pattern: Pattern, occasions: Occasions, key: str, *, inherits: bool = False
    ) -> None:
        self.pattern = pattern
        self.calendar: Calendar = pattern.calendar
        self._occasions = occasions
        self._key = key
        self._inherits = inherits

    def rate(self, second: int) -> float:
        """Contacts per hour at a second."""
        rate = self.pattern.rate(second)
        if second < self._occasions.until:
            found = self._occasions.more(self._key, second, second + 1, inherits=self._inherits)
            rate *= max(0.0, 1 + sum(part for _, _, part in found))
        return rate

    def mass(self, start: int, end: int) -> float:
        """Contacts from `start` up to, not including, `end`."""
        mass = self.pattern.mass(start, end)
        if start < self._occasions.until and start < end:
            found = self._occasions.more(self._key, start, end, inherits=self._inherits)
            for low, high, part in found:
                mass += part * self.pattern.mass(low, high)
            return max(0.0, mass)
        return mass
