"""How soon is an event on a thousand screens, while a thousand come in each second?

Run by `make bench-boards`: VIEWERS (1000), RATE (1000 events a second) and SECONDS (60) say how
much. A stamped fact is written once a second; the time until a viewer has the snapshot that
reflects it is measured for every viewer. Ten of them read nothing: they must harm nobody. The
viewers are bare sockets that look for one number, for they share the machine with the service.
"""

import asyncio
import os
import re
import socket
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop

from streams.events.codec import encode
from streams.events.demand import PulseCounted, PulseData, QueueCounts, QueueData, QueuesMeasured
from streams.kafka import LogWriter, Outgoing, create_topics
from streams.settings import Connections
from streams.topics import PULSES, QUEUES, partition_of
from tests.support.process import ServiceProcess

ROOT: Final = Path(__file__).parents[2]
VIEWERS: Final = int(os.environ.get("VIEWERS", "1000"))
RATE: Final = int(os.environ.get("RATE", "1000"))
SECONDS: Final = int(os.environ.get("SECONDS", "60"))
DEAF: Final = 10
BATCHES: Final = 10
WAITING: Final = re.compile(rb'"waiting":(\d+),"waiting_expected"')
# The longest that WAITING can be: what is kept of a piece in case it was cut there.
LONGEST: Final = 48
TICKS: Final = os.sysconf("SC_CLK_TCK")


def pulse(number: int, at: datetime) -> Outgoing:
    """One of the events that come in."""
    key = ("total", "queue:main", "country:JP", "channel:voice")[number % 4]
    data = PulseData(key=key, partition=number % 24, second=at, first_attempts=number % 7)
    event = PulseCounted(id=f"p{number}", source="/bench", subject=key, time=at, data=data)
    return Outgoing(topic=PULSES, value=encode(event), partition=partition_of(key, PULSES))


def stamp(number: int, at: datetime) -> Outgoing:
    """A fact that every screen shows: as many wait as it has stamps before it."""
    day = at.astimezone().date().isoformat()
    counts = {day: {"main": QueueCounts(requests=number, waiting=number, contacts=number)}}
    data = QueueData(partition=0, offset=-1, counts=counts)
    event = QueuesMeasured(id=f"q{number}", source="/bench", subject="0", time=at, data=data)
    return Outgoing(topic=QUEUES, key=b"0", value=encode(event))


class Room:
    """The screens, and when each stamp was written and seen."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self.address = host, int(port)
        self.asking = f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self.written: dict[int, float] = {}
        self.delays: list[float] = []
        self.bytes = 0

    async def fill(self) -> list[asyncio.Transport]:
        """All viewers, each with its stream."""
        loop, screens = asyncio.get_running_loop(), []
        for _ in range(VIEWERS):
            screen, _ = await loop.create_connection(lambda: Viewer(self), *self.address)
            screen.write(self.asking)
            screens.append(screen)
        return screens

    def deaf(self) -> socket.socket:
        """One that asks and never reads."""
        screen = socket.socket()
        screen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        screen.connect(self.address)
        screen.sendall(self.asking)
        return screen


class Viewer(asyncio.Protocol):
    """One screen."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._seen = 0
        self._cut = b""

    def data_received(self, data: bytes) -> None:
        """See which stamps a piece of the stream shows."""
        self._room.bytes += len(data)
        found = WAITING.search(self._cut + data[:LONGEST]) or WAITING.search(data)
        self._cut = data[-LONGEST:]
        if found is None:
            return
        now, shown = time.monotonic(), int(found.group(1))
        for number in range(self._seen + 1, shown + 1):
            if number in self._room.written:
                self._room.delays.append(now - self._room.written[number])
        self._seen = max(self._seen, shown)


async def feed(writer: LogWriter, room: Room) -> int:
    """Bring RATE events a second in, and a stamp each second; how many came in."""
    began, number = time.monotonic(), 0
    for batch in range(SECONDS * BATCHES):
        await asyncio.sleep(max(0.0, began + batch / BATCHES - time.monotonic()))
        at = datetime.now(UTC)
        records = [pulse(number + i, at) for i in range(RATE // BATCHES)]
        number += len(records)
        if batch % BATCHES == 0:
            which = batch // BATCHES + 1
            room.written[which] = time.monotonic()
            records.append(stamp(which, at))
        await writer.append(records)
    return number


@asynccontextmanager
async def started() -> AsyncIterator[tuple[Connections, ServiceProcess]]:
    """A board on a broker of its own."""
    env = {
        "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
        "SURGELINE_PREFIX": f"bench-{os.getpid()}-",
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
    }
    connections = Connections.from_env(env)
    await create_topics(connections)
    async with ServiceProcess("services.boards", env) as board:
        yield connections, board


def spent(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def main() -> None:
    """Measure and print; nothing is judged."""
    async with started() as (connections, board):
        assert board.process is not None
        room, writer = Room(board.url), LogWriter(connections)
        await writer.start()
        screens = await room.fill()
        deaf = [room.deaf() for _ in range(DEAF)]
        await asyncio.sleep(5)
        pids = {"service": board.process.pid, "viewers and feed": os.getpid()}
        before = {name: spent(pid) for name, pid in pids.items()}
        began, room.bytes = time.monotonic(), 0
        fed = await feed(writer, room)
        await asyncio.sleep(3)
        took = time.monotonic() - began
        busy = {name: (spent(pid) - before[name]) / took for name, pid in pids.items()}
        for screen in screens:
            screen.close()
        for each in deaf:
            each.close()
        await writer.stop()
    told = sorted(room.delays)
    cuts = statistics.quantiles(told, n=1000)
    print(  # noqa: T201 - a bench prints
        f"{VIEWERS} viewers (+{DEAF} that read nothing), {fed / SECONDS:,.0f} events/s for"
        f" {SECONDS} s, {len(told):,} of {VIEWERS * SECONDS:,} sightings:"
        f" p50 {cuts[499]:.2f} s, p99 {cuts[989]:.2f} s, p99.9 {cuts[998]:.2f} s,"
        f" worst {told[-1]:.2f} s;"
        f" {', '.join(f'{name} {share:.0%} of a core' for name, share in busy.items())},"
        f" {room.bytes / took / 1e6:.1f} MB/s to screens, load average {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    uvloop.run(main())
