"""How fast does a server answer when each of so many senders asks again at once?"""

import asyncio
import time
from collections.abc import Callable, Sequence

from load.bench.open_loop import Connection, Timing

PATIENCE_SECONDS = 200.0


class ClosedLoop:
    """So many connections to one server, each with one request under way."""

    def __init__(self, port: int, senders: int) -> None:
        self.timing = Timing()
        self.seconds = 0.0
        self._port = port
        self._senders = senders

    async def run(self, requests: Sequence[bytes]) -> None:
        """Ask all of them; `timing` and `seconds` are then those of this run."""
        self.timing = Timing()
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        left = iter(requests)

        def answered(connection: Connection, status: str) -> None:
            now = time.perf_counter()
            self.timing.seconds.append(now - connection.asked_for)
            self.timing.statuses[status] += 1
            following = next(left, None)
            if following is not None:
                connection.ask(following, now)
            elif len(self.timing.seconds) == len(requests):
                done.set_result(None)

        connections = [await self._connected(answered) for _ in range(self._senders)]
        began = time.perf_counter()
        for connection in connections:
            connection.ask(next(left), time.perf_counter())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await done
        self.seconds = time.perf_counter() - began
        for connection in connections:
            connection.close()

    async def _connected(self, answered: Callable[[Connection, str], None]) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            lambda: Connection(answered), "127.0.0.1", self._port
        )
        return made
