"""How many bytes and how much CPU does an event take, in Kafka, in Redis and in each process?

`make bench-size`: intake, a worker with all processors, callbacks and a board, told over HTTP at
each rate. The sizing table of docs/operations.md is computed from what it saves. Starts its own
Kafka, because Kafka's files are weighed, and its own Redis.
"""

import argparse
import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import redis as redis_client

from load.bench import results
from services.supervisor.keys import Secrets, hashed, make_secrets
from streams.kafka import create_topics, end_offsets
from streams.settings import Connections
from streams.topics import CALLBACKS, CATALOGUE, OVERFLOW, PULSES
from tests.support.broker import ROOT, Broker, RedisServer
from tests.support.latency_bench import Phone, say
from tests.support.stack import ServiceProcess, scratch_folder

RATES: Final = (20, 200, 1000)
# Between two words on the same contact: long enough that whoever hangs up has waited.
SECONDS_BETWEEN: Final = 4
WARM_SECONDS: Final = 5 * SECONDS_BETWEEN
KAFKA, REDIS = "Kafka", "Redis"
SAID: Final = {
    "services.intake": "intake",
    "streams": "tally, surge and staffing",
    "services.callbacks": "callbacks",
    "services.boards": "boards",
    KAFKA: KAFKA,
    REDIS: REDIS,
}
SERVICES: Final = tuple(name for name in SAID if name not in {KAFKA, REDIS})
GIVES_UP, WITHHELD = 0.4, 0.05
ANSWERED: Final = ("arrived", "queued", "offered", "answered", "completed")
ABANDONED: Final = ("arrived", "queued", "offered", "abandoned")
COUNTRIES: Final = ("KR", "KR", "KR", "JP", "US", "CN", "VN")
TOPICS: Final = ("disaster", "disaster", "medical", "passport")
METHOD: Final = (
    (
        "Contacts in all stages of their lives are reported to intake over HTTP, each event on its"
        " own up to 100 a second, ten a request at 1,000; every contact is heard of about every"
        " four seconds, so that the events of one partition are those of many people. 40 % hang up"
        " after a real wait and want a callback. One worker does tally, surge and staffing; nobody"
        " rings anybody back."
    ),
    (
        "Bytes are the growth of Kafka's segments on one broker, compressed as they lie there,"
        " before anything is compacted or forgotten, over all events of the stretch. CPU is that of"
        " the whole process in the same stretch, at rest included, so at low rates an event seems"
        " dear. A callback in Redis is the growth of its used memory over the open callbacks."
    ),
)


class Line(Phone):
    """Reports of many contacts at once, each heard of now and then."""

    def crowd(self, rate: int, name: str) -> None:
        """From now on so many are on the line that each is heard of every few seconds."""
        self._rng = random.Random(name)
        self._name, self._made = name, 0
        self._on_the_line = [self._somebody() for _ in range(rate * SECONDS_BETWEEN)]

    def _somebody(self) -> "Contact":
        rng = self._rng
        self._made += 1
        about: dict[str, str] = {
            "queue": "english" if rng.random() < 0.2 else "main",
            "language": "ko",
            "country": rng.choice(COUNTRIES),
            "topic": rng.choice(TOPICS),
        }
        if rng.random() >= WITHHELD:
            about["caller"] = f"+8210{rng.randrange(10**8):08d}"
        life = ABANDONED if rng.random() < GIVES_UP else ANSWERED
        return Contact(f"{self._name}-{self._made:06d}-{rng.getrandbits(64):016x}", life, about)

    def _request(self, count: int) -> tuple[list[str], bytes]:
        chosen = [self._rng.randrange(len(self._on_the_line)) for _ in range(count)]
        ids, lines = [], []
        for place in chosen:
            contact = self._on_the_line[place]
            event = contact.next_event()
            ids.append(event["id"])
            lines.append(orjson.dumps(event))
            if contact.is_over:
                self._on_the_line[place] = self._somebody()
        body = b"\n".join(lines)
        head = (
            f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return ids, head.encode() + body


@dataclass(slots=True)
class Contact:
    """One contact, and how much of its life has been told."""

    name: str
    life: tuple[str, ...]
    about: Mapping[str, str]
    told: int = 0

    @property
    def is_over(self) -> bool:
        return self.told == len(self.life)

    def next_event(self) -> dict[str, Any]:
        """The next thing that happens to it, now."""
        kind = self.life[self.told]
        self.told += 1
        agent = {"agent": "a1"} if kind in {"offered", "answered", "completed"} else {}
        return {
            "specversion": "1.0",
            "id": f"{self.name}-{self.told}",
            "source": "/phone/bench",
            "type": f"surgeline.contact.{kind}.v1",
            "subject": self.name,
            "time": datetime.now(UTC).isoformat(),
            "data": {**self.about, **agent},
        }


@dataclass(slots=True)
class Weights:
    """What there is at one moment: bytes by topic, CPU seconds by process, Redis' memory."""

    topics: dict[str, int]
    cpu: dict[str, float]
    redis: int


@dataclass(slots=True)
class Scale:
    """Weighs Kafka's files, the processes and Redis."""

    connections: Connections
    broker: Broker
    redis: RedisServer
    services: list[ServiceProcess] = field(default_factory=list)
    redis_at_rest: int = 0

    def weigh(self) -> Weights:
        """As it is now."""
        found: dict[str, int] = defaultdict(int)
        prefix = self.connections.prefix
        for segment in self.broker.plan.logs.glob(f"{prefix}*/*.log"):
            topic = segment.parent.name.removeprefix(prefix).rpartition("-")[0]
            found[topic] += segment.stat().st_size
        processes = {one.module: one.process for one in self.services}
        processes |= {KAFKA: self.broker.process, REDIS: self.redis.process}
        cpu = {name: cpu_seconds(process.pid) for name, process in processes.items() if process}
        with redis_client.Redis.from_url(self.redis.url) as client:
            memory = int(client.info("memory")["used_memory"])
        return Weights(dict(found), cpu, memory)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def open_callbacks(url: str, token: str) -> int:
    """How many are waiting."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        asked: dict[str, str | int] = {"state": "waiting", "limit": 1}
        return int((await client.get("/v1/callbacks", params=asked)).json()["total"])


async def settled(connections: Connections) -> None:
    """Until callbacks and pulses have said their last word on what was told."""
    before = None
    for _ in range(20):
        now = [await end_offsets(connections, topic) for topic in (PULSES, OVERFLOW, CALLBACKS)]
        if now == before:
            return
        before = now
        await asyncio.sleep(1)


async def one_rate(scale: Scale, made: Secrets, rate: int, seconds: int) -> list[results.Row]:
    """What an event costs at this rate; at the highest one, what a callback takes as well."""
    intake, _, callbacks, _ = scale.services
    line = Line(int(intake.env["SURGELINE_PORT"]), made.tokens["source"])
    line.crowd(rate, f"r{rate}-{os.getpid()}")
    await line.tell(rate, WARM_SECONDS)
    await settled(scale.connections)
    line.accepted.clear()
    waiting = await open_callbacks(callbacks.url, made.tokens["lead"])
    before, began = scale.weigh(), time.monotonic()
    await line.tell(rate, seconds)
    cpu, took = scale.weigh().cpu, time.monotonic() - began
    await settled(scale.connections)
    after, events = scale.weigh(), len(line.accepted)
    more = await open_callbacks(callbacks.url, made.tokens["lead"]) - waiting
    say(f"  {rate}/s: {events:,} events in {took:.1f} s, {more:,} callbacks, {line.answers}")
    busy = {name: spent - before.cpu[name] for name, spent in cpu.items()}
    grown = {name: size - before.topics.get(name, 0) for name, size in after.topics.items()}
    rows = [
        row(f"{rate:,} events/s, {topic.name}", "bytes an event", grown[topic.name] / events)
        for topic in CATALOGUE
        if grown.get(topic.name)
    ] + [
        row(f"{rate:,} events/s, {SAID[name]}", "µs CPU an event", 1e6 * spent / events)
        for name, spent in busy.items()
    ]
    if rate < max(RATES):
        return rows
    states = sum((await end_offsets(scale.connections, CALLBACKS)).values())
    return [
        *rows,
        row("an open callback in Redis", "bytes", (after.redis - before.redis) / more),
        row("Redis before the first callback", "bytes", scale.redis_at_rest),
        row("a state of a callback in Kafka", "bytes", after.topics[CALLBACKS.name] / states),
    ]


def row(name: str, unit: str, value: float) -> results.Row:
    """One repeat of something."""
    return results.Row(name=name, unit=unit, values=(round(value, 1),))


async def measure(folder: Path, broker: Broker, redis: RedisServer, seconds: int) -> results.Result:
    """Every rate, on one platform."""
    made = make_secrets()
    tokens = folder / "tokens.json"
    tokens.write_text(hashed(made.tokens))
    env = {
        **made.env(tokens),
        "SURGELINE_KAFKA": broker.bootstrap,
        "SURGELINE_REDIS": redis.url,
        "SURGELINE_PREFIX": "size-",
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        "SURGELINE_INSTANCE": "0",
    }
    scale = Scale(Connections.from_env(env), broker, redis)
    await create_topics(scale.connections)
    rows: list[results.Row] = []
    async with AsyncExitStack() as stack:
        for module in SERVICES:
            service = await stack.enter_async_context(ServiceProcess(module, env))
            scale.services.append(service)
        scale.redis_at_rest = scale.weigh().redis
        for rate in RATES:
            rows += await one_rate(scale, made, rate, seconds)
    return results.Result(
        bench="size",
        title="What an event takes",
        command="make bench-size",
        method=METHOD,
        rows=tuple(rows),
    )


def main() -> None:
    """Measure, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="at each rate")
    parser.add_argument("--dry", action="store_true", help="say it, and save nothing")
    asked = parser.parse_args()
    with scratch_folder("surgeline-size-") as folder:
        for name in ("kafka", "redis"):
            (folder / name).mkdir()
        broker, redis = Broker(folder / "kafka"), RedisServer(folder / "redis")
        broker.start()
        redis.start()
        try:
            found = asyncio.run(measure(folder, broker, redis, asked.seconds))
        finally:
            redis.stop()
            broker.stop()
    if not asked.dry:
        results.save(found)
    say(results.told(found))


if __name__ == "__main__":
    main()
