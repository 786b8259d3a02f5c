"""The consoles as a real process beside the call-out service, its scripted provider and people."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.accounts import Account, hash_password
from services.sealing import Sealer
from streams.events.people import Person as Listed
from streams.settings import Connections
from tests.support.callout_centre import CalloutCentre, callout_centre, someone
from tests.support.consoles import PASSWORD, Person, accounts_in, console_env
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

MORE_PEOPLE = (
    Account(name="manager", title="이하은", roles=("manager",)),
    Account(name="viewer", title="보는 이", roles=("viewer",)),
)


@dataclass
class CalloutConsoles:
    """The pages and what is behind them. The first of the reserve has the desk of `minji`."""

    callouts: CalloutCentre
    process: ServiceProcess

    @property
    def url(self) -> str:
        return self.process.url

    @asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[Person]:
        async with httpx.AsyncClient(base_url=self.url, timeout=20.0) as client:
            person = Person(client)
            assert (await person.sign_in(name)).status_code == 303
            yield person


OpenCalloutConsoles = Callable[..., AbstractAsyncContextManager[CalloutConsoles]]


def callout_consoles_opener(
    connections: Connections, secrets_env: SecretsEnv, folder: Path
) -> OpenCalloutConsoles:
    """A way to start them with so many people of the reserve."""

    @asynccontextmanager
    async def opened(
        people: int, script: dict[str, Any] | None = None
    ) -> AsyncIterator[CalloutConsoles]:
        accounts = accounts_in(folder)
        hashed = hash_password(PASSWORD)
        with accounts.changing() as known:
            known |= {one.name: replace(one, password=hashed) for one in MORE_PEOPLE}
        sealer = Sealer.from_env(secrets_env)
        reserve = [_as_imported(someone(0, sealer, agent="desk-1", kinds=("sms", "voice")))]
        reserve += [someone(n, sealer) for n in range(1, people)]
        async with callout_centre(connections, secrets_env, folder, reserve, script) as callouts:
            env = console_env(service_env(connections, secrets_env), accounts, "http://127.0.0.1:9")
            env |= {
                "SURGELINE_CALLOUT_URL": callouts.service.url,
                "SURGELINE_CONSOLE_TOKEN": secrets_env.tokens["console"],
            }
            async with ServiceProcess("services.consoles", env) as process:
                yield CalloutConsoles(callouts, process)

    return opened


def _as_imported(person: Listed) -> Listed:
    """With its methods named by their kind, as an import names them."""
    methods = [msgspec.structs.replace(one, id=one.kind) for one in person.methods]
    plan = [msgspec.structs.replace(one, method=one.method[3:]) for one in person.plan]
    return msgspec.structs.replace(person, methods=tuple(methods), plan=tuple(plan))
