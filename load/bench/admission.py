"""How fast does admission answer at 1,000 questions a second, and what of that is FastAPI's own?

`make bench-admission`. Admission and a bare FastAPI handler are asked by turns, a few seconds
each, so that whatever else this machine does falls on both. Meanwhile facts keep arriving on the
log. Nothing is judged.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import secrets
import socket
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvloop

from load.bench.open_loop import OpenLoop
from streams.events.callbacks import CallbackChanged, CallbackData, Request
from streams.events.codec import encode
from streams.events.contacts import Caller
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.surges import WaitData, WaitEstimated
from streams.kafka import LogWriter, Outgoing, create_topics
from streams.settings import Connections
from streams.topics import CALLBACKS, CONTACTS, QUEUES, SEATS, Topic, partition_of

OPEN_CALLBACKS = 5_000
TURN_SECONDS = 5
PATIENCE_SECONDS = 60.0


def questions(token: str, seed: int) -> Iterator[bytes]:
    """Arriving contacts as whole HTTP requests: mostly new numbers, as in a surge."""
    rng = random.Random(seed)
    head = (
        "POST /v1/admission HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: "
    )
    number = 0
    while True:
        number += 1
        said = {"contact": f"c-{number}", "queue": "main", "language": "ko", "topic": "disaster"}
        if rng.random() < 0.9:  # noqa: PLR2004 - the rest withhold theirs
            said["caller"] = f"010-{rng.randrange(10_000):04}-{rng.randrange(10_000):04}"
        if rng.random() < 0.02:  # noqa: PLR2004
            said["urgency"] = "life_at_risk"
        body = json.dumps(said)
        yield f"{head}{len(body)}\r\n\r\n{body}".encode()


def record(topic: Topic, key: str, event: Any) -> Outgoing:
    """A fact where its owner would write it."""
    return Outgoing(
        topic=topic, key=key.encode(), value=encode(event), partition=partition_of(key, topic)
    )


def callback(number: int, version: int) -> Outgoing:
    """An open callback of some caller."""
    now = datetime.now(UTC)
    name = f"cb-{number}"
    data = CallbackData(
        id=name,
        version=version,
        state="due",
        requests=(Request(id=f"r-{number}", arrived_at=now, queue="main"),),
        origin=now,
        reason="waited_too_long",
        queue="main",
        caller=Caller(key=hashlib.sha256(name.encode()).hexdigest()[:32], key_id="p1"),
        contact=f"r-{number}",
        requested_at=now,
        promised_by=now + timedelta(hours=4),
        due_at=now,
        expires_at=now + timedelta(hours=24),
    )
    made = CallbackChanged(
        id=f"{name}-{version}", source="bench", subject=name, time=now, change="failed", data=data
    )
    return record(CALLBACKS, name, made)


def reports(waiting: int, wait_seconds: float) -> list[Outgoing]:
    """The line as the tally and staffing tell it."""
    now = datetime.now(UTC)
    counts = QueueCounts(waiting=waiting, oldest_waiting_since=now - timedelta(minutes=2))
    day = {now.date().isoformat(): {"main": counts}}
    told: list[Outgoing] = []
    for part in range(CONTACTS.partitions):
        data = QueueData(partition=part, offset=0, counts=day)
        fact = QueuesMeasured(
            id=f"q-{part}", source="bench", subject=str(part), time=now, data=data
        )
        told.append(record(QUEUES, str(part), fact))
    wait = WaitData(
        queue="main", p50_seconds=wait_seconds, p90_seconds=2 * wait_seconds,
        method="queue_length", ahead=24 * waiting, servers=24,
    )  # fmt: skip
    said = WaitEstimated(id="w", source="bench", subject="main", time=now, data=wait)
    return [*told, record(SEATS, "wait/main", said)]


async def keep_writing(writer: LogWriter) -> None:
    """Facts go on arriving: 24 reports and 50 callbacks twice a second."""
    version = 2
    while True:
        changes = [callback(number, version) for number in range(50)]
        await writer.append([*reports(version % 9, 100.0 + version % 3 * 50), *changes])
        version += 1
        await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def server(
    argv: Sequence[str], port: int, env: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One of the two servers, ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, env={**os.environ, **env}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as client:
            while not await _is_ready(client, port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
    except httpx.HTTPError:
        return False


def cpu_seconds(process: asyncio.subprocess.Process) -> float:
    """User and system time of a server so far."""
    stat = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(words: str) -> None:
    """One line of the result."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def measure(rate: int, seconds: int) -> None:
    """Both servers by turns, each for so many seconds altogether."""
    connections = Connections(
        kafka=os.environ["SURGELINE_TEST_KAFKA"], prefix=f"bench{secrets.token_hex(4)}-"
    )
    await create_topics(connections)
    writer = LogWriter(connections)
    await writer.start()
    try:
        await _measured(connections, writer, rate, seconds)
    finally:
        await writer.stop()


async def _measured(connections: Connections, writer: LogWriter, rate: int, seconds: int) -> None:
    await writer.append([callback(number, 1) for number in range(OPEN_CALLBACKS)])
    await writer.append(reports(3, 100.0))
    token = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory() as folder:
        ports = [free_port(), free_port()]
        env = settings_of(connections, Path(folder), token, ports[0])
        async with (
            server(["-m", "services.admission"], ports[0], env) as ours,
            server(["-m", "load.bench.bare_handler", str(ports[1])], ports[1], {}) as bare,
        ):
            feeding = asyncio.create_task(keep_writing(writer))
            try:
                await _by_turns((ours, bare), ports, token, rate, seconds)
            finally:
                feeding.cancel()
                await asyncio.wait([feeding])


def settings_of(connections: Connections, folder: Path, token: str, port: int) -> dict[str, str]:
    """The environment of an admission process that knows one token."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    tokens = folder / "tokens.json"
    entry = {"name": "phone-1", "roles": ["source"], "sha256": digest}
    tokens.write_text(json.dumps({"tokens": [entry]}))
    return {
        "SURGELINE_KAFKA": connections.kafka,
        "SURGELINE_PREFIX": connections.prefix,
        "SURGELINE_CENTRE": str(connections.centre),
        "SURGELINE_PORT": str(port),
        "SURGELINE_TOKENS": str(tokens),
        "SURGELINE_PSEUDONYM_KEY": "p1:" + urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


async def _by_turns(
    processes: tuple[asyncio.subprocess.Process, asyncio.subprocess.Process],
    ports: Sequence[int],
    token: str,
    rate: int,
    seconds: int,
) -> None:
    loops = [OpenLoop(port, questions(token, seed)) for seed, port in enumerate(ports)]
    spent = [0.0, 0.0]
    for loop in loops:
        await loop.run(rate / 4, 2)  # warm, and not counted
        loop.timing.seconds.clear()
        loop.timing.statuses.clear()
    for _ in range(-(-seconds // TURN_SECONDS)):
        for index, loop in enumerate(loops):
            before = cpu_seconds(processes[index])
            await loop.run(rate, min(TURN_SECONDS, seconds))
            spent[index] += cpu_seconds(processes[index]) - before
    _report(loops, spent, rate)


def _report(loops: Sequence[OpenLoop], spent: Sequence[float], rate: int) -> None:
    say(f"{rate} questions a second, {OPEN_CALLBACKS} callbacks open, facts arriving meanwhile")
    for name, loop, cpu in zip(("admission", "bare FastAPI"), loops, spent, strict=True):
        timing = loop.timing
        count = len(timing.seconds)
        say(
            f"{name:>13}: p50 {timing.quantile(0.5):.2f} ms, p99 {timing.quantile(0.99):.2f} ms,"
            f" p99.9 {timing.quantile(0.999):.2f} ms, longest {timing.quantile(1):.2f} ms;"
            f" CPU {1e6 * cpu / count:.0f} us each; {dict(timing.statuses)}"
        )
    ours, bare = (loop.timing for loop in loops)
    p50, p99 = (ours.quantile(q) / bare.quantile(q) for q in (0.5, 0.99))
    say(f"        ratio: p50 {p50:.2f}, p99 {p99:.2f}, CPU {spent[0] / spent[1]:.2f}")


def main() -> None:
    """Read what was asked for, and measure."""
    parser = argparse.ArgumentParser(prog="python -m load.bench.admission", description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="questions a second (1000)")
    parser.add_argument("--seconds", type=int, default=20, help="for each of the two (20)")
    asked = parser.parse_args()
    uvloop.run(measure(asked.rate, asked.seconds))


if __name__ == "__main__":
    main()
