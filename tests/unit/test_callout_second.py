"""Does a large call-out, or one to an agency, wait for a second person, and not for ever?"""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.callout.handlers import Handlers
from services.callout.needs import Needs
from streams.centre_file import check_centre, load_centre
from streams.domain.callout.book import RefusedError
from streams.domain.callout.policy import CalloutPolicy
from streams.events.callouts import CalloutData
from tests.support.broker import ROOT
from tests.support.callout_centre import write_centre
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import need, person

SHIPPED = load_centre(ROOT / "centre.toml")


@dataclass
class House:
    """Managers at one desk; `policy` may be changed."""

    at: Desk
    policy: CalloutPolicy

    def __post_init__(self) -> None:
        def centre() -> Any:
            return dataclasses.replace(SHIPPED, callout=self.policy)

        at = self.at
        self.handlers = Handlers(
            at.commands, at.engine, at.answers, Needs(at.commands, centre), at.people, at.lines,
            centre,
        )  # fmt: skip

    async def planned(self, seats: int, *, drill: bool = False) -> str:
        opened = await self.handlers.open(need(seats), drill=drill)
        await self.handlers.preview(opened.id, None, None, None)
        return opened.id

    async def send(self, callout: str, by: str, **more: Any) -> str:
        try:
            return (await self.handlers.start(callout, by, **more)).state
        except RefusedError as error:
            return error.reason

    def now(self, callout: str) -> CalloutData:
        return self.at.commands.book.callout(callout)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    async with desk([person(n) for n in range(30)], provider) as at:
        yield House(at, CalloutPolicy(second_above=5))


async def test_one_person_alone_sends_up_to_the_set_size(house: House) -> None:
    assert await house.send(await house.planned(5), "kim") == "running"


async def test_above_it_somebody_else_must_agree(house: House) -> None:
    callout = await house.planned(6)
    said = [await house.send(callout, who) for who in ("kim", "kim", "lee")]
    await house.at.send()
    assert said == ["second_person", "second_person", "running"]
    assert (house.now(callout).second_for, house.now(callout).started_by) == ("kim", "lee")


async def test_nothing_is_sent_before_the_second_person_agrees(house: House) -> None:
    callout = await house.planned(6)
    await house.send(callout, "kim")
    await house.at.engine.round()
    await house.at.send()
    assert (house.now(callout).state, len(house.at.commands.book.offers)) == ("previewed", 0)


async def test_a_pool_can_need_a_second_person_whatever_the_size(house: House) -> None:
    house.policy = CalloutPolicy(second_pools=("reserve",))
    assert await house.send(await house.planned(1), "kim") == "second_person"


async def test_a_drill_needs_nobody_else(house: House) -> None:
    assert await house.send(await house.planned(20, drill=True), "kim") == "running"


async def test_when_nobody_agrees_in_time_the_wish_lapses(house: House) -> None:
    callout = await house.planned(6)
    await house.send(callout, "kim")
    house.at.pass_time(minutes=6)
    await house.at.engine.round()
    assert (house.now(callout).state, house.now(callout).second_for) == ("previewed", None)
    assert await house.send(callout, "lee") == "second_person"


async def test_or_it_goes_out_as_it_was_wished_when_the_centre_says_so(house: House) -> None:
    house.policy = CalloutPolicy(second_above=5, second_silent="send")
    callout = await house.planned(6)
    await house.send(callout, "kim", speed=0.9)
    house.at.pass_time(minutes=6)
    await house.at.engine.round()
    now = house.now(callout)
    assert (now.state, now.started_by, now.policy.speed) == ("running", "kim", 0.9)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("second_silent", "wait", "must be one of send, drop"),
        ("second_within", "0s", "must be a second or longer"),
        ("second_above", 2.5, "must be a whole number from 0 to 100000"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Any, name: str, value: Any, right: str) -> None:
    _, problems = check_centre(write_centre(tmp_path, **{name: value}))
    assert [p.where for p in problems] == [f"callout.{name}"]
    assert right.split(maxsplit=1)[0] in problems[0].right


def test_the_shipped_centre_lets_one_person_send() -> None:
    assert not SHIPPED.callout.needs_second(need(1000))
    assert SHIPPED.callout.second_within == timedelta(minutes=5)
