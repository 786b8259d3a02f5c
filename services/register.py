"""Which sessions have been ended before their time, and how many does a person have?

Kept in memory, so that no request waits for it, and exchanged with Redis every few seconds, so
that all processes of a centre agree. While Redis is away each process goes by what it knows and
nobody is signed out; when an emptied Redis comes back, what is known is put into it again.
"""

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any, Final

import redis.asyncio as redis_client
from redis.exceptions import RedisError

from services import tasks

log = logging.getLogger(__name__)

EXCHANGE_SECONDS: Final = 2.0
TIMEOUT_SECONDS: Final = 2.0
_BETWEEN: Final = " "


class Register:
    """Open sessions ("<account> <session>") and ended ones, each with when it would end anyway."""

    def __init__(self, url: str, prefix: str) -> None:
        self._base = f"{{{prefix}sessions}}"
        self._open: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._url = url
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self._news = asyncio.Event()

    def start(self) -> None:
        """Begin to exchange with Redis."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; what was ended last is told still, if Redis is there."""
        await tasks.end(self._task)

    def is_ended(self, session: str) -> bool:
        """Whether it was signed out."""
        return session in self._ended

    def enter(self, account: str, session: str, ends: datetime, most: int) -> list[str]:
        """A new session; the oldest beyond `most` are ended, and named."""
        self._open[f"{account}{_BETWEEN}{session}"] = ends.timestamp()
        theirs = self._of(account)
        too_many = [name.partition(_BETWEEN)[2] for name in theirs[: max(0, len(theirs) - most)]]
        for one in too_many:
            self.end(one, ends)
        return too_many

    def end(self, session: str, ends: datetime) -> None:
        """It must not be accepted any more, though its cookie would be good until `ends`."""
        self._ended[session] = ends.timestamp()
        self._news.set()

    def _of(self, account: str) -> list[str]:
        """Their open sessions, the oldest first."""
        found = [
            name
            for name in self._open
            if name.partition(_BETWEEN)[0] == account
            and name.partition(_BETWEEN)[2] not in self._ended
        ]
        return sorted(found, key=lambda name: self._open[name])

    def forget(self, now: float) -> None:
        """Drop what would be over by now."""
        for known in (self._open, self._ended):
            for name in [name for name, ends in known.items() if ends <= now]:
                del known[name]

    async def _run(self) -> None:
        client: Any = redis_client.Redis.from_url(
            self._url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        try:
            while True:
                await self._exchange_or_wait(client)
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EXCHANGE_SECONDS):
                        await self._news.wait()
        finally:
            await self._exchange_or_wait(client)
            await client.aclose()

    async def _exchange_or_wait(self, client: Any) -> None:
        try:
            await self.exchange(client)
        except (RedisError, OSError) as error:
            if not self._away:
                log.warning("sessions not exchanged", extra={"error": type(error).__name__})
            self._away = True
        else:
            self._away = False

    async def exchange(self, client: Any) -> None:
        """Give Redis what it lacks and take what others gave it."""
        seconds, _ = await client.time()
        self.forget(float(seconds))
        for name, known in (("open", self._open), ("ended", self._ended)):
            key = f"{self._base}:{name}"
            theirs = {
                member.decode(): score
                for member, score in await client.zrange(key, 0, -1, withscores=True)
            }
            missing = {member: score for member, score in known.items() if member not in theirs}
            if missing:
                await client.zadd(key, missing)
            known.update(theirs)
            await client.zremrangebyscore(key, "-inf", float(seconds))
