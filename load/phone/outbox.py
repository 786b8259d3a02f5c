"""How do the reports reach intake, each of them, whatever happens on the way?

Collected for at most a tenth of a second of wall time, posted as one batch, and posted again with
the same ids until intake says that the log has them. One batch is under way at a time, so the
order is kept.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import httpx
import orjson

log = logging.getLogger(__name__)

COLLECT_SECONDS: Final = 0.05
LARGEST_BATCH: Final = 500
LONGEST_PAUSE_SECONDS: Final = 2.0
TAKEN: Final = 202
NEVER_TAKEN: Final = frozenset({400, 413, 422})
NOT_LET_IN: Final = frozenset({401, 403})


class Outbox:
    """What is not yet known to be on the log."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self.sent = 0
        self.tries = 0
        self._client = client
        self._url = f"{url}/v1/events"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/cloudevents-batch+json",
        }
        self.on_refused: Callable[[dict[str, Any]], None] = _complain
        self._waiting: deque[dict[str, Any]] = deque()
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._in_flight = 0

    def put(self, event: dict[str, Any]) -> None:
        """Take an event over; it will be on the log."""
        self._waiting.append(event)
        self._empty.clear()
        self._something.set()

    @property
    def unsent(self) -> int:
        """Events that intake has not acknowledged."""
        return len(self._waiting) + self._in_flight

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._something.wait()
            await asyncio.sleep(COLLECT_SECONDS)
            while self._waiting:
                await self._send_some()
            self._something.clear()
            self._empty.set()

    async def drain(self, seconds: float) -> bool:
        """Wait until nothing is unsent; whether that came true in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), seconds)
        return not self.unsent

    async def _send_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(LARGEST_BATCH, len(self._waiting)))]
        self._in_flight = len(batch)
        body = orjson.dumps(batch)
        pause = 0.1
        while not await self._taken(body):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        self.sent += len(batch)
        self._in_flight = 0

    async def _taken(self, body: bytes) -> bool:
        """One try; False when it must be tried again."""
        self.tries += 1
        try:
            answer = await self._client.post(self._url, content=body, headers=self._headers)
        except httpx.HTTPError as error:
            log.info("intake did not answer", extra={"error": type(error).__name__})
            return False
        if answer.status_code in NOT_LET_IN:
            raise PermissionError(f"intake answers {answer.status_code}: is the token right?")
        if answer.status_code != TAKEN and answer.status_code not in NEVER_TAKEN:
            return False
        for refused in _refusals(answer):
            # A phone system that says something wrong must hear of it; it cannot be said again.
            self.on_refused(refused)
        return True


def _complain(refusal: dict[str, Any]) -> None:
    log.error("intake refused an event", extra={"reason": refusal.get("reason")})


def _refusals(answer: httpx.Response) -> list[dict[str, Any]]:
    body = orjson.loads(answer.content)
    if answer.status_code == TAKEN or "refused" in body:
        return list(body.get("refused", []))
    return [dict(body.get("error", {}))]
