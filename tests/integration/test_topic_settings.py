"""Does a change of how long things are kept reach topics that exist, and nothing else of theirs?"""

import asyncio
import json

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.kafka import apply_settings, kept_ms
from streams.kafka.topic_settings import settings_of
from streams.retention import retention_ms
from streams.settings import Connections
from streams.topics import AUDIT, CONTACTS, DAY_MS
from tests.integration.test_export import surgeline

pytestmark = pytest.mark.integration


async def test_what_is_kept_how_long_is_brought_to_topics_that_exist(
    connections: Connections,
) -> None:
    name = connections.topic(CONTACTS)
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    by_hand = CONTACTS.settings() | {"max.message.bytes": "123456"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, by_hand)])
    # The broker shows a change a moment after it has taken it.
    while (await settings_of(admin, [name]))[name]["max.message.bytes"][0] != "123456":
        await asyncio.sleep(0.1)
    wanted = retention_ms({"SURGELINE_RETENTION_DAYS": "contacts=7,audit=730"})
    first = await apply_settings(connections, wanted)
    while await apply_settings(connections, wanted):
        await asyncio.sleep(0.1)
    found = (await settings_of(admin, [name]))[name]
    await admin.close()
    kept = await kept_ms(connections, (CONTACTS, AUDIT))
    again = {"SURGELINE_RETENTION_DAYS": "audit=90"}
    back = surgeline(connections, "topics", "--apply", "--json", **again)
    assert first == [name, connections.topic(AUDIT)]
    assert kept == {"contacts": 8 * DAY_MS, "audit": 731 * DAY_MS}
    assert found["max.message.bytes"][0] == "123456"
    assert json.loads(back.stdout) == {"changed": [name, connections.topic(AUDIT)]}
    while (await kept_ms(connections, (AUDIT,)))["audit"] != 91 * DAY_MS:
        await asyncio.sleep(0.1)
