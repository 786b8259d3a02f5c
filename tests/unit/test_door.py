"""One line says why the broker is not reached; whoever is in complains for themselves again."""

import asyncio
import logging

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.kafka.door import connect
from streams.settings import Connections

aiokafka = logging.getLogger("aiokafka")


class Client:
    """As aiokafka's: the cause of a failure goes to its log, and a task of its own lives on."""

    def __init__(self, *causes: Exception) -> None:
        self._causes = list(causes)
        self.go_on = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._causes:
            aiokafka.error('Unable connect to "%s:%s": %s', "h", 1, self._causes.pop(0))
            raise KafkaConnectionError("Unable to bootstrap")
        self.task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        await self.go_on.wait()
        aiokafka.error("Unable connect to node with id 1")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(line, "why", line.getMessage()) for line in caplog.records]


async def test_the_cause_is_said_once_for_all_clients_and_the_way_back_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    connections = Connections(kafka="once.invalid:1")
    for _ in range(3):
        with pytest.raises(KafkaConnectionError):
            await connect(connections, Client(ConnectionRefusedError()))
    client = Client()
    await connect(connections, client)
    assert client.task is not None
    client.task.cancel()
    assert said(caplog) == ["nothing listens there", "broker reached"]


async def test_what_a_client_that_is_in_complains_of_is_not_kept_from_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = Client()
    await connect(Connections(kafka="inside.invalid:1"), client)
    client.go_on.set()
    assert client.task is not None
    await client.task
    assert said(caplog) == ["Unable connect to node with id 1"]
