"""How do people arrive who do not wait for one another?

Everyone has a moment, drawn beforehand; at that moment a greenlet of their own begins, whatever
became of those before. Whoever measures counts from the moment and not from when the greenlet got
its turn, so that a server that stood still is seen by everyone who came meanwhile. A source that
falls behind starts everybody it owes at once. More greenlets than a machine can carry are not
started; each arrival dropped for that is counted.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

import gevent
from gevent.pool import Pool

T = TypeVar("T")

# So many are started in a row before those already started get a turn.
IN_A_ROW: Final = 64
# An arrival that begins later than this did not arrive when it was meant to.
ON_TIME_SECONDS: Final = 1.0


class OpenLoopSource(Generic[T]):
    """Calls `act(what, due)` in a greenlet each; `due` is wall time in seconds since the epoch."""

    def __init__(self, act: Callable[[T, float], None], *, most: int) -> None:
        self.offered = 0
        self.started = 0
        self.dropped = 0
        self.late = 0
        self.most_behind = 0.0
        self._act = act
        self._pool = Pool(most)

    @property
    def under_way(self) -> int:
        """How many have begun and not ended."""
        return len(self._pool)

    def run(self, arrivals: Iterable[tuple[float, T]]) -> None:
        """Start everyone at their moment; returns when the last has been started."""
        for due, what in arrivals:
            ahead = due - time.time()
            if ahead > 0:
                gevent.sleep(ahead)
            elif self.offered % IN_A_ROW == 0:
                gevent.sleep(0)
            self.start(what, due)

    def start(self, what: T, due: float) -> bool:
        """Start one whose moment has come; whether there was room."""
        self.offered += 1
        if self._pool.free_count() <= 0:
            self.dropped += 1
            return False
        self._pool.spawn(self._begin, what, due)
        return True

    def join(self, seconds: float | None = None) -> bool:
        """Wait until all have ended; whether they did in time."""
        return bool(self._pool.join(timeout=seconds))

    def kill(self) -> None:
        """End all who are under way."""
        self._pool.kill()

    def _begin(self, what: T, due: float) -> None:
        behind = time.time() - due
        self.most_behind = max(self.most_behind, behind)
        self.started += 1
        self.late += behind > ON_TIME_SECONDS
        self._act(what, due)
