"""Do the waits that may be announced, and what they were learned from, reach the log?"""

import asyncio
from datetime import UTC, datetime

import httpx

from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.codec import encode
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.surges import SeatsNeeded, WaitData, WaitEstimated
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import AGENTS, QUEUES, SEATS
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

NOW = datetime.now(UTC)


def counselor() -> Outgoing:
    data = AgentStateData(agent="a1", pool="counselors", state="on_contact")
    event = AgentStateChanged(id="a1-1", source="/phone/test", subject="a1", time=NOW, data=data)
    return Outgoing(topic=AGENTS, key=b"a1", partition=0, value=encode(event))


def queue(answered: int) -> Outgoing:
    counts = QueueCounts(
        requests=answered + 4,
        waiting=4,
        answered_live=answered,
        answered=answered,
        handled=answered,
        handle_seconds_sum=answered * 400.0,
        answered_after=(0, 0, answered),
    )
    data = QueueData(
        partition=3, offset=answered, counts={NOW.date().isoformat(): {"main": counts}}
    )
    event = QueuesMeasured(
        id=f"q-{answered}", source="/tally", subject="contacts-3", time=NOW, data=data
    )
    return Outgoing(topic=QUEUES, key=b"3", partition=0, value=encode(event))


async def test_a_queue_that_moves_gets_a_wait_and_teaches_the_handle_time(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    writer = LogWriter(connections)
    await writer.start()
    await writer.append([counselor(), queue(answered=100)])
    env = service_env(connections, secrets_env) | {"SURGELINE_INSTANCE": "0"}
    async with ServiceProcess("streams", env, ("--only", "staffing")) as worker:
        assert (await told(connections, known=False)).unknown == "line_not_moving"
        await writer.append([queue(answered=120)])
        wait = await told(connections, known=True)
        async with httpx.AsyncClient(base_url=worker.url) as client:
            metrics = (await client.get("/metrics")).text
        # 120 contacts of 400 s, and the centre file's 270 s with the weight of thirty.
        assert await sized_with(connections, 375.0)
    await writer.stop()
    assert (wait.method, wait.ahead, wait.servers) == ("head_of_line", 4, 1)
    assert 'surgeline_staffing_learned_from{what="handled"} 120.0' in metrics


async def told(connections: Connections, *, known: bool) -> WaitData:
    """The main queue's wait, once it is known or said to be unknown."""
    for _ in range(100):
        for event in await said(connections):
            if isinstance(event, WaitEstimated) and event.data.queue == "main":
                wait = event.data
                if (wait.unknown is None) == known and wait.ahead:
                    return wait
        await asyncio.sleep(0.2)
    raise AssertionError("nothing was said of the wait")


async def sized_with(connections: Connections, handle_seconds: float) -> bool:
    """Whether the whole centre's seats come to be sized with this handle time."""
    for _ in range(100):
        if any(
            isinstance(event, SeatsNeeded) and event.data.handle_seconds == handle_seconds
            for event in await said(connections)
        ):
            return True
        await asyncio.sleep(0.2)
    return False


async def said(connections: Connections) -> list[object]:
    return [
        event
        async for record in read_to_end(connections, SEATS)
        for event in open_value(record.value)[0]
    ]
