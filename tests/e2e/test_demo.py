"""The demo as a person would start it: real Kafka, Redis and services, a short earthquake."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.broker import ROOT

# The shipped earthquake, smaller and shorter: everybody answers at once, so nothing is due again.
SHORT = """
name = "short-quake"
title_en = "A short earthquake"
title_ko = "짧은 지진"
sources = ["demo-quake.toml, made smaller"]
starts = 2026-03-10T14:00:00+09:00
length = "9m"
seed = 3
speed = 12

[queues]
ko = "main"
en = "english"

[[bursts]]
name = "mainshock"
says = "the ground shakes"
at = "1m"
peak_per_hour = 6000
halves_every = "25s"
ends = "5m"

[bursts.mix]
language = { ko = 1.0 }
country = { JP = 0.97 }
topic = { disaster = 1.0 }
urgency = { high = 0.3 }

[callers]
patience = "150s"
redials = 0.2
redials_at_most = 1
reconnects = 0.0
accepts_callback = 1.0
answers_callback = 1.0
answers_callback_abroad = 1.0
withheld = 0.0

[desk]
talk = "60s"
talk_variation = 0.3
wrap_up = "10s"
asks_every = "10s"

[[staff]]
pool = "counselors"
people = 8

[[response]]
pool = "volunteers"
people = 10
after = "60s"
over = "30s"

[verdict]
declared_within = "15s"
shown_within = "2s"
"""


class Demo:
    """`surgeline demo` as a child process, with everything it prints."""

    def __init__(self, data: Path, scenario: Path) -> None:
        self.data = data
        self.scenario = scenario
        self.said = ""
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *arguments: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "demo", *arguments),
            *("--data", str(self.data), "--scenario", str(self.scenario)),
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "160"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def until(self, words: str, patience: float) -> None:
        """Read on until these words were printed."""
        async with asyncio.timeout(patience):
            while words not in self.said:
                line = await self._output().readline()
                assert line, f"it ended before it said {words!r}:\n{self.said}"
                self.said += line.decode()

    async def end(self, patience: float) -> int:
        """Read to the end; the exit code."""
        assert self._process is not None
        async with asyncio.timeout(patience):
            self.said += (await self._output().read()).decode()
            return await self._process.wait()

    def interrupt(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)

    async def kill_if_running(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def left_behind(self) -> list[str]:
        """Command lines of processes that still know this demo's folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    known = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if str(self.data).encode() in known:
                    found.append((entry / "cmdline").read_bytes().decode())
        return found

    def _output(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    scenario = tmp_path / "short-quake.toml"
    scenario.write_text(SHORT, encoding="utf-8")
    running = Demo(tmp_path / "data", scenario)
    yield running
    await running.kill_if_running()


async def test_the_headless_demo_tells_its_story_proves_the_end_and_leaves_nothing(
    demo: Demo,
) -> None:
    await demo.start("--headless")
    code = await demo.end(patience=300.0)
    story = [
        "Surgeline is up",
        "the ground shakes",
        "surge declared on *",
        "seats asked",
        "the manager calls in 10 volunteers",
        "promised a callback",
        "nobody is waiting any more",
        "all callbacks are worked off",
        "everything held",
    ]
    places = [demo.said.find(words) for words in story]
    assert -1 not in places, demo.said
    assert places == sorted(places), demo.said
    assert code == 0, demo.said
    assert demo.left_behind() == []


async def test_ctrl_c_stops_the_demo_and_everything_it_started(demo: Demo) -> None:
    await demo.start()
    await demo.until("Ctrl-C stops everything", patience=120.0)
    assert demo.left_behind()
    demo.interrupt()
    await demo.end(patience=60.0)
    assert demo.left_behind() == []


async def test_a_wrong_scenario_is_named_before_anything_starts(demo: Demo) -> None:
    demo.scenario.write_text(SHORT.replace("patience", "patiense"), encoding="utf-8")
    await demo.start("--headless")
    assert await demo.end(patience=60.0) == 2
    assert "did you mean patience?" in demo.said
    assert not demo.data.exists() or not list(demo.data.iterdir())
