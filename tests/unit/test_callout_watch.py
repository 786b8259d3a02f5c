"""Who watches the pager, and does the surge's need follow the evidence?"""

import asyncio
from datetime import timedelta
from typing import Any

from services.callout.auditor import Auditor
from services.callout.needs import Needs
from services.callout.surges_in import SurgesIn
from streams.domain.callout import life
from streams.events.codec import encode
from streams.events.surges import SeatsData, SeatsNeeded
from streams.kafka import Record
from streams.settings import Connections
from streams.topics import SEATS
from tests.support.callout_centre import centre_with
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import POLICY, need, person


def auditor(at: Desk) -> Auditor:
    return Auditor(
        at.commands,
        lambda: at.log,
        lambda: at.now,
        lambda: 1.0,
        lambda: None,
        None,
    )


async def begun(at: Desk) -> str:
    made = await at.do(lambda book, now: life.open_need(book, need(1), POLICY, now))
    await at.do(lambda book, now: life.start(book, made.id, POLICY, "kim", now, unseen=True))
    return str(made.id)


async def test_an_overdue_look_is_repaired_once_and_alarmed_when_it_comes_back() -> None:
    async with desk([person(1)], ScriptedProvider()) as at:
        await begun(at)
        watch = auditor(at)
        at.pass_time(minutes=5)
        first = await watch.audit()
        repaired = next(iter(at.commands.book.callouts.values())).look_at
        second = await watch.audit()
        at.pass_time(minutes=5)
        third = await watch.audit()
        assert (first, repaired, second) == (True, at.now - timedelta(minutes=5), True)
        assert (third, watch.standing) == (False, {"overdue_look": 1})


async def test_a_paused_call_out_that_nobody_touches_is_an_alarm() -> None:
    async with desk([person(1)], ScriptedProvider()) as at:
        callout = await begun(at)
        await at.do(lambda book, now: life.pause(book, callout, "kim", now))
        at.pass_time(minutes=11)
        watch = auditor(at)
        well = await watch.audit()
        alarms = [r for r in at.log.records if b"paused_untouched" in (r.value or b"")]
        assert (well, len(alarms), watch.last_success) == (False, 1, None)


async def test_when_all_is_well_it_says_so() -> None:
    async with desk([person(1)], ScriptedProvider()) as at:
        await begun(at)
        watch = auditor(at)
        assert (await watch.audit(), watch.last_success is not None) == (True, True)


class Surge:
    """The staffing alert, as the log tells it."""

    def __init__(self, at: Desk, **policy: Any) -> None:
        self.at = at
        self.centre = centre_with(**policy)
        needs = Needs(at.commands, lambda: self.centre)
        self.surges = SurgesIn(Connections(), at.commands, needs, lambda: self.centre)

    async def says(self, gap: int, episode: str = "ep-1") -> None:
        data = SeatsData(
            pool="all", episode=episode, needed=10 + gap, needed_low=10, needed_high=10 + gap,
            staffed=10, available=1, gap=gap, offered_load_erlangs=30.0, reason="40 a minute",
            first="reserve",
        )  # fmt: skip
        event = SeatsNeeded(
            id=f"s{gap}", source="surgeline/staffing", subject="all", time=self.at.now, data=data
        )
        self.surges.take(Record(SEATS.name, 0, 0, 0, b"all", encode(event)))
        await self.surges.look()

    async def over(self, episode: str = "ep-1") -> None:
        self.surges._over.add(episode)
        await self.surges.look()

    def needs(self) -> list[tuple[str, int]]:
        return [
            (one.state, sum(q.seats for q in one.need.quotas))
            for one in self.at.commands.book.callouts.values()
        ]


async def test_a_surge_opens_one_need_grows_it_and_closes_it_when_it_is_over() -> None:
    async with desk([person(n) for n in range(5)], ScriptedProvider()) as at:
        surge = Surge(at)
        seen = []
        for gap in (10, 10, 14, 8):
            await surge.says(gap)
            seen.append(surge.needs())
        await surge.over()
        assert seen == [[("draft", 10)], [("draft", 10)], [("draft", 14)], [("draft", 14)]]
        assert surge.needs() == [("cancelled", 14)]


async def test_an_automatic_centre_pages_at_once_and_says_who_started_it() -> None:
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    async with desk([person(n) for n in range(5)], provider) as at:
        surge = Surge(at, raise_needs="automatic")
        await surge.says(3)
        await at.engine.round()
        await at.send()
        [callout] = at.commands.book.callouts.values()
        assert (callout.state, callout.started_by, len(provider.sent) > 0) == (
            "running",
            "automatic",
            True,
        )


async def test_an_unconfirmed_need_goes_out_after_its_time_when_the_centre_says_so() -> None:
    async with desk([person(1)], ScriptedProvider()) as at:
        surge = Surge(at, unconfirmed="send")
        await surge.says(3)
        at.pass_time(minutes=6)
        await at.engine.round()
        assert surge.needs() == [("running", 3)]


async def test_a_need_that_somebody_dropped_is_not_raised_again_by_the_same_surge() -> None:
    async with desk([person(1)], ScriptedProvider()) as at:
        surge = Surge(at)
        await surge.says(3)
        [callout] = list(at.commands.book.callouts)
        await at.do(lambda book, now: life.stop(book, callout, "not_now", "kim", now))
        await surge.says(9)
        same = surge.needs()
        await surge.says(4, episode="ep-2")
        assert (same, surge.needs()[1:]) == ([("cancelled", 3)], [("draft", 4)])
        await asyncio.sleep(0)
