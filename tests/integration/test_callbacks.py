"""Is a promise kept, from the log through Redis and a desk to the phone system and back?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.adapters.memory import MemoryPhone
from services.supervisor import ports
from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.process import ServiceProcess
from tests.support.stack import RedisServer, SecretsEnv, service_env


@dataclass
class Centre:
    """The service under test with its phone system."""

    connections: Connections
    env: SecretsEnv
    service: ServiceProcess
    phone: MemoryPhone
    client: httpx.AsyncClient
    lead: httpx.AsyncClient
    started: datetime

    def desk(self, agent: str) -> help_.Desk:
        return help_.Desk(self.client, agent)

    def wanted(self, request: str, caller: int, minutes: float = 0.0, **data: Any) -> Any:
        when = self.started + timedelta(minutes=minutes)
        sealed = data.pop("sealed", None) or help_.sealed_number(self.env, caller)
        return help_.wanted(request, caller, when, sealed=sealed, **data)

    async def publish(self, *facts: Any) -> None:
        await help_.publish(self.connections, facts)

    async def listed(self, count: int, state: str = "waiting") -> list[dict[str, Any]]:
        async def there() -> list[dict[str, Any]] | None:
            response = await self.client.get("/v1/callbacks", params={"state": state, "limit": 500})
            if response.status_code != 200:
                return None
            told = response.json()
            return told["callbacks"] if told["total"] == count else None

        found: list[dict[str, Any]] = await help_.until(there)
        return found

    async def changes(self) -> list[Any]:
        return await help_.changes_on_the_log(self.connections)


Opened = Callable[..., AbstractAsyncContextManager[Centre]]


@pytest.fixture
def open_centre(connections: Connections, secrets_env: SecretsEnv) -> Opened:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Centre]:
        phone = MemoryPhone()
        async with help_.phone_server(phone, ports.any_free()[0]) as url:
            env = service_env(connections, secrets_env) | {"SURGELINE_PHONE_URL": url}
            service = ServiceProcess("services.callbacks", env)
            service.start()
            await service.wait_ready()
            client = help_.desk_client(service.url, secrets_env.tokens["counselor"])
            lead = help_.desk_client(service.url, secrets_env.tokens["lead"])
            async with client, lead:
                yield Centre(
                    connections,
                    secrets_env,
                    service,
                    phone,
                    client,
                    lead,
                    datetime.now(UTC) - timedelta(minutes=1),
                )
            code = await service.stop()
            # uvicorn ends as the signal would, after a clean shutdown.
            assert code in (0, -15), service.log_text()[-3000:]
            service.log_file.unlink(missing_ok=True)

    return opened


async def test_a_caller_on_hold_is_taken_off_hold_leased_dialled_and_talked_to(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        centre.phone.hold("c1")
        await centre.publish(centre.wanted("c1", 1, still_waiting=True, reason="waited_too_long"))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        number = centre.phone.dials[dial].order.number  # type: ignore[union-attr]
        centre.phone.pick_up(dial)
        await desk.do("connected", callback)
        await desk.do("complete", callback, result="advised")
        changes = await centre.changes()
        assert (
            centre.phone.calls["c1"],
            number,
            [change.change for change in changes],
            changes[-1].data.outcome,
        ) == (
            "withdrawn",
            help_.number_of(1),
            ["requested", "call_withdrawn", "leased", "dialled", "connected", "completed"],
            "completed",
        )


async def test_a_caller_who_reaches_us_first_is_not_rung_on(open_centre: Opened) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        await centre.publish(help_.served("c1", 1, datetime.now(UTC)))
        closed = (await centre.listed(1, "closed"))[0]

        async def cancelled() -> bool:
            return centre.phone.dials[dial].outcome == "cancelled"

        await help_.until(cancelled)
        late = await desk.post(
            f"{callback['id']}/connected",
            agent="kim",
            epoch=callback["epoch"],
            token=callback["token"],
        )
        assert (closed["outcome"], late.status_code, late.json()["error"]["reason"]) == (
            "reached_us_first",
            409,
            "closed",
        )


async def test_an_emptied_redis_gives_the_same_list_back_and_refuses_old_leases(
    open_centre: Opened, redis_server: RedisServer
) -> None:
    async with open_centre() as centre:
        facts = [
            centre.wanted(f"c{n}", n, -n / 60, urgency="high" if n % 5 == 0 else "normal")
            for n in range(1, 41)
        ]
        await centre.publish(*facts)
        await centre.listed(40)
        desk = centre.desk("kim")
        held = await desk.next()
        assert held is not None
        before = [one["id"] for one in await centre.listed(39)]
        redis_server.restart(wipe=True)
        after = [one["id"] for one in await centre.listed(39)]
        claim = {"agent": "kim", "epoch": held["epoch"], "token": held["token"]}
        late = await desk.ask(f"{held['id']}/dial", **claim)
        again = await desk.next()
        assert again is not None
        dialled = await desk.do("dial", again)
        assert (after, late["error"]["reason"], again["id"], again["epoch"]) == (
            before,
            "stale_epoch",
            held["id"],
            held["epoch"] + 1,
        )
        assert dialled["callback"]["state"] == "dialling"


async def test_fifty_agents_at_once_get_fifty_different_callbacks_in_order(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(*(centre.wanted(f"c{n}", n, -n / 60) for n in range(1, 81)))
        in_order = [one["id"] for one in await centre.listed(80)]
        given = await asyncio.gather(*(centre.desk(f"agent-{n}").next() for n in range(50)))
        assert sorted(one["id"] for one in given if one) == sorted(in_order[:50])


async def test_a_dial_whose_agent_fell_silent_is_asked_after_and_never_made_twice(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        centre.service.kill9()
        centre.service.start()
        await centre.service.wait_ready()
        centre.phone.end(dial, "no_answer")
        failed = await desk.do("fail", callback, outcome="no_answer")
        assert (failed["callback"]["state"], centre.phone.rings[callback["id"]]) == ("due", 1)


async def _rings(phone: MemoryPhone, dial: str) -> bool:
    return dial in phone.dials
