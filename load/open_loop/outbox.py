"""How do the reports of the floor reach intake, each of them, whatever happens on the way?

Collected for at most a twentieth of a second, posted as one batch, and posted again with the same
ids until intake says that the log has them. One batch is under way at a time, so that the order is
kept. Every event's time is counted from the moment at which it was to happen, not from the post.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import gevent
import orjson
from gevent.event import Event

from load.open_loop.client import Client

COLLECT_SECONDS: Final = 0.05
LARGEST_BATCH: Final = 500
LONGEST_PAUSE_SECONDS: Final = 2.0
TAKEN: Final = 202
NEVER_TAKEN: Final = frozenset({400, 413, 422})
NOT_LET_IN: Final = frozenset({401, 403})
PATH: Final = "/v1/events"
KIND: Final = "application/cloudevents-batch+json"

# What is posted, and when it was to happen in wall time; None when nobody measures it.
Entry = tuple[dict[str, Any], float | None]


class Outbox:
    """What is not yet known to be on the log.

    `posted(seconds, size, answer status)` is told of every try, `taken(event, seconds)` of every
    measured event that the log has, `refused(refusal)` of what intake will never take.
    """

    def __init__(
        self,
        client: Client,
        *,
        posted: Callable[[float, int, int], None],
        taken: Callable[[dict[str, Any], float], None],
        refused: Callable[[dict[str, Any]], None],
    ) -> None:
        self.sent = 0
        self._client = client
        self._posted = posted
        self._taken = taken
        self._refused = refused
        self._waiting: deque[Entry] = deque()
        self._something = Event()
        self._in_flight = 0

    @property
    def unsent(self) -> int:
        """Events that intake has not acknowledged."""
        return len(self._waiting) + self._in_flight

    def put(self, event: dict[str, Any], due: float | None = None) -> None:
        """Take an event over; it will be on the log."""
        self._waiting.append((event, due))
        self._something.set()

    def run(self) -> None:
        """Send for ever."""
        while True:
            self._something.wait()
            gevent.sleep(COLLECT_SECONDS)
            while self._waiting:
                self._send_some()
            self._something.clear()

    def _send_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(LARGEST_BATCH, len(self._waiting)))]
        self._in_flight = len(batch)
        body = orjson.dumps([event for event, _ in batch])
        pause = 0.1
        while not self._try(body, len(batch)):
            gevent.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        now = time.time()
        for event, due in batch:
            if due is not None:
                self._taken(event, now - due)
        self.sent += len(batch)
        self._in_flight = 0

    def _try(self, body: bytes, size: int) -> bool:
        began = time.perf_counter()
        answer = self._client.post(PATH, body, KIND)
        self._posted(time.perf_counter() - began, size, answer.status)
        if answer.status in NOT_LET_IN:
            raise PermissionError(f"intake answers {answer.status}: is the token right?")
        if answer.status != TAKEN and answer.status not in NEVER_TAKEN:
            return False
        told = answer.json()
        refusals = told.get("refused", [] if answer.status == TAKEN else [told.get("error", {})])
        for refusal in refusals:
            self._refused(refusal)
        return True
