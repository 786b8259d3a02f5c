"""The whole platform on free ports, a phone system that tells it what happened, and the proof.

The sender posts over HTTP and repeats each batch until it is told 202; afterwards the log is
audited and the board is compared with the audit.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from services.audit.reader import Audit, Question, audit
from services.supervisor import ports
from services.supervisor.addresses import Ports
from services.supervisor.platform import Platform, PlatformSettings
from streams.centre_file import load_centre
from streams.events.callbacks import CallbackChanged
from streams.events.codec import decode_known, decode_parcel
from streams.groups import callbacks_group, tally_group
from streams.kafka import read_to_end
from streams.topics import CALLBACKS, CONTACTS
from tests.support.feed import KINDS, SLOT_SECONDS, Step

PATIENCE_SECONDS = 60.0
BATCH_SLOTS = 5
# The people of the feed wait up to 70 s and pass within two: they are told of afterwards.
TOLD_AFTERWARDS = timedelta(seconds=75)


@dataclass
class Sender:
    """A phone system that tells what happened until it is believed."""

    url: str
    token: str
    accepted: set[str] = field(default_factory=set)
    refused: list[Any] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    async def send(self, steps: Sequence[Step]) -> None:
        batches: dict[int, list[Step]] = defaultdict(list)
        for step in steps:
            batches[step.slot // BATCH_SLOTS].append(step)
        began = time.monotonic()
        async with httpx.AsyncClient(timeout=20) as client:
            for number in sorted(batches):
                due = began + number * BATCH_SLOTS * SLOT_SECONDS
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await self._until_accepted(client, _lines(batches[number]), batches[number])

    async def _until_accepted(
        self, client: httpx.AsyncClient, body: bytes, steps: Sequence[Step]
    ) -> None:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/x-ndjson",
        }
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert time.monotonic() < give_up, f"intake is gone: {dict(self.answers)}"
            try:
                answer = await client.post(f"{self.url}/v1/events", content=body, headers=headers)
            except httpx.TransportError:
                self.answers[0] += 1
                await asyncio.sleep(0.1)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code == httpx.codes.ACCEPTED:
                self.refused += answer.json()["refused"]
                self.accepted |= {event_id(step) for step in steps}
                return
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            await asyncio.sleep(0.2)


def event_id(step: Step) -> str:
    return f"{step.contact}-{step.kind}"


def _lines(steps: Sequence[Step]) -> bytes:
    """The steps as a phone system would send them, the number in the clear."""
    now = datetime.now(UTC) - TOLD_AFTERWARDS
    return b"\n".join(orjson.dumps(_as_sent(step, now)) for step in steps)


def _as_sent(step: Step, now: datetime) -> dict[str, Any]:
    event = step.event(now)
    data: dict[str, Any] = {"queue": step.queue, "language": "ko"}
    if step.caller:
        data["caller"] = f"+8210{int(step.caller, 16) % 10**8:08d}"
    if step.kind in {"answered", "completed"}:
        data["agent"] = "a1"
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": str(KINDS[step.kind][0].__struct_config__.tag),
        "subject": step.contact,
        "time": event.time.isoformat(),
        "data": data,
    }


def settings(data: Path, phone_url: str) -> PlatformSettings:
    """Everything but Prometheus, on free ports."""
    names = [part.name for part in fields(Ports)]
    free = Ports(**dict(zip(names, ports.any_free(len(names)), strict=True)))
    return PlatformSettings(data=data, ports=free, prometheus=False, phone_url=phone_url)


async def audited(platform: Platform) -> Audit:
    """The ledger proved, once everybody has worked off the log."""
    connections = platform.connections
    question = Question(
        connections=connections,
        centre=load_centre(connections.centre),
        tally_group=tally_group(connections),
        callbacks_group=callbacks_group(connections),
        wait_seconds=120.0,
    )
    return await audit(question)


async def on_the_log(platform: Platform) -> set[str]:
    """The ids of all contact events that can be read."""
    found: set[str] = set()
    async for record in read_to_end(platform.connections, CONTACTS):
        found |= {event.id for event in decode_parcel(record.value or b"")[0]}
    return found


async def open_callbacks(platform: Platform) -> Counter[str]:
    """Open callbacks by caller, each from its last record."""
    last: dict[str, CallbackChanged] = {}
    async for record in read_to_end(platform.connections, CALLBACKS):
        event = decode_known(record.value)
        if isinstance(event, CallbackChanged):
            last[event.data.id] = event
    return Counter(one.data.caller.key for one in last.values() if one.data.state != "closed")


async def _board_agrees(platform: Platform, answer: Audit) -> bool:
    async with httpx.AsyncClient(timeout=20) as client:
        board = (await client.get(f"{platform.urls['boards']}/v1/board.json")).json()
    counted = answer.ledger.shares().as_counts()
    return all(part["people"] == counted[part["name"]] for part in board["shares"]["parts"])


async def until_the_board_agrees(platform: Platform, answer: Audit) -> None:
    """The board shows the shares that the audit counted."""
    async with asyncio.timeout(60):
        while not await _board_agrees(platform, answer):
            await asyncio.sleep(0.5)
