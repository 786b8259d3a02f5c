"""A dirty crisis as a person would rehearse it: Locust's callers, real Kafka, Redis and services.

The phone system repeats, delays and forgets, and one adapter goes away in the middle (S10, made
short); two processes play it, each with a part of the callers and of the floor.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from load.verdict.result import Result, read_result
from tests.support.broker import ROOT
from tests.support.demo import SHORT, Demo

DIRTY = (
    SHORT.replace("short-quake", "short-dirty")
    .replace('length = "9m"', 'length = "6m"')
    .replace('at = "1m"', 'at = "40s"')
    .partition("[verdict]")[0]
    + """
[faults]
repeated = 0.05
late = 0.04
late_at_most = "40s"
hang_ups_lost = 0.02
adapter_away_at = "130s"
adapter_away_for = "40s"

[verdict]
declarations_at_least = 1
double_dials_at_most = 0
audit_clean = true
"""
)


class Crisis(Demo):
    """`surgeline crisis` with a scenario file of its own."""

    async def start(self, *arguments: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "crisis", str(self.scenario)),
            *("--data", str(self.data), "--results", str(self.data.parent / "verdict")),
            *arguments,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "160"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    def result(self) -> Result:
        """What the run wrote, read from its page."""
        pages = list((self.data.parent / "verdict").glob("*.html"))
        assert len(pages) == 1, self.said
        return read_result(pages[0])


@pytest.fixture
async def crisis(tmp_path: Path) -> AsyncIterator[Crisis]:
    scenario = tmp_path / "short-dirty.toml"
    scenario.write_text(DIRTY, encoding="utf-8")
    running = Crisis(tmp_path / "data", scenario)
    yield running
    await running.kill_if_running()


async def test_over_a_dirty_line_everybody_is_accounted_for_and_nobody_is_called_twice(
    crisis: Crisis,
) -> None:
    await crisis.start("--headless", "--processes", "2")
    await crisis.end(patience=300.0)
    result = crisis.result()
    held = {bar.name: bar.holds for bar in result.bars}
    assert held["audit: everyone accounted for"], crisis.said
    assert held["people called twice"], crisis.said
    assert held["surges declared"], crisis.said
    assert result.workers == 2
    # The dirt was there, both parts played, and what they counted is what the audit found.
    assert result.record.events > result.record.counts["arrived"] > 30
    assert result.log is not None
    assert result.log.promises > 0
    assert result.audit is not None
    assert result.audit.requests >= result.record.offered
    assert crisis.left_behind() == []
