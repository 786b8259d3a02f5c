"""Whatever is changed in Redis behind our back: does the log win?"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
import redis.asyncio as redis

from streams.events.codec import derived_id
from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened
from tests.support.stack import RedisServer

CALLERS = 6
Tamper = Callable[["Keys"], Awaitable[Any]]


class Keys:
    """The list in Redis, as somebody with a console would find it."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self.client = client
        self.base = f"{{{prefix}callbacks}}"

    def of(self, name: str) -> str:
        return f"{self.base}:{name}"

    async def state(self, callback: str) -> dict[str, Any]:
        raw = await self.client.hget(self.of("state"), callback)
        found: dict[str, Any] = msgspec.json.decode(raw or b"{}")
        return found

    async def alter(self, callback: str, **fields: Any) -> None:
        state = await self.state(callback) | fields
        await self.client.hset(self.of("state"), callback, msgspec.json.encode(state))


def callback(number: int) -> str:
    return derived_id("callback", f"c{number}")


async def promise_moved(keys: Keys) -> None:
    await keys.alter(callback(1), promised_by="2036-01-01T00:00:00Z", urgency="low")


async def closed_by_hand(keys: Keys) -> None:
    await keys.alter(callback(2), state="closed", outcome="completed")


async def state_lost(keys: Keys) -> None:
    await keys.client.hdel(keys.of("state"), callback(3))


async def everything_of_one_lost(keys: Keys) -> None:
    for name in ("state", "version", "place"):
        await keys.client.hdel(keys.of(name), callback(3))
    for name in ("ready", "later", "near", "expiry"):
        await keys.client.zrem(keys.of(name), callback(3))


async def out_of_line(keys: Keys) -> None:
    await keys.client.zrem(keys.of("ready"), callback(4))


async def first_in_line(keys: Keys) -> None:
    await keys.client.zadd(keys.of("ready"), {callback(5): 1.0})


async def open_index_lost(keys: Keys) -> None:
    await keys.client.delete(keys.of("open"))


async def planted(keys: Keys) -> None:
    state = await keys.state(callback(1))
    ghost = derived_id("callback", "ghost")
    state |= {"id": ghost, "caller": {"key": "f" * 32, "key_id": "p1"}}
    await keys.client.hset(keys.of("state"), ghost, msgspec.json.encode(state))
    await keys.client.hset(keys.of("version"), ghost, "1")
    await keys.client.zadd(keys.of("ready"), {ghost: 0.5})


async def nonsense(keys: Keys) -> None:
    await keys.client.hset(keys.of("state"), callback(1), b"{")


async def repaired(centre: Centre) -> float:
    lines = (await centre.client.get("/metrics")).text.splitlines()
    named = [line for line in lines if line.startswith("surgeline_callbacks_repairs_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in named)


def _read(raw: bytes | str) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw


async def dump(keys: Keys) -> dict[str, Any]:
    """What every callback is, and where: all that decides who is rung next."""
    states = await keys.client.hgetall(keys.of("state"))
    found: dict[str, Any] = {
        "state": {key: _read(raw) for key, raw in states.items()},
        "open": await keys.client.hgetall(keys.of("open")),
        "ready": await keys.client.zrange(keys.of("ready"), 0, -1, withscores=True),
    }
    return found


@pytest.mark.parametrize(
    "tamper",
    [
        promise_moved,
        closed_by_hand,
        state_lost,
        everything_of_one_lost,
        out_of_line,
        first_in_line,
        open_index_lost,
        planted,
        nonsense,
    ],
)
async def test_redis_is_put_right_by_the_log_and_that_is_counted(
    open_centre: Opened, redis_server: RedisServer, tamper: Tamper
) -> None:
    async with open_centre() as centre, redis.Redis.from_url(redis_server.url) as client:
        await centre.publish(*(centre.wanted(f"c{n}", n, -n) for n in range(CALLERS)))
        await centre.listed(CALLERS)
        keys = Keys(client, centre.connections.prefix)

        async def in_line() -> bool:
            return int(await client.zcard(keys.of("ready"))) == CALLERS

        await help_.until(in_line)
        before = await dump(keys)
        await tamper(keys)
        assert await dump(keys) != before

        async def put_right() -> bool:
            return await repaired(centre) > 0 and await dump(keys) == before

        await help_.until(put_right)


async def test_a_list_under_change_is_never_repaired(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(*(centre.wanted(f"c{n}", n, -n) for n in range(20)))
        await centre.listed(20)
        desk = centre.desk("kim")
        for _ in range(150):
            callback_ = await desk.next()
            assert callback_ is not None
            await desk.do("fail", callback_, outcome="not_dialled")
        compared = (await centre.client.get("/metrics")).text
        assert await repaired(centre) == 0
    assert "surgeline_callbacks_compared_total 0.0" not in compared
