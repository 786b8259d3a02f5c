"""One worker becomes four, then two; the two are renewed; one ends in the middle of a burst.

All while contacts pour onto a real log. A test plays it small; tests/support/scale_bench.py at full
size.
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from streams.groups import tally_group
from streams.kafka import LogWriter
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.feed import (
    SLOT_SECONDS,
    Amount,
    Step,
    caught_up,
    committed,
    feed,
    people,
    recount,
)
from tests.support.fleet import (
    Fleet,
    as_shown,
    board_of,
    chunks,
    counted_again,
    feed_in_pace,
    until_board_holds,
    until_board_is_right,
)

# So much of the feed lies on the log before anything is asked for: whoever takes a partition over
# folds it again.
HISTORY_SECONDS = 70.0

RENEWED = "2 renewed"
BURST = "SIGTERM in a burst"


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much comes in, and for how long while each step is made."""

    events_per_second: int
    seconds: float
    history: bool = False
    seed: int = 41

    def steps(self, stretches: int) -> list[Step]:
        """What happens to everyone, in order."""
        seconds = stretches * self.seconds + (HISTORY_SECONDS if self.history else 0.0)
        contacts = int(seconds * self.events_per_second / 3.2)
        return people(self.seed, contacts, self.events_per_second)


@dataclass
class Played:
    """What came of it: by step the seconds until the board was right and what it showed then.

    `seconds` count from the last time that a worker was asked to come or go, `whole` from the
    first (only a rolling restart asks more than once), `after` from when all of it was carried out.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    differing: dict[str, tuple[dict[str, int], dict[str, int]]] = field(default_factory=dict)
    events: int = 0
    codes: dict[int | None, int] = field(default_factory=dict)
    said: Amount = field(default_factory=Amount)
    due: Amount = field(default_factory=Amount)
    committed: dict[int, int] = field(default_factory=dict)


def squeezed(steps: list[Step]) -> list[Step]:
    """A second's worth in each slot, so that the writer is done with them soon."""
    return [dataclasses.replace(one, slot=int(one.slot * SLOT_SECONDS)) for one in steps]


class Play:
    """The steps, each made while its stretch of the feed comes in."""

    def __init__(
        self, connections: Connections, env: dict[str, str], writer: LogWriter, board: str
    ) -> None:
        self._connections = connections
        self._writer = writer
        self._board = board
        self.fleet = Fleet(env)
        self.played = Played()

    async def run(self, pace: Pace) -> Played:
        """All steps, then the log counted again."""
        orders: dict[str, Callable[[], Awaitable[None]]] = {
            "1 to 4": lambda: self.fleet.scale(4),
            "4 to 2": lambda: self.fleet.scale(2),
            RENEWED: self.fleet.renew,
        }
        # One stretch more, for the burst.
        steps = pace.steps(len(orders) + 1)
        self.played.events = len(steps)
        try:
            await self.fleet.scale(1)
            steps = await self._lay_history(steps) if pace.history else steps
            *stretches, rest = chunks(steps, pace.seconds, len(orders))
            for (name, order), stretch in zip(orders.items(), stretches, strict=True):
                await self._step(name, order, stretch)
            await self._burst(rest)
            await self._count()
        finally:
            await self.fleet.stop()
        self.played.codes = dict(self.fleet.codes)
        return self.played

    async def _lay_history(self, steps: list[Step]) -> list[Step]:
        before, *_, after = chunks(steps, HISTORY_SECONDS, 1)
        await feed(self._writer, before, fast=True)
        await until_board_is_right(self._connections, self.fleet, self._board)
        first = after[0].slot
        return [dataclasses.replace(one, slot=one.slot - first) for one in after]

    async def _step(
        self, name: str, order: Callable[[], Awaitable[None]], stretch: list[Step]
    ) -> None:
        began = time.monotonic()
        feeding = asyncio.create_task(feed_in_pace(self._writer, stretch))
        # Something is under way when the order comes.
        await asyncio.sleep(0.5)
        ordered = time.monotonic()
        await order()
        carried_out = time.monotonic()
        shown = await until_board_is_right(self._connections, self.fleet, self._board)
        self._took(name, ordered, carried_out)
        await feeding
        rate = self.played.rates[name] = len(stretch) / (time.monotonic() - began)
        say(f"{name:<20} {rate:,.0f} events/s")
        await self._note(name, shown)

    async def _burst(self, rest: list[Step]) -> None:
        """All that is left at once, and SIGTERM to one of the two that fold it."""
        feeding = asyncio.create_task(feed(self._writer, squeezed(rest), fast=True))
        await asyncio.sleep(0.3)
        ordered = time.monotonic()
        await self.fleet.scale(1)
        await feeding
        carried_out = time.monotonic()
        shown = await until_board_is_right(self._connections, self.fleet, self._board)
        self._took(BURST, ordered, carried_out)
        say(f"{BURST:<20} {len(rest):,} events at once")
        await self._note(BURST, shown)

    def _took(self, name: str, ordered: float, carried_out: float) -> None:
        now = time.monotonic()
        self.played.after[name] = now - carried_out
        seconds = self.played.seconds[name] = now - self.fleet.ordered
        whole = self.played.whole[name] = now - ordered
        say(f"{name:<20} board right after {seconds:.1f} s ({whole:.1f} s from the first order)")

    async def _note(self, name: str, shown: dict[str, Any]) -> None:
        self.played.shown[name] = as_shown(shown)
        due = await counted_again(self._connections, shown)
        if due != as_shown(shown):
            self.played.differing[name] = (as_shown(shown), due)

    async def _count(self) -> None:
        """Everything that was said, beside what the log amounts to."""
        self.played.said = await caught_up(self._connections)
        said = self.played.said
        self.played.due = await recount(self._connections, said.overflow.values())
        await self.fleet.scale(0)
        group = tally_group(self._connections)
        self.played.committed = await committed(self._connections, group, CONTACTS)
        await until_board_holds(
            self._board, {partition: offset + 1 for partition, offset in said.offsets.items()}
        )
        await self._note("at the end", await board_of(self._board))
