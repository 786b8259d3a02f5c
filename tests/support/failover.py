"""Two sites: the first one's broker dies in a surge, and the second goes on from its mirror.

Two real brokers, MirrorMaker 2 between them, and at each site the worker, the callback list with a
Redis of its own, and the board; counselors work the list, and one phone system outlives both. The
steps are those of the runbook (docs/operations.md, Two sites). What the first site had acknowledged
and the second never got is counted, and who was rung again. `python -m tests.support.failover`
(make failover) plays it at 1,000 events a second.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from services.adapters.memory import MemoryPhone
from services.audit.reader import Audit, Question, audit
from services.supervisor import ports
from services.supervisor.keys import hashed, make_secrets
from streams.centre_file import load_centre
from streams.events.demand import PulseData
from streams.groups import callbacks_group, tally_group
from streams.kafka import end_offsets
from streams.topics import CONTACTS, OVERFLOW
from tests.support.callbacks import desk_client, phone_server
from tests.support.desks import Desks, rung_twice_at_once, talked_twice
from tests.support.feed import Amount, Step, caught_up, committed, people, recount
from tests.support.fleet import as_shown, counted_again, until_board_holds
from tests.support.mirror import Mirror
from tests.support.sites import (
    PREFIX,
    Phones,
    Site,
    events_on,
    forget_half,
    seen_on,
    states_on,
    until_mirrored,
)
from tests.support.stack import SecretsEnv, scratch_folder

AGENTS = 4
NOT_YET = datetime(1970, 1, 1, tzinfo=UTC)
LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Surge:
    """How much comes in; the first site's broker dies after so many seconds of it, and the link to
    the second one so many seconds before.
    """

    contacts: int
    events_per_second: int
    dies_after_seconds: float
    link_lost_before: float = 0.0
    before: int = 200
    seed: int = 51


def _people(pulse: PulseData | None) -> int:
    return 0 if pulse is None else pulse.first_attempts + pulse.redials + pulse.reconnects


@dataclass
class Failover:
    """What was lost, what was repeated, and how long it took."""

    acknowledged: set[str] = field(default_factory=set)
    lost_events: set[str] = field(default_factory=set)
    not_a_prefix: list[int] = field(default_factory=list)
    promises: int = 0
    lost_promises: set[str] = field(default_factory=set)
    lost_changes: dict[str, str] = field(default_factory=dict)
    read_again: dict[str, int] = field(default_factory=dict)
    died_at: datetime = NOT_YET
    in_flight: set[str] = field(default_factory=set)
    talked_twice: set[str] = field(default_factory=set)
    rung_at_once: list[str] = field(default_factory=list)
    promised_twice: list[str] = field(default_factory=list)
    ready_seconds: float = 0.0
    right_seconds: float = 0.0
    said: Amount = field(default_factory=Amount)
    due: Amount = field(default_factory=Amount)
    board: tuple[dict[str, int], dict[str, int]] = ({}, {})
    answer: Audit | None = None
    accepted: set[str] = field(default_factory=set)
    on_log: set[str] = field(default_factory=set)
    completed: int = 0

    def pulses_that_differ(self) -> dict[datetime, int]:
        """By second: how many people the second site's pulses have too many, or too few."""
        differ: dict[datetime, int] = {}
        for place in self.said.pulses.keys() | self.due.pulses.keys():
            key, _, second = place
            more = _people(self.said.pulses.get(place)) - _people(self.due.pulses.get(place))
            if key == "total" and more:
                differ[second] = differ.get(second, 0) + more
        return differ


class Play:
    """One failover, by the runbook."""

    def __init__(self, folder: Path, secrets: SecretsEnv, surge: Surge) -> None:
        self._folder = folder
        self._secrets = secrets
        self._surge = surge
        self._phone = MemoryPhone()
        self._chance = random.Random(surge.seed)
        self.found = Failover()

    async def run(self) -> Failover:
        """Both sites, the death of the first, and the count."""
        async with phone_server(self._phone, ports.any_free()[0]) as phone:
            first = Site(self._folder / "first", self._secrets, phone)
            second = Site(self._folder / "second", self._secrets, phone)
            mirror = Mirror(self._folder / "mirror", first.broker, second.broker, PREFIX)
            try:
                await asyncio.gather(
                    asyncio.to_thread(first.broker.start), asyncio.to_thread(second.broker.start)
                )
                await self._play(first, second, mirror)
            finally:
                mirror.stop(at_once=True)
                await first.stop()
                await second.stop()
        return self.found

    async def _play(self, first: Site, second: Site, mirror: Mirror) -> None:
        surge = self._surge
        await first.activate()
        old = people(surge.seed + 1, surge.before, 1000)
        steps = people(surge.seed, surge.contacts, surge.events_per_second)
        phones = Phones(self._secrets, [*old, *steps])
        await phones.tell(first, old, fast=True, ago=LONG_AGO)
        await caught_up(first.connections)
        # As at a site that is older than its retention: the copies get other offsets.
        await forget_half(first.connections)
        mirror.start()
        await until_mirrored(first, second, mirror)
        left = await self._until_the_first_dies(first, mirror, phones, steps)
        mirror.stop(at_once=surge.link_lost_before > 0)
        await self._note_mirrored(second)
        began = time.monotonic()
        await second.activate()
        self.found.ready_seconds = time.monotonic() - began
        await self._go_on(second, phones, left)
        self.found.right_seconds = time.monotonic() - began
        await self._count(second, phones)
        await asyncio.to_thread(first.broker.start)
        await self._compare(first, second)

    async def _until_the_first_dies(
        self, first: Site, mirror: Mirror, phones: Phones, steps: Sequence[Step]
    ) -> list[Step]:
        surge = self._surge
        token = self._secrets.tokens["counselor"]
        async with desk_client(first.callbacks.url, token) as client:
            desks = Desks(client, self._phone, self._chance, answers=0.7)
            working = asyncio.create_task(desks.work(AGENTS))
            telling = asyncio.create_task(phones.tell(first, steps))
            await asyncio.sleep(surge.dies_after_seconds - surge.link_lost_before)
            if surge.link_lost_before:
                mirror.freeze()
                await asyncio.sleep(surge.link_lost_before)
            first.cut_off()
            self.found.died_at = datetime.now(UTC)
            working.cancel()
            await asyncio.wait([working])
        self.found.completed = desks.said["complete"]
        for name, dial in self._phone.dials.items():
            if dial.condition != "ended":
                # They hear the end of it; the site that asked for it does not.
                if dial.order is not None:
                    self.found.in_flight.add(dial.order.callback)
                self._phone.end(name, "completed" if dial.condition == "connected" else "no_answer")
        left = await telling
        self.found.acknowledged = set(phones.acknowledged)
        return left

    async def _note_mirrored(self, second: Site) -> None:
        """What the second site will read again, by group: its end less where the group stands."""
        groups = {tally_group: CONTACTS, callbacks_group: OVERFLOW}
        for group, topic in groups.items():
            name = group(second.connections)
            ends = await end_offsets(second.connections, topic)
            stands = await committed(second.connections, name, topic)
            self.found.read_again[name] = sum(
                end - stands.get(partition, 0) for partition, end in ends.items()
            )

    async def _go_on(self, second: Site, phones: Phones, left: Sequence[Step]) -> None:
        token = self._secrets.tokens["counselor"]
        async with desk_client(second.callbacks.url, token) as client:
            desks = Desks(client, self._phone, self._chance, answers=0.7)
            working = asyncio.create_task(desks.work(AGENTS))
            await phones.tell(second, left, fast=True)
            self.found.said = await caught_up(second.connections, second.worker)
            ends = await end_offsets(second.connections, CONTACTS)
            shown = await until_board_holds(second.board.url, ends)
            desks.over = True
            await working
        self.found.completed += desks.said["complete"]
        promised = self.found.said.overflow.values()
        again = await counted_again(second.connections, shown, promised)
        self.found.board = as_shown(shown), again

    async def _count(self, second: Site, phones: Phones) -> None:
        found, connections = self.found, second.connections
        # Without those of long ago, half of whom are forgotten.
        found.accepted = {
            one for one in phones.acknowledged if one.startswith(f"c{self._surge.seed}-")
        }
        found.answer = await audit(
            Question(
                connections=connections,
                centre=load_centre(connections.centre),
                tally_group=tally_group(connections),
                callbacks_group=callbacks_group(connections),
                wait_seconds=60.0,
            )
        )
        found.said = await caught_up(connections, second.worker)
        found.due = await recount(connections, found.said.overflow.values())
        on_log = {one for ids in (await events_on(connections)).values() for one in ids}
        found.on_log = {one for one in on_log if one.startswith(f"c{self._surge.seed}-")}
        found.talked_twice = set(talked_twice(self._phone))
        found.rung_at_once = rung_twice_at_once(self._phone)

    async def _compare(self, first: Site, second: Site) -> None:
        """The first site's log, read when it is back, beside the copy."""
        found = self.found
        theirs, ours = await events_on(first.connections), await events_on(second.connections)
        # What was not acknowledged was told again at the second site, and may stand there anywhere.
        for partition, ids in theirs.items():
            told = [one for one in ids if one in found.acknowledged]
            copied = [one for one in ours.get(partition, []) if one in set(told)]
            if copied != told[: len(copied)]:
                found.not_a_prefix.append(partition)
        copy = {one for ids in ours.values() for one in ids}
        found.lost_events = {one for ids in theirs.values() for one in ids} - copy
        before, after = await states_on(first.connections), await states_on(second.connections)
        found.promises = len(before)
        found.lost_promises = before.keys() - after.keys()
        copied_states = await seen_on(second.connections)
        found.lost_changes = {
            one: state.state
            for one, state in before.items()
            if one in after and msgspec.json.encode(state) not in copied_states
        }
        callers = Counter(state.caller.key for state in after.values() if state.state != "closed")
        found.promised_twice = [caller for caller, count in callers.items() if count > 1]


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201


def report(found: Failover) -> None:
    """What was measured."""
    say(
        f"site 1 died with {len(found.acknowledged):,} events acknowledged;"
        f" {len(found.lost_events)} of its log are not at site 2, nor {len(found.lost_promises)}"
        f" of {found.promises} callbacks; {len(found.lost_changes)} are there in an earlier state"
        f" {dict(Counter(found.lost_changes.values()))}; holes in the copy:"
        f" {found.not_a_prefix or 'none'}"
    )
    say(
        f"site 2 ready after {found.ready_seconds:.1f} s, told the rest and its board right after"
        f" {found.right_seconds:.1f} s; records read again {found.read_again}; promises said"
        f" again {found.said.repeats}"
    )
    say(
        f"{found.completed} callbacks completed, {len(found.in_flight)} in flight at the death;"
        f" talked to twice {len(found.talked_twice)}, of them neither in flight nor of a lost"
        f" state {len(found.talked_twice - found.in_flight - found.lost_changes.keys())}; rung"
        f" twice at once {len(found.rung_at_once)}; promised two {len(found.promised_twice)}"
    )
    same = (found.said.counts, found.said.offsets) == (found.due.counts, found.due.offsets)
    differ = found.pulses_that_differ()
    late = {second: people for second, people in differ.items() if second > found.died_at}
    findings = found.answer.findings if found.answer else []
    say(
        f"site 2: counts {'equal' if same else 'DIFFER FROM'} the recount; pulses of"
        f" {len(differ)} seconds have {sum(differ.values())} people more than its log,"
        f" {len(late)} of them after the death; board {found.board}; {len(findings)} findings of"
        f" the audit {findings[:5]}"
    )


def main() -> None:
    """RATE (1000 events a second), SECONDS (30) until the first site dies, and so many seconds
    before that its link to the second: LINK_LOST (0).
    """
    rate, seconds = int(os.environ.get("RATE", "1000")), int(os.environ.get("SECONDS", "30"))
    link_lost = float(os.environ.get("LINK_LOST", "0"))
    surge = Surge(
        contacts=int(rate * (seconds + 10) / 3.2),
        events_per_second=rate,
        dies_after_seconds=seconds,
        link_lost_before=link_lost,
    )
    with scratch_folder("surgeline-failover-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        secrets = SecretsEnv(made.env(tokens))
        secrets.tokens = made.tokens
        report(asyncio.run(Play(folder, secrets, surge).run()))


if __name__ == "__main__":
    main()
