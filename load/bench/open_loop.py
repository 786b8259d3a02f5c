"""How long does a server take to answer when questions come at a given rate, ready or not?

A caller does not wait for the answer to another: each question has its moment, and its time is
counted from that moment, also when all connections were still busy then.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, cast

CONNECTIONS: Final = 32
PATIENCE_SECONDS: Final = 10.0


@dataclass(slots=True)
class Timing:
    """Seconds from each question's moment to its answer, and the answers' first lines."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ranked = sorted(self.seconds)
        return 1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))]


class Connection(asyncio.Protocol):
    """One kept connection with one question under way at a time."""

    def __init__(self, done: "Callable[[Connection, str], None]") -> None:
        self._done = done
        self._got = bytearray()
        self._transport: asyncio.Transport | None = None
        self.asked_for = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio's do, and are no subclass of them.
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, due: float) -> None:
        self.asked_for = due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = bytes(self._got).partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._got.clear()
        self._done(self, head.partition(b"\r\n")[0].decode())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class OpenLoop:
    """Asks one server; `run` may be called again and adds to the same timing."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.timing = Timing()
        self._port = port
        self._requests = requests
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()

    async def run(self, rate: float, seconds: float) -> None:
        """Ask at this rate for so long, and wait for the last answer."""
        await self._open()
        began = time.perf_counter()
        count = round(rate * seconds)
        for number in range(count):
            due = began + number / rate
            ahead = due - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            self._due.append(due)
            self._send()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._due or len(self._idle) < CONNECTIONS:  # noqa: ASYNC110 - the end only
                await asyncio.sleep(0.01)
        while self._idle:
            self._idle.pop().close()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, made = await loop.create_connection(
                lambda: Connection(self._answered), "127.0.0.1", self._port
            )
            self._idle.append(made)

    def _send(self) -> None:
        while self._due and self._idle:
            self._idle.popleft().ask(next(self._requests), self._due.popleft())

    def _answered(self, connection: Connection, status: str) -> None:
        self.timing.seconds.append(time.perf_counter() - connection.asked_for)
        self.timing.statuses[status] += 1
        self._idle.append(connection)
        self._send()
