"""How long does the broker keep a topic, and is that what this installation wants?"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from streams.errors import WrongSettingError
from streams.kafka.door import connect
from streams.settings import Connections
from streams.topics import CATALOGUE, Topic

RETENTION: Final = "retention.ms"
SEGMENT: Final = "segment.ms"
# Kafka's word for a setting that was made for this very topic.
_OF_THE_TOPIC: Final = 1


async def apply_settings(
    connections: Connections, retention: Mapping[str, int] | None = None
) -> list[str]:
    """Bring the topics that exist to the catalogue's settings; the names of those changed.

    `retention` is in milliseconds by topic, where it is not the catalogue's. What else was set for
    a topic by hand stays as it is.
    """
    admin = AIOKafkaAdminClient(**connections.kafka_options())
    try:
        await connect(connections, admin)
        there = set(await admin.list_topics())
        topics = [topic for topic in CATALOGUE if connections.topic(topic) in there]
        found = await settings_of(admin, [connections.topic(topic) for topic in topics])
        wanted = {
            connections.topic(topic): wanted_settings(topic, retention or {}) for topic in topics
        }
        changed = {
            name: _own(found[name]) | want
            for name, want in wanted.items()
            if any(found[name].get(key, ("", 0))[0] != value for key, value in want.items())
        }
        await _alter(admin, changed)
        return list(changed)
    finally:
        await admin.close()


async def kept_ms(connections: Connections, topics: Collection[Topic]) -> dict[str, int]:
    """How long a record may be found in these topics: their time, and that of a segment."""
    admin = AIOKafkaAdminClient(**connections.kafka_options())
    try:
        await connect(connections, admin)
        found = await settings_of(admin, [connections.topic(topic) for topic in topics])
    finally:
        await admin.close()
    return {
        topic.name: int(found[connections.topic(topic)][RETENTION][0])
        + int(found[connections.topic(topic)][SEGMENT][0])
        for topic in topics
    }


def wanted_settings(topic: Topic, retention: Mapping[str, int]) -> dict[str, str]:
    """Kafka's settings of a topic on this installation."""
    kept = retention.get(topic.name, topic.retention_ms)
    return topic.settings() | {RETENTION: str(kept)}


async def settings_of(admin: Any, names: Collection[str]) -> dict[str, dict[str, tuple[str, int]]]:
    """By topic and setting, the value and where it comes from."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = {}
    for response in await admin.describe_configs(resources) if resources else []:
        for code, _, _, name, entries in response.resources:
            _refuse(name, code)
            found[name] = {key: (value or "", source) for key, value, _, source, *_ in entries}
    return found


async def _alter(admin: Any, settings: Mapping[str, Mapping[str, str]]) -> None:
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict(of_topic))
        for name, of_topic in settings.items()
    ]
    for response in await admin.alter_configs(resources) if resources else []:
        for code, _, _, name in response.resources:
            _refuse(name, code)


def _own(found: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    return {key: value for key, (value, source) in found.items() if source == _OF_THE_TOPIC}


def _refuse(name: str, code: int) -> None:
    if code:
        said = for_code(code).__name__
        raise WrongSettingError(f"the settings of topic {name} cannot be read or set: {said}")
