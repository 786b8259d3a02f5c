"""How long will who calls now wait, by queue, and where is that not known?"""

from collections.abc import Iterable
from typing import Final

from services.boards.levels import Titles
from services.boards.snapshot import QueueWait, WaitNotKnown
from streams.events.surges import WaitData

NOT_HEARD: Final[WaitNotKnown] = "not_heard"


class Waits:
    """The latest estimate of every queue. A later one replaces it whole: none outlives its end."""

    def __init__(self, queues: Iterable[str]) -> None:
        self._queues = tuple(queues)
        self._latest: dict[str, WaitData] = {}

    def observe(self, data: WaitData) -> None:
        """Take a queue's estimate."""
        self._latest[data.queue] = data

    def all(self, titles: Titles) -> tuple[QueueWait, ...]:
        """The queues of the centre file, then any others that were heard of."""
        others = sorted(self._latest.keys() - set(self._queues))
        return tuple(self._queue(name, titles) for name in [*self._queues, *others])

    def _queue(self, name: str, titles: Titles) -> QueueWait:
        data = self._latest.get(name)
        title = titles.of(f"queue:{name}")
        if data is None:
            return QueueWait(queue=name, title=title, unknown=NOT_HEARD)
        if data.p50_seconds is None or data.p90_seconds is None:
            reason = data.unknown or NOT_HEARD
            return QueueWait(queue=name, title=title, unknown=reason, ahead=data.ahead)
        return QueueWait(
            queue=name,
            title=title,
            p50_seconds=data.p50_seconds,
            p90_seconds=data.p90_seconds,
            volume_has_risen=data.volume_has_risen,
            ahead=data.ahead,
        )
