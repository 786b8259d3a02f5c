"""The callbacks service as a real process, with a phone system in memory and desks."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.adapters.memory import MemoryPhone
from services.supervisor import ports
from streams.kafka import Outgoing
from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.callback_floor import said
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env


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

    def now(self) -> datetime:
        return datetime.now(UTC)

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
    async def opened(*floor: Outgoing) -> AsyncIterator[Centre]:
        phone = MemoryPhone()
        await said(connections, *floor)
        async with help_.phone_server(phone, ports.any_free()[0]) as url:
            env = service_env(connections, secrets_env) | {"SURGELINE_PHONE_URL": url}
            service = ServiceProcess("services.callbacks", env)
            service.start()
            try:
                await service.wait_ready()
                client = help_.desk_client(service.url, secrets_env.tokens["counselor"])
                lead = help_.desk_client(service.url, secrets_env.tokens["lead"])
                async with client, lead:
                    started = datetime.now(UTC) - timedelta(minutes=1)
                    yield Centre(connections, secrets_env, service, phone, client, lead, started)
            finally:
                code = await service.stop()
            assert code == 0, service.log_text()[-3000:]
            service.log_file.unlink(missing_ok=True)

    return opened
