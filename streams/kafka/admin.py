"""Making the catalogue's topics on a broker."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.errors import WrongSettingError
from streams.kafka.door import connect
from streams.kafka.topic_settings import wanted_settings
from streams.settings import Connections
from streams.topics import CATALOGUE, Topic

LEADER_SECONDS: Final = 30.0


async def create_topics(
    connections: Connections,
    *,
    replication: int = 1,
    retention: Mapping[str, int] | None = None,
) -> list[str]:
    """Make the catalogue's topics that are absent; returns the names of those made.

    `retention` is in milliseconds by topic, where it is not the catalogue's.
    Raises `WrongSettingError` when a topic exists with another number of partitions.
    """
    admin = AIOKafkaAdminClient(**connections.kafka_options())
    try:
        await connect(connections, admin)
        existing = set(await admin.list_topics())
        absent = [topic for topic in CATALOGUE if connections.topic(topic) not in existing]
        await _create(admin, connections, absent, replication, retention or {})
        await _until_led(admin, [connections.topic(topic) for topic in absent])
        present = [topic for topic in CATALOGUE if topic not in absent]
        await _check_partitions(admin, connections, present)
        return [connections.topic(topic) for topic in absent]
    finally:
        await admin.close()


async def _create(
    admin: Any,
    connections: Connections,
    absent: Sequence[Topic],
    replication: int,
    retention: Mapping[str, int],
) -> None:
    if not absent:
        return
    response = await admin.create_topics(
        [
            NewTopic(
                connections.topic(topic),
                topic.partitions,
                replication,
                topic_configs=wanted_settings(topic, retention),
            )
            for topic in absent
        ]
    )
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise WrongSettingError(f"topic {name} could not be made: {error.__name__}")


async def _until_led(admin: Any, names: Sequence[str]) -> None:
    """Wait until every partition has a leader: whoever comes next may write and read at once."""
    async with asyncio.timeout(LEADER_SECONDS):
        while names:
            described = await admin.describe_topics(list(names))
            if len(described) == len(names) and all(
                not entry["error_code"]
                and entry["partitions"]
                and all(part["leader"] >= 0 for part in entry["partitions"])
                for entry in described
            ):
                return
            await asyncio.sleep(0.05)


async def _check_partitions(admin: Any, connections: Connections, topics: Sequence[Topic]) -> None:
    if not topics:
        return
    described = await admin.describe_topics([connections.topic(topic) for topic in topics])
    counts = {entry["topic"]: len(entry["partitions"]) for entry in described}
    for topic in topics:
        found = counts.get(connections.topic(topic), topic.partitions)
        if found != topic.partitions:
            raise WrongSettingError(
                f"topic {connections.topic(topic)} has {found} partitions,"
                f" but the catalogue says {topic.partitions}"
            )
