"""Answers that came while nobody here listened: they are on the provider's list, and are found."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.adapters.twilio import TwilioSms
from services.callout.inbound.missed import Missed
from services.callout.sender import wall
from services.message_ports import Written
from services.message_router import Route, Router
from streams.domain.callout import answering
from streams.domain.callout.answering import Said
from streams.domain.clock import REAL_TIME
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer
from tests.support.answers import Stand
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import at
from tests.support.callout_people import person as reserve
from tests.support.paging import account, message, script, scripted
from tests.support.people import people_of, person, way
from tests.unit.test_callout_rules import Story, several

NUMBER = "+447700900001"
EVERYBODY_SAYS_YES = {"answers": 1.0, "yes": 1.0, "later": 0.0, "median_seconds": 0.1}


class Marks:
    """Up to when the lists were read, in memory."""

    def __init__(self) -> None:
        self.at: dict[str, datetime] = {}

    async def read_up_to(self, account: str) -> datetime | None:
        return self.at.get(account)

    async def note_read(self, account: str, at: datetime) -> None:
        self.at[account] = at


class Scene:
    """A call-out's doors, and a list of an account that a scripted provider keeps."""

    def __init__(self, sms: TwilioSms, at: Desk) -> None:
        self.sms = sms
        known = person("counselor-01", methods=(way("sms", NUMBER),))
        router = Router([Route(sms)])
        self.stand = Stand(people_of(known, now=wall), router, wall, "http://x")
        self.marks = Marks()
        self.commands = at.commands
        self.missed = self.listener(sms)

    def listener(self, sms: TwilioSms) -> Missed:
        return Missed(
            self.stand.doors,
            self.commands,
            [sms],
            lambda: self.marks,
            lambda: REAL_TIME,
            settles=timedelta(),
        )

    async def listed(self) -> list[Written]:
        """What the provider has, whoever heard of it."""
        return await self.sms.written_since(wall() - timedelta(minutes=5))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Somebody was asked by text message and answers at once; nobody tells us of it."""
    how = script(sms=EVERYBODY_SAYS_YES, faults={"drop_inbound": 1.0}, by_link=0.0)
    async with (
        scripted(how) as server,
        desk([reserve(1)], ScriptedProvider()) as at,
    ):
        sms = TwilioSms(account(server.url))
        made = Scene(sms, at)
        made.marks.at["sms-a"] = wall()
        made.stand.answers.ask("counselor-01")
        await sms.send(message(to=NUMBER))

        while not await made.listed():
            await asyncio.sleep(0.01)
        yield made
        await sms.stop()


async def test_an_answer_that_nobody_told_us_of_is_found_on_the_list_once(scene: Scene) -> None:
    assert [await scene.missed.look(), await scene.missed.look()] == [1, 0]
    ((offer, given),) = scene.stand.answers.given
    assert (offer, given.choice, given.via, given.unheard) == (
        "offer-counselor-01",
        "accept",
        "sms",
        True,
    )


async def test_what_was_taken_before_a_restart_is_not_taken_again(scene: Scene) -> None:
    await scene.missed.look()
    scene.stand.doors._heard.clear()
    assert await scene.missed.look() == 0
    assert len(scene.stand.answers.given) == 1


async def test_nobody_answers_a_call_out_before_they_were_asked(scene: Scene) -> None:
    scene.stand.answers.ask("counselor-01", asked_at=wall() + timedelta(seconds=30))
    await scene.missed.look()
    assert scene.stand.answers.given == []
    assert scene.stand.audit.refused() == [("answer_sms", "no_such_offer")]


async def test_a_provider_that_does_not_answer_is_asked_again_from_where_we_were(
    scene: Scene,
) -> None:
    before = dict(scene.marks.at)
    nobody = TwilioSms(account("http://127.0.0.1:1"))
    assert await scene.listener(nobody).look() == 0
    assert scene.marks.at == before
    await nobody.stop()


async def test_what_was_told_to_us_is_no_news(scene: Scene) -> None:
    (written,) = await scene.listed()
    await scene.stand.doors.text("sms-a", written.reference, written.number, written.text)
    assert await scene.missed.look() == 0
    assert len(scene.stand.answers.given) == 1


# What it brings


def found(story: Story, who: int, kind: Any, written: float, now: float) -> Said:
    """An answer written at a minute, and read from the list at a later one."""
    given = GivenAnswer(key=f"{kind}-{written}", kind=kind, at=at(written), channel="sms")
    return answering.answer_found(story.book, story.of(who).id, given, Verdict(ok=True), at(now))


def test_a_seat_that_was_found_is_told_by_a_message_of_its_own() -> None:
    story = Story(several(2))
    story.send(0)
    said = [found(story, 0, "accept", 1, 9), found(story, 0, "accept", 1, 10)]
    assert ([one.kind for one in said], story.of(0).seat) == (["seated", "seated"], 1)
    assert [purpose for person, purpose, _ in story.send(10) if person == "p0000"] == ["seated"]


def test_what_they_have_said_since_counts_more_than_what_is_found_later() -> None:
    story = Story(several(2))
    story.says(0, "decline", 5)
    said = found(story, 0, "accept", 1, 9)
    theirs = story.of(0)
    assert (said.kind, theirs.state, theirs.seat) == ("thanks", "declined", None)
    assert [one.kind for one in theirs.answers] == ["accept", "decline"]
