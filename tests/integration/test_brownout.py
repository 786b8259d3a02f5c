"""A provider browns out in the middle of a call-out: everyone is still paged, and nobody twice.

The real adapters against the scripted provider, the real engine and sender; only the log and the
store are in memory.
"""

import asyncio
from typing import Any

import msgspec

from services.adapters.twilio import TwilioSms
from services.callout.lines import DrillRouter, Lines
from services.message_router import Route, Router
from streams.domain.callout import life
from tests.support.callout_desk import Desk, desk
from tests.support.callout_people import POLICY, need, person
from tests.support.paging import account, script, scripted

PEOPLE = 250
# Half of what it is asked goes wrong, in every way there is.
BROWN = {"fail": 0.2, "lie": 0.1, "lose": 0.1, "refuse": 0.1}
AT_ONCE = msgspec.structs.replace(
    POLICY, rule="blast", lease_seconds=5.0, give_up_after_seconds=30.0, retry_seconds=0.1
)


async def page_everyone(at: Desk, summary: Any) -> dict[str, Any]:
    """Start, and go on until everybody has been reached."""
    made = await at.do(lambda b, now: life.open_need(b, need(30), AT_ONCE, now))
    await at.do(lambda b, now: life.start(b, made.id, AT_ONCE, "kim", now, unseen=True))
    await at.engine.look(made.id)
    for _ in range(100):
        await at.send()
        told: dict[str, Any] = await summary()
        if told["attempts"] == PEOPLE:
            return told
        at.pass_time(seconds=1)
        await asyncio.sleep(0.05)
    raise AssertionError(told)


async def test_a_brown_out_moves_points_by_the_rule_and_pages_nobody_twice() -> None:
    people = [person(n, kinds=("sms",)) for n in range(PEOPLE)]
    async with scripted(script(accounts={"sms-a": BROWN})) as server, desk(people) as at:
        two = [
            TwilioSms(account(server.url, name, per_second=200.0)) for name in ("sms-a", "sms-b")
        ]
        moves: list[Any] = []
        live = Router([Route(one) for one in two], on_move=moves.append)
        at.sender._lines = at.lines = Lines(live, DrillRouter([]))
        told = await page_everyone(at, server.summary)
        assert told["must_be_zero"] == {"attempts_sent_twice": 0, "attempts_at_two_providers": 0}
        assert (told["people"], told["most_messages_to_one_person"]) == (PEOPLE, 1)
        # Fifty errors within a minute take ten points, once in that minute.
        assert [(move.provider, move.points, move.why) for move in moves] == [
            ("sms-a", 40, "errors")
        ]
        assert told["counts"]["ACsms-b.sent_messages"] > PEOPLE / 2
        await live.stop()
