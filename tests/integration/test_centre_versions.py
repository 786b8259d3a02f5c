"""Do running processes go by a version of the centre file as soon as it is put in force?"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from streams.centre_file import check_text
from streams.events.callbacks import CallbackWanted
from streams.events.centre import CentreApplied, CentreData
from streams.events.codec import decode, encode
from streams.kafka import FollowedCentre, LogWriter, Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import CENTRE, OVERFLOW
from tests.support.feed import Step, caught_up, feed, people, recount
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

NIGHT = '[[queues]]\nname = "night"\ntitle_ko = "야간"\ntitle_en = "Night"\n\n'


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log_writer = LogWriter(connections)
    await log_writer.start()
    yield log_writer
    await log_writer.stop()


@pytest.fixture
def env(connections: Connections, secrets_env: SecretsEnv) -> dict[str, str]:
    return service_env(connections, secrets_env)


def version(connections: Connections, *replaced: tuple[str, str]) -> CentreData:
    text = connections.centre.read_text()
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    centre, problems = check_text(text.encode(), "test")
    assert centre is not None
    assert problems == []
    return CentreData(version=centre.version, text=text, applied_by="manager-1", reason="test")


async def apply(writer: LogWriter, data: CentreData) -> None:
    fact = CentreApplied(
        id=str(uuid.uuid4()),
        source="surgeline/command",
        subject="centre",
        time=datetime.now(UTC),
        data=data,
    )
    await writer.append([Outgoing(topic=CENTRE, key=fact.id.encode(), value=encode(fact))])


async def wanted(connections: Connections) -> list[CallbackWanted]:
    return [
        event
        async for record in read_to_end(connections, OVERFLOW)
        if isinstance(event := decode(record.value or b""), CallbackWanted)
    ]


async def test_a_shorter_wait_limit_is_kept_by_the_running_worker_and_named_in_its_promises(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    waiting = [Step(0, f"w{n}", "arrived", f"{n:032x}", "main", -100.0) for n in range(5)]
    shorter = version(connections, ('wait_limit = "3m"', 'wait_limit = "1m"'))
    async with ServiceProcess("streams", env, ("--only", "tally")) as worker:
        await feed(writer, waiting)
        await caught_up(connections)
        await asyncio.sleep(1)
        assert await wanted(connections) == []
        await apply(writer, shorter)
        async with asyncio.timeout(20):
            while len(promised := await wanted(connections)) < len(waiting):
                await asyncio.sleep(0.2)
        assert worker.alive
    assert {fact.centreversion for fact in promised} == {shorter.version}


async def test_a_version_put_in_force_amid_the_traffic_loses_and_repeats_nothing(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    steps = people(seed=7, contacts=900, events_per_second=2000)
    other = version(connections, ('short_abandon = "5s"', 'short_abandon = "5.0s"'))
    async with ServiceProcess("streams", env, ("--only", "tally")):
        await asyncio.gather(feed(writer, steps), _in_the_middle(writer, other))
        said = await caught_up(connections)
    due = await recount(connections, said.overflow.values())
    assert (said.counts, said.pulses) == (due.counts, due.pulses)
    assert (due.overflow, said.repeats) == ({}, 0)


async def _in_the_middle(writer: LogWriter, data: CentreData) -> None:
    await asyncio.sleep(0.7)
    await apply(writer, data)


async def test_a_file_counts_until_the_log_has_seen_it_and_never_comes_back_by_a_restart(
    connections: Connections, writer: LogWriter, tmp_path: Path
) -> None:
    shipped = version(connections)
    later = version(connections, ('wait_limit = "3m"', 'wait_limit = "2m"'))
    assert await in_force(connections) == shipped.version
    for data in (shipped, later):
        await apply(writer, data)
    assert await in_force(connections) == later.version
    edited = tmp_path / "centre.toml"
    unseen = version(connections, ('wait_limit = "3m"', 'wait_limit = "4m"'))
    edited.write_text(unseen.text)
    changed = Connections(
        kafka=connections.kafka,
        redis=connections.redis,
        prefix=connections.prefix,
        centre=edited,
    )
    assert await in_force(changed) == unseen.version


async def in_force(connections: Connections) -> str:
    followed = FollowedCentre(connections)
    await followed.start()
    await followed.stop()
    return followed.centre.version


def asker(service: ServiceProcess, env: SecretsEnv, role: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {env.tokens[role]}"}
    return httpx.Client(base_url=service.url, headers=headers, timeout=20)


async def test_a_version_is_previewed_applied_and_rolled_back_over_http(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv
) -> None:
    shipped = version(connections)
    shorter = version(connections, ('wait_limit = "3m"', 'wait_limit = "1m"'))
    async with ServiceProcess("services.command", env) as service:
        with asker(service, secrets_env, "manager") as manager:
            begun = manager.get("/v1/centre").json()
            assert (begun["version"], begun["text"]) == (shipped.version, shipped.text)
            seen = manager.post("/v1/centre/preview", json={"text": shorter.text}).json()
            assert seen["changes"] == [
                {"where": "overflow.wait_limit", "before": "3m", "after": "1m"}
            ]
            assert seen["hindsight"] == {"pulses": 0, "before": [], "after": []}
            body = {"text": shorter.text, "on": shipped.version, "reason": "typhoon"}
            assert not manager.post("/v1/centre/apply", json=body).json()["repeated"]
            assert manager.post("/v1/centre/apply", json=body).json()["repeated"]
            late = {**body, "text": shipped.text + "\n"}
            assert manager.post("/v1/centre/apply", json=late).status_code == 409
            assert await in_force(connections) == shorter.version
            back = {"version": shipped.version, "on": shorter.version, "reason": "over"}
            assert manager.post("/v1/centre/roll-back", json=back).status_code == 200
            history = manager.get("/v1/centre").json()["history"]
    assert await in_force(connections) == shipped.version
    assert [(was["version"], was["rolled_back"]) for was in history] == [
        (shipped.version, True),
        (shorter.version, False),
        (shipped.version, False),
    ]


async def test_a_file_that_cannot_be_used_is_refused_with_every_problem_and_leads_change_nothing(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv
) -> None:
    shipped = version(connections)
    wrong = shipped.text.replace("seats = 24", "seats = -1").replace('"ko", "en"]', '"xx"]', 1)
    async with ServiceProcess("services.command", env) as service:
        with asker(service, secrets_env, "lead") as lead:
            seen = lead.post("/v1/centre/preview", json={"text": wrong}).json()
            body = {"text": wrong, "on": shipped.version, "reason": "try"}
            assert lead.post("/v1/centre/apply", json=body).status_code == 403
        with asker(service, secrets_env, "manager") as manager:
            refused = manager.post("/v1/centre/apply", json=body)
            unknown = {"version": "0" * 12, "on": shipped.version, "reason": "try"}
            assert manager.post("/v1/centre/roll-back", json=unknown).status_code == 404
    assert {problem["where"] for problem in seen["problems"]} >= {"pools[1].seats"}
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "text"
    assert await in_force(connections) == shipped.version


async def test_admission_and_callbacks_go_by_a_version_as_soon_as_it_is_in_force(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv, writer: LogWriter
) -> None:
    with_chat = version(
        connections,
        (
            '[[queues]]\nname = "english"',
            NIGHT + '[[queues]]\nname = "english"',
        ),
    )
    question = {"contact": "c1", "queue": "night", "channel": "voice", "caller": "+821012345678"}
    switch = {"switch": "dialling", "queue": "night", "on": False, "reason": "test"}
    async with (
        ServiceProcess("services.admission", env) as admission,
        ServiceProcess("services.callbacks", env) as callbacks,
    ):
        with (
            asker(admission, secrets_env, "source") as source,
            asker(callbacks, secrets_env, "lead") as lead,
        ):
            assert source.post("/v1/admission", json=question).status_code == 422
            assert lead.post("/v1/callbacks/switches", json=switch).status_code == 422
            await apply(writer, with_chat)
            async with asyncio.timeout(10):
                while source.post("/v1/admission", json=question).status_code != 200:
                    await asyncio.sleep(0.1)
                while lead.post("/v1/callbacks/switches", json=switch).status_code != 200:
                    await asyncio.sleep(0.1)
