"""`surgeline audit` on a real log: clean is 0, and each planted fault is found and is 1."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from services.audit.progress import committed
from services.audit.reader import Question, audit
from streams.centre_file import load_centre
from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.events.callbacks import CallbackChanged, CallbackWanted
from streams.events.codec import encode, encode_parcel
from streams.events.contacts import ContactEvent
from streams.events.demand import QueueData, QueuesMeasured
from streams.groups import tally_group
from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections
from streams.topics import CALLBACKS, CONTACTS, OVERFLOW, QUEUES
from tests.support.calls import after, event
from tests.support.promises import changed, promise

pytestmark = pytest.mark.integration

PARTITION = 3
STORY: tuple[ContactEvent, ...] = (
    event("arrived", "c1", 0, "ann"),
    event("answered", "c1", 5),
    event("completed", "c1", 60),
    event("arrived", "c2", 1, "bob"),
    event("abandoned", "c2", 61),
    event("arrived", "c3", 2),
    event("abandoned", "c3", 30),
)
KEPT = (
    changed(promise("cb", "c2", who="bob")),
    changed(promise("cb", "c2", who="bob", version=2, state="leased", agent="a1"), "leased"),
    changed(promise("cb", "c2", who="bob", version=3, outcome="completed"), "completed"),
)


class Told:
    """What the services would have written about STORY, to be spoiled by a test."""

    def __init__(self, connections: Connections) -> None:
        book = ContactBook(load_centre(connections.centre), PARTITION)
        for one in STORY:  # one record: a parcel of all
            book.observe(one, 0)
        self.facts: list[OverflowFact] = book.tick(after(62))
        self.measured = QueuesMeasured(
            id="q1",
            source="/surgeline/tally",
            subject=str(PARTITION),
            time=after(62),
            data=QueueData(partition=PARTITION, offset=0, counts=book.counts()),
        )
        self.callbacks: Sequence[CallbackChanged] = KEPT

    async def write(self, connections: Connections) -> None:
        """Onto the log."""
        writer = LogWriter(connections)
        await writer.start()
        try:
            parcel = encode_parcel(STORY)
            await writer.append([Outgoing(topic=CONTACTS, value=parcel, partition=PARTITION)])
            for fact in self.facts:
                await writer.append([Outgoing(topic=OVERFLOW, value=encode(fact), key=b"k")])
            for one in self.callbacks:
                key = one.data.id.encode()
                await writer.append([Outgoing(topic=CALLBACKS, value=encode(one), key=key)])
            value = encode(self.measured)
            await writer.append([Outgoing(topic=QUEUES, value=value, key=b"3", partition=0)])
        finally:
            await writer.stop()


async def surgeline_audit(connections: Connections, *arguments: str) -> tuple[int, Any, str]:
    """Exit code, what it told a program, what it told a person."""
    env = {
        **os.environ,
        "SURGELINE_KAFKA": connections.kafka,
        "SURGELINE_PREFIX": connections.prefix,
        "SURGELINE_CENTRE": str(connections.centre),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "audit", "--wait", "0", *arguments),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    words = (out + err).decode()
    assert process.returncode == 2 or out, words
    told = orjson.loads(out) if "--json" in arguments else None
    return process.returncode, told, words


def kinds(told: Any) -> list[tuple[str, str]]:
    return [(violation["kind"], violation["subject"]) for violation in told["violations"]]


async def test_a_clean_log_is_proven(connections: Connections) -> None:
    await Told(connections).write(connections)
    code, told, words = await surgeline_audit(connections, "--json")
    assert (code, kinds(told)) == (0, []), words
    assert told["outcomes"] == {
        "waiting": 0,
        "answered_live": 1,
        "callback_open": 0,
        "callback_completed": 1,
        "withdrawn": 0,
        "deflected": 0,
        "lost": 1,
        "unaccounted": 0,
    }
    assert told["reasons"] == {"lost:no_number": 1}
    assert (told["contacts"], told["requests"], told["callbacks"]) == (3, 3, 1)
    assert told["compared"] == {"partitions": 1, "of": 1}


async def test_a_planted_lost_contact_is_named(connections: Connections) -> None:
    log = Told(connections)
    log.facts, log.callbacks = [], []
    await log.write(connections)
    code, told, _ = await surgeline_audit(connections, "--json")
    assert (code, kinds(told)) == (1, [("no_outcome", "c2"), ("not_promised", "c2")])
    _, _, words = await surgeline_audit(connections)
    assert "unaccounted for" in words
    assert "not_promised  c2: needed a callback (abandoned) and none was asked for" in words


async def test_a_planted_double_is_found(connections: Connections) -> None:
    log = Told(connections)
    log.callbacks = [KEPT[0], changed(promise("other", "c2", who="bob"))]
    await log.write(connections)
    code, told, words = await surgeline_audit(connections, "--json")
    assert (code, kinds(told)) == (1, [("two_open_callbacks", "cb")])
    assert "bobbob" not in words  # the caller's key is nobody's business


async def test_a_planted_gap_is_found(connections: Connections) -> None:
    log = Told(connections)
    log.callbacks = [KEPT[0], KEPT[2]]
    await log.write(connections)
    code, told, _ = await surgeline_audit(connections, "--json")
    assert (code, kinds(told)) == (1, [("version_gap", "cb")])


async def test_published_counts_that_are_not_the_recount_are_found(
    connections: Connections,
) -> None:
    log = Told(connections)
    [(day, queues)] = log.measured.data.counts.items()
    wrong = {day: {"main": replace(queues["main"], answered_live=2, requests=4)}}
    log.measured = replace(log.measured, data=replace(log.measured.data, counts=wrong))
    await log.write(connections)
    code, told, _ = await surgeline_audit(connections, "--json")
    assert (code, kinds(told)) == (1, [("counts_differ", f"contacts/{PARTITION}")])


async def test_wrong_use_is_told_apart_from_a_fault(connections: Connections) -> None:
    code, _, words = await surgeline_audit(connections, "--since", "yesterday")
    assert (code, "is not a time like" in words) == (2, True)


async def test_what_is_on_its_way_is_waited_for(connections: Connections) -> None:
    log = Told(connections)
    late, log.callbacks = log.callbacks, []
    await log.write(connections)
    centre = load_centre(connections.centre)
    question = Question(
        connections=connections,
        centre=centre,
        tally_group=tally_group(connections),
        callbacks_group=f"{connections.prefix}callbacks",
        wait_seconds=60,
    )
    asked = asyncio.create_task(audit(question))
    writer = LogWriter(connections)
    await writer.start()
    for one in late:
        key = one.data.id.encode()
        await writer.append([Outgoing(topic=CALLBACKS, value=encode(one), key=key)])
    await writer.stop()
    assert (await asked).findings == []


async def test_a_group_that_never_worked_is_not_waited_for(connections: Connections) -> None:
    assert await committed(connections, tally_group(connections), CONTACTS) == {}
    assert isinstance(Told(connections).facts[0], CallbackWanted)
