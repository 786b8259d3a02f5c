"""Several workers of one processor as one group that grows, shrinks and is renewed under load.

Everything is done as an orchestrator does it: a new one is started beside the others, one that is
too many gets SIGTERM and must end by itself with code 0. The board beside them is right again when
it holds all that was on the log once the group had settled; what it shows is counted again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from streams.domain.contacts.contact import OverflowFact
from streams.kafka import LogWriter, end_offsets
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.feed import SLOT_SECONDS, Step, feed, folded_again
from tests.support.process import ServiceProcess

TALLY = ("--only", "tally")
PATIENCE_SECONDS = 90.0
LOOK_SECONDS = 0.1


@dataclass
class Fleet:
    """The workers, oldest first, and with which codes those that were asked to end did so."""

    env: Mapping[str, str]
    args: Sequence[str] = TALLY
    workers: list[ServiceProcess] = field(default_factory=list)
    codes: Counter[int | None] = field(default_factory=Counter)
    # When somebody was last asked to come or to go.
    ordered: float = 0.0

    async def scale(self, count: int) -> None:
        """Grow or shrink to so many; those started last go first, all at once."""
        new = [
            ServiceProcess("streams", self.env, self.args) for _ in range(count - len(self.workers))
        ]
        gone = self.workers[count:]
        self.ordered = time.monotonic()
        self.workers = [*self.workers[:count], *new]
        for worker in new:
            worker.start()
        await asyncio.gather(*(self._end(worker) for worker in gone))
        await asyncio.gather(*(worker.wait_ready() for worker in new))

    async def renew(self) -> None:
        """One after the other ends and starts again, as in a rolling restart."""
        for worker in self.workers:
            self.ordered = time.monotonic()
            self.codes[await worker.stop()] += 1
            worker.start()
            await worker.wait_ready()

    async def _end(self, worker: ServiceProcess) -> None:
        self.codes[await worker.stop()] += 1
        worker.log_file.unlink(missing_ok=True)

    async def settled(self) -> None:
        """Until all are ready and every partition is somebody's, and nobody's twice."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while (owned := await self.owned()) is None or sum(owned) != CONTACTS.partitions:
            words = "\n".join(worker.log_text()[-800:] for worker in self.workers)
            assert time.monotonic() < give_up, f"{owned} partitions are owned:\n{words}"
            await asyncio.sleep(LOOK_SECONDS)

    async def owned(self) -> list[int] | None:
        """How many partitions each has, or None while one of them is not ready."""
        try:
            async with httpx.AsyncClient(timeout=5.0) as client:
                answers = [await client.get(f"{one.url}/readyz") for one in self.workers]
        except httpx.HTTPError:
            return None
        if not all(answer.is_success for answer in answers):
            return None
        return [answer.json()["processors"]["tally"]["partitions"] for answer in answers]

    async def stop(self) -> None:
        await self.scale(0)


async def board_of(url: str) -> dict[str, Any]:
    """What the board shows now."""
    async with httpx.AsyncClient(timeout=20.0) as client:
        shown: dict[str, Any] = (await client.get(f"{url}/v1/board.json")).json()
    return shown


async def until_board_holds(url: str, ends: Mapping[int, int]) -> dict[str, Any]:
    """The first snapshot that reflects `contacts` up to these offsets (exclusive)."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        shown = await board_of(url)
        reflected = shown.get("offsets", {}).get("contacts", {})
        short = {
            partition: (reflected.get(str(partition)), end)
            for partition, end in ends.items()
            if reflected.get(str(partition), -1) + 1 < end
        }
        if not short:
            return shown
        assert time.monotonic() < give_up, f"the board is behind: {short}"
        await asyncio.sleep(LOOK_SECONDS)


async def until_board_is_right(connections: Connections, fleet: Fleet, url: str) -> dict[str, Any]:
    """A snapshot with all that was on the log when the group had settled again."""
    await fleet.settled()
    return await until_board_holds(url, await end_offsets(connections, CONTACTS))


async def counted_again(
    connections: Connections, shown: Mapping[str, Any], promised: Collection[OverflowFact] = ()
) -> dict[str, int]:
    """From the log of contacts alone: what this snapshot should say of its day.

    `promised`: what another site promised on reports of which this log never heard.
    """
    ends = {int(p): offset + 1 for p, offset in shown["offsets"]["contacts"].items()}
    folds = await folded_again(connections, promised, ends)
    day = shown["shares"]["day"]
    counts = [
        count for fold in folds.values() for count in fold.book.counts("").get(day, {}).values()
    ]
    return {
        "requests": sum(count.requests for count in counts),
        "answered_in_target": sum(count.answered_in_target for count in counts),
        "judged": sum(
            max(
                count.contacts - count.short_abandoned - count.deflected - count.waiting,
                count.answered,
            )
            for count in counts
        ),
    }


def as_shown(shown: Mapping[str, Any]) -> dict[str, int]:
    """The same numbers as the board has them."""
    return {
        "requests": shown["shares"]["total"],
        "answered_in_target": shown["in_target"]["answered_in_target"],
        "judged": shown["in_target"]["judged"],
    }


def chunks(steps: Sequence[Step], seconds: float, count: int) -> list[list[Step]]:
    """The first `count` stretches of so many seconds each, and all the rest as the last one."""
    slots = round(seconds / SLOT_SECONDS)
    found: list[list[Step]] = [[] for _ in range(count + 1)]
    for step in steps:
        found[min(step.slot // slots, count)].append(step)
    return found


async def feed_in_pace(writer: LogWriter, steps: Sequence[Step]) -> None:
    """Feed a stretch from its own first slot on, not from that of the whole story."""
    first = steps[0].slot
    moved = [
        Step(step.slot - first, step.contact, step.kind, step.caller, step.queue, step.waited)
        for step in steps
    ]
    await feed(writer, moved)
