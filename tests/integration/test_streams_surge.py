"""Is a surge seen, staffed and remembered by the workers, on real Kafka?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.codec import Event, encode
from streams.events.surges import SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import AGENTS, SEATS, SURGES, Topic
from tests.support.feed import Step, feed
from tests.support.stack import SecretsEnv, ServiceProcess, service_env


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log_writer = LogWriter(connections)
    await log_writer.start()
    yield log_writer
    await log_writer.stop()


@pytest.fixture
def env(connections: Connections, secrets_env: SecretsEnv) -> dict[str, str]:
    return service_env(connections, secrets_env) | {"SURGELINE_INSTANCE": "0"}


def callers(first: int, count: int) -> list[Step]:
    """New callers to the main queue, one every 20 ms."""
    return [
        Step(n, f"q{first + n}", "arrived", f"{first + n:032x}", "main", 0.0) for n in range(count)
    ]


async def said(connections: Connections, topic: Topic) -> list[Event]:
    return [
        event
        async for record in read_to_end(connections, topic)
        for event in open_value(record.value)[0]
    ]


async def until(
    connections: Connections, topic: Topic, kind: type[Event], patience: float = 20.0
) -> Sequence[Event]:
    """What the topic says, once it holds such an event."""
    for _ in range(int(patience / 0.2)):
        events = await said(connections, topic)
        if any(isinstance(event, kind) for event in events):
            return events
        await asyncio.sleep(0.2)
    raise AssertionError(f"no {kind.__name__} on {topic.name}")


async def test_a_flood_of_callers_is_declared_a_surge_and_people_are_asked_for(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    async with ServiceProcess("streams", env):
        await feed(writer, callers(0, 100))
        surges = await until(connections, SURGES, SurgeDeclared)
        seats = await until(connections, SEATS, SeatsNeeded)
        for _ in range(50):
            if any(isinstance(seat, SeatsNeeded) and seat.data.episode for seat in seats):
                break
            await asyncio.sleep(0.2)
            seats = await said(connections, SEATS)
    declared = [event for event in surges if isinstance(event, SurgeDeclared)]
    assert len(declared) == 1
    needs = [event.data for event in seats if isinstance(event, SeatsNeeded)]
    assert {need.pool for need in needs} >= {"counselors", "volunteers"}
    assert any(need.episode == declared[0].data.episode and need.gap > 0 for need in needs)


async def test_a_worker_killed_in_a_surge_neither_declares_it_again_nor_forgets_it(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    worker = ServiceProcess("streams", env)
    async with worker:
        await feed(writer, callers(0, 60))
        before = await until(connections, SURGES, SurgeDeclared)
        worker.kill9()
        worker.start()
        await worker.wait_ready()
        await feed(writer, callers(60, 400))
        after = await until(connections, SURGES, SurgeRevised)
    assert [type(event) for event in before].count(SurgeDeclared) == 1
    # Compaction aside, the log holds every fact: one declaration, revisions of the same episode.
    declared = [event for event in after if isinstance(event, SurgeDeclared)]
    episodes = {
        event.data.episode
        for event in after
        if isinstance(event, SurgeDeclared | SurgeRevised | SurgeCleared)
    }
    assert len({event.id for event in declared}) == 1
    assert episodes == {declared[0].data.episode}
    ids = [event.id for event in after if isinstance(event, SurgeRevised)]
    assert len(ids) == len(set(ids))


async def test_counselors_who_sign_in_are_seen_in_the_seats(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    now = datetime.now(UTC)

    def signed_in(name: str, state: str, later: int = 0) -> Outgoing:
        event = AgentStateChanged(
            id=f"{name}-{state}-{later}",
            source="/phone/test",
            subject=name,
            time=now + timedelta(seconds=later),
            data=AgentStateData(agent=name, pool="counselors", state=state),  # type: ignore[arg-type]
        )
        return Outgoing(topic=AGENTS, key=name.encode(), partition=0, value=encode(event))

    async def staffed() -> tuple[int, int]:
        for event in reversed(await said(connections, SEATS)):
            if isinstance(event, SeatsNeeded) and event.data.pool == "counselors":
                return event.data.staffed, event.data.available
        return 0, 0

    async def becomes(wanted: tuple[int, int]) -> bool:
        for _ in range(100):
            if await staffed() == wanted:
                return True
            await asyncio.sleep(0.1)
        return False

    await writer.append([signed_in("a1", "available"), signed_in("a2", "on_contact")])
    async with ServiceProcess("streams", env, ("--only", "staffing")):
        assert await becomes((2, 1))
        await writer.append([signed_in("a3", "available"), signed_in("a1", "offline", 1)])
        assert await becomes((2, 1))
        await writer.append([signed_in("a4", "available", 2)])
        assert await becomes((3, 2))


async def test_only_one_of_two_surge_workers_owns_the_pulses(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    first = ServiceProcess("streams", env | {"SURGELINE_INSTANCE": "0"}, ("--only", "surge"))
    second = ServiceProcess("streams", env | {"SURGELINE_INSTANCE": "1"}, ("--only", "surge"))
    async with first, second:
        await asyncio.sleep(1.0)
        owned = sorted([await owned_by(first), await owned_by(second)])
        assert owned == [0, 12]


async def owned_by(worker: ServiceProcess) -> int:
    async with httpx.AsyncClient(base_url=worker.url) as client:
        answer = (await client.get("/readyz")).json()
    return int(answer["processors"]["surge"]["partitions"])
