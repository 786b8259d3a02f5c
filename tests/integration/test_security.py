"""Do the settings of security work against a broker and a Redis that insist, in every process?"""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from services.adapters.redis import CheckedRedis, RedisLostError
from services.supervisor.plan import SERVICES as MODULES
from streams.acls import PROCESSES, SERVICES, acls
from streams.errors import OverloadedError
from streams.kafka import LogWriter, Outgoing, create_topics, end_offsets, read_to_end
from streams.settings import Connections
from streams.telemetry.logs import configure_logs
from streams.topics import AUDIT, CALLBACKS, CLOCK, PEOPLE, SURGES
from tests.support.broker import ROOT
from tests.support.callbacks import desk_client, until
from tests.support.process import ServiceProcess
from tests.support.secured import (
    PASSWORD,
    USER,
    WRONG_PASSWORD,
    Authority,
    SecuredBroker,
    SecuredRedis,
)
from tests.support.stack import SecretsEnv, scratch_folder

LIBRARY = "#!lua name=secured\nredis.register_function('secured', function() return 'yes' end)"


class Guarded:
    """The servers, and the settings by which a process gets in."""

    def __init__(self, folder: Path) -> None:
        (folder / "redis").mkdir()
        self.authority = Authority(folder)
        self.broker = SecuredBroker(folder / "kafka", self.authority)
        self.redis = SecuredRedis(folder / "redis", self.authority, self.authority.papers("redis"))
        self.client = self.authority.papers("client")
        self.password = folder / "password"
        self.password.write_text(f"{PASSWORD}\n")
        self.wrong_password = folder / "wrong"
        self.wrong_password.write_text(f"{WRONG_PASSWORD}\n")

    def scram(self, door: str = "SCRAM", *, password: Path | None = None) -> dict[str, str]:
        return self.redis_tls() | {
            "SURGELINE_KAFKA": self.broker.at(door),
            "SURGELINE_KAFKA_SECURITY": "SASL_SSL",
            "SURGELINE_KAFKA_CA_FILE": str(self.authority.file),
            "SURGELINE_KAFKA_USER": USER,
            "SURGELINE_KAFKA_PASSWORD_FILE": str(password or self.password),
        }

    def mutual(self) -> dict[str, str]:
        return {
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
            "SURGELINE_KAFKA": self.broker.at("MUTUAL"),
            "SURGELINE_KAFKA_SECURITY": "SSL",
            "SURGELINE_KAFKA_CA_FILE": str(self.authority.file),
            "SURGELINE_KAFKA_CERT_FILE": str(self.client.cert),
            "SURGELINE_KAFKA_KEY_FILE": str(self.client.key),
        }

    def as_itself(self, process: str, *, by_certificate: bool) -> dict[str, str]:
        """The settings of one process that is nobody but itself to the broker."""
        own = self.scram() | {"SURGELINE_KAFKA_USER": f"{USER}-{process}"}
        if not by_certificate:
            return own
        papers = self.authority.papers(process)
        return (
            self.redis_tls()
            | self.mutual()
            | {
                "SURGELINE_KAFKA_CERT_FILE": str(papers.cert),
                "SURGELINE_KAFKA_KEY_FILE": str(papers.key),
            }
        )

    def redis_tls(self, *, password: Path | None = None) -> dict[str, str]:
        return {
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
            "SURGELINE_REDIS": self.redis.secured_url,
            "SURGELINE_REDIS_USER": USER,
            "SURGELINE_REDIS_PASSWORD_FILE": str(password or self.password),
            "SURGELINE_REDIS_CA_FILE": str(self.authority.file),
        }


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with scratch_folder("surgeline-secured-") as folder:
        made = Guarded(folder)
        try:
            made.broker.start()
            made.redis.start()
            yield made
        finally:
            made.broker.kill9()
            made.redis.stop()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("test", out=out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


def said(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def write_one(env: Mapping[str, str]) -> dict[int, int]:
    connections = Connections.from_env(env)
    await create_topics(connections)
    writer = LogWriter(connections)
    await writer.start()
    await writer.append([Outgoing(topic=CLOCK, value=b"{}", key=b"centre")])
    await writer.stop()
    return await end_offsets(connections, CLOCK)


@pytest.mark.integration
async def test_the_log_is_written_and_read_with_a_password_and_with_a_certificate(
    guarded: Guarded,
) -> None:
    ends = [
        await write_one(guarded.scram() | {"SURGELINE_PREFIX": "scram-"}),
        await write_one(guarded.mutual() | {"SURGELINE_PREFIX": "mutual-"}),
    ]
    assert ends == [{0: 1}, {0: 1}]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("door", "password", "why"),
    [
        ("SCRAM", WRONG_PASSWORD, "it refuses this user: "),
        ("EXPIRED", PASSWORD, "its certificate is not trusted: certificate has expired"),
        ("ELSEWHERE", PASSWORD, "its certificate is not trusted: IP address mismatch"),
    ],
)
async def test_a_broker_that_refuses_or_is_not_trusted_is_told_in_one_clear_line(
    guarded: Guarded, lines: io.StringIO, door: str, password: str, why: str
) -> None:
    file = guarded.password if password == PASSWORD else guarded.wrong_password
    connections = Connections.from_env(guarded.scram(door, password=file))
    for _ in range(2):
        with pytest.raises(KafkaConnectionError):
            await LogWriter(connections).start()
    [line] = said(lines)
    assert (line["message"], line["broker"]) == ("broker not reached", guarded.broker.at(door))
    assert line["why"].startswith(why)
    assert password not in lines.getvalue()


@pytest.mark.integration
async def test_a_wrong_certificate_of_ours_is_refused_by_the_broker(
    guarded: Guarded, lines: io.StringIO, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path).papers("stranger")
    env = guarded.mutual() | {
        "SURGELINE_KAFKA_CERT_FILE": str(stranger.cert),
        "SURGELINE_KAFKA_KEY_FILE": str(stranger.key),
    }
    with pytest.raises(KafkaConnectionError):
        await LogWriter(Connections.from_env(env)).start()
    assert [line["message"] for line in said(lines)] == ["broker not reached"]


@pytest.mark.integration
async def test_redis_is_used_over_tls_by_a_user_of_its_own(guarded: Guarded) -> None:
    redis = CheckedRedis(Connections.from_env(guarded.redis_tls()).redis)
    try:
        await redis.open(LIBRARY)
        answer = await redis.doing(redis.client.fcall("secured", 0))
    finally:
        await redis.close()
    assert answer == b"yes"


@pytest.mark.integration
async def test_a_redis_that_refuses_or_is_not_trusted_says_why_and_no_secret(
    guarded: Guarded, tmp_path: Path
) -> None:
    reasons = []
    for env in (
        guarded.redis_tls(password=guarded.wrong_password),
        guarded.redis_tls() | {"SURGELINE_REDIS_CA_FILE": str(Authority(tmp_path).file)},
    ):
        redis = CheckedRedis(Connections.from_env(env).redis)
        with pytest.raises(RedisLostError) as refused:
            await redis.open(LIBRARY)
        await redis.close()
        reasons.append(str(refused.value))
    assert "invalid username-password pair" in reasons[0]
    assert "certificate verify failed" in reasons[1]
    assert not any(secret in "".join(reasons) for secret in (PASSWORD, WRONG_PASSWORD))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("papers", "why"),
    [
        ({"lasts": timedelta(days=-1)}, "certificate has expired"),
        ({"host": "elsewhere.example"}, "IP address mismatch"),
    ],
)
async def test_a_process_whose_redis_has_the_wrong_certificate_says_so_once_and_goes_on_trying(
    guarded: Guarded, secrets_env: SecretsEnv, tmp_path: Path, papers: Any, why: str
) -> None:
    wrong = SecuredRedis(tmp_path, guarded.authority, guarded.authority.papers("wrong", **papers))
    wrong.start()
    env = {
        **secrets_env,
        **guarded.scram(),
        "SURGELINE_PREFIX": f"redis-{len(why)}-",
        "SURGELINE_REDIS": wrong.secured_url,
    }
    await create_topics(Connections.from_env(env))
    try:
        async with trying("services.callbacks", env, "list not yet open") as text:
            assert text.count("list not yet open") == 1
            assert why in text
            assert PASSWORD not in text
    finally:
        wrong.stop()


# By password the services, by certificate the workers and those that keep the lists.
BY_CERTIFICATE = ("tally", "surge", "callbacks", "callout")
ARGUMENTS = {"tally": ("--only", "tally"), "surge": ("--only", "surge,staffing")}


@pytest.mark.integration
async def test_every_process_does_its_work_with_the_rights_of_its_own_and_logs_no_secret(
    guarded: Guarded, secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    env = {
        **secrets_env,
        "SURGELINE_PREFIX": "all-",
        "SURGELINE_ACCOUNTS": str(tmp_path / "accounts.json"),
        "SURGELINE_CONSOLE_TOKEN": secrets_env.tokens["console"],
        "SURGELINE_FOLDER": str(tmp_path),
    }
    await create_topics(Connections.from_env(env | guarded.scram()))
    wanted = [acl for acl in acls("all-") if acl.process in PROCESSES]
    await guarded.broker.grant(wanted, f"User:{USER}-{{process}}")
    await guarded.broker.grant(wanted, "User:CN={process}")
    async with AsyncExitStack() as stack:
        running = {}
        for name in (*SERVICES, "tally", "surge"):
            module = MODULES.get(name, "streams")
            own = guarded.as_itself(name, by_certificate=name in BY_CERTIFICATE)
            process = ServiceProcess(module, env | own, ARGUMENTS.get(name, ()))
            process.start()
            stack.push_async_callback(process.stop)
            running[name] = process
        await asyncio.gather(*(process.wait_ready(120.0) for process in running.values()))
        await somebody_gives_up(running["intake"], secrets_env)
        await on_the_list(running["callbacks"], secrets_env)
        text = "".join(process.log_text() for process in running.values())
    for process in running.values():
        process.log_file.unlink()
    assert PASSWORD not in text
    assert "not reached" not in text
    assert "Authorization" not in text


@pytest.mark.integration
async def test_what_a_process_need_not_do_it_may_not_and_that_is_said_once(
    guarded: Guarded, lines: io.StringIO
) -> None:
    env = guarded.as_itself("boards", by_certificate=False) | {"SURGELINE_PREFIX": "least-"}
    await create_topics(Connections.from_env(env | guarded.scram()))
    await guarded.broker.grant(
        (acl for acl in acls("least-") if acl.process == "boards"), f"User:{USER}-{{process}}"
    )
    connections = Connections.from_env(env)
    writer = LogWriter(connections)
    await start_once_granted(writer)
    refusals = []
    for topic in (CALLBACKS, SURGES, CALLBACKS):
        with pytest.raises(OverloadedError, match="the broker refuses") as refused:
            await writer.append([Outgoing(topic=topic, value=b"{}", key=b"k")])
        refusals.append(str(refused.value).rpartition("-")[2])
    allowed = await writer.append([Outgoing(topic=AUDIT, value=b"{}", partition=0)])
    await writer.stop()
    with pytest.raises(KafkaError):
        [record async for record in read_to_end(connections, PEOPLE)]
    assert (refusals, allowed) == (["callbacks", "surges", "callbacks"], [(0, 0)])
    told = [line["topic"] for line in said(lines) if line["message"] == "broker refuses a write"]
    assert told == ["least-callbacks", "least-surges"]


async def start_once_granted(writer: LogWriter) -> None:
    """The broker obeys a right a moment after it has taken it."""
    while True:
        try:
            await writer.start()
        except KafkaError:
            await asyncio.sleep(0.1)
        else:
            return


async def somebody_gives_up(intake: ServiceProcess, secrets_env: SecretsEnv) -> None:
    now = datetime.now(UTC)
    events = [
        {
            "specversion": "1.0",
            "id": f"secured-{kind}",
            "source": "phone",
            "type": f"surgeline.contact.{kind}.v1",
            "subject": "secured-1",
            "time": (now - timedelta(seconds=seconds)).isoformat(),
            "data": {"queue": "main", "caller": "+82 10 1234 5678"},
        }
        for kind, seconds in (("arrived", 90), ("queued", 89), ("abandoned", 1))
    ]
    async with desk_client(intake.url, secrets_env.tokens["source"]) as client:
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        answer = await client.post("/v1/events", content=json.dumps(events), headers=headers)
    assert answer.is_success, answer.text


async def on_the_list(callbacks: ServiceProcess, secrets_env: SecretsEnv) -> None:
    async with desk_client(callbacks.url, secrets_env.tokens["counselor"]) as client:

        async def there() -> bool:
            return bool((await client.get("/v1/callbacks")).json()["total"])

        assert await until(there, 60.0)


@pytest.mark.integration
async def test_a_process_with_a_wrong_password_goes_on_trying_and_says_so_once(
    guarded: Guarded, secrets_env: SecretsEnv
) -> None:
    env = {**secrets_env, **guarded.scram(password=guarded.wrong_password)}
    async with trying("services.boards", env, "broker not reached") as text:
        assert text.count("it refuses this user") == 1
        assert WRONG_PASSWORD not in text


@asynccontextmanager
async def trying(module: str, env: Mapping[str, str], complaint: str) -> AsyncIterator[str]:
    """What a process that cannot get in has said after several attempts; it lives on."""
    process = ServiceProcess(module, env)
    process.start()
    try:
        while complaint not in process.log_text():
            assert process.alive
            await asyncio.sleep(0.1)
        await asyncio.sleep(3.0)
        assert process.alive
        yield process.log_text()
    finally:
        await process.stop()
        process.log_file.unlink()
