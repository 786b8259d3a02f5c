"""Fixtures that give a test a real Kafka, a real Redis, secrets, and the recorded data.

The broker starts once per run. When developing, SURGELINE_TEST_KAFKA=127.0.0.1:PORT uses one
that already runs and saves five seconds a run: `python -m tests.support.stack` keeps one running,
and `python -m tests.support.stack COMMAND ...` runs a command with one.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from services.supervisor.keys import hashed, make_secrets
from streams.kafka import create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, Broker, RedisServer
from tests.support.process import ServiceProcess

__all__ = ["Broker", "RedisServer", "RunningBroker", "SecretsEnv", "ServiceProcess"]

SHARED_DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class RunningBroker:
    """A broker that was there before the tests and stays after them."""

    bootstrap: str


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker | RunningBroker]:
    """The run's broker. Do not kill it, others use it: a test that kills makes its own Broker."""
    running = os.environ.get("SURGELINE_TEST_KAFKA")
    if running:
        yield RunningBroker(running)
        return
    with scratch_folder("surgeline-kafka-") as folder:
        broker = Broker(folder)
        try:
            broker.start()
            yield broker
        finally:
            # Its data goes with it, so a clean stop would only cost seconds.
            broker.kill9()


@contextlib.contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _redis_of_the_run() -> Iterator[RedisServer]:
    with scratch_folder("surgeline-redis-") as folder:
        server = RedisServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def redis_server(_redis_of_the_run: RedisServer) -> RedisServer:
    """The run's Redis. A test may kill and wipe it; the next one finds it running again."""
    if not _redis_of_the_run.alive:
        _redis_of_the_run.start()
    return _redis_of_the_run


@pytest.fixture
async def connections(
    kafka: Broker | RunningBroker, redis_server: RedisServer
) -> AsyncIterator[Connections]:
    """The shared servers under a prefix of this test's own, its topics made."""
    prefix = f"t{secrets.token_hex(4)}-"
    made = Connections(
        kafka=kafka.bootstrap,
        redis=redis_server.url,
        prefix=prefix,
        centre=ROOT / "centre.toml",
    )
    await create_topics(made)
    yield made
    await _delete_topics(made)


async def _delete_topics(connections: Connections) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        ours = [name for name in await admin.list_topics() if name.startswith(connections.prefix)]
        await admin.delete_topics(ours)
    finally:
        await admin.close()


class SecretsEnv(dict[str, str]):
    """Environment of a service with fresh keys; `tokens[role]` is that role's clear token."""

    tokens: dict[str, str]


@pytest.fixture
def secrets_env(tmp_path: Path) -> SecretsEnv:
    """Keys, a tokens file with one token for each role, and rehearsals allowed."""
    made = make_secrets()
    tokens_file = tmp_path / "tokens.json"
    tokens_file.write_text(hashed(made.tokens))
    env = SecretsEnv(made.env(tokens_file), SURGELINE_REHEARSAL="1")
    env.tokens = made.tokens
    return env


@pytest.fixture
def shared_data() -> Path:
    """The recorded contacts beside the project; a test that needs them is marked shared_data."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is not on this machine")
    return SHARED_DATA


def service_env(connections: Connections, secrets_of_test: SecretsEnv) -> dict[str, str]:
    """What ServiceProcess gives a service so that it uses this test's servers and secrets."""
    return {
        **secrets_of_test,
        "SURGELINE_KAFKA": connections.kafka,
        "SURGELINE_REDIS": connections.redis,
        "SURGELINE_PREFIX": connections.prefix,
        "SURGELINE_CENTRE": str(connections.centre),
    }


def main(command: list[str]) -> int:
    """Keep a broker running while the command runs, or until Ctrl-C when there is none."""
    with scratch_folder("surgeline-kafka-") as folder:
        broker = Broker(folder)
        broker.start()
        try:
            if command:
                env = {**os.environ, "SURGELINE_TEST_KAFKA": broker.bootstrap}
                return subprocess.run(command, env=env, check=False).returncode
            print(f"export SURGELINE_TEST_KAFKA={broker.bootstrap}", flush=True)  # noqa: T201
            with contextlib.suppress(KeyboardInterrupt):
                signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
