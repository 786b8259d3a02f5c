"""Who is at the desks, who waits, and what has the day taught about handling and patience?

The counselors' states come one by one; what the queues amount to comes from the tally, by
partition of `contacts`, cumulative for today and yesterday. Only the latest report of each
partition is kept, so a repeat changes nothing and a restart loses nothing.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.domain.centre import Centre, ServiceTarget
from streams.domain.staffing.learning import HandleTime, Patience
from streams.events.agents import STAFFED, AgentStateChanged
from streams.events.demand import QueueCounts, QueueData

# Departures are compared with those of ten minutes ago, in samples so far apart.
_SAMPLE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Handle time and patience in use, in seconds, and from how many contacts they come."""

    handle_seconds: float
    patience_seconds: float
    handled: int
    gave_up: int


class House:
    """What staffing and waits know of the present."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._agents: dict[str, tuple[datetime, str, str]] = {}
        self._parts: dict[int, dict[str, dict[str, QueueCounts]]] = {}
        self._samples: deque[tuple[datetime, Counter[str]]] = deque()
        self._learned: Learned | None = None

    def agent(self, fact: AgentStateChanged) -> bool:
        """Take a counselor's state; False when it is a repeat, or late."""
        known = self._agents.get(fact.subject)
        state = (fact.time, fact.data.pool, fact.data.state)
        if known is not None and (known[0] > fact.time or known == state):
            return False
        self._agents[fact.subject] = state
        return True

    def queues(self, data: QueueData) -> None:
        """Take the latest report of a partition."""
        self._parts[data.partition] = data.counts
        self._learned = None

    def states(self, pools: set[str] | None = None) -> Counter[str]:
        """Counselors by state, of these pools or of all."""
        return Counter(
            state for _, pool, state in self._agents.values() if pools is None or pool in pools
        )

    def staffed(self, pools: set[str] | None = None) -> int:
        """People signed in."""
        return sum(count for state, count in self.states(pools).items() if state in STAFFED)

    def waiting(self) -> Counter[str]:
        """People waiting, by queue."""
        waiting: Counter[str] = Counter()
        for queue, counts in self._counts():
            waiting[queue] += counts.waiting
        return waiting

    def head_wait(self, queue: str, now: datetime) -> float:
        """Seconds that the first in line has waited; 0 when nobody waits."""
        since = [
            counts.oldest_waiting_since
            for name, counts in self._counts()
            if name == queue and counts.oldest_waiting_since is not None
        ]
        return max(0.0, (now - min(since)).total_seconds()) if since else 0.0

    def departures(self, now: datetime, window: timedelta) -> Counter[str]:
        """How many left each line lately: answered, or gave up."""
        left: Counter[str] = Counter()
        for queue, counts in self._counts():
            left[queue] += counts.answered + counts.abandoned
        if self._parts and (not self._samples or now - self._samples[-1][0] >= _SAMPLE):
            self._samples.append((now, left))
        while len(self._samples) > 1 and now - self._samples[1][0] >= window:
            self._samples.popleft()
        before = self._samples[0][1] if self._samples else left
        return Counter({queue: max(0, count - before[queue]) for queue, count in left.items()})

    def learned(self) -> Learned:
        """Handle time and patience, from the centre file and what the queues have shown."""
        if self._learned is None:
            self._learned = self._learn(self._centre.target)
        return self._learned

    def _learn(self, target: ServiceTarget) -> Learned:
        handle = HandleTime(target.handle_time.total_seconds())
        patience = Patience(target.patience.total_seconds())
        handled = 0
        for _, counts in self._counts():
            handle.add(counts.handled, counts.handle_seconds_sum)
            patience.add(counts.answered_after, counts.abandoned_after)
            handled += counts.handled
        return Learned(
            handle_seconds=handle.mean,
            patience_seconds=patience.mean,
            handled=handled,
            gave_up=round(patience.observed),
        )

    def _counts(self) -> Iterator[tuple[str, QueueCounts]]:
        for days in self._parts.values():
            for queues in days.values():
                yield from queues.items()
