"""Does a worker begin with what a recording has taught, on real Kafka?"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.cli.learn import command as learn
from streams.centre_file import load_centre
from streams.domain.detection.expected import Expected
from streams.events.baselines import BaselineLearned
from streams.events.surges import SurgeRevised
from streams.kafka import LogWriter, read_to_end
from streams.known_days import known_days
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import BASELINES, SURGES
from tests.support.feed import Step, feed
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

PER_HOUR = 150
CALLERS = 60


def recording(folder: Path) -> Path:
    """Four weeks up to now of a centre that gets as many at every hour."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=ago) for ago in range(28 * 24, 0, -1)]
    rows = [f"{hour.isoformat()},queue:main,{PER_HOUR}" for hour in hours]
    path = folder / "history.csv"
    path.write_text("\n".join(["occurred_at,key,contacts", *rows]) + "\n")
    return path


async def revised(connections: Connections) -> SurgeRevised:
    """The surge by its own numbers; the first word may have those of the key that raised it."""
    for _ in range(100):
        async for record in read_to_end(connections, SURGES):
            for event in open_value(record.value)[0]:
                if isinstance(event, SurgeRevised) and event.data.observed >= CALLERS / 2:
                    return event
        await asyncio.sleep(0.2)
    raise AssertionError("no surge was declared and revised")


async def test_a_fresh_worker_expects_what_a_recording_taught(
    connections: Connections,
    secrets_env: SecretsEnv,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = service_env(connections, secrets_env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    args = [str(recording(tmp_path)), "--count-column", "contacts", "--publish", "--json"]
    args += ["--centre", str(connections.centre)]
    await asyncio.to_thread(learn.main, args, standalone_mode=False)
    centre = load_centre(connections.centre)
    plain, taught = (Expected(centre, known_days(centre.region)) for _ in range(2))
    async for record in read_to_end(connections, BASELINES):
        assert record.key is not None
        assert record.key.startswith(b"baseline/")
        for event in open_value(record.value)[0]:
            assert isinstance(event, BaselineLearned)
            taught.learn(event.data)
    writer = LogWriter(connections)
    await writer.start()
    async with ServiceProcess("streams", env | {"SURGELINE_INSTANCE": "0"}):
        callers = [Step(n, f"q{n}", "arrived", f"{n:032x}", "main", 0.0) for n in range(CALLERS)]
        await feed(writer, callers)
        surge = (await revised(connections)).data
    await writer.stop()
    assert surge.key in {"queue:main", "total"}
    assert surge.usual_per_hour == pytest.approx(taught.rate(surge.key, surge.declared_at), rel=0.1)
    assert taught.rate(surge.key, surge.declared_at) == pytest.approx(PER_HOUR, rel=0.3)
    assert plain.rate(surge.key, surge.declared_at) < PER_HOUR / 2
