"""The consoles as a real process beside the callbacks service, with people who can sign in."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from services.accounts import Account, Accounts, hash_password
from services.supervisor.keys import make_secrets
from tests.support.callback_centre import Centre, Opened
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv

PASSWORD = "correct horse battery"
PEOPLE = (
    Account(name="minji", title="김민지", roles=("counselor",), agent="desk-1"),
    Account(name="daniel", title="Daniel", roles=("counselor",), agent="desk-2", language="en"),
    Account(name="lead", title="박서준", roles=("lead",)),
    Account(name="auditor", title="최유진", roles=("auditor",)),
)


def accounts_in(folder: Path) -> Accounts:
    """An accounts file with some people who have the same password."""
    accounts = Accounts(folder / "accounts.json")
    hashed = hash_password(PASSWORD)
    with accounts.changing() as known:
        known |= {person.name: replace(person, password=hashed) for person in PEOPLE}
    return accounts


def console_env(env: dict[str, str], accounts: Accounts, callbacks_url: str) -> dict[str, str]:
    """What the consoles get besides what every service gets."""
    made = make_secrets()
    return env | {
        "SURGELINE_ACCOUNTS": str(accounts.path),
        "SURGELINE_SESSION_KEYS": env.get("SURGELINE_SESSION_KEYS", made.session_keys),
        "SURGELINE_CALLBACKS_URL": callbacks_url,
    }


@dataclass
class Person:
    """Somebody with a browser, as far as HTTP goes."""

    client: httpx.AsyncClient

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form of a page of ours."""
        page = (await self.client.get("/me")).text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        headers = {"Origin": str(self.client.base_url).rstrip("/")}
        data = ({"csrf": token.group(1)} if token else {}) | form
        return await self.client.post(path, data=data, headers=headers)

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        headers = {"Origin": str(self.client.base_url).rstrip("/")}
        data = {"account": name, "password": password}
        return await self.client.post("/sign-in", data=data, headers=headers)


@dataclass
class Consoles:
    """The consoles and what is behind them."""

    centre: Centre
    process: ServiceProcess
    accounts: Accounts

    @property
    def url(self) -> str:
        return self.process.url

    @asynccontextmanager
    async def person(self, name: str = "") -> AsyncIterator[Person]:
        """Somebody new, signed in when named."""
        async with httpx.AsyncClient(base_url=self.url, timeout=15.0) as client:
            person = Person(client)
            if name:
                assert (await person.sign_in(name)).status_code == 303
            yield person


OpenConsoles = Callable[..., AbstractAsyncContextManager[Consoles]]


def consoles_opener(open_centre: Opened, secrets_env: SecretsEnv, folder: Path) -> OpenConsoles:
    """A way to start them."""

    @asynccontextmanager
    async def opened(**env: str) -> AsyncIterator[Consoles]:
        accounts = accounts_in(folder)
        async with open_centre() as centre:
            settings = console_env(centre.service.env, accounts, centre.service.url)
            del settings["SURGELINE_PORT"]
            settings["SURGELINE_CONSOLE_TOKEN"] = secrets_env.tokens["console"]
            async with ServiceProcess("services.consoles", settings | env) as process:
                yield Consoles(centre, process, accounts)

    return opened
