"""How is the whole log read into the ledger?

First the work that others have to do on it is waited for; then `contacts` is read to the ends as
they were, and `overflow`, `callbacks` and `queues` to theirs. While the centre works, a fact may
be on its way between two topics: what looks wrong is looked at again until the time is up, and
only what is still wrong then is reported.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from services.audit.progress import ends_of, wait_for
from streams.domain.centre import Centre
from streams.domain.contacts.contact import OverflowFact
from streams.domain.contacts.findings import Finding
from streams.domain.contacts.ledger import Ledger, said_by
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackChanged, CallbackWanted
from streams.events.codec import Event, decode, decode_parcel
from streams.events.contacts import ContactEvent
from streams.events.demand import QueuesMeasured
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import CALLBACKS, CONTACTS, OVERFLOW, QUEUES

LOOK_AGAIN_SECONDS: Final = 1.0
# What was true before `since` may still matter after it: promises, redials, open contacts.
CONTEXT: Final = timedelta(hours=29)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be audited; `groups` are those of the tally and of the callback list."""

    connections: Connections
    centre: Centre
    tally_group: str
    callbacks_group: str
    since: datetime | None = None
    wait_seconds: float = 30.0


@dataclass(slots=True)
class Audit:
    """The answer. `compared` are the partitions whose published counts could be recounted to the
    same offset.
    """

    ledger: Ledger
    findings: list[Finding] = field(default_factory=list)
    compared: int = 0
    partitions: int = 0
    since: datetime | None = None


async def audit(question: Question) -> Audit:
    """Read the log, and again while something looks wrong and there is time."""
    deadline = time.monotonic() + question.wait_seconds
    while True:
        answer = await _look(question, deadline)
        if not answer.findings or time.monotonic() + LOOK_AGAIN_SECONDS >= deadline:
            return answer
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _look(question: Question, deadline: float) -> Audit:
    connections = question.connections
    ends = await ends_of(connections, CONTACTS)
    behind = [await wait_for(connections, question.tally_group, CONTACTS, ends, deadline)]
    wishes = await ends_of(connections, OVERFLOW)
    behind.append(await wait_for(connections, question.callbacks_group, OVERFLOW, wishes, deadline))
    measured = await _measured(connections, ends)
    ledger = Ledger(question.centre)
    since = read_from(question.since, datetime.now(UTC))
    await _contacts(connections, ledger, ends, since)
    later = await _overflow(connections, ledger, since, measured)
    await _callbacks(connections, ledger)
    ledger.settle({partition: event.time for partition, event in measured.items()})
    differ = _compare(ledger, measured, ends) if since is None else []
    for fact in later:
        ledger.overflow(fact)
    findings = [*filter(None, behind), *filter(None, differ), *ledger.findings(question.since)]
    return Audit(
        ledger,
        findings,
        compared=len(differ),
        partitions=len(ends),
        since=question.since,
    )


def read_from(since: datetime | None, now: datetime) -> datetime | None:
    """From when on the log is read to judge what happened since then; None: from its beginning.

    The log's records carry wall time. A moment that is still to come is one of a rehearsal's clock,
    and says nothing of when it was written.
    """
    return None if since is None or since > now else since - CONTEXT


async def _contacts(
    connections: Connections, ledger: Ledger, ends: Mapping[int, int], since: datetime | None
) -> None:
    async for record in read_to_end(
        connections, CONTACTS, since=since, ends=ends, partitions=list(ends)
    ):
        ledger.record(record.partition, record.offset)
        for event in decode_parcel(record.value)[0] if record.value else []:
            if isinstance(event, ContactEvent):
                ledger.contact(event, record.partition, record.offset)


async def _overflow(
    connections: Connections,
    ledger: Ledger,
    since: datetime | None,
    measured: Mapping[int, QueuesMeasured],
) -> list[OverflowFact]:
    """What the tally asked for; returned is what it asked for after it last spoke of a partition.

    While a surge goes on somebody's wait reaches its limit in every second, also while we read.
    """
    later: list[OverflowFact] = []
    async for record in read_to_end(connections, OVERFLOW, since=since):
        event = _event(record.value)
        if isinstance(event, OverflowFact):
            partition = said_by(event)
            counts = measured.get(partition) if partition is not None else None
            if came_later(event, counts.time if counts is not None else None):
                later.append(event)
            else:
                ledger.overflow(event)
    return later


def came_later(fact: OverflowFact, said_at: datetime | None) -> bool:
    """Whether time alone called for it, after its partition's counts were said."""
    by_time = isinstance(fact, CallbackWanted) and fact.data.reason == "waited_too_long"
    return by_time and said_at is not None and fact.time > said_at


async def _callbacks(connections: Connections, ledger: Ledger) -> None:
    async for record in read_to_end(connections, CALLBACKS):
        event = _event(record.value)
        if isinstance(event, CallbackChanged):
            ledger.callback(event, record.partition, record.offset)
        else:
            ledger.skip_callback(record.partition, record.offset)


async def _measured(connections: Connections, ends: Mapping[int, int]) -> dict[int, QueuesMeasured]:
    """What the tally last said of each partition, not beyond the ends."""
    said: dict[int, QueuesMeasured] = {}
    async for record in read_to_end(connections, QUEUES):
        event = _event(record.value)
        if isinstance(event, QueuesMeasured) and event.data.offset < ends.get(
            event.data.partition, 0
        ):
            said[event.data.partition] = event
    return said


def _compare(
    ledger: Ledger, measured: Mapping[int, QueuesMeasured], ends: Mapping[int, int]
) -> list[Finding | None]:
    """One entry for each partition that could be compared: None where the counts agree."""
    return [
        ledger.counts_differ(event.data)
        for partition, event in sorted(measured.items())
        if event.data.offset + 1 == ends.get(partition)
    ]


def _event(value: bytes | None) -> Event | None:
    if value is None:
        return None
    try:
        return decode(value)
    except InvalidEventError:
        return None
