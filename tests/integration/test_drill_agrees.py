"""Does the running platform do with a crisis what the drill says it will? On real Kafka.

One scenario, twice: once in virtual time, and the same events once more through the log and the
stream workers, each at its moment. Stated bound: the same surge of the same key, declared within
three seconds of the drill's.

And the same callers once more in the scripted phone system, in real time, with the whole way from
intake to the ring back. Stated bounds: as many callbacks registered as the drill says, give or take
a quarter; the share of them that is completed differs by at most fifteen in a hundred.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from load.scenario import Base, Burst, Mix, Scenario, load_scenario
from load.sim.engine import SOURCE, Rehearsal
from load.sim.reports import ContactReport
from load.sim.wire import contact_event
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.events.callbacks import CallbackData
from streams.events.codec import Event, encode_parcel
from streams.events.contacts import ContactEvent
from streams.events.surges import SurgeDeclared
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.processors.opened import open_value
from streams.settings import Connections
from streams.topics import CONTACTS, SURGES, Topic, partition_of
from tests.support.callbacks import changes_on_the_log, latest
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

WITHIN = timedelta(seconds=3)
SLOT_SECONDS = 0.1
REGISTERED_WITHIN = 0.25
COMPLETED_WITHIN = 0.15
CALLBACKS = """
name = "few-desks"
title_en = "Few desks"
title_ko = "few desks"
sources = ["made for a test"]
starts = 2026-03-10T14:00:00+09:00
length = "60s"
seed = 5
[queues]
ko = "main"
[base]
per_hour = 0
[[bursts]]
name = "rush"
at = "2s"
peak_per_hour = 15000
hold = "12s"
mix = { language = { ko = 1.0 } }
[callers]
patience = "12s"
redials = 0.0
reconnects = 0.0
accepts_callback = 1.0
answers_callback = 1.0
answers_callback_abroad = 1.0
calls_though_promised = 0.0
withheld = 0.0
abroad = 0.0
[desk]
talk = "2s"
wrap_up = "0s"
greeting = "0s"
ring = "1s"
ring_unanswered = 0.0
picks_up_from = "1s"
picks_up_to = "2s"
kept_free = 0
asks_every = "1s"
[[staff]]
pool = "counselors"
people = 4
"""


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


async def test_the_callback_list_is_made_and_worked_off_as_the_drill_says(
    connections: Connections, env: dict[str, str], secrets_env: SecretsEnv, tmp_path: Path
) -> None:
    file = tmp_path / "few-desks.toml"
    file.write_text(CALLBACKS, encoding="utf-8")
    drill = Rehearsal(load_scenario(file), load_centre(connections.centre))
    drill.hall.door = None  # the scripted phone system asks admission about nobody
    drill.run()
    drilled = [state.outcome for state in drill.promises.book.all()]
    phone = ServiceProcess("load.phone", env | {"SURGELINE_PHONE_TOKEN": "t"}, [str(file)])
    intake = ServiceProcess("services.intake", env)
    there = {"SURGELINE_PHONE_URL": phone.url, "SURGELINE_PHONE_TOKEN": "t"}
    callbacks = ServiceProcess("services.callbacks", env | there)
    phone.env |= {
        "SURGELINE_INTAKE_URL": intake.url,
        "SURGELINE_CALLBACKS_URL": callbacks.url,
        "SURGELINE_SOURCE_TOKEN": secrets_env.tokens["source"],
        "SURGELINE_COUNSELOR_TOKEN": secrets_env.tokens["counselor"],
    }
    phone.args += ["--ledger", str(tmp_path / "ledger.jsonl")]
    async with ServiceProcess("streams", env), intake, callbacks:
        starts = datetime.now(UTC) + timedelta(seconds=3)
        phone.args += ["--starts-at", starts.isoformat(), "--begins", starts.isoformat()]
        async with phone:
            states = await all_closed(connections, starts + timedelta(seconds=20))
    done = [state.outcome for state in states]
    assert len(drilled) > 5
    assert abs(len(done) - len(drilled)) <= REGISTERED_WITHIN * len(drilled)
    completed = drilled.count("completed") / len(drilled)
    assert abs(done.count("completed") / len(done) - completed) <= COMPLETED_WITHIN


async def all_closed(connections: Connections, earliest: datetime) -> list[CallbackData]:
    """Every callback, when the callers are through and the last one is worked off."""
    for _ in range(240):
        states = list(latest(await changes_on_the_log(connections)).values())
        closed = all(state.outcome is not None for state in states)
        if states and closed and datetime.now(UTC) > earliest:
            return states
        await asyncio.sleep(0.5)
    return states
