"""Does a whole platform start, survive its parts' deaths, and leave nothing behind?

Real Kafka and Redis; small programs stand where the services will be.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio

from services.supervisor.folder import DataFolder, FolderError
from services.supervisor.plan import SERVICES
from services.supervisor.platform import Platform
from streams.kafka import LogWriter, Outgoing, end_offsets
from streams.topics import AGENTS
from tests.support import processes
from tests.support.broker import ROOT, kafka_jars
from tests.support.small_platform import settings_for


@pytest.fixture(autouse=True)
def _jars() -> None:
    kafka_jars()


def quiet(_: str) -> None:
    """Say nothing."""


async def test_the_log_and_the_keys_stay_from_run_to_run_and_fresh_forgets_the_log(
    tmp_path: Path,
) -> None:
    async with Platform(settings_for(tmp_path), say=quiet) as platform:
        tokens = platform.tokens
        writer = LogWriter(platform.connections)
        await writer.start()
        await writer.append([Outgoing(topic=AGENTS, key=b"a-1", value=b"{}")])
        await writer.stop()
        async with redis.asyncio.Redis.from_url(platform.connections.redis) as client:
            assert await client.ping()
    async with Platform(settings_for(tmp_path), say=quiet) as platform:
        assert platform.tokens == tokens
        assert await end_offsets(platform.connections, AGENTS) == {0: 1}
    async with Platform(replace(settings_for(tmp_path), fresh=True), say=quiet) as platform:
        assert platform.tokens == tokens
        assert await end_offsets(platform.connections, AGENTS) == {0: 0}


async def test_whatever_is_killed_comes_back(tmp_path: Path) -> None:
    said: list[str] = []
    async with Platform(settings_for(tmp_path), say=said.append) as platform:
        for name in ("first", "redis", "kafka"):
            platform.kill(name)
            async with asyncio.timeout(30):
                while not platform.restarts[name]:
                    await asyncio.sleep(0.02)
                await platform.children[name].wait_ready()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{platform.urls['intake']}/readyz")).is_success
    assert said == [
        f"{name} was ended by SIGKILL and is started again" for name in ("first", "redis", "kafka")
    ]


async def test_a_service_that_keeps_dying_ends_the_platform_with_its_reason(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path, [f"dies-with={tmp_path / 'mark'}"])
    async with Platform(settings, say=quiet) as platform:
        sentence = await asyncio.wait_for(platform.gave_up(), 60)
    assert sentence.startswith("first ended with code 4 after 5 restarts within 60 s")
    assert processes.that_mention(tmp_path) == []


async def test_a_service_that_cannot_start_stops_everything_that_was_started(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path, ["dies-at-once"])
    with pytest.raises(Exception, match="first ended with code 3 before it was ready"):
        async with Platform(settings, say=quiet):
            pytest.fail("it must not come up")
    assert processes.that_mention(tmp_path) == []


async def test_a_second_platform_on_the_same_folder_starts_nothing(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    first.claim(quiet)
    with pytest.raises(FolderError, match="in use by another Surgeline"):
        async with Platform(settings_for(tmp_path), say=quiet):
            pytest.fail("it must not come up")
    first.release()
    assert processes.that_mention(tmp_path) == []


async def test_prometheus_reads_the_services(tmp_path: Path) -> None:
    async with (
        Platform(settings_for(tmp_path, prometheus=True), say=quiet) as platform,
        httpx.AsyncClient(base_url=platform.urls["prometheus"]) as client,
    ):
        # The small programs stand on the ports of intake and streams; nobody plays the others.
        there = ("intake", "streams")
        wanted = {name: "1" if name in there else "0" for name in SERVICES}
        give_up = time.monotonic() + 30
        seen: dict[str, str] = {}
        while seen != wanted and time.monotonic() < give_up:
            answer = await client.get("/api/v1/query", params={"query": "up"})
            rows = answer.json()["data"]["result"]
            seen = {row["metric"]["job"]: row["value"][1] for row in rows}
            await asyncio.sleep(0.1)
        assert seen == wanted


class Supervisor:
    """A platform in a process of its own, so that it can be killed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        argv = [sys.executable, "-m", "tests.support.small_platform", str(data)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.pids: dict[str, int] = {}

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.pids = ready["pids"]

    def left_after_its_end(self) -> list[int]:
        """What still runs of it; the kernel is given some seconds to bury the dead."""
        give_up = time.monotonic() + 10
        while (left := self._left()) and time.monotonic() < give_up:
            time.sleep(0.02)
        return left

    def _left(self) -> list[int]:
        ours = set(self.pids.values()) & set(processes.running())
        return sorted(ours | set(processes.that_mention(self.data)))


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path)
    yield made
    made.process.kill()
    made.process.communicate()


def test_sigterm_stops_everything(supervisor: Supervisor) -> None:
    supervisor.wait_ready()
    supervisor.process.send_signal(signal.SIGTERM)
    assert supervisor.process.wait(40) == 0
    assert supervisor.left_after_its_end() == []


def test_ctrl_c_while_starting_stops_everything(supervisor: Supervisor) -> None:
    give_up = time.monotonic() + 30
    while not (supervisor.data / "logs" / "kafka.log").exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    supervisor.process.send_signal(signal.SIGINT)
    assert supervisor.process.wait(40) == 0
    assert supervisor.left_after_its_end() == []


def test_a_killed_supervisor_takes_its_children_with_it_and_its_folder_can_be_used_again(
    supervisor: Supervisor,
) -> None:
    supervisor.wait_ready()
    supervisor.process.kill()
    supervisor.process.wait()
    assert supervisor.left_after_its_end() == []
    again = Supervisor(supervisor.data)
    again.wait_ready()
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(40) == 0
    again.process.communicate()
