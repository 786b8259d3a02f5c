"""Does every number of a live snapshot equal a recount of the log up to its offsets?"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.boards.tallies import Sum
from streams.events.agents import STAFFED, AgentStateChanged
from streams.events.callbacks import CallbackChanged
from streams.events.callouts import OfferChanged
from streams.events.codec import decode, encode
from streams.events.demand import PulseCounted, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import AGENTS, CALLBACKS, CALLOUTS, PULSES, QUEUES, SEATS, SURGES, Topic
from tests.support.board_story import Story
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env
from tests.unit.test_boards_case import asked

READ = (QUEUES, CALLBACKS, PULSES, SEATS, AGENTS, SURGES, CALLOUTS)
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log = LogWriter(connections)
    await log.start()
    yield log
    await log.stop()


async def facts(
    connections: Connections, topic: Topic, offsets: dict[str, int]
) -> list[CloudEvent]:
    """The facts of a topic up to and including these offsets."""
    ends = {int(partition): offset + 1 for partition, offset in offsets.items()}
    if not ends:
        return []
    found = [
        (record.partition, record.offset, decode(record.value or b""))
        async for record in read_to_end(connections, topic, partitions=ends, ends=ends)
    ]
    return [event for _, _, event in sorted(found, key=lambda each: each[:2])]


def pulses_of(events: list[CloudEvent]) -> Iterator[tuple[str, datetime, int, int]]:
    latest: dict[tuple[str, int, datetime], PulseCounted] = {}
    for event in events:
        if isinstance(event, PulseCounted):
            latest[event.data.key, event.data.partition, event.data.second] = event
    for event in latest.values():
        data = event.data
        yield data.key, data.second, data.first_attempts, data.redials + data.reconnects


async def recount(connections: Connections, snapshot: dict[str, Any]) -> dict[str, Any]:
    """Every number anew, by other means than the board's own."""
    offsets = snapshot["offsets"]
    log = {topic: await facts(connections, topic, offsets.get(topic.name, {})) for topic in READ}
    at = datetime.fromisoformat(snapshot["at"])
    day = at.astimezone(SEOUL).date().isoformat()
    queue, before = Sum(), Sum()
    reports = {
        event.data.partition: event for event in log[QUEUES] if isinstance(event, QueuesMeasured)
    }
    for report in reports.values():
        for name, counts in report.data.counts.items():
            for each in counts.values():
                (queue if name == day else before).add(each)
    promises = {
        event.data.id: event.data for event in log[CALLBACKS] if isinstance(event, CallbackChanged)
    }
    still_open = [data for data in promises.values() if data.outcome is None]
    agents = {
        event.data.agent: event.data.state
        for event in log[AGENTS]
        if isinstance(event, AgentStateChanged)
    }
    plans = {event.data.pool: event for event in log[SEATS] if isinstance(event, SeatsNeeded)}
    surges: dict[str, CloudEvent] = {}
    for event in log[SURGES]:
        if isinstance(event, SurgeDeclared | SurgeRevised | SurgeCleared):
            surges[event.data.episode] = event
    offers = {
        event.data.id: event.data for event in log[CALLOUTS] if isinstance(event, OfferChanged)
    }
    start = datetime.fromisoformat(snapshot["arrivals"]["start"])
    end = start + timedelta(minutes=len(snapshot["arrivals"]["first_attempts"]))
    arrivals = [
        (first, again)
        for key, second, first, again in pulses_of(log[PULSES])
        if key == "total" and start <= second < end
    ]
    return {
        "waiting": queue.waiting + before.waiting,
        "answered_in_target": queue.answered_in_target,
        "judged": queue.judged(),
        "requests": queue.requests,
        "open": len(still_open),
        "overdue": sum(data.promised_by < at for data in still_open),
        "staffed": sum(state in STAFFED for state in agents.values()),
        "needed": plans["all"].data.needed if "all" in plans else None,
        "coming": sum(data.state == "accepted" for data in offers.values()),
        "surges": {name for name, event in surges.items() if not isinstance(event, SurgeCleared)},
        "people": sum(first for first, _ in arrivals),
        "again": sum(again for _, again in arrivals),
    }


def shown(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The same numbers as the board shows them."""
    seats, told = snapshot["seats"], snapshot["in_target"]
    return {
        "waiting": snapshot["waiting"],
        "answered_in_target": told["answered_in_target"],
        "judged": told["judged"],
        "requests": snapshot["shares"]["total"],
        "open": snapshot["callbacks"]["open"],
        "overdue": snapshot["callbacks"]["overdue"],
        "staffed": seats["staffed"],
        "needed": seats["needed"],
        "coming": seats["coming"],
        "surges": {level["episode"] for level in snapshot["levels"]},
        "people": sum(snapshot["arrivals"]["first_attempts"]),
        "again": sum(snapshot["arrivals"]["repeats"]),
    }


async def feed(writer: LogWriter, records: list[Outgoing]) -> None:
    for start in range(0, len(records), 40):
        await writer.append(records[start : start + 40])
        await asyncio.sleep(0.03)


async def test_snapshots_taken_while_a_surge_comes_in_equal_a_recount_to_their_offsets(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    now = datetime.now(UTC)
    day = now.astimezone(SEOUL).date().isoformat()
    records = list(Story(now, surge=timedelta(minutes=25), day=day).records())
    called = [
        Outgoing(topic=CALLOUTS, key=event.id.encode(), value=encode(event)) for event in asked(now)
    ]
    taken: list[dict[str, Any]] = []
    process = ServiceProcess("services.boards", service_env(connections, secrets_env))
    async with process, httpx.AsyncClient(base_url=process.url, timeout=10.0) as client:
        feeding = asyncio.create_task(feed(writer, [*records[:-60], *called, *records[-60:]]))
        while not feeding.done():
            await asyncio.sleep(0.35)
            taken.append((await client.get("/v1/board.json")).json())
            if len(taken) == 4:
                process.kill9()
                process.start()
                await process.wait_ready()
        await feeding
        await asyncio.sleep(2.0)
        taken.append((await client.get("/v1/board.json")).json())
    taken = [snapshot for snapshot in taken if snapshot.get("offsets", {}).get("queues")]
    for snapshot in taken:
        assert shown(snapshot) == await recount(connections, snapshot)
    last = shown(taken[-1])
    assert (last["coming"], last["surges"], last["waiting"] > 0) == (2, {"ep-1"}, True)
    assert len({snapshot["seq"] for snapshot in taken}) > 2
