"""Does Locust end with the code that says what a rehearsal came to? Against one running platform.

Started as the page of the tool says: each part on a command line of its own, with the addresses
and tokens that `surgeline up` wrote down.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from load.verdict.judge import false_declarations
from load.verdict.result import Code, Result, read_result
from services.supervisor import ports
from tests.e2e.test_up import Up
from tests.support.broker import ROOT
from tests.support.watching import until

# More callers than one counselor answers; who is at home comes. However slow the machine is, as
# many of them arrive as are asked for here.
SCENARIO = """
name = "crowded"
title_en = "Crowded"
title_ko = "혼잡"
sources = ["made for a test"]
starts = 2026-03-10T14:00:00+09:00
length = "3m"
seed = 4

[queues]
ko = "main"

[base]
per_hour = 0

[[bursts]]
name = "rush"
at = "5s"
peak_per_hour = 3000
hold = "50s"
mix = { language = { ko = 1.0 }, topic = { disaster = 1.0 } }

[callers]
patience = "20s"
redials = 0.0

[desk]
talk = "40s"
wrap_up = "5s"

[[staff]]
pool = "counselors"
people = 1

[callout]
people = 20
call_up = "1s"
confirmed_after = "0s"
yes_share = 1.0

[verdict]
achieved_at_least = 0.3
live_at_least = 1.0
"""


@dataclass
class Stage:
    """The platform, and Locust beside it."""

    up: Up
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What a shell knows that has read both files."""
        known: dict[str, str] = {}
        for name in ("tokens.env", "addresses.env"):
            lines = (self.up.data / name).read_text(encoding="utf-8").splitlines()
            known |= dict(line.removeprefix("export ").split("=", 1) for line in lines if line)
        return {**known, "PYTHONPATH": str(ROOT), "SURGELINE_CENTRE": str(ROOT / "centre.toml")}

    def locust(self, *options: str) -> "subprocess.Popen[bytes]":
        locustfile = str(ROOT / "load" / "locustfile.py")
        return subprocess.Popen(
            [*(sys.executable, "-m", "locust", "-f", locustfile), *options],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def alone(self, name: str, *options: str) -> "subprocess.Popen[bytes]":
        crisis = ("--scenario", "crowded.toml", "--speed", "10", "--results", name)
        return self.locust("--headless", *crisis, *options)

    def result(self, name: str) -> Result:
        [page] = (self.folder / name).glob("*.html")
        return read_result(page)

    def now(self) -> str:
        """By the centre's clock."""
        now: str = httpx.get(**self._intake("/v1/clock", "rehearsal")).json()["now"]
        return now

    def say(self, events: list[dict[str, Any]]) -> int:
        """Tell intake, as another phone system."""
        told = self._intake("/v1/events", "source")
        told["headers"]["Content-Type"] = "application/cloudevents-batch+json"
        return httpx.post(**told, json=events).status_code

    def _intake(self, path: str, role: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.up.token(role)}"}
        return {"url": self.up.said["urls"]["intake"] + path, "headers": headers, "timeout": 30.0}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("crisis")
    (folder / "crowded.toml").write_text(SCENARIO, encoding="utf-8")
    up = Up(folder / "data")
    yield Stage(up, folder)
    up.stop()


def test_a_master_and_its_workers_miss_an_objective_and_write_what_locust_writes(
    stage: Stage,
) -> None:
    [port] = ports.any_free(1)
    files = ("--html", "run.html", "--csv", "run", "--json-file", "run")
    master = stage.alone(
        *("missed", "--master", "--master-bind-port", str(port), "--expect-workers", "2"), *files
    )
    # Which crisis it is they hear from the master.
    workers = [stage.locust("--worker", "--master-port", str(port)) for _ in range(2)]
    try:
        assert master.wait(timeout=280.0) == Code.OBJECTIVE_MISSED
        assert [worker.wait(timeout=60.0) for worker in workers] == [0, 0]
    finally:
        for process in (master, *workers):
            process.kill()
    result = stage.result("missed")
    assert result.workers == 2
    assert [bar.name for bar in result.bars if bar.holds is False] == ["people answered live"]
    assert false_declarations(result) == 0
    # One counselor was there, and who was called out came.
    assert max(result.record.curves["at the phones"]) > 1
    for name in ("run.html", "run_stats.csv", "run.json"):
        assert "admission" in (stage.folder / name).read_text(encoding="utf-8")
    told = {one.name: one.value for one in result.seen}
    # Prometheus may have looked for the last time before the last call, but not after it.
    received = told["contacts that reached a queue"]
    assert received is not None
    assert 0 < received <= result.record.counts["arrived"]


def test_a_run_that_is_cut_short_was_not_the_load(stage: Stage) -> None:
    run = stage.alone("short", "--run-time", "8s")
    assert run.wait(timeout=280.0) == Code.LOAD_NOT_ACHIEVED
    assert not stage.result("short").record.finished


def test_whoever_two_counselors_answered_at_once_is_found_by_the_audit(stage: Stage) -> None:
    run = stage.alone("twice")
    try:
        until(lambda: list((stage.folder / "twice").glob("*.jsonl")))
        now = stage.now()
        lies = [_said("arrived", now), *(_said("answered", now, who) for who in ("one", "two"))]
        assert stage.say(lies) == 202
        assert run.wait(timeout=280.0) == Code.CALLER_LOST
    finally:
        run.kill()
    audit = stage.result("twice").audit
    assert audit is not None
    assert {found["kind"] for found in audit.violations} == {"answered_twice"}


def _said(what: str, now: str, agent: str = "") -> dict[str, Any]:
    known = {"queue": "main", "channel": "voice", "language": "ko"}
    return {
        "specversion": "1.0",
        "id": f"{what}{agent}",
        "source": "a phone system that is wrong",
        "type": f"surgeline.contact.{what}.v1",
        "subject": "call-of-two",
        "time": now,
        "data": {**known, "agent": agent} if agent else known,
    }
