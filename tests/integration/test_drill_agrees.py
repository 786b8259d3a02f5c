"""Does the running platform do with a crisis what the drill says it will? On real Kafka.

One scenario, twice: once in virtual time, and the same events once more through the log and the
stream workers, each at its moment. Stated bound: the same surge of the same key, declared within
three seconds of the drill's.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from load.scenario import Base, Burst, Mix, Scenario, load_scenario
from load.sim.engine import SOURCE, Rehearsal
from load.sim.reports import ContactReport
from load.sim.wire import contact_event
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.events.codec import Event, encode_parcel
from streams.events.contacts import ContactEvent
from streams.events.surges import SurgeDeclared
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import CONTACTS, SURGES, Topic, partition_of
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

WITHIN = timedelta(seconds=3)
SLOT_SECONDS = 0.1


class Noted(Rehearsal):
    """A drill that keeps what it told the platform, in order."""

    def __init__(self, scenario: Scenario, centre: Centre) -> None:
        self.told: list[ContactEvent] = []
        super().__init__(scenario, centre)

    def contact(self, report: ContactReport) -> None:
        super().contact(report)
        self.told.append(contact_event(report, SOURCE, self.moment))


def minute_of_crisis(starts: datetime) -> Scenario:
    """Forty seconds in which people call, wait a little, and mostly give up."""
    given = load_scenario("demo-quake")
    burst = Burst(
        name="mainshock",
        at=timedelta(seconds=5),
        peak_per_hour=9000,
        hold=timedelta(seconds=30),
        mix=Mix(language={"ko": 1.0}, country={"JP": 1.0}, topic={"disaster": 1.0}),
    )
    return replace(
        given,
        starts=starts,
        length=timedelta(seconds=40),
        base=Base(per_hour=0.0),
        bursts=(burst,),
        callers=replace(
            given.callers, patience=timedelta(seconds=12), redials=0.0, accepts_callback=1.0
        ),
        response=(),
    )


def parcels(events: Sequence[ContactEvent]) -> Iterator[Outgoing]:
    by_partition: dict[int, list[ContactEvent]] = defaultdict(list)
    for event in events:
        key = event.data.caller.key if event.data.caller else event.subject
        kept = structs.replace(event, recordedtime=datetime.now(UTC), partitionkey=key)
        by_partition[partition_of(key, CONTACTS)].append(kept)
    for partition, held in by_partition.items():
        yield Outgoing(topic=CONTACTS, partition=partition, value=encode_parcel(held))


async def play_out(writer: LogWriter, events: Sequence[ContactEvent]) -> None:
    """Each event onto the log when its time has come."""
    left = list(events)
    while left:
        now = datetime.now(UTC)
        due = [event for event in left if event.time <= now]
        if due:
            await writer.append(list(parcels(due)))
            left = left[len(due) :]
        await asyncio.sleep(SLOT_SECONDS)


async def said(connections: Connections, topic: Topic) -> list[Event]:
    return [
        event
        async for record in read_to_end(connections, topic)
        for event in open_value(record.value)[0]
    ]


@pytest.fixture
def env(connections: Connections, secrets_env: SecretsEnv) -> dict[str, str]:
    return service_env(connections, secrets_env) | {"SURGELINE_INSTANCE": "0"}


async def test_the_platform_does_what_the_drill_says_within_the_stated_bounds(
    connections: Connections, env: dict[str, str]
) -> None:
    centre = load_centre(connections.centre)
    async with ServiceProcess("streams", env):
        scenario = minute_of_crisis(datetime.now(UTC) + timedelta(seconds=4))
        drill = Noted(scenario, centre)
        score = drill.run()
        writer = LogWriter(connections)
        await writer.start()
        await play_out(writer, drill.told)
        for _ in range(150):
            if any(isinstance(f, SurgeDeclared) for f in await said(connections, SURGES)):
                break
            await asyncio.sleep(0.2)
        await writer.stop()
    declared = [f.data for f in await said(connections, SURGES) if isinstance(f, SurgeDeclared)]
    drilled = [fact.data for fact in score.declared]
    assert len(drilled) == 1
    assert {one.key for one in declared} == {one.key for one in drilled}
    assert abs(declared[0].declared_at - drilled[0].declared_at) <= WITHIN
