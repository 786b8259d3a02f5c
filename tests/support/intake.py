"""A real intake on the run's broker, one for all tests of a module, and what a sender would say."""

import asyncio
import itertools
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.bodies import BATCH, LINES, ONE
from services.supervisor.keys import hashed, make_secrets
from streams.kafka import Record, create_topics, read_to_end
from streams.settings import Connections
from streams.topics import Topic
from tests.support.broker import ROOT, Broker
from tests.support.process import ServiceProcess
from tests.support.stack import RunningBroker, SecretsEnv, service_env

__all__ = ["BATCH", "LINES", "ONE"]

_ids = itertools.count(1)


@dataclass
class Intake:
    """The process, how to reach it, and the log behind it."""

    process: ServiceProcess
    connections: Connections
    env: SecretsEnv
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.process.url,
            timeout=30.0,
            headers={"Authorization": f"Bearer {self.env.tokens['source']}"},
        )

    def post(self, content: bytes | Iterator[bytes], media: str = ONE) -> httpx.Response:
        return self.client.post("/v1/events", content=content, headers={"Content-Type": media})

    def send(self, *events: dict[str, Any]) -> httpx.Response:
        return self.post(json.dumps(events).encode(), BATCH)

    def log(self, topic: Topic) -> list[Record]:
        return asyncio.run(_all(self.connections, topic))

    def events(self, topic: Topic) -> list[tuple[int, dict[str, Any]]]:
        """Every event of a topic with its partition; parcels opened."""
        found: list[tuple[int, dict[str, Any]]] = []
        for record in self.log(topic):
            value = json.loads(record.value or b"[]")
            found += [
                (record.partition, e) for e in (value if isinstance(value, list) else [value])
            ]
        return found

    def of_contact(self, topic: Topic, contact: str) -> list[tuple[int, dict[str, Any]]]:
        return [(p, event) for p, event in self.events(topic) if event["subject"] == contact]


async def _all(connections: Connections, topic: Topic) -> list[Record]:
    return [record async for record in read_to_end(connections, topic)]


def event(kind: str = "arrived", **changes: Any) -> dict[str, Any]:
    """A good event of its own id and contact; `changes` go into the envelope, data by `data=`."""
    number = next(_ids)
    data = {"queue": "main", **changes.pop("data", {})}
    return {
        "specversion": "1.0",
        "type": f"surgeline.contact.{kind}.v1",
        "id": f"event-{number}",
        "source": "pbx-test",
        "subject": f"contact-{number}",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
        **changes,
    }


def agent_event(agent: str, **changes: Any) -> dict[str, Any]:
    made = event(type="surgeline.agent.state-changed.v1", subject=agent, **changes)
    made["data"] = {"agent": agent, "pool": "counselors", "state": "available"}
    return made


def make_env(folder: Path) -> SecretsEnv:
    made = make_secrets()
    tokens_file = folder / "tokens.json"
    tokens_file.write_text(hashed(made.tokens))
    env = SecretsEnv(made.env(tokens_file))
    env.tokens = made.tokens
    return env


def make_intake(kafka: Broker | RunningBroker, folder: Path, **env: str) -> Intake:
    """Not yet started; its topics are made."""
    connections = Connections(
        kafka=kafka.bootstrap, prefix=f"i{secrets.token_hex(4)}-", centre=ROOT / "centre.toml"
    )
    secrets_env = make_env(folder)
    secrets_env.update(env)
    asyncio.run(create_topics(connections))
    process = ServiceProcess("services.intake", service_env(connections, secrets_env))
    return Intake(process, connections, secrets_env)


@pytest.fixture(scope="module")
def intake(
    kafka: Broker | RunningBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Intake]:
    """A running intake that the tests of a module share."""
    made = make_intake(kafka, tmp_path_factory.mktemp("intake"), SURGELINE_REHEARSAL="1")
    made.process.start()
    try:
        asyncio.run(made.process.wait_ready())
        yield made
    finally:
        made.client.close()
        asyncio.run(made.process.stop())
        made.process.log_file.unlink(missing_ok=True)
