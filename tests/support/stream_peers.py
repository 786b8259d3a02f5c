"""Stock Faust and Kafka Streams on the same log: how many events a second, at what CPU each?"""

import asyncio
import os
import re
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiokafka.admin import NewTopic

from services.supervisor.kafka import java_command
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.bench_log import admin_of
from tests.support.broker import ROOT

BUILT = ROOT / ".cache" / "kafka-streams"
SOURCE = ROOT / "load" / "bench" / "kafka_streams"
PATIENCE_SECONDS = 400.0
RESULT = re.compile(rb'\{"events".*\}')


@dataclass(frozen=True, slots=True)
class Pace:
    """What somebody managed."""

    per_second: float
    cpu_micros: float


async def _counted(*argv: str) -> Pace:
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = RESULT.search(told)
    if said is None:
        raise RuntimeError(f"no result from {argv}: {told[-2000:]!r}")
    found = orjson.loads(said.group())
    events = found["events"]
    return Pace(events / found["seconds"], 1e6 * found["cpu_seconds"] / events)


async def stock_faust(connections: Connections, events: int) -> Pace:
    """One event a record, from the first on."""
    topic = connections.topic(CONTACTS)
    await _make(connections, f"{topic}-closed")
    return await _counted(
        sys.executable, "-m", "load.bench.stock_faust",
        connections.kafka, topic, f"{connections.prefix}stock-faust", str(events),
    )  # fmt: skip


async def kafka_streams(connections: Connections, events: int) -> Pace:
    """Whatever is in a record, from the first on."""
    topic = connections.topic(CONTACTS)
    name = f"{connections.prefix}kafka-streams-{secrets.token_hex(2)}"
    await _make(connections, f"{name}-closed")
    with tempfile.TemporaryDirectory() as state:
        return await _counted(
            java_command(os.environ), "-Xmx1g", "-cp", f"{BUILT}/windowed-count.jar:{BUILT}/jars/*",
            "bench.WindowedCount", connections.kafka, topic, f"{name}-closed", name, state,
            str(events),
        )  # fmt: skip


async def _make(connections: Connections, topic: str) -> None:
    async with admin_of(connections) as admin:
        await admin.create_topics([NewTopic(topic, 4, 1)])


def build() -> Path:
    """Kafka Streams' half, by Maven, into the cache; the second time that takes no time."""
    made = BUILT / "windowed-count.jar"
    sources = [path for path in SOURCE.rglob("*") if path.is_file()]
    if made.exists() and made.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return made
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(SOURCE / "pom.xml"), f"-Dbuilt={BUILT}", "clean", "package",
         "dependency:copy-dependencies", "-DincludeScope=runtime"],
        check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return made
