"""Everything that a centre keeps in Redis, as one text to look for traces in."""

from typing import Any

from redis.asyncio import Redis

from streams.settings import Connections


async def in_redis(connections: Connections) -> str:
    """Every key under this centre's prefix with what it holds, whatever its kind."""
    redis = Redis.from_url(connections.redis)
    texts = []
    async for key in redis.scan_iter(match=f"*{connections.prefix}*"):
        texts.append(str([key, await _everything(redis, key)]))
    await redis.aclose()
    return "".join(texts)


async def _everything(redis: Any, key: bytes) -> Any:
    kind = (await redis.type(key)).decode()
    readers = {
        "string": redis.get,
        "hash": redis.hgetall,
        "set": redis.smembers,
        "zset": lambda name: redis.zrange(name, 0, -1),
        "stream": redis.xrange,
    }
    return await readers[kind](key)
