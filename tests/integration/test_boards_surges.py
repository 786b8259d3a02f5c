"""Has every surge a page of its own, live and after, and a report that the log gives again?"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.events.codec import decode
from streams.events.demand import PulseCounted
from streams.kafka import LogWriter, read_to_end
from streams.settings import Connections
from streams.topics import PULSES
from tests.integration.test_boards import board, until
from tests.support.board_story import Story, cleared
from tests.support.stack import SecretsEnv, service_env


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log = LogWriter(connections)
    await log.start()
    yield log
    await log.stop()


async def recounted(connections: Connections, case: dict[str, Any]) -> tuple[int, int]:
    """People and redials of the case's key since its start, straight from the log."""
    since = datetime.fromisoformat(case["surge"]["started_at"])
    ends = {int(part): last + 1 for part, last in case["read_up_to"]["pulses"].items()}
    latest: dict[tuple[int, datetime], Any] = {}
    async for record in read_to_end(connections, PULSES, partitions=ends, ends=ends):
        event = decode(record.value or b"")
        if isinstance(event, PulseCounted) and event.data.key == case["surge"]["key"]:
            latest[event.data.partition, event.data.second] = event.data
    pulses = [pulse for pulse in latest.values() if pulse.second >= since]
    return sum(p.first_attempts for p in pulses), sum(p.redials for p in pulses)


async def test_a_surge_has_a_page_and_a_report_that_equal_a_recount_of_the_log(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter, tmp_path: Path
) -> None:
    end = datetime.now(UTC)
    day = (end + timedelta(hours=9)).date().isoformat()
    story = Story(end, surge=timedelta(minutes=20), day=day)
    await writer.append(list(story.records()))
    env = service_env(connections, secrets_env)
    async with board(connections, secrets_env) as client:
        await until(client, headline__level="surge")
        live = (await client.get("/v1/surges/ep-1")).json()
        page = await client.get("/surges/ep-1?lang=en")
        listed = (await client.get("/surges?lang=en")).text
        nothing = await client.get("/surges/nothing-there")
        people = await recounted(connections, live)
        await writer.append([cleared(story, datetime.now(UTC))])
        await until(client, headline__level="normal")

    assert (live["counted"]["people"], live["counted"]["redials"]) == people
    assert people[0] > 100
    assert (page.status_code, nothing.status_code) == (200, 404)
    assert f"{people[0]:,}" in page.text
    assert 'href="/surges/ep-1?lang=en"' in listed
    # The board is gone: the report comes from the log alone.
    target = tmp_path / "report.html"
    asked = [sys.executable, "-m", "services.cli", "report", "ep-1", "--out", str(target)]
    done = await asyncio.to_thread(
        subprocess.run,
        asked,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{people[0]:,} people counted" in done.stdout
    assert target.read_text().count("<svg") == 3
