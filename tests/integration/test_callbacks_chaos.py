"""Killed again and again while people call: is anybody lost, or dealt with twice?"""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened
from tests.support.desks import Desks, rung_twice_at_once, talked_twice
from tests.support.stack import RedisServer

CALLERS = 60
AGENTS = 6


class Day:
    """Callers call, some reach us first; agents work the list; the phone system counts."""

    def __init__(self, centre: Centre, chance: random.Random) -> None:
        self.centre = centre
        self.chance = chance
        self.desks = Desks(centre.client, centre.phone, chance)

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

    async def everyone_dealt_with(self) -> bool:
        response = await self.centre.client.get("/v1/callbacks", params={"state": "closed"})
        return response.status_code == 200 and response.json()["total"] == CALLERS


async def play(centre: Centre, day: Day, kills: Any) -> None:
    working = asyncio.create_task(day.desks.work(AGENTS))
    await asyncio.gather(day.callers(), kills)
    await help_.until(day.everyone_dealt_with, 90)
    day.desks.over = True
    await working


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
    assert rung_twice_at_once(centre.phone) == []
    assert talked_twice(centre.phone) == []
    assert [i for i, rings in centre.phone.rings.items() if rings > 1] == []


@pytest.mark.parametrize("seed", [11])
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


@pytest.mark.parametrize("seed", [12])
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
