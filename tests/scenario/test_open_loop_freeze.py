"""Does the tool see an outage that a closed loop hides? The experiment of the guide, made again.

A server stands still for three seconds while people keep coming (wallboards-deploy-load.md 6.1).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    """What both sources told of the same server."""
    told = subprocess.run(
        [sys.executable, "-m", "load.bench.arrivals", "freeze", "--rate", "100", "--seconds", "8"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_a_freeze_of_three_seconds_is_reported_as_one(frozen: dict[str, Any]) -> None:
    assert frozen["open"]["p99_ms"] >= 2000


def test_a_closed_loop_drops_the_demand_of_the_freeze(frozen: dict[str, Any]) -> None:
    # Three of eight seconds, in which nobody new comes while all wait for their answers.
    assert frozen["closed"]["answers"] < 0.85 * frozen["open"]["answers"]
    assert frozen["closed"]["p95_ms"] < frozen["open"]["p95_ms"]
