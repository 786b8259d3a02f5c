"""The parts of the call-out service around a store in memory: no broker, no Redis, a clock by hand.

`MemoryStore` keeps the promises of functions.lua; tests/integration/test_callout_store.py holds the
real one to the same.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from services.adapters.redis import RedisLostError
from services.callout.answering.tokens import Tokens
from services.callout.answers_in import AnswersIn
from services.callout.commands import Commands
from services.callout.engine import Engine
from services.callout.lines import DrillRouter, Lines
from services.callout.sender import Sender
from services.message_ports import Accepted, Found, Message, Outcome, Refused, Unknown
from services.message_router import Route, Router
from services.outbox import OutboxRelay, Posted
from streams.domain.callout.book import CalloutBook, Change, State
from streams.domain.people.eligible import Rules
from streams.domain.people.roster import Roster
from streams.events.callouts import OfferData
from streams.events.people import ContactMethod, MethodKind, Person
from streams.kafka import Outgoing
from streams.topics import CALLOUTS
from tests.support.callout_people import START

SMS: frozenset[MethodKind] = frozenset({"sms"})


class MemoryLog:
    """A log that acknowledges at once, and keeps what it got."""

    away = False

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def append(self, records: Sequence[Outgoing]) -> list[tuple[int, int]]:
        self.records += records
        return [(0, n) for n, _ in enumerate(records)]


class MemoryStore:
    """What is kept survives the process; a change made from another version is refused."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.outbox: list[Posted] = []
        self.epoch = 1

    async def commit(self, changes: Sequence[Change]) -> list[Posted]:
        for change in changes:
            known = self.states.get(change.state.id)
            if (0 if known is None else known.version) != change.expected:
                raise RedisLostError("NOTOURS changed meanwhile")
        after = self.states | {change.state.id: change.state for change in changes}
        seats = {_seat(state): state.id for state in after.values()}
        for change in changes:
            state = change.state
            if _seat(state) is not None and seats[_seat(state)] != state.id:
                raise RedisLostError("NOTOURS two for one seat")
            self.states[state.id] = state
        return [Posted(c.state.id, c.state.id.encode(), b"{}") for c in changes]

    async def posted(self, limit: int) -> list[Posted]:
        return self.outbox[:limit]

    async def drop_posted(self, ids: Iterable[str]) -> None:
        del ids


def _seat(state: State) -> tuple[str, int] | None:
    if not isinstance(state, OfferData) or state.seat is None:
        return None
    return state.callout, state.seat


class ScriptedProvider:
    """Does with each message what the script says next; counts what truly went out."""

    can_find = True

    def __init__(
        self, name: str = "sms-a", kinds: frozenset[MethodKind] = SMS, *, drills: bool = False
    ) -> None:
        self.name = name
        self.kinds = kinds
        self.per_second = 1000.0
        self.burst = 1000
        self.drills = drills
        self.sent: list[Message] = []
        self.script: list[str] = []
        self.hangs = asyncio.Event()

    def times(self, attempt: str) -> int:
        return sum(1 for message in self.sent if message.attempt == attempt)

    async def send(self, message: Message) -> Outcome:
        deed = self.script.pop(0) if self.script else "accept"
        if deed == "refuse":
            return Refused("server", permanent=False)
        if deed == "bad":
            return Refused("bad_address", permanent=True)
        if deed == "lost":
            return Unknown()
        self.sent.append(message)
        if deed == "hang":
            await self.hangs.wait()
        return Unknown() if deed == "lie" else Accepted(f"r-{message.attempt}")

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        del to, since, known
        return Found(f"r-{attempt}") if self.times(attempt) else None

    async def stop(self) -> None:
        return


class MemoryPeople:
    """A directory of whom the test names."""

    rules = Rules()

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = {person.id: person for person in people}
        self.roster = Roster()

    def everyone(self) -> Iterable[Person]:
        return self.people.values()

    def person(self, person_id: str) -> Person | None:
        return self.people.get(person_id)

    def address(self, method: ContactMethod) -> str:
        return f"to-{method.id}"

    def name(self, person: Person) -> str:
        return f"Person {person.id}"


@dataclass
class Desk:
    """One process of the call-out, as far as it decides and sends."""

    people: MemoryPeople
    providers: Sequence[ScriptedProvider]
    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = START

    def __post_init__(self) -> None:
        self.log = MemoryLog()
        self.start()

    def start(self) -> None:
        """A process with nothing but what is stored."""
        live = [Route(one, burst=one.burst) for one in self.providers if not one.drills]
        drills = [Route(one, burst=one.burst) for one in self.providers if one.drills]
        self.lines = Lines(Router(live), DrillRouter(drills))
        relay = OutboxRelay[Posted](self.log, CALLOUTS)  # type: ignore[arg-type]
        self.relay = relay
        self.commands = Commands(lambda: self.now, relay, lambda _: None)
        self.engine = Engine(self.commands, self.people, lambda: self.now)
        tokens = Tokens({"s1": b"0" * 32})
        self.answers = AnswersIn(self.commands, self.people, tokens, lambda: self.now, "")
        self.sender = Sender(
            self.commands,
            self.people,
            self.lines,
            tokens,
            lambda: self.now,
            titles={"en": "Crisis line", "ko": "상담센터"},
            place="remote",
            public_url="http://127.0.0.1:8470",
        )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def open(self) -> None:
        book = CalloutBook(self.store.epoch)
        for state in sorted(self.store.states.values(), key=lambda s: isinstance(s, OfferData)):
            book.load(state)
        await self.relay.open(self.store)
        self.commands.open(self.store, book)  # type: ignore[arg-type]
        self.tasks = [
            asyncio.create_task(self.relay.run(self.store)),
            asyncio.create_task(self.commands.work(lambda _: None)),
        ]

    async def kill(self) -> None:
        """As kill -9 would: whatever was under way is gone."""
        for task in (*self.tasks, *self.sender._busy.values()):
            task.cancel()
        await asyncio.gather(*self.tasks, *self.sender._busy.values(), return_exceptions=True)
        self.commands.close()

    async def do(self, act: Callable[[CalloutBook, datetime], Any]) -> Any:
        return await self.commands.run("test", act)

    async def send(self, rounds: int = 1) -> None:
        """The sender looks; returns when what it began is done."""
        for _ in range(rounds):
            await self.sender._round()
            await asyncio.gather(*self.sender._busy.values(), return_exceptions=True)

    def pass_time(self, **more: float) -> None:
        self.now += timedelta(**more)


def desk(people: Iterable[Person], *providers: ScriptedProvider) -> Desk:
    """A desk with these people and providers; those for drills apart."""
    return Desk(MemoryPeople(people), providers)
