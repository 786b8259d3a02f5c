"""What do we keep of call-outs in Redis, and how is it changed in one step?

Every write names the epoch and the owner, and each change the version it was made from; a Redis
that was emptied, rebuilt or taken over refuses, and that is `RedisLostError`: everything is read
again before anything else is decided.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib import resources
from typing import Any, Final

import msgspec

from services.adapters.redis import CheckedRedis, losing
from services.outbox import Posted
from streams.domain.callout.book import OVER, Change, State
from streams.events.callouts import CalloutData, OfferData
from streams.events.codec import encode

LIBRARY: Final = "surgeline_callout"
RIVAL_POLL_SECONDS: Final = 0.2
CHUNK: Final = 500
_decoder: Final = msgspec.json.Decoder(dict[str, Any])
_encode: Final = msgspec.json.Encoder().encode


class Store:
    """The call-outs of one centre in one life of Redis."""

    def __init__(self, url: str, prefix: str) -> None:
        self.base = f"{{{prefix}callout}}"
        self.epoch = 0
        self._redis = CheckedRedis(url)
        self._run_id = ""
        self._owner = ""

    async def open(self) -> None:
        """Connect and become the owner; waits while another living process is."""
        library = resources.files("services.callout").joinpath("functions.lua").read_text()
        self._run_id = await self._redis.open(library)
        self._owner = await self._redis.presence()
        gone = ""
        while True:
            owner = (await self._call("claim", self._run_id, gone, self._owner)).decode()
            if owner == self._owner:
                return
            if await self._redis.is_present(owner):
                await asyncio.sleep(RIVAL_POLL_SECONDS)
            else:
                gone = owner

    async def close(self) -> None:
        """Let go."""
        await self._redis.close()

    async def built_epoch(self) -> int | None:
        """The epoch, when everything was put in during this very life of Redis."""
        epoch, run_id = await self._do(
            self._redis.client.hmget(self._key("meta"), "epoch", "run_id")
        )
        if epoch is None or run_id is None or run_id.decode() != self._run_id:
            return None
        return int(epoch)

    async def clear(self) -> None:
        """Remove what is ours; the ownership stays."""
        await self._do(self._redis.client.hdel(self._key("meta"), "epoch", "run_id"))
        names = ("state", "version", "needs", "people", "seats", "outbox")
        await self._do(self._redis.client.unlink(*(self._key(name) for name in names)))

    async def restore(self, epoch: int, states: Sequence[State]) -> None:
        """Put in what the log says."""
        for start in range(0, len(states), CHUNK):
            parts: list[bytes] = []
            for state in states[start : start + CHUNK]:
                parts += [_encode(_item(state, 0, None)), _encode(state)]
            await self._call("restore", self._owner, *parts)
        filled = {"epoch": epoch, "run_id": self._run_id}
        await self._do(self._redis.client.hset(self._key("meta"), mapping=filled))

    async def read(self) -> list[State]:
        """Everything that is kept."""
        found = await self._do(self._redis.client.hvals(self._key("state")))
        return [_state(raw) for raw in found]

    async def commit(self, changes: Sequence[Change]) -> list[Posted]:
        """Store changes in one step; the facts that are now in the outbox."""
        parts: list[bytes] = []
        facts: list[bytes] = []
        for change in changes:
            facts.append(encode(change.event()))
            item = _item(change.state, change.expected, change.before)
            parts += [_encode(item), _encode(change.state), facts[-1]]
        ids = await self._call("commit", self.epoch, self._owner, *parts)
        return [
            Posted(one.decode(), change.state.id.encode(), fact)
            for one, change, fact in zip(ids, changes, facts, strict=True)
        ]

    async def forget(self, states: Sequence[State]) -> None:
        """Drop what is over since long."""
        items = [_encode(_item(state, 0, None)) for state in states]
        await self._call("forget", self.epoch, self._owner, *items)

    async def posted(self, limit: int) -> list[Posted]:
        """The oldest facts that are not known to be on the log, in order."""
        found = await self._do(self._redis.client.xrange(self._key("outbox"), count=limit))
        return [Posted(one.decode(), said[b"key"], said[b"value"]) for one, said in found]

    async def drop_posted(self, ids: Iterable[str]) -> None:
        """These facts are on the log."""
        found = list(ids)
        if found:
            await self._do(self._redis.client.xdel(self._key("outbox"), *found))

    async def outbox_oldest_ms(self) -> int | None:
        """When the oldest fact that is not on the log went into the outbox."""
        found = await self._do(self._redis.client.xrange(self._key("outbox"), count=1))
        return int(found[0][0].partition(b"-")[0]) if found else None

    async def read_up_to(self, account: str) -> datetime | None:
        """Up to when an account's list of incoming messages was read."""
        found = await self._do(self._redis.client.hget(self._key("lists"), account))
        return datetime.fromisoformat(found.decode()) if found else None

    async def note_read(self, account: str, at: datetime) -> None:
        """It was read up to then."""
        await self._do(self._redis.client.hset(self._key("lists"), account, at.isoformat()))

    async def _call(self, function: str, *arguments: Any) -> Any:
        return await self._do(
            self._redis.client.fcall(f"{LIBRARY}_{function}", 1, self.base, *arguments)
        )

    async def _do(self, command: Any) -> Any:
        async with losing():
            return await command

    def _key(self, name: str) -> str:
        return f"{self.base}:{name}"


def _state(raw: bytes) -> State:
    if "person" in _decoder.decode(raw):
        return msgspec.json.decode(raw, type=OfferData)
    return msgspec.json.decode(raw, type=CalloutData)


def _item(state: State, expected: int, before: State | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": state.id,
        "version": str(state.version),
        "expected": str(expected),
    }
    if isinstance(state, CalloutData):
        item["met" if state.state in OVER else "need"] = state.need.dedup_key
        return item
    item["person"] = f"{state.callout}/{state.person}"
    if state.seat is not None:
        item["takes"] = f"{state.callout}/{state.seat}"
    if isinstance(before, OfferData) and before.seat not in (None, state.seat):
        item["frees"] = f"{before.callout}/{before.seat}"
    return item
