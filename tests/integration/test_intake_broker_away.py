"""A broker that goes away: senders hear 503 and when to come back, and nothing accepted is lost."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.topics import CONTACTS
from tests.support.broker import Broker
from tests.support.intake import BATCH, Intake, event, make_intake

pytestmark = pytest.mark.integration

SECONDS_AWAY = 5.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One of these tests' own, for the run's broker serves others.

    It is started from this thread only: a child ends with the thread that started it.
    """
    own = Broker(tmp_path_factory.mktemp("kafka"))
    try:
        own.start()
        yield own
    finally:
        own.kill9()


class Sender:
    """A phone system that sends an event again until it hears 202, as it should."""

    def __init__(self, intake: Intake) -> None:
        headers = {"Authorization": f"Bearer {intake.env.tokens['source']}", "Content-Type": BATCH}
        self.client = httpx.AsyncClient(base_url=intake.process.url, headers=headers, timeout=30.0)
        self.accepted: list[str] = []
        self.heard: list[httpx.Response] = []

    async def send_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.send(event())

    async def send(self, made: dict[str, Any]) -> None:
        while True:
            answer = await self.client.post("/v1/events", content=json.dumps([made]))
            self.heard.append(answer)
            if answer.status_code == 202:
                self.accepted.append(made["id"])
                return
            await asyncio.sleep(0.2)


async def test_while_the_broker_is_away_senders_are_told_and_afterwards_nothing_is_missing(
    broker: Broker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, broker, tmp_path)
    async with intake.process:
        sender, stop = Sender(intake), asyncio.Event()
        sending = [asyncio.create_task(sender.send_until(stop)) for _ in range(8)]
        await asyncio.sleep(1.0)
        await asyncio.to_thread(broker.kill9)
        await asyncio.sleep(SECONDS_AWAY)
        told_at_once = await sender.client.post("/v1/events", content=json.dumps([event()]))
        ready_while_away = await sender.client.get("/readyz")
        broker.start()
        await asyncio.sleep(3.0)
        stop.set()
        await asyncio.gather(*sending)
        ready_again = await sender.client.get("/readyz")
        await sender.client.aclose()
    refused = [answer for answer in [*sender.heard, told_at_once] if answer.status_code != 202]
    assert {answer.status_code for answer in refused} == {503}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 5 for answer in refused)
    assert (told_at_once.status_code, told_at_once.json()["outcome"]) == (503, "refused")
    assert (ready_while_away.status_code, ready_again.status_code) == (503, 200)
    found = {each["id"] for _, each in await asyncio.to_thread(intake.events, CONTACTS)}
    assert set(sender.accepted) - found == set()


async def test_started_before_its_broker_it_answers_503_and_then_takes_events(
    broker: Broker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, broker, tmp_path)
    await asyncio.to_thread(broker.kill9)
    intake.process.start()
    try:
        sender = Sender(intake)
        await alive(sender.client)
        early = await sender.client.post("/v1/events", content=json.dumps([event()]))
        broker.start()
        await intake.process.wait_ready()
        late = await sender.client.post("/v1/events", content=json.dumps([event()]))
        await sender.client.aclose()
    finally:
        await intake.process.stop()
    assert (early.status_code, early.json()["outcome"]) == (503, "refused")
    assert late.status_code == 202


async def alive(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30.0):
        while True:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
