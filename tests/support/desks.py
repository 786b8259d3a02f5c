"""Counselors who work the callback list, over a service that dies under them.

They ask, order the dial, wait until it rings, talk or hear nobody answer, and report what came of
it, now and then twice, as desks do whose first report was not confirmed.
"""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx

from services.adapters.memory import MemoryPhone
from tests.support.callbacks import Desk

LOOKS = 100
LOOK_SECONDS = 0.05
REPORTS_TWICE = 0.2
STALE = "stale_epoch"


class Desks:
    """`answers` is the share of the callers who pick up."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        phone: MemoryPhone,
        chance: random.Random,
        *,
        answers: float = 1.0,
    ) -> None:
        self.over = False
        self.said: Counter[str] = Counter()
        self._client = client
        self._phone = phone
        self._chance = chance
        self._answers = answers

    async def work(self, agents: int) -> None:
        """So many counselors, until it is over."""
        await asyncio.gather(
            *(self._agent(Desk(self._client, f"agent-{n}")) for n in range(agents))
        )

    async def _agent(self, desk: Desk) -> None:
        while not self.over:
            callback = await desk.next()
            if callback is None:
                await asyncio.sleep(2 * LOOK_SECONDS)
                continue
            told = await desk.do("dial", callback)
            if "dial" in told:
                await self._attempt(desk, callback, told["dial"])
            else:
                await asyncio.sleep(LOOK_SECONDS)

    async def _attempt(self, desk: Desk, callback: dict[str, Any], dial: str) -> None:
        if not await self._rings(dial):
            # Refused, or the order is still on its way: the phone system will be asked.
            self.said["never rang"] += 1
            return
        if self._chance.random() < self._answers:
            self._phone.pick_up(dial)
            await self._report(desk, callback, "connected")
            self._phone.end(dial, "completed")
            await self._report(desk, callback, "complete", result="advised")
        else:
            self._phone.end(dial, "no_answer")
            await self._report(desk, callback, "fail", outcome="no_answer")

    async def _rings(self, dial: str) -> bool:
        for _ in range(LOOKS):
            if dial in self._phone.dials:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def _report(self, desk: Desk, callback: dict[str, Any], verb: str, **more: Any) -> None:
        told = await desk.do(verb, callback, **more)
        if told.get("error", {}).get("reason") == STALE:
            # Redis was lost: the desk asks again and goes on under its new lease.
            again = await desk.next()
            if again is not None and again["id"] == callback["id"]:
                await desk.do(verb, again, **more)
        elif self._chance.random() < REPORTS_TWICE:
            await desk.do(verb, callback, **more)
            self.said[f"{verb} twice"] += 1
        self.said[verb] += 1


def talked_twice(phone: MemoryPhone) -> list[str]:
    """Callbacks on which the phones counted more than one talk."""
    talks = Counter(
        dial.order.callback
        for dial in phone.dials.values()
        if dial.order is not None and dial.outcome == "completed"
    )
    return [callback for callback, count in talks.items() if count > 1]


def rung_twice_at_once(phone: MemoryPhone) -> list[str]:
    """Callbacks whose person the phones rang twice at the same time."""
    return [callback for callback, most in phone.most_at_once.items() if most > 1]
