"""Does the tally come back by itself when the broker was killed under it?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.kafka import LogWriter, create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, Broker
from tests.support.feed import caught_up, feed, people, recount
from tests.support.stack import SecretsEnv, ServiceProcess, scratch_folder, service_env


@pytest.fixture
async def own_broker() -> AsyncIterator[Broker]:
    with scratch_folder("surgeline-kafka-") as folder:
        broker = Broker(Path(folder))
        await asyncio.to_thread(broker.start)
        yield broker
        broker.kill9()


async def keep_running(worker: ServiceProcess) -> None:
    """What a supervisor does: start it again when it has ended itself."""
    while True:
        if not worker.alive:
            worker.start()
        await asyncio.sleep(0.5)


async def test_with_the_broker_killed_and_back_everything_is_folded_and_nothing_twice(
    own_broker: Broker, secrets_env: SecretsEnv
) -> None:
    connections = Connections(kafka=own_broker.bootstrap, centre=ROOT / "centre.toml")
    await create_topics(connections)
    writer = LogWriter(connections, deadline_seconds=60.0)
    await writer.start()
    env = service_env(connections, secrets_env) | {
        "SURGELINE_INSTANCE": "0",
        "SURGELINE_STUCK_AFTER_SECONDS": "10",
    }
    async with ServiceProcess("streams", env) as worker:
        supervisor = asyncio.create_task(keep_running(worker))
        feeding = asyncio.create_task(feed(writer, people(21, 1500, 500)))
        await asyncio.sleep(3.0)
        own_broker.kill9()
        await asyncio.sleep(2.0)
        await asyncio.to_thread(own_broker.start)
        await feeding
        said = await caught_up(connections, worker, patience_seconds=90.0)
        supervisor.cancel()
    await writer.stop()
    due = await recount(connections, said.overflow.values())
    assert said.counts == due.counts
    assert said.pulses == due.pulses
    assert due.overflow == {}
