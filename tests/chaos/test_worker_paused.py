"""What does a worker do that slept past its session and wakes up among others?"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from streams.kafka import LogWriter
from streams.settings import Connections
from tests.support.feed import caught_up, feed, people, recount
from tests.support.stack import SecretsEnv, ServiceProcess, service_env


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log_writer = LogWriter(connections, deadline_seconds=60.0)
    await log_writer.start()
    yield log_writer
    await log_writer.stop()


async def test_a_worker_that_wakes_up_after_its_partitions_moved_overrules_nothing(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    env = service_env(connections, secrets_env)
    sleeper = ServiceProcess("streams", env, ("--only", "tally"))
    async with ServiceProcess("streams", env, ("--only", "tally")), sleeper:
        feeding = asyncio.create_task(feed(writer, people(31, 7000, 1000)))
        await asyncio.sleep(2.0)
        assert sleeper.process is not None
        os.kill(sleeper.process.pid, signal.SIGSTOP)
        await asyncio.sleep(13.0)
        os.kill(sleeper.process.pid, signal.SIGCONT)
        await feeding
        said = await caught_up(connections)
    due = await recount(connections, said.overflow.values())
    assert said.counts == due.counts
    assert said.pulses == due.pulses
    assert due.overflow == {}
