"""What does an event cost the streams worker? `python -m tests.support.streams_bench [CONTACTS]`

Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py). Prints what it measured on this
machine, with whatever else runs on it; nothing is asserted. CPU time is the worker's own.
"""

import asyncio
import os
import re
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from services.supervisor.keys import hashed, make_secrets
from streams.kafka import LogWriter, create_topics
from streams.settings import Connections
from tests.support.broker import ROOT
from tests.support.feed import feed, people
from tests.support.process import ServiceProcess
from tests.support.stack import scratch_folder

FOLDED = re.compile(r'surgeline_events_folded_total\{processor="tally"\} (\S+)')
ONE_BY_ONE, FULL_PARCELS = 1000, 50_000  # events a second, by which intake would fill parcels
PATIENCE_SECONDS = 300.0


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201


class Measured(ServiceProcess):
    """A worker whose CPU time and progress can be asked for."""

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    async def folded(self) -> float:
        """Events that the tally has folded since it started."""
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=30.0) as client:
                found = FOLDED.search((await client.get("/metrics")).text)
        except httpx.ConnectError:  # it has only just started
            return 0.0
        return float(found.group(1)) if found else 0.0

    async def until_folded(self, events: int) -> None:
        """Wait for that many."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while await self.folded() < events and time.monotonic() < give_up:
            await asyncio.sleep(0.1)


async def measure(env: dict[str, str], contacts: int, per_second: int, only: Sequence[str]) -> None:
    """Catch up with a log that is there, be killed, start again."""
    connections = Connections.from_env(env | {"SURGELINE_PREFIX": f"b{secrets.token_hex(3)}-"})
    await create_topics(connections)
    steps = people(1, contacts, per_second)
    writer = LogWriter(connections, deadline_seconds=60.0)
    await writer.start()
    await feed(writer, steps, fast=True)
    await writer.stop()
    worker = Measured("streams", env | {"SURGELINE_PREFIX": connections.prefix}, only)
    began = time.monotonic()
    worker.start()
    await worker.until_folded(len(steps))
    took, cpu = time.monotonic() - began, worker.cpu_seconds()
    say(
        f"{' '.join(only) or 'all'}, parcels as at {per_second}/s: {len(steps)} events in"
        f" {took:.1f} s from start, {cpu / len(steps) * 1e6:.0f} us CPU each"
    )
    await asyncio.sleep(2.0)
    worker.kill9()
    began = time.monotonic()
    worker.start()
    await worker.wait_ready(PATIENCE_SECONDS)
    say(f"  killed and started: ready after {time.monotonic() - began:.1f} s,"
        f" {worker.cpu_seconds():.1f} s CPU")  # fmt: skip
    await worker.stop()


async def main(contacts: int) -> None:
    """Alone and together, in small and in full parcels."""
    kafka = os.environ["SURGELINE_TEST_KAFKA"]
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        env = {
            **made.env(tokens),
            "SURGELINE_KAFKA": kafka,
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
            "SURGELINE_INSTANCE": "0",
        }
        for per_second in (ONE_BY_ONE, FULL_PARCELS):
            for only in (("--only", "tally"), ()):
                await measure(env, contacts, per_second, only)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000))
