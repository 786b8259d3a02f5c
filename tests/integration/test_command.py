"""Do people's orders reach the surge worker, and does it do as told, on real Kafka?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from services.cli.order import command as cli
from streams.events.codec import Event
from streams.events.commands import OrderGiven
from streams.events.surges import EventPlanned, SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import LogWriter, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import COMMANDS, SURGES, Topic
from tests.support.feed import Step, feed
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

DISMISS = {"kind": "dismiss", "id": "o-dismiss", "reason": "a quiz on television"}


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
    connections: Connections, is_it: Callable[[Event], bool], patience: float = 20.0
) -> Any:
    """The first fact on `surges` that is like that."""
    for _ in range(int(patience / 0.2)):
        for event in await said(connections, SURGES):
            if is_it(event):
                return event
        await asyncio.sleep(0.2)
    raise AssertionError("nothing like that on surges")


def a(kind: type[Event], **wanted: object) -> Callable[[Event], bool]:
    """A fact of this kind whose data say so."""

    def is_it(event: Event) -> bool:
        return isinstance(event, kind) and all(
            getattr(event.data, name) == value for name, value in wanted.items()
        )

    return is_it


def desk(service: ServiceProcess, env: SecretsEnv, role: str = "lead") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {env.tokens[role]}"}
    return httpx.AsyncClient(base_url=service.url, headers=headers, timeout=20)


async def given(client: httpx.AsyncClient, **order: object) -> httpx.Response:
    return await client.post("/v1/commands", json=order)


async def test_a_dismissed_surge_ends_and_stays_silent_over_a_restart_of_the_worker(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    worker, service = ServiceProcess("streams", env), ServiceProcess("services.command", env)
    async with worker, service, desk(service, secrets_env) as client:
        await feed(writer, callers(0, 60))
        declared = await until(connections, a(SurgeDeclared))
        order = {**DISMISS, "episode": declared.data.episode}
        first, again = [await given(client, **order) for _ in range(2)]
        ended = await until(connections, a(SurgeCleared, ended="dismissed"))
        worker.kill9()
        worker.start()
        await worker.wait_ready()
        await feed(writer, callers(60, 60))
        await asyncio.sleep(1.0)
        facts = await said(connections, SURGES)
        orders = [e for e in await said(connections, COMMANDS) if isinstance(e, OrderGiven)]
        listed = (await client.get("/v1/commands")).json()["orders"]
    assert (first.status_code, first.json()["repeated"]) == (200, False)
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    assert [order.id for order in orders] == ["o-dismiss"]
    assert (orders[0].data.role, orders[0].data.reason) == ("lead", "a quiz on television")
    assert (ended.data.episode, ended.data.ended_by) == (declared.data.episode, "lead")
    assert ended.data.cleared_at == orders[0].time
    assert len({fact.id for fact in facts if isinstance(fact, SurgeDeclared)}) == 1
    assert [(one["id"], one["obeyed"]) for one in listed] == [("o-dismiss", True)]


async def test_a_surge_that_a_person_declares_is_on_until_it_is_closed(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv
) -> None:
    worker, service = ServiceProcess("streams", env), ServiceProcess("services.command", env)
    async with worker, service, desk(service, secrets_env, "manager") as client:
        order = {"kind": "declare", "key": "country:JP", "reason": "a quake", "ratio": 5}
        assert (await given(client, id="o-1", **order)).status_code == 200
        declared = await until(connections, a(SurgeDeclared, declared_by="manager"))
        episode = declared.data.episode
        about = {"episode": episode}
        assert (await given(client, kind="acknowledge", id="o-2", **about)).status_code == 200
        await until(connections, a(SurgeRevised, acknowledged_by="manager"))
        assert (await given(client, kind="close", id="o-3", **about)).status_code == 200
        closed = await until(connections, a(SurgeCleared, ended="closed"))
        late = await given(client, kind="extend", id="o-4", until="2000-01-01T00:00:00Z", **about)
    assert (declared.data.tier, declared.data.ratio_said) == ("alert", 5.0)
    assert closed.data.orders == ("o-1", "o-2", "o-3")
    assert (late.status_code, late.json()["error"]["field"]) == (409, "episode")


async def test_an_event_planned_from_the_command_line_is_known_to_the_worker(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv
) -> None:
    worker, service = ServiceProcess("streams", env), ServiceProcess("services.command", env)
    async with worker, service:
        args = ["--url", service.url, "--token", secrets_env.tokens["lead"], "--id", "visa-day"]
        plan = ["planned", "topic:visa", "--from", "1h", "--to", "9h", "--ratio", "3"]
        await asyncio.to_thread(
            cli.main, [*args, *plan, "--title", "visa day"], standalone_mode=False
        )
        planned = await until(connections, a(EventPlanned, event="visa-day"))
    assert (planned.data.key, planned.data.ratio, planned.data.planned_by) == (
        "topic:visa",
        3,
        "lead",
    )


async def test_an_order_that_makes_no_sense_is_refused_with_the_field_at_fault(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv
) -> None:
    plan = {"kind": "planned_event", "key": "topic:visa", "ratio": 2, "title": "open day"}
    wrong: dict[str, dict[str, object]] = {
        "kind": {"kind": "explode", "id": "w"},
        "id": {"kind": "declare", "key": "total", "reason": "x"},
        "reason": {"kind": "dismiss", "id": "w", "episode": "e"},
        "episode": {**DISMISS, "episode": "no-such"},
        "key": {"kind": "declare", "id": "w", "key": "queue:nowhere", "reason": "x"},
        "to": {**plan, "id": "w", "from": "2030-01-02T00:00Z", "to": "2030-01-01T00:00Z"},
        "event": {"kind": "cancel_event", "id": "w", "event": "no-such"},
    }
    service = ServiceProcess("services.command", env)
    async with service, desk(service, secrets_env) as client:
        answers = {field: await given(client, **order) for field, order in wrong.items()}
        async with desk(service, secrets_env, "viewer") as viewer:
            refused = await given(viewer, kind="declare", id="w", key="total", reason="x")
    assert {field: answer.json()["error"]["field"] for field, answer in answers.items()} == {
        field: field for field in wrong
    }
    assert {answer.status_code for answer in answers.values()} == {404, 422}
    assert refused.status_code == 403
    assert await said(connections, COMMANDS) == []
