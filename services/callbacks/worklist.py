"""What does the list in Redis hold, and how is it changed in one step?

Every write names the epoch and the owner; a Redis that was emptied, rebuilt or taken over by
another process refuses, and that is `RedisLostError`, like a Redis that is away.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Any, Final

import msgspec

from services.adapters.redis import CheckedRedis, losing
from services.callbacks.filed import Loaded, Needed, Posted, Seen
from services.callbacks.items import (
    ceil_ms,
    commit_arguments,
    floor_ms,
    inspect_argument,
    is_owed,
    lane_of,
    micros,
    moment_of,
    read_state,
    restore_arguments,
)
from streams.domain.callbacks.callback import Change
from streams.domain.callbacks.order import Wish, fits
from streams.domain.callbacks.switches import ALL_ON, SWITCHES_KEY
from streams.events.callbacks import CallbackData, SwitchesData, SwitchesSet
from streams.events.codec import encode

LIBRARY: Final = "surgeline_callbacks"
RIVAL_POLL_SECONDS: Final = 0.2
RESTORE_CHUNK: Final = 500
# Redis does one thing at a time: in between, whoever asks for the next callback has their turn.
TICK_AT_ONCE: Final = 200


class Worklist:
    """The callback list of one centre in one life of Redis."""

    def __init__(self, url: str, prefix: str) -> None:
        self.base = f"{{{prefix}callbacks}}"
        self.epoch = 0
        self._redis = CheckedRedis(url)
        self._run_id = ""
        self._owner = ""
        self._lanes: set[str] = set()
        self.switches: SwitchesData = ALL_ON

    # Its life

    async def open(self) -> None:
        """Connect and become the owner; waits while another living process owns the list."""
        library = resources.files("services.callbacks").joinpath("functions.lua").read_text()
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
        """The epoch of the list, when it was built in this very life of Redis."""
        epoch, run_id = await self._do(
            self._redis.client.hmget(self._key("meta"), "epoch", "run_id")
        )
        if epoch is None or run_id is None or run_id.decode() != self._run_id:
            return None
        return int(epoch)

    async def use(self, epoch: int) -> None:
        """Go on with the list as it is."""
        self.epoch = epoch
        lanes = await self._do(self._redis.client.smembers(self._key("lanes")))
        self._lanes = {lane.decode() for lane in lanes}
        self.switches = await self._read_switches()

    async def clear(self) -> None:
        """Remove the list, ours only; the ownership stays."""
        meta = self._key("meta")
        await self._do(self._redis.client.hdel(meta, "epoch", "run_id"))
        ours = self._redis.client.scan_iter(match=f"{_literal(self.base)}:*", count=500)
        async with losing():
            keys = [key async for key in ours if key.decode() != meta]
        for key in keys:
            await self._do(self._redis.client.unlink(key))

    async def restore(
        self,
        epoch: int,
        states: Sequence[CallbackData],
        forgotten: dict[str, tuple[str, datetime]],
        served: dict[str, datetime],
        switches: SwitchesData,
    ) -> None:
        """Put in what the log says. `forgotten` are requests of callbacks too old to keep."""
        for start in range(0, len(states), RESTORE_CHUNK):
            chunk = states[start : start + RESTORE_CHUNK]
            arguments = [part for state in chunk for part in restore_arguments(state)]
            await self._call("restore", self._owner, *arguments)
        pipe = self._redis.client.pipeline(transaction=False)
        for request, (callback, closed_at) in forgotten.items():
            pipe.hset(self._key("requests"), request, callback)
            pipe.zadd(self._key("old"), {request: float(ceil_ms(closed_at))})
        if served:
            pipe.zadd(self._key("served"), {request: micros(at) for request, at in served.items()})
        pipe.set(self._key("switches"), msgspec.json.encode(switches))
        pipe.hset(self._key("meta"), mapping={"epoch": epoch, "run_id": self._run_id})
        await self._do(pipe.execute())

    # Reading

    async def load(self, needed: Needed) -> Loaded:
        """Everything of what is named, in one or two round trips."""
        ids = dict.fromkeys(needed.callbacks)
        of_request: dict[str, str] = {}
        served: dict[str, datetime] = {}
        if needed.callers or needed.requests:
            ids |= dict.fromkeys(await self._look_up(needed, of_request, served))
        states = await self.get(list(ids))
        return Loaded(states=states, of_request=of_request, served=served)

    async def get(self, ids: Sequence[str]) -> list[CallbackData]:
        """The callbacks of these ids that there are."""
        if not ids:
            return []
        found = await self._do(self._redis.client.hmget(self._key("state"), ids))
        return [state for raw in found if (state := read_state(raw)) is not None]

    async def held_by(self, agent: str) -> CallbackData | None:
        """The one callback an agent holds."""
        found = await self._do(self._redis.client.hget(self._key("held"), agent))
        return next(iter(await self.get([found.decode()])), None) if found else None

    async def of_caller(self, key: str) -> list[CallbackData]:
        """Every callback of a caller that the list still knows."""
        wanted = key.encode()
        states = self._redis.client.hscan_iter(self._key("state"), count=500)
        async with losing():
            raw = [state async for _, state in states if wanted in state]
        found = [state for one in raw if (state := read_state(one)) is not None]
        return [state for state in found if state.caller.key == key]

    async def pick(self, wishes: Sequence[Wish], now: datetime) -> list[CallbackData | None]:
        """For each agent what they hold, or whose turn it is; each callback only once."""
        told = [msgspec.json.encode(self._told(wish)) for wish in wishes]
        picked = await self._call("pick", self.epoch, self._owner, floor_ms(now), *told)
        return [read_state(raw) for raw in picked]

    async def page(
        self, which: str, offset: int, limit: int, now: datetime
    ) -> tuple[int, list[CallbackData]]:
        """How many there are, and some of them in order. `which`: waiting, held or closed."""
        await self.tick(now)
        names = {"waiting": ("ready", "later", "parked"), "held": ("leases",)}
        parts = [self._key(name) for name in names.get(which, ("closed",))]
        pipe = self._redis.client.pipeline(transaction=False)
        for part in parts:
            pipe.zcard(part)
        counts = await self._do(pipe.execute())
        ids: list[str] = []
        skip = offset
        for part, count in zip(parts, counts, strict=True):
            wanted = limit - len(ids)
            if wanted > 0 and skip < count:
                last = skip + wanted - 1
                ids += [i.decode() for i in await self._range(part, skip, last, which)]
            skip = max(0, skip - count)
        return sum(counts), await self.get(ids)

    async def counts(self) -> dict[str, int]:
        """How many are where, for the gauges."""
        pipe = self._redis.client.pipeline(transaction=False)
        parts = ("ready", "later", "parked", "leases", "closed")
        for part in parts:
            pipe.zcard(self._key(part))
        pipe.xlen(self._key("outbox"))
        *sizes, outbox = await self._do(pipe.execute())
        return {**dict(zip(parts, sizes, strict=True)), "outbox": outbox}

    async def ran_out(self, now: datetime, limit: int) -> tuple[list[str], list[str]]:
        """Callbacks whose lease has ended, and those that have expired."""
        pipe = self._redis.client.pipeline(transaction=False)
        for name in ("leases", "expiry"):
            pipe.zrange(self._key(name), "-inf", floor_ms(now), byscore=True, offset=0, num=limit)
        leases, expired = await self._do(pipe.execute())
        return [i.decode() for i in leases], [i.decode() for i in expired]

    async def resting(self, now: datetime, limit: int) -> list[str]:
        """Callbacks that wait though it is night where the caller is."""
        ids = await self._do(
            self._redis.client.zrange(
                self._key("quiet"), "-inf", floor_ms(now), byscore=True, offset=0, num=limit
            )
        )
        return [i.decode() for i in ids]

    async def held(self) -> list[CallbackData]:
        """Callbacks in the hands of agents."""
        ids = await self._do(self._redis.client.hvals(self._key("held")))
        return await self.get([i.decode() for i in ids])

    async def owed(self) -> list[CallbackData]:
        """Callbacks about which the phone system must be told or asked something."""
        ids = await self._do(self._redis.client.smembers(self._key("owed")))
        return await self.get([i.decode() for i in ids])

    # Writing

    async def commit(
        self,
        parts: Sequence[tuple[CallbackData | None, Sequence[Change]]],
        served: dict[str, datetime],
        version: str = "",
    ) -> list[list[Posted]]:
        """Change callbacks from (state before) through changes, each in one step.

        Returns for each the facts that are now in the outbox; none when it had changed meanwhile.
        """
        pairs = [[request, str(micros(at))] for request, at in served.items()]
        filed = [commit_arguments(before, changes, version) for before, changes in parts]
        told = await self._call(
            "commit",
            self.epoch,
            self._owner,
            msgspec.json.encode(pairs),
            *(part for item, facts in filed for part in (*item, *facts)),
        )
        self._lanes |= {lane for _, c in parts if (lane := lane_of(c[-1].state)) is not None}
        return [
            [
                Posted(i.decode(), changes[0].state.id.encode(), fact, is_owed(before, changes))
                for i, fact in zip(ids, facts, strict=False)
            ]
            for ids, (_, facts), (before, changes) in zip(told, filed, parts, strict=True)
        ]

    async def set_switches(self, switches: SwitchesData, fact: SwitchesSet) -> list[Posted]:
        """Turn a switch; the fact in the outbox, none when somebody turned one meanwhile."""
        value = encode(fact)
        told = await self._call(
            "set_switches",
            self.epoch,
            self._owner,
            switches.version - 1,
            msgspec.json.encode(switches),
            value,
            SWITCHES_KEY,
        )
        self.switches = await self._read_switches()
        return [Posted(told.decode(), SWITCHES_KEY.encode(), value, False)] if told else []

    async def tick(self, now: datetime) -> None:
        """Let those in whose time has come."""
        moved = TICK_AT_ONCE
        while moved >= TICK_AT_ONCE:
            moved = await self._call("tick", self.epoch, self._owner, floor_ms(now), TICK_AT_ONCE)

    async def forget(self, states_before: datetime, requests_before: datetime, limit: int) -> int:
        """Drop what was closed long ago."""
        return int(
            await self._call(
                "forget",
                self.epoch,
                self._owner,
                floor_ms(states_before),
                floor_ms(requests_before),
                micros(states_before),
                limit,
            )
        )

    # Comparing with the log

    async def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Some ids of those there are states of, and where to go on."""
        after, found = await self._do(
            self._redis.client.hscan(self._key("version"), cursor, count=count)
        )
        return after, [one.decode() for one in found]

    async def inspect(self, states: Mapping[str, CallbackData | None]) -> dict[str, Seen]:
        """What there is of these callbacks; the states are what the log has of them."""
        told = [inspect_argument(one, state) for one, state in states.items()]
        found = await self._call("inspect", self.epoch, self._owner, *told)
        return {
            one: Seen(raw or None, filed == 1)
            for one, (raw, filed) in zip(states, found, strict=True)
        }

    async def repair(self, callback: str, state: CallbackData | None, seen: Seen) -> bool:
        """Put in what the log has, or remove what it has not; False when it changed meanwhile."""
        parts = restore_arguments(state) if state is not None else [callback, ""]
        told = await self._call("repair", self.epoch, self._owner, seen.raw or "", *parts)
        return bool(told == 1)

    # The outbox

    async def posted(self, limit: int) -> list[Posted]:
        """The oldest facts that are not known to be on the log, in order."""
        found = await self._do(self._redis.client.xrange(self._key("outbox"), count=limit))
        return [
            Posted(i.decode(), fields[b"key"], fields[b"value"], fields[b"owed"] == b"1")
            for i, fields in found
        ]

    async def drop_posted(self, ids: Iterable[str]) -> None:
        """These facts are on the log."""
        found = list(ids)
        if found:
            await self._do(self._redis.client.xdel(self._key("outbox"), *found))

    # Within

    async def _look_up(
        self, needed: Needed, of_request: dict[str, str], served: dict[str, datetime]
    ) -> list[str]:
        callers, requests = list(needed.callers), list(needed.requests)
        pipe = self._redis.client.pipeline(transaction=False)
        if callers:
            pipe.hmget(self._key("open"), callers)
        if requests:
            pipe.hmget(self._key("requests"), requests)
            pipe.zmscore(self._key("served"), requests)
        found = await self._do(pipe.execute())
        ids = [i.decode() for i in (found[0] if callers else []) if i is not None]
        if requests:
            for request, callback, at in zip(requests, found[-2], found[-1], strict=True):
                if callback is not None:
                    of_request[request] = callback.decode()
                if at is not None:
                    served[request] = moment_of(int(at))
        return [*ids, *of_request.values()]

    async def _range(self, part: str, first: int, last: int, which: str) -> list[bytes]:
        newest_first = which == "closed"
        ids: list[bytes] = await self._do(
            self._redis.client.zrange(part, first, last, desc=newest_first)
        )
        return ids

    async def _read_switches(self) -> SwitchesData:
        raw = await self._do(self._redis.client.get(self._key("switches")))
        return msgspec.json.decode(raw, type=SwitchesData) if raw else ALL_ON

    def _told(self, wish: Wish) -> dict[str, Any]:
        closed = self.switches.dialling_off
        if wish.languages is None and wish.skills is None and not closed:
            return {"agent": wish.agent}
        return {
            "agent": wish.agent,
            "lanes": sorted(lane for lane in self._lanes if fits(lane, wish, closed)),
        }

    async def _call(self, function: str, *arguments: Any) -> Any:
        return await self._do(
            self._redis.client.fcall(f"{LIBRARY}_{function}", 1, self.base, *arguments)
        )

    async def _do(self, command: Any) -> Any:
        return await self._redis.doing(command)

    def _key(self, name: str) -> str:
        return f"{self.base}:{name}"


def _literal(text: str) -> str:
    """A key as a pattern that matches itself only."""
    return "".join(f"\\{c}" if c in "*?[]^\\" else c for c in text)
