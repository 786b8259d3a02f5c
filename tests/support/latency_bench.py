"""How soon is an accepted event on the board's stream?

`make bench-latency`: intake, one worker with all processors and a board, at RATES (10,100,1000)
events a second. Each event is followed by itself: the moment at which intake said 202, and that at
which a viewer held the first snapshot that reflects its offset. Reports come in requests at most
a hundred times a second. Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py).
"""

import asyncio
import os
import statistics
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from load.bench import results
from services.supervisor.keys import hashed, make_secrets
from streams.events.codec import decode_parcel
from streams.kafka import create_topics, read_to_end
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.broker import ROOT
from tests.support.stack import ServiceProcess, scratch_folder

RATES = tuple(int(rate) for rate in os.environ.get("RATES", "10,100,1000").split(","))
REPEATS = int(os.environ.get("REPEATS", "5"))
SECONDS = int(os.environ.get("SECONDS", "10"))
WARM_SECONDS = 2
# Of fewer, one in a hundred says nothing.
LEAST_EVENTS = 150
REQUESTS_PER_SECOND = 100
CONNECTIONS = 8
BAR_ANY_MS, BAR_CALM_MS, CALM_RATE = 2000.0, 250.0, 10
PATIENCE_SECONDS = 60.0
KINDS = ("arrived", "queued", "answered", "completed")


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201 - a bench prints


@dataclass
class Seen:
    """What a viewer was shown, and when: the offset of each partition of `contacts`."""

    frames: list[tuple[float, dict[int, int]]] = field(default_factory=list)

    async def watch(self, port: int) -> None:
        """Read the stream until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        writer.write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            async for line in reader:
                if line.startswith(b"data: {") and b'"offsets"' in line:
                    at = time.monotonic()
                    told = orjson.loads(line[6:])["offsets"].get(CONTACTS.name, {})
                    self.frames.append((at, {int(p): offset for p, offset in told.items()}))
        finally:
            writer.close()

    def shown_at(self, partition: int, offset: int) -> float | None:
        """When the first frame came that reflects a record."""
        return next((at for at, told in self.frames if told.get(partition, -1) >= offset), None)


@dataclass
class Phone:
    """Tells intake at a steady rate, whether the last answer is there or not."""

    port: int
    token: str
    accepted: dict[str, float] = field(default_factory=dict)
    answers: Counter[bytes] = field(default_factory=Counter)
    _count: int = 0

    async def tell(self, rate: int, seconds: int) -> None:
        """Open loop: each request has its moment."""
        each = max(1, rate // REQUESTS_PER_SECOND)
        waiting: asyncio.Queue[tuple[list[str], bytes] | None] = asyncio.Queue()
        lines = [asyncio.create_task(self._line(waiting)) for _ in range(CONNECTIONS)]
        began = time.monotonic()
        for number in range(rate * seconds // each):
            await asyncio.sleep(max(0.0, began + number * each / rate - time.monotonic()))
            waiting.put_nowait(self._request(each))
        for _ in lines:
            waiting.put_nowait(None)
        await asyncio.gather(*lines)

    async def _line(self, waiting: asyncio.Queue[tuple[list[str], bytes] | None]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while (work := await waiting.get()) is not None:
            ids, request = work
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            at = time.monotonic()
            status = head.split(b" ", 2)[1]
            self.answers[status] += 1
            if status == b"202":
                self.accepted.update(dict.fromkeys(ids, at))
        writer.close()

    def _request(self, count: int) -> tuple[list[str], bytes]:
        ids, lines = [], []
        for number in range(self._count, self._count + count):
            contact, kind = f"c{self.token[:4]}-{number // len(KINDS)}", KINDS[number % len(KINDS)]
            data = {"queue": "main", "language": "ko", "country": "KR", "topic": "disaster"}
            if kind in {"answered", "completed"}:
                data["agent"] = "a1"
            else:
                data["caller"] = f"+8210{number // len(KINDS) % 10**8:08d}"
            ids.append(f"{contact}-{kind}")
            event = {
                "specversion": "1.0",
                "id": ids[-1],
                "source": "/phone/bench",
                "type": f"surgeline.contact.{kind}.v1",
                "subject": contact,
                "time": datetime.now(UTC).isoformat(),
                "data": data,
            }
            lines.append(orjson.dumps(event))
        self._count += count
        body = b"\n".join(lines)
        head = (
            f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return ids, head.encode() + body


async def delays(connections: Connections, phone: Phone, seen: Seen) -> list[float]:
    """Milliseconds of each accepted event, from 202 to the viewer."""
    places: dict[str, tuple[int, int]] = {}
    async for record in read_to_end(connections, CONTACTS):
        for event in decode_parcel(record.value or b"")[0]:
            places[event.id] = record.partition, record.offset
    told = []
    for event_id, accepted in phone.accepted.items():
        shown = seen.shown_at(*places[event_id])
        if shown is None:
            raise SystemExit(f"{event_id} was accepted and is not on the board")
        told.append(1000 * max(0.0, shown - accepted))
    return told


async def one_repeat(env: dict[str, str], token: str) -> list[tuple[float, float]]:
    """p50 and p99 in milliseconds of each rate, on topics of this repeat's own."""
    connections = Connections.from_env(env)
    await create_topics(connections)
    async with AsyncExitStack() as stack:
        intake, _, board = [
            await stack.enter_async_context(ServiceProcess(module, env))
            for module in ("services.intake", "streams", "services.boards")
        ]
        phone, seen = Phone(int(intake.env["SURGELINE_PORT"]), token), Seen()
        watching = asyncio.create_task(seen.watch(int(board.env["SURGELINE_PORT"])))
        found = [await one_rate(connections, phone, seen, rate) for rate in RATES]
        watching.cancel()
        await asyncio.wait([watching])
    return found


async def one_rate(
    connections: Connections, phone: Phone, seen: Seen, rate: int
) -> tuple[float, float]:
    """p50 and p99 of a rate, once everything has got used to it."""
    await phone.tell(rate, WARM_SECONDS)
    phone.accepted.clear()
    await phone.tell(rate, max(SECONDS, LEAST_EVENTS // rate))
    await asyncio.sleep(WARM_SECONDS)
    told = await delays(connections, phone, seen)
    cuts = statistics.quantiles(told, n=100, method="inclusive")
    say(
        f"  {rate}/s: {len(told):,} events, p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms,"
        f" longest {max(told):.0f} ms, answers {dict(phone.answers)}"
    )
    return cuts[49], cuts[98]


def rows(rate: int, told: list[tuple[float, float]]) -> list[results.Row]:
    """p50 and p99 of one rate."""
    p50, p99 = (tuple(column) for column in zip(*told, strict=True))
    bar = BAR_CALM_MS if rate <= CALM_RATE else BAR_ANY_MS
    return [
        results.Row(name=f"{rate:,} events/s, p50", unit="ms", values=p50),
        results.below(f"{rate:,} events/s, p99", "ms", p99, bar),
    ]


METHOD = (
    (
        "From the moment at which the sender heard 202 (the broker has the event) to that at "
        "which a viewer held the first snapshot that reflects the event's offset, for every "
        "event. Sender, broker, intake, worker with all processors, board and viewer share one "
        "machine."
    ),
    ("Whole lives (arrived, queued, answered, completed); at 1,000 events/s ten events a request."),
)


async def main() -> None:
    """Measure each rate by turns, keep and print."""
    told: dict[int, list[tuple[float, float]]] = {rate: [] for rate in RATES}
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = Path(folder) / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        for repeat in range(REPEATS):
            env = {
                **made.env(tokens),
                "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
                "SURGELINE_PREFIX": f"latency-{os.getpid()}-{repeat}-",
                "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
                "SURGELINE_INSTANCE": "0",
            }
            found = await one_repeat(env, made.tokens["source"])
            for rate, cuts in zip(RATES, found, strict=True):
                told[rate].append(cuts)
    result = results.Result(
        bench="latency",
        title="From intake to the board",
        command="make bench-latency",
        method=METHOD,
        rows=tuple(row for rate in RATES for row in rows(rate, told[rate])),
    )
    results.save(result)
    say(results.told(result))


if __name__ == "__main__":
    asyncio.run(main())
