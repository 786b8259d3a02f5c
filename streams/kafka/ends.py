"""Up to where is the log written? Asked again and again over one connection."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.closing import close
from streams.kafka.door import connect
from streams.settings import Connections
from streams.topics import Topic

PATIENCE_SECONDS: Final = 3.0


class LogEnds:
    """The last offset of every partition of some topics, for whoever must know how far behind
    it is. Partitions that hold no record are left out: there is nothing to be behind of.
    """

    def __init__(self, connections: Connections, topics: Sequence[Topic]) -> None:
        self._topics = tuple(topics)
        self._tps = {
            TopicPartition(connections.topic(topic), partition): (topic.name, partition)
            for topic in topics
            for partition in range(topic.partitions)
        }
        self._connections = connections
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect; raises aiokafka's connection error when no broker answers."""
        consumer = AIOKafkaConsumer(
            **self._connections.kafka_options(), group_id=None, enable_auto_commit=False
        )
        try:
            await connect(self._connections, consumer)
        except BaseException:
            await close(consumer)
            raise
        self._consumer = consumer

    async def stop(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            await close(self._consumer)

    async def last(self) -> dict[str, dict[int, int]]:
        """By the topic's name in the catalogue and partition; `TimeoutError` when none answers."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = await self._consumer.beginning_offsets(list(self._tps))
            ends = await self._consumer.end_offsets(list(self._tps))
        found: dict[str, dict[int, int]] = {topic.name: {} for topic in self._topics}
        for tp, (name, partition) in self._tps.items():
            if ends[tp] > first[tp]:
                found[name][partition] = ends[tp] - 1
        return found
