"""Killed again and again while people call: is anybody lost, or dealt with twice?"""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened
from tests.support.stack import RedisServer

CALLERS = 60
AGENTS = 6


class Day:
    """Callers call, some reach us first; agents work the list; the phone system counts."""

    def __init__(self, centre: Centre, chance: random.Random) -> None:
        self.centre = centre
        self.chance = chance
        self.over = False

    async def callers(self) -> None:
        for n in range(CALLERS):
            waits = self.chance.random() < 0.3
            if waits:
                self.centre.phone.hold(f"c{n}")
            fact = self.centre.wanted(f"c{n}", n, still_waiting=waits)
            # The tally says some things twice, as it does after a crash of its own.
            await self.centre.publish(*([fact] * self.chance.choice((1, 1, 2))))
            if self.chance.random() < 0.15:
                served = help_.served(f"c{n}", n, self.centre.now(), f"s{n}")
                await self.centre.publish(served)
            await asyncio.sleep(0.05)

    async def agent(self, name: str) -> None:
        desk = self.centre.desk(name)
        while not self.over:
            callback = await desk.next()
            if callback is None:
                await asyncio.sleep(0.1)
                continue
            told = await desk.do("dial", callback)
            if "dial" in told:
                await self._talk(desk, callback, told["dial"])

    async def _talk(self, desk: help_.Desk, callback: dict[str, Any], dial: str) -> None:
        phone = self.centre.phone
        for _ in range(100):
            if dial in phone.dials:
                break
            await asyncio.sleep(0.05)
        phone.pick_up(dial)
        told = await desk.do("connected", callback)
        if told.get("error", {}).get("reason") == "stale_epoch":
            # Redis was lost: the desk asks again and goes on under its new lease.
            again = await desk.next()
            if again is None or again["id"] != callback["id"]:
                return
            callback = again
            await desk.do("connected", callback)
        phone.end(dial, "completed")
        told = await desk.do("complete", callback, result="advised")
        if told.get("error", {}).get("reason") == "stale_epoch":
            again = await desk.next()
            if again is not None and again["id"] == callback["id"]:
                await desk.do("complete", again, result="advised")

    async def everyone_dealt_with(self) -> bool:
        response = await self.centre.client.get("/v1/callbacks", params={"state": "closed"})
        return response.status_code == 200 and response.json()["total"] == CALLERS


async def play(centre: Centre, day: Day, kills: Any) -> None:
    agents = [asyncio.create_task(day.agent(f"agent-{n}")) for n in range(AGENTS)]
    await asyncio.gather(day.callers(), kills)
    await help_.until(day.everyone_dealt_with, 90)
    day.over = True
    await asyncio.gather(*agents)


async def nothing_lost_and_nothing_twice(centre: Centre) -> None:
    changes = await centre.changes()
    states = help_.latest(changes)
    completed = Counter(c.data.id for c in changes if c.change == "completed")
    versions = {(c.data.id, c.data.version) for c in changes if c.change == "completed"}
    assert help_.gaps_and_forks(changes) == []
    assert Counter(r.id for s in states.values() for r in s.requests) == Counter(
        f"c{n}" for n in range(CALLERS)
    )
    assert {s.outcome for s in states.values()} <= {"completed", "reached_us_first"}
    assert len(versions) == len(completed)
    assert [c for c, most in centre.phone.most_at_once.items() if most > 1] == []
    assert [i for i, rings in centre.phone.rings.items() if rings > 1] == []


@pytest.mark.parametrize("seed", [31,32])
async def test_the_service_killed_three_times_loses_and_doubles_nobody(
    open_centre: Opened, seed: int
) -> None:
    async with open_centre() as centre:
        chance = random.Random(seed)

        async def kills() -> None:
            for _ in range(3):
                await asyncio.sleep(chance.uniform(0.5, 2.0))
                centre.service.kill9()
                centre.service.start()
                await centre.service.wait_ready()

        await play(centre, Day(centre, chance), kills())
        await nothing_lost_and_nothing_twice(centre)


@pytest.mark.parametrize("seed", [21,22,23,24])
async def test_redis_killed_and_emptied_three_times_loses_and_doubles_nobody(
    open_centre: Opened, redis_server: RedisServer, seed: int
) -> None:
    async with open_centre() as centre:
        chance = random.Random(seed)

        async def kills() -> None:
            for _ in range(3):
                await asyncio.sleep(chance.uniform(0.5, 2.0))
                redis_server.kill()
                await asyncio.sleep(0.2)
                redis_server.restart(wipe=True)

        await play(centre, Day(centre, chance), kills())
        await nothing_lost_and_nothing_twice(centre)
