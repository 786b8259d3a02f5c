"""What is said about the wait in each queue, and when is it said again?

Queues whose counselors are shared are one line: whoever arrives waits for everyone ahead in any
of them (first come, first served, as the phone system distributes). An announced wait never grows
unless it is said that volume has risen; also across a time when nothing could be said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from streams.domain.centre import Centre
from streams.domain.staffing.house import House
from streams.domain.staffing.pools import QUEUE, serves
from streams.domain.staffing.waits import (
    Line,
    UnknownWait,
    Wait,
    WaitPolicy,
    announced,
    expected_wait,
)
from streams.events.codec import derived_id
from streams.events.surges import WaitData, WaitEstimated


@dataclass(frozen=True, slots=True)
class _Share:
    """A queue, the pools that serve it, and all queues and pools it shares a line with."""

    pools: frozenset[str]
    line_pools: frozenset[str]
    line_queues: frozenset[str]


class Announcer:
    """The waits of all queues as last said."""

    def __init__(self, centre: Centre, house: House, policy: WaitPolicy | None = None) -> None:
        self._house = house
        self._policy = policy or WaitPolicy()
        self._shares = _shares(centre)
        self._last: dict[str, Wait] = {}
        self._said: dict[str, WaitData] = {}
        self._at: datetime | None = None

    def tick(self, now: datetime) -> list[WaitEstimated]:
        """What is to be said anew."""
        if self._at is not None and self._at <= now < self._at + self._policy.pause:
            return []
        self._at = now
        said = []
        for queue in self._shares:
            data = self._estimate(queue, now)
            if self._said.get(queue) != data:
                self._said[queue] = data
                said.append(_fact(data, now))
        return said

    def line(self, queue: str, now: datetime) -> Line:
        """The queue as it is now."""
        share = self._shares[queue]
        waiting = self._house.waiting()
        left = self._house.departures(now, self._policy.window)
        learned = self._house.learned()
        able = self._house.staffed(set(share.pools))
        return Line(
            ahead=sum(waiting[name] for name in share.line_queues),
            servers=self._house.staffed(set(share.line_pools)) if able else 0,
            idle=self._house.states(set(share.pools))["available"],
            handle=learned.handle_seconds,
            patience=(
                learned.patience_seconds if learned.gave_up >= self._policy.gave_up else None
            ),
            departures=sum(left[name] for name in share.line_queues),
            head_wait=max(self._house.head_wait(name, now) for name in share.line_queues),
        )

    def _estimate(self, queue: str, now: datetime) -> WaitData:
        line = self.line(queue, now)
        wait = expected_wait(line, self._policy)
        if isinstance(wait, UnknownWait):
            return WaitData(
                queue=queue, unknown=wait.reason, ahead=line.ahead, servers=line.servers
            )
        say, risen = announced(self._last.get(queue), wait)
        self._last[queue] = say
        return WaitData(
            queue=queue,
            p50_seconds=round(say.p50, 0),
            p90_seconds=round(say.p90, 0),
            method=say.method,
            volume_has_risen=risen,
            ahead=line.ahead,
            servers=line.servers,
        )


def _shares(centre: Centre) -> dict[str, _Share]:
    serving = {
        queue.name: frozenset(p.name for p in centre.pools if serves(p, QUEUE + queue.name))
        for queue in centre.queues
    }
    return {queue: _share(pools, serving) for queue, pools in serving.items()}


def _share(pools: frozenset[str], serving: dict[str, frozenset[str]]) -> _Share:
    """Everything that is connected through a pool in common."""
    line = pools
    while (wider := line | _joined(each for each in serving.values() if each & line)) != line:
        line = wider
    queues = frozenset(name for name, each in serving.items() if each & line or each == pools)
    return _Share(pools, line, queues)


def _joined(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _fact(data: WaitData, now: datetime) -> WaitEstimated:
    return WaitEstimated(
        id=derived_id("wait", data.queue, now.isoformat()),
        source="surgeline/staffing",
        subject=data.queue,
        time=now,
        data=data,
    )
