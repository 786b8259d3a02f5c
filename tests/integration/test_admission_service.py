"""Does admission answer from what is on the log, and still when the log is gone?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from services.numbers import Pseudonyms
from streams.events.callbacks import SwitchesData, SwitchesSet
from streams.events.codec import encode
from streams.events.contacts import Caller
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import WaitEstimated
from streams.kafka import LogWriter, Outgoing, create_topics
from streams.settings import Connections
from streams.topics import CALLBACKS, QUEUES, SEATS, Topic, partition_of
from tests.support.admission import wait
from tests.support.broker import ROOT, Broker
from tests.support.process import ServiceProcess
from tests.support.promises import changed, promise
from tests.support.stack import SecretsEnv, scratch_folder, service_env

PATIENCE_SECONDS = 40.0
NUMBER = "+821012345678"
Ask = Callable[..., Any]


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log = LogWriter(connections)
    await log.start()
    yield log
    await log.stop()


@asynccontextmanager
async def asking(connections: Connections, env: SecretsEnv) -> AsyncIterator[Ask]:
    """Starts admission; gives what asks it about one arriving contact."""
    async with ServiceProcess("services.admission", service_env(connections, env)) as process:
        async with client_of(process, env) as client:
            arriving = count(1)

            async def ask(**said: Any) -> Any:
                # Each time another contact: one that asks again never hears of a worse place.
                contact = {"contact": f"c-{next(arriving)}", "queue": "main", "caller": NUMBER}
                question = contact | said
                answer = await client.post("/v1/admission", json=question)
                return answer.raise_for_status().json()

            yield ask
        log = process.log_text()
    assert "1012345678" not in log


def client_of(process: ServiceProcess, env: SecretsEnv) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {env.tokens['source']}"}
    return httpx.AsyncClient(base_url=process.url, headers=headers, timeout=10.0)


async def until(ask: Ask, said: dict[str, Any] | None = None, **wanted: Any) -> dict[str, Any]:
    """The first answer that has these values."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer: dict[str, Any] = await ask(**said or {})
            if all(answer.get(name) == value for name, value in wanted.items()):
                return answer
            await asyncio.sleep(0.05)


def announced(p50: float) -> Outgoing:
    """What staffing says of the wait on the main queue."""
    return _record(SEATS, "wait/main", WaitEstimated, wait(p50))


def waiting(people: int) -> Outgoing:
    """What the tally says of the line."""
    counts = QueueCounts(waiting=people, oldest_waiting_since=datetime.now(UTC))
    day = {"2026-03-11": {"main": counts}}
    return _record(QUEUES, "0", QueuesMeasured, QueueData(partition=0, offset=0, counts=day))


def registering(version: int, *off: str) -> Outgoing:
    """What a shift lead says of new promises."""
    return _record(
        CALLBACKS, "switches", SwitchesSet, SwitchesData(version=version, registering_off=off)
    )


def callback(env: SecretsEnv, version: int = 1, **said: Any) -> Outgoing:
    """The callback of whoever has NUMBER."""
    key, key_id = Pseudonyms.from_env(env).key_of(NUMBER)
    origin = datetime.now(UTC) - timedelta(minutes=30)
    fields: dict[str, Any] = {
        "reason": "waited_too_long",
        "caller": Caller(key=key, key_id=key_id),
    } | said
    data = promise("cb-1", "r-1", version=version, origin=origin, **fields)
    return _keyed(CALLBACKS, "cb-1", changed(data))


def _record(topic: Topic, key: str, kind: type[Any], data: Any) -> Outgoing:
    now = datetime.now(UTC)
    return _keyed(
        topic, key, kind(id=key, source="surgeline/test", subject=key, time=now, data=data)
    )


def _keyed(topic: Topic, key: str, event: CloudEvent) -> Outgoing:
    partition = partition_of(key, topic)
    return Outgoing(topic=topic, key=key.encode(), value=encode(event), partition=partition)


async def test_answers_follow_the_wait_the_line_and_the_switch_on_the_log(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    await writer.append([announced(60.0), waiting(3)])
    async with asking(connections, secrets_env) as ask:
        short = await until(ask, stale=False)
        assert (short["decision"], short["reason"], short["position"]) == ("queue", "short_wait", 4)
        assert short["wait"] == {"p50_seconds": 60, "p90_seconds": 120, "method": "queue_length"}
        await writer.append([announced(600.0), waiting(40)])
        offered = await until(ask, reason="long_wait", position=41)
        assert (offered["decision"], offered["prompt"]) == ("offer_callback", "callback_offer")
        await writer.append([registering(1, "main")])
        off = await until(ask, reason="registering_off")
        await writer.append([registering(2)])
        again = await until(ask, reason="long_wait")
        assert (off["decision"], again["decision"]) == ("queue", "offer_callback")


async def test_a_caller_hears_of_the_open_callback_however_the_number_is_written(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    await writer.append([announced(60.0), callback(secrets_env, reason="abandoned")])
    async with asking(connections, secrets_env) as ask:
        told = await ask(caller="010-1234-5678")
        assert (told["decision"], told["reason"], told["position"]) == ("queue", "place_resumed", 1)
        assert told["callback"] == {"id": "cb-1", "promised_by": "2026-03-11T07:01:00.000Z"}
        other = await ask(caller="010-8765-4321")
        assert "callback" not in other
        await writer.append([callback(secrets_env, version=2, outcome="completed")])
        assert "callback" not in await until(ask, reason="short_wait")


async def test_a_restarted_admission_knows_what_the_one_before_knew(
    connections: Connections, secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    await writer.append([announced(600.0), waiting(40), callback(secrets_env), registering(1, "*")])
    answers = []
    for _ in range(2):
        async with asking(connections, secrets_env) as ask:
            answers.append([await ask(), await ask(caller=None)])
    kept = ("decision", "reason", "position", "prompt", "callback")
    first, second = ([[a.get(name) for name in kept] for a in pair] for pair in answers)
    assert first == second
    assert [answer[1] for answer in first] == ["callback_open", "no_number"]


async def test_with_the_broker_gone_it_answers_what_it_knew_and_says_how_old_that_is(
    secrets_env: SecretsEnv,
) -> None:
    with scratch_folder("surgeline-kafka-") as folder:
        broker = Broker(folder)
        broker.start()
        try:
            connections = Connections(kafka=broker.bootstrap, centre=ROOT / "centre.toml")
            await create_topics(connections)
            await _write(connections, [announced(600.0), waiting(40), callback(secrets_env)])
            async with asking(connections, secrets_env) as ask:
                await until(ask, stale=False, reason="callback_open")
                broker.kill9()
                gone = await until(ask, {"caller": "010-8765-4321"}, stale=True)
                assert (gone["decision"], gone["reason"]) == ("offer_callback", "long_wait")
                assert gone["age_seconds"] >= 5
                assert (await ask())["callback"]["id"] == "cb-1"
                broker.start()
                await until(ask, stale=False)
                await _write(connections, [announced(60.0)])
                await until(ask, {"caller": "010-8765-4321"}, reason="short_wait")
        finally:
            broker.kill9()


async def _write(connections: Connections, records: Sequence[Outgoing]) -> None:
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(list(records))
    await writer.stop()


async def test_started_without_a_broker_it_lets_contacts_wait(secrets_env: SecretsEnv) -> None:
    nowhere = Connections(kafka="127.0.0.1:9", centre=ROOT / "centre.toml")
    process = ServiceProcess(
        "services.admission", service_env(nowhere, secrets_env), ready_path="/healthz"
    )
    async with process, client_of(process, secrets_env) as client:
        answer = await client.post("/v1/admission", json={"contact": "c-1", "queue": "main"})
        ready = await client.get("/readyz")
    told = answer.json()
    assert (told["decision"], told["stale"], told["as_of"]) == ("queue", True, None)
    assert ready.status_code == 503
