"""May this name be tried now, from there?

Guessing is slowed down, nobody is locked out for good. Failures are counted for the address and
the name together, for the address, and for the name; each count brakes from a number of its own
on, and each further failure doubles the wait. The name's own brake is short, so that a stranger
cannot keep somebody out; and whoever has signed in from a browser before (it holds a device
cookie) is counted apart from strangers (OWASP's device cookies).
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MOST_COUNTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Slowing:
    """Free tries, then 1, 2, 4 ... seconds up to the longest; forgotten after a quiet while."""

    free: int
    longest: timedelta
    forgotten_after: timedelta = timedelta(hours=1)

    def wait(self, failures: int) -> timedelta:
        """How long after the last failure."""
        if failures < self.free:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(failures - self.free, 20)), self.longest)


PAIR: Final = Slowing(free=3, longest=timedelta(minutes=15))
ADDRESS: Final = Slowing(free=20, longest=timedelta(minutes=15))
NAME: Final = Slowing(free=10, longest=timedelta(seconds=30))


@dataclass(slots=True)
class _Count:
    failures: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One try: the name, whence, and the device it is known by ("" for a stranger's)."""

    name: str
    address: str
    device: str = ""

    def counted(self) -> list[tuple[str, Slowing]]:
        """The counts it belongs to."""
        if self.device:
            return [(f"device {self.name} {self.device}", PAIR)]
        return [
            (f"pair {self.name} {self.address}", PAIR),
            (f"address {self.address}", ADDRESS),
            (f"name {self.name}", NAME),
        ]


class Brake:
    """The counts of this process; the oldest are dropped when there are too many."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait(self, tried: Try, now: datetime) -> timedelta:
        """How long until it may be tried; zero means now."""
        waits = [
            count.last + slowing.wait(count.failures) - now
            for key, slowing in tried.counted()
            if (count := self._count(key, slowing, now)) is not None
        ]
        return max([timedelta(0), *waits])

    def failed(self, tried: Try, now: datetime) -> None:
        """Count it."""
        for key, slowing in tried.counted():
            count = self._count(key, slowing, now)
            self._counts[key] = _Count((count.failures if count else 0) + 1, now)
            self._counts.move_to_end(key)
        while len(self._counts) > MOST_COUNTS:
            self._counts.popitem(last=False)

    def succeeded(self, tried: Try) -> None:
        """The right password: forget this person's slips, not the address's other tries."""
        for key, _ in tried.counted():
            if not key.startswith("address "):
                self._counts.pop(key, None)

    def _count(self, key: str, slowing: Slowing, now: datetime) -> _Count | None:
        count = self._counts.get(key)
        if count is not None and now - count.last > slowing.forgotten_after:
            del self._counts[key]
            return None
        return count
