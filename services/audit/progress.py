"""Has everyone whose work is audited come to the end of what they read?"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.domain.contacts.findings import Finding
from streams.kafka import connect, end_offsets
from streams.settings import Connections
from streams.topics import Topic

ASK_AGAIN_SECONDS: Final = 0.5
COORDINATOR_SECONDS: Final = 15.0


async def committed(connections: Connections, group: str, topic: Topic) -> dict[int, int]:
    """The offset each partition of a topic was worked off to; empty when the group never was."""
    admin = AIOKafkaAdminClient(**connections.kafka_options())
    try:
        await connect(connections, admin)
        offsets = await _offsets(admin, group)
    finally:
        await admin.close()
    name = connections.topic(topic)
    return {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == name}


async def _offsets(admin: AIOKafkaAdminClient, group: str) -> dict[Any, Any]:
    """A broker that never had a group needs a moment to make the place where they are kept."""
    deadline = time.monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            offsets: dict[Any, Any] = await admin.list_consumer_group_offsets(group)
        except KafkaError as error:
            if not error.retriable or time.monotonic() >= deadline:
                raise
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        else:
            return offsets


async def wait_for(
    connections: Connections, group: str, topic: Topic, ends: Mapping[int, int], deadline: float
) -> Finding | None:
    """Wait until a group has passed `ends`, or say how much it has not worked off by `deadline`.

    A group that never committed anything is not waited for: on a log that nobody works on there
    is nothing to wait for.
    """
    while True:
        done = await committed(connections, group, topic)
        behind = {p: end - done.get(p, 0) for p, end in ends.items() if end > done.get(p, 0)}
        if not done or not behind:
            return None
        if time.monotonic() >= deadline:
            left = sum(behind.values())
            detail = f"{group} has {left} records of {topic.name} left, on partitions {[*behind]}"
            return Finding("behind", topic.name, detail)
        await asyncio.sleep(ASK_AGAIN_SECONDS)


async def ends_of(connections: Connections, topic: Topic) -> dict[int, int]:
    """The ends of the partitions that hold, or held, anything."""
    return {p: end for p, end in (await end_offsets(connections, topic)).items() if end > 0}
