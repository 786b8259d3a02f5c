"""What may the platform ask of the phone system, and how is the phone system watched?

Commands are idempotent: by contact for a withdrawal, by dial for a ring. A bearer token is needed
for everything but `/readyz`.
"""

import hmac
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, FastAPI, HTTPException, Request

from load.phone.exchange import Exchange
from load.phone.told import told
from load.sim.reports import Dial

Text = Annotated[str, Body(min_length=1, max_length=128)]


def make_app(exchange: Exchange, token: str) -> FastAPI:
    """The HTTP side of the phone system."""
    app = FastAPI(title="Scripted phone system", openapi_url=None, docs_url=None, redoc_url=None)
    guarded = [Depends(_holder_of(token))]

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/commands/withdraw", dependencies=guarded)
    async def withdraw(contact: Text, callback: Text) -> dict[str, str]:
        return {"contact": contact, "result": exchange.order_withdrawal(contact, callback)}

    @app.post("/commands/dial", dependencies=guarded)
    async def dial(
        dial: Text,
        callback: Text,
        token: Annotated[int, Body(ge=0)],
        agent: Text,
        number: Text,
        first: Annotated[Literal["agent", "customer"], Body()] = "agent",
    ) -> dict[str, Any]:
        order = Dial(
            id=dial, callback=callback, token=token, agent=agent, number=number, first=first
        )
        return told(exchange.order_dial(order))

    @app.post("/commands/text", dependencies=guarded)
    async def text(
        text: Text,
        callback: Text,
        template: Text,
        number: Text,
        language: Annotated[str | None, Body(max_length=16)] = None,
    ) -> dict[str, str]:
        del language
        return {"text": text, "result": exchange.order_text(text, callback, template, number)}

    @app.get("/commands/dial/{dial}", dependencies=guarded)
    async def status(dial: str) -> dict[str, Any]:
        known = exchange.switch.dials.get(dial)
        if known is None:
            raise HTTPException(404, "no such dial was ordered here")
        return told(known)

    @app.post("/commands/cancel", dependencies=guarded)
    async def cancel(dial: Annotated[str, Body(embed=True)]) -> dict[str, str]:
        return {"dial": dial, "result": exchange.order_cancel(dial)}

    @app.post("/staff/call-up", dependencies=guarded)
    async def call_up() -> dict[str, Any]:
        return {"coming": exchange.call_up()}

    @app.get("/ledger", dependencies=guarded)
    async def ledger() -> dict[str, Any]:
        return exchange.summary()

    return app


def _holder_of(token: str) -> Callable[[Request], None]:
    wanted = f"Bearer {token}".encode()

    def check(request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, wanted):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})

    return check
