"""A scripted provider on a free port of this machine, and what it is asked with."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from load.provider.__main__ import provider_app
from load.provider.script import Script, read_script
from load.provider.settings import ProviderSettings
from services.adapters.twilio_rest import Account
from services.message_ports import Message
from services.supervisor import ports

TOKEN = "provider-secret"
SOMEBODY = "+447700900123"
NOBODY_ANSWERS = {"answers": 0.0}


def script(**changed: Any) -> Script:
    """A provider whose people stay silent, and which is fast, unless told otherwise."""
    quiet = {"sms": NOBODY_ANSWERS, "voice": NOBODY_ANSWERS, "voicemail": 0.0, "speed": 100.0}
    return read_script({**quiet, **changed})


def message(attempt: str = "attempt-1", **changed: Any) -> Message:
    """A message of an attempt."""
    plain = {
        "kind": "sms",
        "to": SOMEBODY,
        "text": "Crisis line needs you 03:20-09:20. 1 yes, 2 no, 3 in 1 h. Ref 47",
        "answer_code": "47",
        "drill": True,
    }
    return Message(attempt=attempt, **{**plain, **changed})


def account(url: str, name: str = "sms-a", **changed: Any) -> Account:
    """An account at the scripted provider."""
    given = {
        "sid": f"AC{name}",
        "token": TOKEN,
        "sender": "+447700900990",
        "public_url": "http://127.0.0.1:1",
        "api": url,
        "drills": True,
        "timeout_seconds": 1.0,
    }
    return Account(name=name, **{**given, **changed})


@dataclass
class Provider:
    """One that runs. `summary` is what it counted."""

    url: str
    client: httpx.AsyncClient

    async def summary(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await self.client.get(f"{self.url}/ledger", headers=headers)
        told: dict[str, Any] = answer.json()
        return told

    async def obey(self, script: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return await self.client.put(f"{self.url}/script", json=script, headers=headers)


@contextlib.asynccontextmanager
async def serving(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """An app on a free port of this machine; its address."""
    port = port or ports.any_free()[0]
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    # Signals are pytest's own.
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def scripted(
    how: Script | None = None, platform: str = "http://127.0.0.1:1"
) -> AsyncIterator[Provider]:
    """A provider that behaves as told."""
    settings = ProviderSettings(script=how or script(), platform=platform, token=TOKEN)
    async with serving(provider_app(settings)) as url, httpx.AsyncClient() as client:
        yield Provider(url, client)


class Clock:
    """Time that goes on when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_far: float) -> datetime:
        self.now += timedelta(**how_far)
        return self.now


def until(true: Callable[[], bool], seconds: float = 5.0) -> Any:
    """Wait for something that will be."""

    async def wait() -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.01)

    return wait()
