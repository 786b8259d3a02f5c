"""Does a seat become a shift, and does a sign-in become an arrival?"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import msgspec

from services.callout.answers import Answer
from services.callout.people.people import People
from services.callout.seated import Seated
from streams.domain.callout import asking, life
from streams.domain.callout.book import Change
from streams.events.agents import AgentState, AgentStateChanged, AgentStateData
from streams.events.callouts import OfferData
from streams.events.codec import encode
from streams.events.people import Shift
from streams.kafka import Record
from streams.settings import Connections
from streams.topics import AGENTS
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import POLICY, at, need, person, ready

EXPECTED = msgspec.structs.replace(person(1), agent="desk-1")


class Roll:
    """Keeps the shifts it is given."""

    def __init__(self) -> None:
        self.shifts: list[Shift] = []

    async def put_shifts(self, shifts: Iterable[Shift]) -> None:
        self.shifts += shifts


class House:
    """A call-out with one seat that `EXPECTED` has taken."""

    def __init__(self, at_desk: Desk) -> None:
        self.at = at_desk
        self.roll = Roll()
        people = cast("People", self.roll)
        self.seated = Seated(Connections(), at_desk.commands, people, at_desk.people)
        self.offer = ""

    async def take_seat(self, *, drill: bool = False, **hours: Any) -> None:
        def begin(book: Any, now: Any) -> str:
            made = life.open_need(book, need(1), POLICY, now, drill=drill)
            life.start(book, made.id, POLICY, "kim", now, unseen=True)
            [offer] = asking.look(book, made.id, ready([EXPECTED], made.need), now)
            return str(offer.id)

        self.offer = str(await self.at.do(begin))
        yes = Answer(choice="accept", via="link", at=self.at.now, **hours)
        assert (await self.at.answers.answer(self.offer, yes)).kind == "seated"

    @property
    def theirs(self) -> OfferData:
        return self.at.commands.book.offer(self.offer)

    def changed(self, before: OfferData, after: OfferData) -> Shift | None:
        self.seated.changed([Change(before.version, after, self.at.now, before)])
        queue = self.seated._todo
        return None if queue.empty() else queue.get_nowait()

    async def signs_in(self, agent: str, minutes: float, state: AgentState = "available") -> bool:
        event = AgentStateChanged(
            id=f"{agent}/{minutes}",
            source="phone",
            subject=agent,
            time=at(minutes),
            data=AgentStateData(agent=agent, pool="reserve", state=state),
        )
        self.at.now = at(minutes)
        await self.seated._take(Record(AGENTS.name, 0, 0, 0, agent.encode(), encode(event)))
        return self.theirs.arrived_at is not None


async def test_a_seat_taken_is_a_shift_and_a_seat_given_back_cancels_the_same_one() -> None:
    async with desk([EXPECTED], ScriptedProvider()) as where:
        house = House(where)
        await house.take_seat()
        seat, none = house.theirs, msgspec.structs.replace(house.theirs, seat=None)
        taken, again, gone = (
            house.changed(none, seat),
            house.changed(seat, seat),
            house.changed(seat, none),
        )
        assert taken is not None
        assert gone is not None
        assert again is None
        assert (taken.person, taken.kind, taken.cancelled) == ("p0001", "seat", False)
        assert (gone.id, gone.cancelled) == (taken.id, True)


async def test_the_shift_is_the_hours_they_said_they_can_give() -> None:
    async with desk([EXPECTED], ScriptedProvider()) as where:
        house = House(where)
        await house.take_seat(starts_at=at(120), ends_at=at(300))
        shift = house.changed(msgspec.structs.replace(house.theirs, seat=None), house.theirs)
        assert shift is not None
        assert (shift.starts_at, shift.ends_at) == (at(120), at(300))
        [given] = house.theirs.answers
        assert (given.since, given.until) == (at(120), at(300))


async def test_a_drills_seat_is_nobodys_shift() -> None:
    async with desk([EXPECTED], ScriptedProvider(drills=True)) as where:
        house = House(where)
        await house.take_seat(drill=True)
        none = msgspec.structs.replace(house.theirs, seat=None)
        assert house.changed(none, house.theirs) is None


async def test_whoever_signs_in_near_the_start_has_arrived_and_nobody_else_has() -> None:
    async with desk([EXPECTED], ScriptedProvider()) as where:
        house = House(where)
        where.pass_time(minutes=2)
        await house.take_seat()
        seen = [
            await house.signs_in("desk-2", 30),
            await house.signs_in("desk-1", 30, "offline"),
            await house.signs_in("desk-1", 1),
            await house.signs_in("desk-1", 40),
        ]
        assert seen == [False, False, False, True]
        assert house.theirs.arrived_at == at(40)


async def test_whoever_signs_in_long_before_the_start_is_at_other_work() -> None:
    async with desk([EXPECTED], ScriptedProvider()) as where:
        house = House(where)
        await house.take_seat()
        offer = house.theirs
        callout = where.commands.book.callout(offer.callout)
        later = msgspec.structs.replace(
            callout.need, start=at(180), end=at(180) + timedelta(hours=4)
        )
        await where.do(
            lambda book, now: book.put(msgspec.structs.replace(callout, need=later), now)
        )
        assert not await house.signs_in("desk-1", 60)
        assert await house.signs_in("desk-1", 130)


async def test_whoever_comes_later_as_they_said_is_not_a_no_show_before_their_own_start() -> None:
    async with desk([EXPECTED], ScriptedProvider()) as where:
        house = House(where)
        await house.take_seat(starts_at=at(120))
        states = []
        for minutes in (90, 129, 131):
            where.now = at(minutes)
            await where.engine.round()
            states.append(house.theirs.no_show_at is not None)
        assert states == [False, False, True]
