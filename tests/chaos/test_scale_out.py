"""Does anything get lost or said twice while workers come and go under load?"""

from collections.abc import AsyncIterator

import pytest

from streams.kafka import LogWriter
from streams.settings import Connections
from tests.support.scaling import Pace, Play
from tests.support.stack import SecretsEnv, ServiceProcess, service_env


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log_writer = LogWriter(connections, deadline_seconds=60.0)
    await log_writer.start()
    yield log_writer
    await log_writer.stop()


async def test_one_worker_becomes_four_then_two_and_each_is_renewed_with_nothing_lost_or_doubled(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    env = service_env(connections, secrets_env)
    async with ServiceProcess("services.boards", env) as board:
        play = Play(connections, env, writer, board.url)
        played = await play.run(Pace(events_per_second=400, seconds=3.0))
    said, due = played.said, played.due
    assert said.counts == due.counts
    assert said.pulses == due.pulses
    assert due.overflow == {}
    assert len(said.overflow) > 50
    # Whoever was asked to end did so by itself, and had committed all it had said: its successors
    # repeated nothing, and the group stands where its last word is.
    assert set(played.codes) == {0}
    assert said.repeats == 0
    assert played.committed == {p: offset + 1 for p, offset in said.offsets.items()}
    assert played.differing == {}
