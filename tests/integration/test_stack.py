"""Does what the other tests stand on, stand?"""

import asyncio
import json
import secrets

import redis.asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import CliRunner

from services.cli.__main__ import main
from services.supervisor import ports
from streams.settings import Connections
from streams.topics import CATALOGUE, CONTACTS
from tests.support.stack import Broker, RedisServer, RunningBroker


async def test_every_topic_of_the_catalogue_is_made_under_the_tests_prefix(
    connections: Connections,
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    made = {name for name in await admin.list_topics() if name.startswith(connections.prefix)}
    await admin.close()
    assert made == {connections.topic(topic) for topic in CATALOGUE}


async def test_what_is_written_to_the_log_is_read_back(connections: Connections) -> None:
    name = connections.topic(CONTACTS)
    producer = AIOKafkaProducer(bootstrap_servers=connections.kafka, compression_type="lz4")
    await producer.start()
    await producer.send_and_wait(name, b"a parcel", partition=3)
    await producer.stop()
    consumer = AIOKafkaConsumer(
        name, bootstrap_servers=connections.kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    assert (record.partition, record.value) == (3, b"a parcel")


async def test_redis_is_another_and_empty_after_it_was_killed_and_wiped(
    redis_server: RedisServer,
) -> None:
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        before = (await client.info("server"))["run_id"]
        await client.set("promise", "1")
    redis_server.restart(wipe=True)
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        after = (await client.info("server"))["run_id"]
        assert (after != before, await client.get("promise")) == (True, None)


async def test_redis_may_come_back_with_what_it_held(redis_server: RedisServer) -> None:
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        await client.set("promise", "1")
    redis_server.restart(wipe=False)
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        assert await client.get("promise") == b"1"


async def test_the_topics_command_makes_what_is_absent_and_then_has_nothing_to_do(
    kafka: Broker | RunningBroker,
) -> None:
    env = {"SURGELINE_KAFKA": kafka.bootstrap, "SURGELINE_PREFIX": f"t{secrets.token_hex(4)}-"}

    async def made() -> list[str]:
        runner = CliRunner(env=env)
        result = await asyncio.to_thread(runner.invoke, main, ["topics", "--create", "--json"])
        return list(json.loads(result.output)["made"])

    assert len(await made()) == len(CATALOGUE)
    # The broker acknowledges a new topic a moment before it lists it.
    async with asyncio.timeout(20):
        while await made():
            await asyncio.sleep(0.1)


def test_the_topics_command_names_a_broker_that_is_not_there() -> None:
    (port,) = ports.any_free()
    runner = CliRunner(env={"SURGELINE_KAFKA": f"127.0.0.1:{port}"})
    result = runner.invoke(main, ["topics", "--create"])
    assert result.exit_code == 1
    assert f"no broker at 127.0.0.1:{port}" in result.output
