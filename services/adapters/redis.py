"""Is this still the same Redis, with everything in it that we put there?

A Redis that was restarted or replaced may hold nothing, or an older state, and a client library
reconnects to it without a word. Here every connection asks for the run id before its first command
and refuses another life of Redis than the one that was opened; so no command can ever meet a state
that was not checked against the log.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import redis.asyncio as redis_client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from streams.errors import SurgelineError

TIMEOUT_SECONDS: Final = 5.0
NOT_OURS: Final = "NOTOURS"

T = TypeVar("T")


class RedisLostError(SurgelineError):
    """Redis is away, was restarted, emptied, or belongs to another process now."""


class CheckedRedis:
    """A client that talks to one life of one Redis."""

    def __init__(self, url: str) -> None:
        self._run_id = ""
        settings: dict[str, Any] = {
            # A command whose answer was lost is never sent again unseen: whoever sent it decides.
            "retry": Retry(NoBackoff(), 0),
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "redis_connect_func": self._on_connect,
        }
        self.client: Any = redis_client.Redis.from_url(url, **settings)
        # The life of this one connection is the life of our ownership: it ends with the process.
        self._presence: Any = redis_client.Redis.from_url(
            url, single_connection_client=True, **settings
        )

    async def open(self, functions: str) -> str:
        """Connect, load the function library, and return the run id of this Redis."""
        with_errors = self.doing(self._presence.initialize())
        await with_errors
        await self.doing(self.client.function_load(functions, replace=True))
        return self._run_id

    async def close(self) -> None:
        """Let go of every connection."""
        for client in (self._presence, self.client):
            try:
                await client.aclose()
            except (RedisError, OSError):
                continue

    async def presence(self) -> str:
        """What names this process to others, as long as it lives."""
        return str(await self.doing(self._presence.client_id()))

    async def is_present(self, name: str) -> bool:
        """Whether the process of that name still lives."""
        found = await self.doing(self.client.execute_command("CLIENT", "LIST", "ID", name))
        return bool(found)

    async def doing(self, command: Awaitable[T]) -> T:
        """A command's answer; `RedisLostError` when this Redis cannot be trusted to have done it.

        An error in what was asked is a fault of ours and is passed on.
        """
        async with losing():
            return await command

    async def _on_connect(self, connection: Any) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server", check_health=False)
        run_id = _run_id(await connection.read_response())
        if not self._run_id:
            self._run_id = run_id
        if run_id != self._run_id:
            raise RedisConnectionError("Redis was restarted or replaced")


@asynccontextmanager
async def losing() -> AsyncIterator[None]:
    """Turn what redis-py raises into `RedisLostError`."""
    try:
        yield
    except ResponseError as error:
        words = str(error)
        if not words.startswith((NOT_OURS, "LOADING", "MASTERDOWN", "READONLY", "OOM")):
            raise
        raise RedisLostError(words) from None
    except (RedisError, OSError, TimeoutError) as error:
        raise RedisLostError(f"{type(error).__name__}: {error}") from None


def _run_id(info: Any) -> str:
    text = info if isinstance(info, bytes) else str(info).encode()
    for line in text.splitlines():
        name, _, value = line.partition(b":")
        if name == b"run_id":
            return str(value.decode().strip())
    raise RedisConnectionError("Redis does not say its run id")
