"""Three real brokers on this machine that copy each other's records, to be killed one by one."""

import asyncio
import dataclasses
import os
import time
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from services.supervisor import ports
from services.supervisor.kafka import KafkaPlan, java_command, new_cluster_id
from streams.groups import tally_group
from streams.kafka import end_offsets
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.broker import PATIENCE_SECONDS, Broker, kafka_jars
from tests.support.feed import committed

COUNT = 3
HEAP_MB = 384


class Member(Broker):
    """One broker of several; started, killed and started again as a single one is."""

    def __init__(self, plan: KafkaPlan) -> None:
        super().__init__(plan.data)
        self.plan = plan


class Brokers:
    """A cluster in which each record is on three brokers, and on two before it counts."""

    def __init__(self, folder: Path) -> None:
        free = ports.any_free(2 * COUNT)
        voters = tuple(f"127.0.0.1:{port}" for port in free[COUNT:])
        plan = KafkaPlan(
            jars=kafka_jars(),
            data=folder,
            port=0,
            controller_port=0,
            heap_mb=HEAP_MB,
            java=java_command(os.environ),
            voters=voters,
        )
        self.members = [
            Member(
                dataclasses.replace(
                    plan,
                    data=folder / str(node),
                    node=node,
                    port=free[node - 1],
                    controller_port=free[COUNT + node - 1],
                )
            )
            for node in range(1, COUNT + 1)
        ]

    @property
    def bootstrap(self) -> str:
        """All of them: any one may be away when a client comes."""
        return ",".join(member.bootstrap for member in self.members)

    def start(self) -> None:
        """Start all and wait until each can be used. Blocks."""
        cluster_id = new_cluster_id()
        for member in self.members:
            member.launch(cluster_id)
        for member in self.members:
            member.wait()

    def kill9(self) -> None:
        for member in self.members:
            member.kill9()


async def all_in_step(connections: Connections) -> None:
    """Wait until every broker has every record that counts, so that another may be lost."""
    name = connections.topic(CONTACTS)
    give_up = time.monotonic() + PATIENCE_SECONDS
    admin = AIOKafkaAdminClient(bootstrap_servers=connections.kafka)
    await admin.start()
    try:
        while True:
            (described,) = await admin.describe_topics([name])
            if all(len(part["isr"]) == COUNT for part in described["partitions"]):
                return
            assert time.monotonic() < give_up, "a broker does not keep up"
            await asyncio.sleep(0.25)
    finally:
        await admin.close()


async def seconds_until_moving(connections: Connections) -> float:
    """How long until the tally has committed, on every partition, all that is on it now."""
    began = time.monotonic()
    wanted = await end_offsets(connections, CONTACTS)
    behind = dict(wanted)
    while behind:
        assert time.monotonic() - began < PATIENCE_SECONDS, f"these stand still: {behind}"
        await asyncio.sleep(0.25)
        at = await committed(connections, tally_group(connections), CONTACTS)
        behind = {p: end for p, end in wanted.items() if at.get(p, 0) < end}
    return time.monotonic() - began
