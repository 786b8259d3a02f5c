"""Does the board show what is on the log, to everyone, and again after a restart?"""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.board_story import Story, cleared
from tests.support.feed import caught_up, feed, people, recount
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

PATIENCE_SECONDS = 40.0
FRESH = 3.0


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log = LogWriter(connections)
    await log.start()
    yield log
    await log.stop()


@pytest.fixture
def story() -> Story:
    end = datetime.now(UTC)
    day = end.astimezone(ZoneInfo("Asia/Seoul")).date().isoformat()
    return Story(end, surge=timedelta(minutes=27), day=day)


@asynccontextmanager
async def board(connections: Connections, env: SecretsEnv) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        ServiceProcess("services.boards", service_env(connections, env)) as process,
        httpx.AsyncClient(base_url=process.url, timeout=10.0) as client,
    ):
        yield client


async def until(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """The first snapshot in which these fields have these values."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            snapshot: dict[str, Any] = (await client.get("/v1/board.json")).json()
            if all(_at(snapshot, path) == value for path, value in wanted.items()):
                return snapshot
            await asyncio.sleep(0.05)


def ends(records: list[Outgoing], places: list[tuple[int, int]]) -> dict[str, dict[str, int]]:
    """The last offset of each partition that was written to."""
    last: dict[str, dict[str, int]] = {}
    for record, (partition, offset) in zip(records, places, strict=True):
        known = last.setdefault(record.topic.name, {})
        known[str(partition)] = max(offset, known.get(str(partition), -1))
    return last


async def until_read(
    client: httpx.AsyncClient, written: dict[str, dict[str, int]]
) -> dict[str, Any]:
    """The first snapshot that reflects everything that was written."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            snapshot: dict[str, Any] = (await client.get("/v1/board.json")).json()
            offsets = snapshot["offsets"]
            if all(offsets.get(topic) == last for topic, last in written.items()):
                return snapshot
            await asyncio.sleep(0.05)


async def until_offsets(client: httpx.AsyncClient, contacts: dict[str, int]) -> dict[str, Any]:
    """The snapshot that reflects `contacts` up to these offsets, and all pulses of them."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            snapshot: dict[str, Any] = (await client.get("/v1/board.json")).json()
            shown = {
                p: offset for p, offset in snapshot["offsets"]["contacts"].items() if offset >= 0
            }
            # Pulses of a batch are said before its counts, but travel on a topic of their own.
            ages = [snapshot["ages"][group]["age"] for group in ("queues", "arrivals")]
            if shown == contacts and all(age is not None and age < FRESH for age in ages):
                return snapshot
            await asyncio.sleep(0.1)


async def until_age(client: httpx.AsyncClient, low: float, high: float) -> dict[str, float]:
    """The ages, once that of the waiting numbers is between these."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            snapshot = (await client.get("/v1/board.json")).json()
            ages = {group: fresh["age"] for group, fresh in snapshot["ages"].items()}
            if ages["queues"] is not None and low <= ages["queues"] <= high:
                return ages
            await asyncio.sleep(0.1)


def _at(snapshot: dict[str, Any], path: str) -> Any:
    value: Any = snapshot
    for name in path.split("__"):
        value = value[name]
    return value


def shares(snapshot: dict[str, Any]) -> dict[str, int]:
    return {part["name"]: part["people"] for part in snapshot["shares"]["parts"] if part["people"]}


def told(story: Story) -> dict[str, int]:
    return {name: people for name, people in story.told.requests.items() if people}


async def test_facts_on_the_log_appear_on_the_board_and_again_after_a_restart(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter, story: Story
) -> None:
    records = list(story.records())
    async with board(connections, secrets_env) as client:
        written = ends(records, await writer.append(records))
        first = await until_read(client, written)
        page = (await client.get("/")).text
    async with board(connections, secrets_env) as client:
        again = await until_read(client, written)

    assert shares(first) == told(story)
    assert first["headline"]["key"]["key"] == "country:JP"
    assert "급증 · 일본" in page
    for part in ("shares", "callbacks", "headline", "levels", "seats", "decisions", "offsets"):
        assert again[part] == first[part], part
    people = {row["key"]: row["people"] for row in again["missions"]}
    assert people.keys() == {"total", "country:JP", "country:CN", "country:VN", "country:US"}


async def test_the_board_equals_a_recount_of_the_log_though_it_and_the_tally_were_killed(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    env = service_env(connections, secrets_env)
    steps = people(seed=5, contacts=900, events_per_second=900)
    tally = ServiceProcess("streams", env, ("--only", "tally"))
    shown = ServiceProcess("services.boards", env)
    async with tally, shown, httpx.AsyncClient(base_url=shown.url, timeout=10.0) as client:
        feeding = asyncio.create_task(feed(writer, steps))
        for process in (shown, tally):
            await asyncio.sleep(0.8)
            process.kill9()
            process.start()
            await process.wait_ready()
        await feeding
        said = await caught_up(connections)
        contacts = {str(partition): offset for partition, offset in said.offsets.items()}
        snapshot = await until_offsets(client, contacts)
    due = await recount(connections, said.overflow.values())

    counts = [
        queue for days in due.counts.values() for day in days.values() for queue in day.values()
    ]
    assert sum(one.waiting for one in counts) == snapshot["waiting"] == 0
    assert shares(snapshot) == {
        "answered_live": sum(one.answered_live for one in counts),
        "callback_open": sum(one.handed_over for one in counts),
        "lost": sum(sum(one.lost.values()) for one in counts),
    }
    assert snapshot["in_target"]["answered_in_target"] == sum(
        one.answered_in_target for one in counts
    )
    pulses = [pulse for pulse in due.pulses.values() if pulse.key == "total"]
    assert sum(snapshot["arrivals"]["first_attempts"]) == sum(p.first_attempts for p in pulses)
    assert sum(snapshot["arrivals"]["repeats"]) == sum(p.redials + p.reconnects for p in pulses)


async def test_prometheus_reads_what_the_screen_shows(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter, story: Story
) -> None:
    await writer.append(list(story.records()))
    async with board(connections, secrets_env) as client:
        snapshot = await until(client, headline__level="surge")
        lines = (await client.get("/metrics")).text.splitlines()

    told_by = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    for part in snapshot["shares"]["parts"]:
        assert float(told_by[f'surgeline_requests{{outcome="{part["name"]}"}}']) == part["people"]
    assert float(told_by['surgeline_surge_level{key="country:JP"}']) == 2
    assert float(told_by['surgeline_queue_contacts{queue="main"}']) == snapshot["waiting"]
    assert (
        float(told_by['surgeline_first_attempts_total{key="total"}'])
        == (story.told.people["total"])
    )


async def test_every_screen_is_told_and_a_slow_one_holds_nobody(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter, story: Story
) -> None:
    await writer.append(list(story.records()))
    async with board(connections, secrets_env) as client:
        await until(client, headline__level="surge")
        deaf = _deaf_viewer(client)
        try:
            screens = [asyncio.create_task(_until_calm(client)) for _ in range(8)]
            await _all_are_watching(client, 9)
            await writer.append([cleared(story, datetime.now(UTC))])
            seen = await asyncio.gather(*screens)
        finally:
            deaf.close()

    for events in seen:
        numbers = [number for number, _ in events]
        assert numbers == sorted(set(numbers))
        assert events[0][1] == "surge"
        assert events[-1][1] == "normal"


async def test_waiting_numbers_grow_old_when_the_tally_does_not_follow_the_log(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter, story: Story
) -> None:
    await writer.append(list(story.records()))
    async with board(connections, secrets_env) as client:
        await until_age(client, 0.0, 1.5)
        await writer.append([Outgoing(topic=CONTACTS, value=b"[]", partition=3)])
        ages = await until_age(client, 5.1, 1e6)
        page = (await client.get("/")).text

    assert ages["callbacks"] < ages["queues"]
    assert "some-old stale" in page


async def test_pages_are_guarded_and_old_addresses_lead_nowhere(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    async with board(connections, secrets_env) as client:
        page = await client.get("/")
        foreign = await client.get("/", headers={"Host": "board.example"})
        outside = await client.get("/static/x/..%2f..%2fsettings.py")
        script = await client.get("/static/x/board.js")

    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert (foreign.status_code, outside.status_code, script.status_code) == (403, 404, 200)
    assert script.headers["content-type"].startswith("text/javascript")


async def test_the_board_stops_at_once_though_screens_are_watching(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    process = ServiceProcess("services.boards", service_env(connections, secrets_env))
    process.start()
    await process.wait_ready()
    async with (
        httpx.AsyncClient(base_url=process.url, timeout=10.0) as client,
        client.stream("GET", "/events") as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)
        code = await process.stop()
        rest = [line async for line in lines]

    # The stream came to its end by itself: a cut connection would have raised an error.
    assert rest[-1] == ""
    assert code in {0, -signal.SIGTERM}


def _deaf_viewer(client: httpx.AsyncClient) -> socket.socket:
    """A screen that asks for the stream and never reads it."""
    url = client.base_url
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((url.host, url.port or 80))
    deaf.sendall(f"GET /events HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
    return deaf


async def _all_are_watching(client: httpx.AsyncClient, viewers: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while f"surgeline_board_viewers {viewers}.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.05)


async def _until_calm(client: httpx.AsyncClient) -> list[tuple[int, str]]:
    """(number, level) of each event until the surge is over."""
    seen: list[tuple[int, str]] = []
    async with asyncio.timeout(PATIENCE_SECONDS), client.stream("GET", "/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                snapshot = json.loads(line.removeprefix("data: "))
                seen.append((snapshot["seq"], snapshot["headline"]["level"]))
                if seen[-1][1] == "normal":
                    break
    return seen
