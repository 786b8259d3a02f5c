"""Does the running board go by a version of the centre file as soon as it is in force?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from streams.kafka import LogWriter
from streams.settings import Connections
from tests.integration.test_boards import board, until
from tests.integration.test_centre_versions import apply, version
from tests.support.board_story import Story
from tests.support.stack import SecretsEnv

WITHIN, STRICTER = 'within = "15s"', 'within = "20s"'


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log = LogWriter(connections)
    await log.start()
    yield log
    await log.stop()


async def numbers(client: httpx.AsyncClient, enough: asyncio.Event) -> list[int]:
    """The number of every snapshot that one open stream brings until `enough`."""
    seen: list[int] = []
    async with client.stream("GET", "/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("id: "):
                seen.append(int(line.removeprefix("id: ")))
            if enough.is_set() and len(seen) > 1:
                break
    return seen


async def test_a_version_in_force_is_shown_without_a_restart_and_no_viewer_is_cut_off(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    now = datetime.now(UTC)
    day = (now + timedelta(hours=9)).date().isoformat()
    await writer.append(list(Story(now, surge=timedelta(minutes=20), day=day).records()))
    shipped, other = version(connections), version(connections, (WITHIN, STRICTER))
    await apply(writer, shipped)
    async with board(connections, secrets_env) as client:
        first = await until(client, headline__level="surge", centre_version=shipped.version)
        enough = asyncio.Event()
        watching = asyncio.create_task(numbers(client, enough))
        await asyncio.sleep(0.5)
        await apply(writer, other.__class__(**_fields(other) | {"previous": shipped.version}))
        second = await until(client, centre_version=other.version)
        page = (await client.get("/?lang=en")).text
        enough.set()
        seen = await watching
    async with board(connections, secrets_env) as client:
        again = await until(client, headline__level="surge")

    for part in ("shares", "callbacks", "headline", "levels", "seats"):
        assert second[part] == first[part] == again[part], part
    assert (first["in_target"]["target_seconds"], second["in_target"]["target_seconds"]) == (15, 20)
    assert again["centre_version"] == other.version
    assert [made["kind"] for made in second["decisions"]].count("centre_applied") == 1
    assert f"new centre file in force ({other.version})" in page
    assert seen == sorted(set(seen))


def _fields(data: Any) -> dict[str, Any]:
    return {name: getattr(data, name) for name in data.__struct_fields__}
