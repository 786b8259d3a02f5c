"""What if the phone system fails, answers late, loses its answer, or hears a command twice?

It is put in front of the command endpoint. A command that is `failed` was not carried out, one
that is `lost` was; both look the same to who gave it. A `late` one waits before it is carried out
or before its answer goes out, by chance, longer than anyone cares to wait. One `doubled` reaches
the phones twice.
"""

import asyncio
import random
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from load.scenario import Faults

COMMANDS: Final = "/commands/"
FAULTS: Final = ("failed", "lost", "late", "doubled")
AWAY: Final = b'{"detail": "try again"}'


class Unreliable:
    """An app whose commands go wrong now and then; `counts` says how often."""

    def __init__(self, app: ASGIApp, faults: Faults, seed: int = 0) -> None:
        self.app = app
        self.faults = faults
        self.counts: Counter[str] = Counter()
        self._chance = random.Random(f"{seed}/commands")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or do what a bad line does."""
        if scope["type"] != "http" or not scope["path"].startswith(COMMANDS):
            await self.app(scope, receive, send)
            return
        fault = self._pick()
        self.counts[fault] += 1
        body = await _whole(receive)
        if fault == "failed":
            await _away(send)
            return
        if fault == "late":
            await self._late(scope, body, send)
            return
        if fault in ("lost", "doubled"):
            await self.app(dict(scope), _said(body), _nowhere)
        if fault == "lost":
            await _away(send)
        else:
            await self.app(scope, _said(body), send)

    def _pick(self) -> str:
        draw = self._chance.random()
        for name in FAULTS:
            draw -= getattr(self.faults, f"commands_{name}")
            if draw < 0:
                return name
        return "good"

    async def _late(self, scope: Scope, body: bytes, send: Send) -> None:
        before = self._chance.random() < 0.5  # noqa: PLR2004  either half
        delay = self._chance.uniform(0.0, self.faults.commands_late_at_most.total_seconds())
        if before:
            await asyncio.sleep(delay)
        answer: list[Message] = []
        await self.app(scope, _said(body), _into(answer))
        if not before:
            await asyncio.sleep(delay)
        for message in answer:
            await send(message)


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def _said(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _into(answer: list[Message]) -> Send:
    async def send(message: Message) -> None:
        answer.append(message)

    return send


async def _nowhere(_: Message) -> None:
    """An answer that nobody hears."""


async def _away(send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": AWAY})
