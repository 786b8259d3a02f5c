"""What tests of the callback list use: facts as the tally writes them, desks, a phone system."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from load.phone.faults import Unreliable
from load.scenario import Faults
from services.adapters.memory import MemoryPhone
from services.ports import DialOrder, PhoneUnavailableError, TextOrder
from services.sealing import Sealer
from streams.events.callbacks import (
    CallbackChanged,
    CallbackData,
    CallbackWanted,
    CallbackWantedData,
    CallerServed,
    CallerServedData,
    Request,
)
from streams.events.codec import decode, derived_id, encode
from streams.events.contacts import Caller
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import CALLBACKS, OVERFLOW, partition_of


def at(minutes: float = 0.0, *, day: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> datetime:
    """A moment, minutes after nine o'clock of some Monday."""
    return day + timedelta(minutes=minutes)


def caller_key(number: int) -> str:
    """The pseudonym of a caller."""
    return f"{number:032x}"


def wanted(
    request: str,
    caller: int,
    when: datetime,
    *,
    sealed: str | None = "s1.sealed",
    arrived: datetime | None = None,
    contact: str | None = None,
    queue: str = "main",
    **data: Any,
) -> CallbackWanted:
    """Someone needs a callback, as the tally says it."""
    return CallbackWanted(
        id=derived_id("callback-wanted", request, contact or request),
        source="surgeline/tally",
        subject=request,
        time=when,
        data=CallbackWantedData(
            request=Request(id=request, arrived_at=arrived or when, queue=queue),
            contact=contact or request,
            reason=data.pop("reason", "abandoned"),
            caller=Caller(key=caller_key(caller), key_id="p1", sealed=sealed),
            **data,
        ),
    )


def served(request: str, caller: int, when: datetime, contact: str = "later") -> CallerServed:
    """A caller was answered live after all."""
    return CallerServed(
        id=derived_id("caller-served", request, contact),
        source="surgeline/tally",
        subject=request,
        time=when,
        data=CallerServedData(request=request, contact=contact, caller_key=caller_key(caller)),
    )


def number_of(caller: int) -> str:
    """A number that could be rung."""
    return f"+82101{caller:07d}"


def sealed_number(env: Mapping[str, str], caller: int) -> str:
    """The same, sealed with the test's key."""
    return Sealer.from_env(env).seal(number_of(caller).encode())


async def publish(connections: Connections, facts: Iterable[CallbackWanted | CallerServed]) -> None:
    """Put facts on `overflow`, as the tally does."""
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(
        [
            Outgoing(
                topic=OVERFLOW,
                key=key.encode(),
                value=encode(fact),
                partition=partition_of(key, OVERFLOW),
            )
            for fact in facts
            for key in [_key(fact)]
        ]
    )
    await writer.stop()


def _key(fact: CallbackWanted | CallerServed) -> str:
    return fact.data.caller_key if isinstance(fact, CallerServed) else fact.data.caller.key


async def changes_on_the_log(connections: Connections) -> list[CallbackChanged]:
    """Every change of every callback; those of one callback in order."""
    events = [decode(r.value) async for r in read_to_end(connections, CALLBACKS) if r.value]
    return [event for event in events if isinstance(event, CallbackChanged)]


def latest(changes: Sequence[CallbackChanged]) -> dict[str, CallbackData]:
    """Each callback's newest state."""
    states: dict[str, CallbackData] = {}
    for change in changes:
        known = states.get(change.data.id)
        if known is None or known.version < change.data.version:
            states[change.data.id] = change.data
    return states


def gaps_and_forks(changes: Sequence[CallbackChanged]) -> list[str]:
    """Callbacks whose versions are not 1, 2, 3 ... or that say two things of one version."""
    said: dict[str, dict[int, CallbackChanged]] = {}
    wrong = []
    for change in changes:
        versions = said.setdefault(change.data.id, {})
        if versions.setdefault(change.data.version, change) != change:
            wrong.append(f"{change.data.id} has two of version {change.data.version}")
    wrong += [
        f"{callback} has versions {sorted(versions)}"
        for callback, versions in said.items()
        if sorted(versions) != list(range(1, len(versions) + 1))
    ]
    return wrong


async def until(condition: Any, seconds: float = 20.0) -> Any:
    """What an async condition gives, as soon as it is true; fails when it never is."""
    give_up = asyncio.get_running_loop().time() + seconds
    while True:
        found = await condition()
        if found:
            return found
        if asyncio.get_running_loop().time() > give_up:
            raise AssertionError("did not come true in time")
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Desk:
    """An agent's desk: asks the API, tries again when told so."""

    client: httpx.AsyncClient
    agent: str

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """One request, without patience."""
        return await self.client.post(f"/v1/callbacks/{path}", json=body)

    async def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """An answer in the end, however often the service is away meanwhile."""
        give_up = asyncio.get_running_loop().time() + 60
        while True:
            with contextlib.suppress(httpx.HTTPError):
                response = await self.post(path, **body)
                if response.status_code != 503:
                    told: dict[str, Any] = response.json()
                    return told
            if asyncio.get_running_loop().time() > give_up:
                raise AssertionError(f"{path} was never answered")
            await asyncio.sleep(0.05)

    async def next(self, **wish: Any) -> dict[str, Any] | None:
        """The next callback, or None."""
        told = await self.ask("next", agent=self.agent, **wish)
        callback: dict[str, Any] | None = told["callback"]
        return callback

    async def do(self, verb: str, callback: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A command of the holder."""
        claim = {"agent": self.agent, "epoch": callback["epoch"], "token": callback["token"]}
        return await self.ask(f"{callback['id']}/{verb}", **claim, **more)


def desk_client(url: str, token: str, **more: Any) -> httpx.AsyncClient:
    """A client with a bearer token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=15.0, **more)


def phone_app(phone: MemoryPhone) -> FastAPI:
    """The phone system in memory behind the commands' HTTP form."""
    app = FastAPI(openapi_url=None)

    def told(status: Any) -> dict[str, Any]:
        return {"state": status.condition, "outcome": status.outcome}

    @app.exception_handler(PhoneUnavailableError)
    async def away(*_: object) -> JSONResponse:
        return JSONResponse({"error": "away"}, status_code=503)

    @app.post("/commands/withdraw")
    async def withdraw(body: dict[str, str]) -> dict[str, str]:
        return {"result": await phone.withdraw(body["contact"], body["callback"])}

    @app.post("/commands/dial")
    async def dial(body: dict[str, Any]) -> dict[str, Any]:
        return told(await phone.dial(DialOrder(**body)))

    @app.post("/commands/cancel")
    async def cancel(body: dict[str, str]) -> dict[str, str]:
        return {"result": await phone.cancel(body["dial"])}

    @app.post("/commands/text")
    async def text(body: dict[str, Any]) -> dict[str, str]:
        return {"result": await phone.hand_over(TextOrder(**body))}

    @app.get("/commands/dial/{dial_id}")
    async def status(dial_id: str) -> dict[str, Any]:
        return told(await phone.dial_status(dial_id))

    return app


@contextlib.asynccontextmanager
async def phone_server(
    phone: MemoryPhone, port: int, faults: Faults | None = None
) -> AsyncIterator[str]:
    """The same, listening; with faults, behind a bad line."""
    app: ASGIApp = phone_app(phone)
    if faults is not None:
        app = Unreliable(app, faults)
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
