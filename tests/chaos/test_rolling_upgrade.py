"""Can every process be renewed under load, by a newer version beside those of today, and back?

The whole platform runs. Each process in turn is asked to end and comes back as the version of
tomorrow, which writes fields and types of events that those of today have never heard of; when all
are of tomorrow, those that calls pass through go back in turn. Meanwhile calls pour in and
counselors work their list.
"""

import asyncio
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from services.adapters.memory import MemoryPhone
from services.supervisor import ports
from services.supervisor.child import ChildSpec
from services.supervisor.plan import SERVICES
from services.supervisor.platform import Platform
from streams.events.codec import decode_known
from streams.events.control import DeadLettered
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.topics import CALLBACKS, CATALOGUE, CONTACTS, DEAD_LETTERS, OVERFLOW, PULSES, QUEUES
from tests.support.callbacks import desk_client, phone_server
from tests.support.desks import Desks, rung_twice_at_once, talked_twice
from tests.support.feed import people
from tests.support.tomorrow import NEW_FIELD, new_event
from tests.support.whole_path import (
    Sender,
    audited,
    event_id,
    on_the_log,
    open_callbacks,
    settings,
    until_the_board_agrees,
)

EVENTS_PER_SECOND = 60
PEOPLE = 900
# Told of this much faster than it happened, so that the last ones need not be waited for.
FASTER = 3
AGENTS = 4
BACK = ("intake", "streams", "callbacks")
# What the feed makes everyone write; there is no surge, and nobody gives orders.
WRITTEN = {CONTACTS.name, PULSES.name, QUEUES.name, OVERFLOW.name, CALLBACKS.name}


def of_tomorrow(spec: ChildSpec) -> ChildSpec:
    """The same process as the next version."""
    return replace(spec, argv=(sys.executable, "-m", "tests.support.tomorrow", *spec.argv[2:]))


async def renew_all(platform: Platform) -> Counter[str]:
    """Every process to tomorrow, then those of BACK to today; who ended with which code."""
    today = {name: platform.children[name].spec for name in SERVICES}
    ended: Counter[str] = Counter()
    for name, spec in today.items():
        ended[f"{name}: {await platform.renew(name, of_tomorrow(spec))}"] += 1
    for name in BACK:
        ended[f"{name}: {await platform.renew(name, today[name])}"] += 1
    return ended


async def tell_of_tomorrow(platform: Platform) -> None:
    """A fact of an unknown type on every topic: whoever starts later reads it from the start."""
    writer = LogWriter(platform.connections)
    await writer.start()
    told = {topic: new_event(topic.name) for topic in CATALOGUE}
    told[CONTACTS] = b"[" + told[CONTACTS] + b"]"  # always parcels
    await writer.append(
        [
            Outgoing(topic=topic, key=b"later", value=value, partition=0)
            for topic, value in told.items()
        ]
    )
    await writer.stop()


async def with_new_fields(platform: Platform) -> set[str]:
    """The topics that a process of tomorrow has written."""
    found = set()
    for topic in CATALOGUE:
        async for record in read_to_end(platform.connections, topic):
            if NEW_FIELD.encode() in (record.value or b""):
                found.add(topic.name)
    return found


async def letters(platform: Platform) -> Counter[tuple[str, str | None]]:
    """Why events were set aside, and of which topic."""
    found: Counter[tuple[str, str | None]] = Counter()
    async for record in read_to_end(platform.connections, DEAD_LETTERS):
        event = decode_known(record.value)
        if isinstance(event, DeadLettered):
            found[event.data.reason, event.data.topic] += 1
    return found


async def test_every_process_goes_to_tomorrows_version_and_back_under_load_and_nobody_is_lost(
    tmp_path: Path,
) -> None:
    phone = MemoryPhone()
    steps = [
        replace(step, slot=step.slot // FASTER) for step in people(23, PEOPLE, EVENTS_PER_SECOND)
    ]
    said: list[str] = []
    async with (
        phone_server(phone, ports.any_free()[0]) as phone_url,
        Platform(settings(tmp_path, phone_url), say=said.append) as platform,
        desk_client(platform.urls["callbacks"], platform.tokens["counselor"]) as client,
    ):
        await tell_of_tomorrow(platform)
        sender = Sender(platform.urls["intake"], platform.tokens["source"])
        sending = asyncio.create_task(sender.send(steps))
        desks = Desks(client, phone, random.Random(23), answers=0.7)
        working = asyncio.create_task(desks.work(AGENTS))
        ended = await renew_all(platform)
        await sending
        desks.over = True
        await working
        answer = await audited(platform)
        await until_the_board_agrees(platform, answer)
        log = await on_the_log(platform)
        promised = await open_callbacks(platform)
        fields = await with_new_fields(platform)
        aside = await letters(platform)

    assert ended == {f"{name}: 0": 1 + (name in BACK) for name in SERVICES}
    # Nothing died of what it did not know: the supervisor had nobody to start again.
    assert said == []
    assert sender.refused == []
    assert sender.accepted == log == {event_id(step) for step in steps}
    assert answer.findings == []
    assert max(promised.values()) == 1
    assert (rung_twice_at_once(phone), talked_twice(phone)) == ([], [])
    assert desks.said["complete"] > 0
    assert WRITTEN - fields == set()
    assert {reason for reason, _ in aside} == {"unknown_type"}
    print(  # noqa: T201  the counts belong in the note
        f"{len(steps)} events, answers {dict(sender.answers)}, {dict(desks.said)},"
        f" set aside {dict(aside)}, topics with new fields {sorted(fields)}"
    )
