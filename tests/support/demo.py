"""`surgeline demo` as a person would start it: a child process, with everything it prints."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

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
    """One demo, its folder and its words."""

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

    def addresses(self) -> dict[str, str]:
        """Where its parts are, as it wrote them down for other terminals."""
        lines = (self.data / "addresses.env").read_text(encoding="utf-8").splitlines()
        return dict(line.removeprefix("export ").split("=", 1) for line in lines)

    def kill9(self, program: str) -> None:
        """Kill this part of the platform as a machine would; it is started again."""
        [pid] = [pid for pid, words in self._parts() if words.split("\0")[0] == program]
        os.kill(pid, signal.SIGKILL)

    def interrupt(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)

    async def kill_if_running(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def left_behind(self) -> list[str]:
        """Command lines of processes that still know this demo's folder."""
        return [words for _, words in self._parts()]

    def _parts(self) -> Iterator[tuple[int, str]]:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    words = (entry / "cmdline").read_bytes()
                    known = words + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if str(self.data).encode() in known:
                    yield int(entry.name), words.decode()

    def _output(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout
