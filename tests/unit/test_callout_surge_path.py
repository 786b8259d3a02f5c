"""From a surge to people at their desks, and to sleep for the others: the whole way, in memory."""

from collections import Counter
from typing import Any, cast

import msgspec

from services.callout.answers import Answer
from services.callout.needs import Needs
from services.callout.people.people import People
from services.callout.seated import Seated
from services.callout.surges_in import SurgesIn
from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.codec import decode, encode
from streams.events.surges import SeatsNeeded, SurgeCleared
from streams.kafka import Record
from streams.settings import Connections
from streams.topics import AGENTS, SEATS, SURGES
from tests.support.broker import ROOT
from tests.support.callout_centre import centre_with
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import person

EXAMPLES = ROOT / "streams" / "events" / "examples"
EPISODE = "ep-river"


class Surge:
    """What the log says, given to the parts that hear it."""

    def __init__(self, at: Desk, **policy: Any) -> None:
        centre = centre_with(**policy)
        needs = Needs(at.commands, lambda: centre)
        self.at = at
        self.surges = SurgesIn(Connections(), at.commands, needs, lambda: centre)
        people = cast("People", None)
        self.seated = Seated(Connections(), at.commands, people, at.people)

    async def says(self, gap: int, **skills: tuple[int, int]) -> None:
        event = decode((EXAMPLES / "seats-needed.v1.all.json").read_bytes())
        assert isinstance(event, SeatsNeeded)
        lanes = {name.replace("_", ":"): both for name, both in skills.items()}
        high = event.data.staffed + gap
        data = msgspec.structs.replace(
            event.data, episode=EPISODE, gap=gap, needed_high=high, first="reserve", skills=lanes
        )
        event = msgspec.structs.replace(event, time=self.at.now, data=data)
        self.surges.take(Record(SEATS.name, 0, 0, 0, b"all", encode(event)))
        await self.surges.look()
        await self.at.engine.round()
        await self.at.send()

    async def over(self) -> None:
        event = decode((EXAMPLES / "surge-cleared.v1.json").read_bytes())
        assert isinstance(event, SurgeCleared)
        data = msgspec.structs.replace(event.data, episode=EPISODE)
        event = msgspec.structs.replace(event, data=data)
        self.surges.take(Record(SURGES.name, 0, 0, 0, b"", encode(event)))
        await self.surges.look()
        await self.at.send()

    async def signs_in(self, agent: str) -> None:
        data = AgentStateData(agent=agent, pool="reserve", state="available")
        event = AgentStateChanged(
            id=agent, source="phone", subject=agent, time=self.at.now, data=data
        )
        await self.seated._take(Record(AGENTS.name, 0, 0, 0, agent.encode(), encode(event)))


async def test_a_surge_is_paged_filled_seen_to_arrive_and_stood_down_when_it_is_over() -> None:
    people = [msgspec.structs.replace(person(n), agent=f"agent-{n}") for n in range(20)]
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    async with desk(people, provider) as at:
        surge = Surge(at, raise_needs="automatic")
        await surge.says(2)
        [callout] = at.commands.book.callouts.values()
        offers = list(at.commands.book.offers_of(callout.id))
        for offer in offers[:3]:
            yes = Answer(choice="accept", via="sms", at=at.now, message_id=offer.person)
            await at.answers.answer(offer.id, yes)
        seated = [o for o in at.commands.book.offers_of(callout.id) if o.seat]
        at.pass_time(minutes=4)
        await surge.signs_in(f"agent-{int(seated[0].person[1:])}")
        await surge.over()
        book = at.commands.book
        [now] = book.callouts.values()
        states = Counter(o.state for o in book.offers_of(callout.id))
        told = [
            o.person
            for o in book.offers_of(callout.id)
            if any(a.purpose == "stand_down" and a.state == "accepted" for a in o.attempts)
        ]
        arrived = [o.person for o in book.offers_of(callout.id) if o.arrived_at]
        assert (now.state, now.closed_reason, len(offers) > 3) == ("closed", "surge_over", True)
        assert states == {"accepted": 2, "stood_down": len(offers) - 2}
        assert sorted(told) == sorted({o.person for o in offers} - {o.person for o in seated})
        assert arrived == [seated[0].person]


async def test_seats_of_a_language_grow_with_the_evidence_and_stay_with_who_has_them() -> None:
    people = [person(n, languages=("ko", "en") if n % 2 else ("ko",)) for n in range(20)]
    async with desk(people, ScriptedProvider(kinds=frozenset({"sms", "voice"}))) as at:
        surge = Surge(at, raise_needs="automatic")
        await surge.says(2, language_en=(5, 6), queue_main=(5, 6))
        [callout] = at.commands.book.callouts.values()
        speaker = next(o for o in at.commands.book.offers_of(callout.id) if "en" in o.languages)
        yes = Answer(choice="accept", via="sms", at=at.now, message_id="m")
        await at.answers.answer(speaker.id, yes)
        await surge.says(5, language_en=(8, 9), queue_main=(2, 3))
        [callout] = at.commands.book.callouts.values()
        quotas = {quota.language: quota.seats for quota in callout.need.quotas}
        assert quotas == {"en": 4, None: 1}
        assert at.commands.book.offer(speaker.id).seat in range(1, 6)


async def test_who_arrives_makes_the_need_neither_smaller_nor_larger() -> None:
    people = [msgspec.structs.replace(person(n), agent=f"agent-{n}") for n in range(20)]
    async with desk(people, ScriptedProvider(kinds=frozenset({"sms", "voice"}))) as at:
        surge = Surge(at, raise_needs="automatic")
        seats = []

        def wanted() -> None:
            [callout] = at.commands.book.callouts.values()
            seats.append(sum(quota.seats for quota in callout.need.quotas))

        await surge.says(3)
        wanted()
        [callout] = at.commands.book.callouts.values()
        first = next(at.commands.book.offers_of(callout.id))
        yes = Answer(choice="accept", via="sms", at=at.now, message_id="m")
        await at.answers.answer(first.id, yes)
        at.pass_time(minutes=4)
        await surge.signs_in(f"agent-{int(first.person[1:])}")
        await surge.surges.look()  # by the count from before they came
        wanted()
        at.pass_time(minutes=1)
        await surge.says(2)  # counted with them
        wanted()
        await surge.says(3)  # one more is missing, and they are there
        wanted()
    assert seats == [3, 3, 3, 4]
