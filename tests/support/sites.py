"""A site of two: its log, its Redis and Surgeline's processes; and the phones that outlive it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from streams.errors import OverloadedError, UnknownOutcomeError
from streams.events.callbacks import CallbackData
from streams.events.codec import decode_known, decode_parcel, encode_parcel
from streams.groups import tally_group
from streams.kafka import LogWriter, Outgoing, create_topics, end_offsets, read_to_end
from streams.settings import Connections
from streams.topics import CALLBACKS, CONTACTS, OVERFLOW
from tests.support.broker import ROOT, Broker, RedisServer
from tests.support.callbacks import sealed_number
from tests.support.feed import SLOT_SECONDS, Step, committed
from tests.support.mirror import Mirror
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

PREFIX = "line-"
HEAP_MB = 320
PATIENCE_SECONDS = 90.0
# Whoever sends hears nothing for so long, and takes it to the other site.
ACK_SECONDS = 3.0


class Site:
    """One site: its log, its Redis, and Surgeline's processes."""

    def __init__(self, folder: Path, secrets: SecretsEnv, phone: str) -> None:
        self.broker = Broker(folder / "kafka")
        self.broker.plan = replace(self.broker.plan, heap_mb=HEAP_MB)
        self.broker.log_file = folder / "broker.log"
        (folder / "redis").mkdir(parents=True)
        self.redis = RedisServer(folder / "redis")
        self.connections = Connections(
            kafka=self.broker.bootstrap,
            redis=self.redis.url,
            prefix=PREFIX,
            centre=ROOT / "centre.toml",
        )
        env = service_env(self.connections, secrets) | {"SURGELINE_PHONE_URL": phone}
        self.worker = ServiceProcess("streams", env)
        self.callbacks = ServiceProcess("services.callbacks", env)
        self.board = ServiceProcess("services.boards", env)

    @property
    def processes(self) -> tuple[ServiceProcess, ...]:
        return self.worker, self.callbacks, self.board

    async def activate(self) -> None:
        """Topics, an empty Redis, then everything; the list is rebuilt from the log."""
        await create_topics(self.connections)
        self.redis.start()
        for process in self.processes:
            process.start()
        await asyncio.gather(*(process.wait_ready(PATIENCE_SECONDS) for process in self.processes))

    def cut_off(self) -> None:
        """The site is gone, the broker first."""
        self.broker.kill9()
        for process in self.processes:
            process.kill9()
        self.redis.kill()

    async def stop(self) -> None:
        for process in self.processes:
            await process.stop()
            process.log_file.unlink(missing_ok=True)
        self.redis.stop()
        self.broker.kill9()


class Phones:
    """The phone system's reports: what was acknowledged, and what has to be told again."""

    def __init__(self, env: SecretsEnv, steps: Sequence[Step]) -> None:
        callers = dict.fromkeys(step.caller for step in steps if step.caller)
        self._sealed = {caller: sealed_number(env, number) for number, caller in enumerate(callers)}
        self.acknowledged: set[str] = set()

    async def tell(
        self,
        site: Site,
        steps: Sequence[Step],
        *,
        fast: bool = False,
        ago: timedelta = timedelta(0),
    ) -> list[Step]:
        """Report until the end or until nobody answers; what was not acknowledged.

        `fast` does not wait for the slots; all of it happened so long `ago`.
        """
        by_slot: dict[int, list[Step]] = defaultdict(list)
        for step in steps:
            by_slot[step.slot].append(step)
        writer = LogWriter(site.connections, deadline_seconds=ACK_SECONDS)
        await writer.start()
        began, first = time.monotonic(), steps[0].slot
        left = list(steps)
        try:
            for slot in sorted(by_slot):
                if not fast:
                    due = began + (slot - first) * SLOT_SECONDS
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                await writer.append(self._parcels(by_slot[slot], datetime.now(UTC) - ago))
                self.acknowledged |= {f"{step.contact}-{step.kind}" for step in by_slot[slot]}
                left = left[len(by_slot[slot]) :]
        except (OverloadedError, UnknownOutcomeError):
            return left
        finally:
            await writer.stop()
        return left

    def _parcels(self, steps: Sequence[Step], now: datetime) -> list[Outgoing]:
        by_partition: dict[int, list[Any]] = defaultdict(list)
        for step in steps:
            by_partition[step.partition].append(self._event(step, now))
        return [
            Outgoing(topic=CONTACTS, partition=partition, value=encode_parcel(events))
            for partition, events in by_partition.items()
        ]

    def _event(self, step: Step, now: datetime) -> Any:
        event: Any = step.event(now)
        if step.caller is None:
            return event
        caller = msgspec.structs.replace(event.data.caller, sealed=self._sealed[step.caller])
        return msgspec.structs.replace(
            event, data=msgspec.structs.replace(event.data, caller=caller)
        )


async def forget_half(connections: Connections) -> None:
    """The older half of the contacts is deleted, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        ends = await end_offsets(connections, CONTACTS)
        await admin.delete_records(
            {
                TopicPartition(connections.topic(CONTACTS), partition): RecordsToDelete(end // 2)
                for partition, end in ends.items()
                if end > 1
            }
        )
    finally:
        await admin.close()


async def until_mirrored(first: Site, second: Site, mirror: Mirror) -> None:
    """Until the copy holds the last event of each partition, and the groups' offsets are there."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not await _is_mirrored(first, second):
        assert time.monotonic() < give_up, f"nothing is mirrored: {mirror.last_words()}"
        await asyncio.sleep(1.0)


async def _is_mirrored(first: Site, second: Site) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=second.connections.kafka)
    await admin.start()
    try:
        there = set(await admin.list_topics())
    finally:
        await admin.close()
    if not {second.connections.topic(topic) for topic in (CONTACTS, OVERFLOW, CALLBACKS)} <= there:
        return False
    if await committed(second.connections, tally_group(second.connections), CONTACTS) == {}:
        return False
    theirs, ours = await events_on(first.connections), await events_on(second.connections)
    return theirs == ours


async def events_on(connections: Connections) -> dict[int, list[str]]:
    """The ids of the contact events, in order, by partition."""
    found: dict[int, list[str]] = defaultdict(list)
    async for record in read_to_end(connections, CONTACTS):
        found[record.partition] += [event.id for event in decode_parcel(record.value or b"")[0]]
    return dict(found)


async def states_on(connections: Connections) -> dict[str, CallbackData]:
    """The last state of each callback."""
    return {state.id: state async for state in _changes(connections)}


async def seen_on(connections: Connections) -> set[bytes]:
    """Every state of every callback: the same change, not only the same version, must be there."""
    return {msgspec.json.encode(state) async for state in _changes(connections)}


async def _changes(connections: Connections) -> AsyncIterator[CallbackData]:
    async for record in read_to_end(connections, CALLBACKS):
        event = decode_known(record.value)
        state = getattr(event, "data", None)
        if isinstance(state, CallbackData):
            yield state
