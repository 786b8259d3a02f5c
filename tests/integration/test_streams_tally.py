"""Does the tally say exactly what the log of contacts amounts to, on real Kafka?"""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from streams.centre_file import load_centre
from streams.events.callbacks import CallbackWanted
from streams.events.codec import decode, encode, encode_parcel
from streams.events.control import ClockData, ClockDeclared, DeadLettered
from streams.events.demand import PulseCounted, PulseData
from streams.kafka import FollowedClock, LogWriter, Outgoing, read_to_end
from streams.processors.fold import PartitionFold
from streams.processors.replay import Source, replay
from streams.sealing import Sealer
from streams.settings import Connections
from streams.topics import CLOCK, CONTACTS, DEAD_LETTERS, OVERFLOW, partition_of
from tests.support.feed import Step, caught_up, feed, people, published, recount
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

TALLY = ("--only", "tally")


@pytest.fixture
async def writer(connections: Connections) -> AsyncIterator[LogWriter]:
    log_writer = LogWriter(connections)
    await log_writer.start()
    yield log_writer
    await log_writer.stop()


@pytest.fixture
def env(connections: Connections, secrets_env: SecretsEnv) -> dict[str, str]:
    return service_env(connections, secrets_env)


async def test_counts_pulses_and_promises_equal_a_recount_of_the_log(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    async with ServiceProcess("streams", env, TALLY):
        await feed(writer, people(seed=1, contacts=1500, events_per_second=2000))
        said = await caught_up(connections)
    due = await recount(connections, said.overflow.values())
    assert (said.counts, said.offsets, said.pulses) == (due.counts, due.offsets, due.pulses)
    assert (due.overflow, said.repeats) == ({}, 0)
    assert len(said.overflow) > 200


async def test_a_worker_that_starts_again_folds_on_where_it_stopped(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    steps = people(seed=2, contacts=900, events_per_second=3000)
    worker = ServiceProcess("streams", env, TALLY)
    async with worker:
        await feed(writer, steps[:1400])
        before = await caught_up(connections)
    await feed(writer, steps[1400:])
    async with worker:
        said = await caught_up(connections)
    due = await recount(connections, said.overflow.values())
    assert said.counts == due.counts
    assert due.overflow == {}
    assert (said.repeats, before.overflow.keys() - said.overflow.keys()) == (0, set())


async def test_who_waits_too_long_is_promised_a_callback_though_nothing_more_is_heard(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    waiting = [Step(0, f"w{n}", "arrived", f"{n:032x}", "main", -240.0) for n in range(5)]
    async with ServiceProcess("streams", env, TALLY):
        await feed(writer, waiting)
        said = await caught_up(connections)
        for _ in range(50):
            if len(said.overflow) == len(waiting):
                break
            await asyncio.sleep(0.1)
            said = await published(connections)
    wanted = [fact for fact in said.overflow.values() if isinstance(fact, CallbackWanted)]
    assert sorted(fact.data.contact for fact in wanted) == [f"w{n}" for n in range(5)]
    assert {fact.data.reason for fact in wanted} == {"waited_too_long"}


async def test_what_cannot_be_taken_is_kept_sealed_with_its_reason_and_stops_nothing(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    now = datetime.now(UTC)
    good = Step(0, "c1", "arrived", None, "main", 0.0)
    other = Step(0, "c1", "arrived", None, "english", 0.0)
    place = good.partition
    foreign = PulseCounted(
        id="x", source="/s", subject="total", time=now,
        data=PulseData(key="total", partition=0, second=now, first_attempts=1),
    )  # fmt: skip
    records = [
        b"\xff\x00 not json, but a number: +821012345678",
        b'{"not": "a parcel"}',
        b'[{"type":"surgeline.contact.arrived.v1","id":"1"}]',
        b'[{"type":"no.such.type.v1","id":"1"}]',
        encode_parcel([foreign]),
        encode_parcel([good.event(now)]),
        encode_parcel([other.event(now)]),
        random.Random(1).randbytes(200_000),
    ]
    async with ServiceProcess("streams", env, TALLY) as worker:
        for value in records:
            await writer.append([Outgoing(topic=CONTACTS, partition=place, value=value)])
        said = await caught_up(connections)
        log = worker.log_text()
    letters = [
        event
        async for record in read_to_end(connections, DEAD_LETTERS)
        if isinstance(event := decode(record.value or b""), DeadLettered)
    ]
    assert [letter.data.reason for letter in letters] == [
        "malformed", "malformed", "missing", "unknown_type", "wrong_topic", "duplicate_differs",
        "malformed",
    ]  # fmt: skip
    assert [letter.data.offset for letter in letters] == [0, 1, 2, 3, 4, 6, 7]
    assert letters[-1].data.truncated
    sealer = Sealer.from_env(env)
    assert sealer.open(letters[0].data.sealed) == records[0]
    assert said.offsets[place] == len(records) - 1
    assert sum(c["main"].requests for c in said.counts[place].values()) == 1
    assert "821012345678" not in log


async def test_a_worker_stops_sooner_than_pour_a_whole_topic_into_the_dead_letters(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    worker = ServiceProcess("streams", env | {"SURGELINE_LETTER_LIMIT": "50"}, TALLY)
    async with worker:
        garbage = [Outgoing(topic=CONTACTS, partition=n % 24, value=b"?") for n in range(400)]
        await writer.append(garbage)
        assert await worker.wait_end() == 70
        assert "could not be taken" in worker.log_text()


async def test_partitions_move_between_workers_and_their_books_are_rebuilt(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    steps = people(seed=3, contacts=1800, events_per_second=1000)
    second = ServiceProcess("streams", env, TALLY)
    async with ServiceProcess("streams", env, TALLY):
        feeding = asyncio.create_task(feed(writer, steps))
        await asyncio.sleep(1.0)
        async with second:
            await asyncio.sleep(1.5)
        await feeding
        said = await caught_up(connections)
    due = await recount(connections, said.overflow.values())
    assert said.counts == due.counts
    assert said.pulses == due.pulses
    assert due.overflow == {}


async def test_promises_of_a_caller_are_on_the_partition_of_the_caller(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    async with ServiceProcess("streams", env, TALLY):
        await feed(writer, people(seed=4, contacts=60, events_per_second=2000), fast=True)
        await caught_up(connections)
    places = [
        (record.partition, partition_of((record.key or b"").decode(), OVERFLOW))
        async for record in read_to_end(connections, OVERFLOW)
    ]
    assert places
    assert all(partition == due for partition, due in places)


async def test_a_group_that_has_lost_its_offsets_promises_nobody_again(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    async with ServiceProcess("streams", env, TALLY):
        await feed(writer, people(seed=5, contacts=300, events_per_second=2000), fast=True)
        said = await caught_up(connections)
    centre = load_centre(connections.centre)
    folds = {p: PartitionFold(centre, p, 0) for p in range(CONTACTS.partitions)}
    source = Source(connections, centre, FollowedClock(connections))
    assert await replay(source, folds, lambda: False, all_promises=True)
    async for record in read_to_end(connections, CONTACTS):
        folds[record.partition].take(record, datetime.now(UTC))
    again = [f for fold in folds.values() for f in fold.pass_time(datetime.now(UTC), behind=False)]
    # That somebody was served may be said again: it has the same id and closes what is closed.
    assert [fact for fact in again if isinstance(fact, CallbackWanted)] == []
    assert {fact.id for fact in again} <= said.overflow.keys()
    assert len(said.overflow) > 30


async def test_in_a_rehearsal_waiting_is_judged_by_the_declared_clock(
    connections: Connections, env: dict[str, str], writer: LogWriter
) -> None:
    now = datetime.now(UTC)
    declared = ClockDeclared(
        id="clock-1", source="/s", subject="centre", time=now,
        data=ClockData(wall=now, event=now, speed=60.0),
    )  # fmt: skip
    await writer.append([Outgoing(topic=CLOCK, key=b"centre", value=encode(declared))])
    await feed(writer, [Step(0, "w1", "arrived", f"{7:032x}", "main", 0.0)])
    async with ServiceProcess("streams", env, TALLY):
        for _ in range(150):
            said = await published(connections)
            if said.overflow:
                break
            await asyncio.sleep(0.1)
    (fact,) = said.overflow.values()
    assert isinstance(fact, CallbackWanted)
    assert (fact.data.reason, fact.data.contact) == ("waited_too_long", "w1")
