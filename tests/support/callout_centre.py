"""The call-out service as a real process, with the scripted provider and people who answer."""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from load.provider.settings import providers_file
from services.numbers import Pseudonyms
from services.sealing import Sealer
from services.supervisor import ports
from streams.centre_file import load_centre
from streams.domain.callout.policy import CalloutPolicy
from streams.domain.centre import Centre
from streams.events.callouts import CalloutChanged, OfferChanged
from streams.events.codec import decode, encode
from streams.events.people import ContactMethod, Person, PersonChanged, PlanStep
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import CALLOUTS, PEOPLE, partition_of
from tests.support.broker import ROOT
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

SILENT = {"answers": 0.0}
# Nobody answers, nothing goes wrong: a test adds what it needs.
CALM: dict[str, Any] = {"sms": SILENT, "voice": SILENT, "push": SILENT}


def number(person: int) -> str:
    """Numbers that Ofcom keeps for films."""
    return f"+44790099{person:04d}"


def someone(
    n: int,
    sealer: Sealer,
    *,
    pool: str = "reserve",
    kinds: tuple[str, ...] = ("sms",),
    pseudonyms: Pseudonyms | None = None,
    **more: Any,
) -> Person:
    """Reserve number so-and-so; with `pseudonyms` they are known by what they write."""
    verified = datetime.now(UTC) - timedelta(days=3)
    methods = tuple(
        ContactMethod(
            id=f"m{n}-{kind}",
            kind=kind,  # type: ignore[arg-type]
            sealed=sealer.seal(number(n).encode()),
            digest=pseudonyms.key_of(number(n))[0] if pseudonyms else "",
            verified_at=verified,
        )
        for kind in kinds
    )
    plan = tuple(
        PlanStep(method=m.id, after_seconds=120 if m.kind == "voice" else 0) for m in methods
    )
    return Person(
        id=f"p{n:04d}",
        sealed_name=sealer.seal(f"Person {n}".encode()),
        pool=pool,
        languages=more.pop("languages", ("ko", "en")),
        methods=methods,
        plan=plan,
        timezone="Asia/Seoul",
        **more,
    )


async def put_people(connections: Connections, people: list[Person]) -> None:
    """Onto the log, as the import does."""
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(
        [
            Outgoing(
                topic=PEOPLE,
                key=key.encode(),
                partition=partition_of(key, PEOPLE),
                value=encode(
                    PersonChanged(
                        id=secrets.token_hex(8),
                        source="test",
                        subject=person.id,
                        time=datetime.now(UTC),
                        change="imported",
                        data=person,
                    )
                ),
            )
            for person in people
            for key in [f"person/{person.id}"]
        ]
    )
    await writer.stop()


@dataclass
class CalloutCentre:
    """The service under test with its provider."""

    connections: Connections
    env: SecretsEnv
    service: ServiceProcess
    provider: ServiceProcess
    manager: httpx.AsyncClient
    desk: httpx.AsyncClient

    async def ledger(self) -> dict[str, Any]:
        """What the provider was asked and whom it reached."""
        found: dict[str, Any] = (await self.desk.get("/ledger")).raise_for_status().json()
        return found

    async def script(self, script: dict[str, Any]) -> None:
        """From now on the provider behaves like this."""
        (await self.desk.put("/script", content=json.dumps(script))).raise_for_status()

    async def need(self, seats: int, **more: Any) -> str:
        """A need, as a draft; its call-out."""
        body = {"pool": "reserve", "quotas": [{"seats": seats}], **more}
        opened = (await self.manager.post("/v1/needs", json=body)).raise_for_status().json()
        return str(opened["callout"]["id"])

    async def send(self, callout: str, **more: Any) -> dict[str, Any]:
        """Look at the preview, and start."""
        path = f"/v1/callouts/{callout}"
        (await self.manager.post(f"{path}/preview", json={})).raise_for_status()
        started: dict[str, Any] = (
            (await self.manager.post(f"{path}/start", json=more)).raise_for_status().json()
        )
        return started

    async def show(self, callout: str) -> dict[str, Any]:
        """The call-out with its people."""
        found = await self.manager.get(f"/v1/callouts/{callout}")
        shown: dict[str, Any] = found.raise_for_status().json()
        return shown

    async def facts(self) -> list[CalloutChanged | OfferChanged]:
        """Everything on the log about call-outs."""
        found = [decode(r.value) async for r in read_to_end(self.connections, CALLOUTS) if r.value]
        return [one for one in found if isinstance(one, (CalloutChanged, OfferChanged))]


Opened = Callable[..., AbstractAsyncContextManager[CalloutCentre]]


def centre_with(**policy: Any) -> Centre:
    """The shipped centre with another policy for call-outs."""
    return replace(load_centre(ROOT / "centre.toml"), callout=CalloutPolicy(**policy))


def write_centre(folder: Path, **callout: str | float) -> Path:
    """The shipped centre with other settings for call-outs."""
    text = (ROOT / "centre.toml").read_text()
    head, _, _ = text.partition("[callout]")
    lines = [f"{name} = {json.dumps(value)}" for name, value in callout.items()]
    path = folder / "centre.toml"
    path.write_text(head + "[callout]\n" + "\n".join(lines) + "\n")
    return path


@asynccontextmanager
async def callout_centre(
    connections: Connections,
    secrets_env: SecretsEnv,
    folder: Path,
    people: int | list[Person],
    script: dict[str, Any] | None = None,
    *,
    per_second: float = 500.0,
    kinds: tuple[str, ...] = ("sms",),
    **callout: str | float,
) -> AsyncIterator[CalloutCentre]:
    """The service and its provider, with people on the log; ends with both stopped."""
    token = secrets.token_urlsafe(16)
    service_port, provider_port = ports.any_free()[0], ports.any_free()[0]
    provider_url = f"http://127.0.0.1:{provider_port}"
    providers = folder / "providers.toml"
    providers.write_text(providers_file(provider_url, token, per_second))
    script_file = folder / "script.json"
    script_file.write_text(json.dumps(CALM if script is None else script))
    env = service_env(connections, secrets_env) | {
        "SURGELINE_CENTRE": str(write_centre(folder, **callout)),
        "SURGELINE_PORT": str(service_port),
        "SURGELINE_PROVIDERS": str(providers),
        "SURGELINE_CALLOUT_PUBLIC_URL": f"http://127.0.0.1:{service_port}",
        "SURGELINE_FOLDER": str(folder / "folder"),
    }
    sealer = Sealer.from_env(secrets_env)
    if isinstance(people, int):
        known_by = Pseudonyms.from_env(secrets_env)
        people = [someone(n, sealer, kinds=kinds, pseudonyms=known_by) for n in range(people)]
    await put_people(connections, people)
    provider = ServiceProcess(
        "load.provider",
        {
            "SURGELINE_PORT": str(provider_port),
            "SURGELINE_PROVIDER_TOKEN": token,
            "SURGELINE_CALLOUT_URL": f"http://127.0.0.1:{service_port}",
        },
        [str(script_file)],
    )
    service = ServiceProcess("services.callout", env)
    bearer = {"Authorization": f"Bearer {secrets_env.tokens['manager']}"}
    async with (
        provider,
        service,
        httpx.AsyncClient(base_url=service.url, headers=bearer, timeout=20.0) as manager,
        httpx.AsyncClient(
            base_url=provider_url, headers={"Authorization": f"Bearer {token}"}
        ) as desk,
    ):
        yield CalloutCentre(connections, secrets_env, service, provider, manager, desk)


@pytest.fixture
def open_callouts(connections: Connections, secrets_env: SecretsEnv, tmp_path: Path) -> Opened:
    """One call-out service of this test's own."""
    return partial(callout_centre, connections, secrets_env, tmp_path)
