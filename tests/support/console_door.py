"""The consoles in this very process, with nothing behind them: for what happens at the door."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from fastapi import FastAPI

from services.consoles.app import create_app
from services.consoles.settings import Settings
from services.supervisor.keys import make_secrets
from tests.support.broker import ROOT
from tests.support.consoles import Person, accounts_in

URL = "http://127.0.0.1:8460"
NOBODY = "127.0.0.1:1"


@contextlib.asynccontextmanager
async def door(folder: Path, **env: str) -> AsyncIterator[FastAPI]:
    """The app, started; no Kafka, no Redis and no callback list answer."""
    settings = {
        "SURGELINE_KAFKA": NOBODY,
        "SURGELINE_REDIS": f"redis://{NOBODY}/0",
        "SURGELINE_PREFIX": "t-",
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        "SURGELINE_ACCOUNTS": str(accounts_in(folder).path),
        "SURGELINE_SESSION_KEYS": make_secrets().session_keys,
        "SURGELINE_CALLBACKS_URL": f"http://{NOBODY}",
    }
    app = create_app(Settings.from_env(settings | env))
    async with app.router.lifespan_context(app):
        yield app


@contextlib.asynccontextmanager
async def visitor(
    app: FastAPI, url: str = URL, address: str = "127.0.0.1"
) -> AsyncIterator[Person]:
    """Somebody with an empty browser."""
    transport = httpx.ASGITransport(app, client=(address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        yield Person(client)
