"""One worker becomes four, then two; the two are renewed; one ends in the middle of a burst.

All while contacts pour onto a real log. `python -m tests.support.scaling` (make bench-scale) plays
it at 1,000 events a second and prints how long the board took to be right after each step.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from services.supervisor.keys import hashed, make_secrets
from streams.groups import tally_group
from streams.kafka import LogWriter, create_topics
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.broker import ROOT
from tests.support.feed import Amount, Step, caught_up, committed, feed, people, recount
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
from tests.support.process import ServiceProcess
from tests.support.stack import scratch_folder

# People are answered and gone 70 s after they came; from then on the feed has its full rate.
WARM_SECONDS = 70.0


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much comes in, and for how long while each step is made."""

    events_per_second: int
    seconds: float
    warm: bool = False
    seed: int = 41

    def steps(self, stretches: int) -> list[Step]:
        """What happens to everyone, in order."""
        seconds = stretches * self.seconds + (WARM_SECONDS if self.warm else 0.0)
        contacts = int(seconds * self.events_per_second / 3.2)
        return people(self.seed, contacts, self.events_per_second)


@dataclass
class Played:
    """What came of it: by step the seconds until the board was right and what it showed then."""

    seconds: dict[str, float] = field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    differing: dict[str, tuple[dict[str, int], dict[str, int]]] = field(default_factory=dict)
    events: int = 0
    codes: dict[int | None, int] = field(default_factory=dict)
    said: Amount = field(default_factory=Amount)
    due: Amount = field(default_factory=Amount)
    committed: dict[int, int] = field(default_factory=dict)


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
            "2 renewed": self.fleet.renew,
        }
        steps = pace.steps(len(orders))
        self.played.events = len(steps)
        try:
            await self.fleet.scale(1)
            steps = await self._warm_up(steps) if pace.warm else steps
            *stretches, rest = chunks(steps, pace.seconds, len(orders))
            for (name, order), stretch in zip(orders.items(), stretches, strict=True):
                await self._step(name, order, stretch)
            await self._burst(rest)
            await self._count()
        finally:
            await self.fleet.stop()
        self.played.codes = dict(self.fleet.codes)
        return self.played

    async def _warm_up(self, steps: list[Step]) -> list[Step]:
        before, *_, after = chunks(steps, WARM_SECONDS, 1)
        await feed(self._writer, before, fast=True)
        await until_board_is_right(self._connections, self.fleet, self._board)
        first = after[0].slot
        return [
            Step(one.slot - first, one.contact, one.kind, one.caller, one.queue, one.waited)
            for one in after
        ]

    async def _step(
        self, name: str, order: Callable[[], Awaitable[None]], stretch: list[Step]
    ) -> None:
        began = time.monotonic()
        feeding = asyncio.create_task(feed_in_pace(self._writer, stretch))
        # Something is under way when the order comes.
        await asyncio.sleep(0.5)
        ordered = time.monotonic()
        await order()
        shown = await until_board_is_right(self._connections, self.fleet, self._board)
        took = self.played.seconds[name] = time.monotonic() - ordered
        await feeding
        rate = len(stretch) / (time.monotonic() - began)
        say(f"{name:<20} board right after {took:4.1f} s, {rate:,.0f} events/s")
        await self._note(name, shown)

    async def _burst(self, rest: list[Step]) -> None:
        """All that is left at once, and SIGTERM to one of the two that fold it."""
        feeding = asyncio.create_task(feed(self._writer, rest, fast=True))
        await asyncio.sleep(0.3)
        ordered = time.monotonic()
        await self.fleet.scale(1)
        await feeding
        shown = await until_board_is_right(self._connections, self.fleet, self._board)
        took = self.played.seconds["SIGTERM in a burst"] = time.monotonic() - ordered
        say(f"SIGTERM in a burst   board right after {took:4.1f} s, {len(rest):,} events at once")
        await self._note("SIGTERM in a burst", shown)

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


async def main() -> None:
    """RATE (1000 events a second) and SECONDS (30) a step say how much."""
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        env = {
            **made.env(tokens),
            "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
            "SURGELINE_PREFIX": f"scale-{secrets.token_hex(3)}-",
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        }
        connections = Connections.from_env(env)
        await create_topics(connections)
        writer = LogWriter(connections, deadline_seconds=60.0)
        await writer.start()
        pace = Pace(
            events_per_second=int(os.environ.get("RATE", "1000")),
            seconds=float(os.environ.get("SECONDS", "30")),
            warm=True,
        )
        async with ServiceProcess("services.boards", env) as board:
            played = await Play(connections, env, writer, board.url).run(pace)
        await writer.stop()
    report(played)


def report(played: Played) -> None:
    """Whether anything was lost or said twice."""
    said, due = played.said, played.due
    same = (said.counts, said.offsets, said.pulses) == (due.counts, due.offsets, due.pulses)
    say(
        f"{played.events:,} events, {len(said.overflow):,} promises, {len(due.overflow)} missing,"
        f" {said.repeats} said twice; counts and pulses"
        f" {'equal the recount' if same else 'DIFFER FROM THE RECOUNT'}; boards that differ:"
        f" {played.differing or 'none'}; exit codes {played.codes}"
    )


if __name__ == "__main__":
    asyncio.run(main())
