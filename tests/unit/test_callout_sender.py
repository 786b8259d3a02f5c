"""Does every message go out once, whatever dies and whoever lies on the way?"""

import asyncio
import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from services.callout.answers import Answer
from services.callout.lines import DrillRouter
from services.message_ports import Receipt
from services.message_router import Route
from streams.domain.callout import life
from streams.domain.people.person import opted_out
from streams.errors import WrongSettingError
from streams.events.people import Person
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import POLICY, need, person

QUICK = msgspec.structs.replace(
    POLICY, rule="blast", lease_seconds=0.02, give_up_after_seconds=0.2, retry_seconds=1.0
)


def texts(count: int) -> list[Person]:
    """People who can only be texted."""
    return [person(n, kinds=("sms",)) for n in range(count)]


async def begun(
    at: Desk, seats: int = 3, *, policy: Any = QUICK, drill: bool = False, **more: Any
) -> str:
    """A call-out that has asked its first people."""
    made = await at.do(
        lambda b, now: life.open_need(b, need(seats, **more), policy, now, drill=drill)
    )
    await at.do(lambda b, now: life.start(b, made.id, policy, "kim", now, unseen=True))
    await at.engine.look(made.id)
    return str(made.id)


def states(at: Desk) -> Counter[str]:
    return Counter(a.state for o in at.commands.book.offers.values() for a in o.attempts)


def attempt_of(at: Desk, place: int = 0) -> Any:
    return list(at.commands.book.offers.values())[place].attempts[0]


async def test_everyone_is_paged_once() -> None:
    provider = ScriptedProvider()
    async with desk(texts(40), provider) as at:
        await begun(at, 30)
        await at.send(rounds=3)
        assert Counter(m.attempt for m in provider.sent) == dict.fromkeys(
            [a.id for o in at.commands.book.offers.values() for a in o.attempts], 1
        )


async def test_three_hundred_pages_survive_every_kill_and_every_lie() -> None:
    """0 lost, 0 twice, 0 unknown: killed at any step, by a provider that lies about a third."""
    chance = random.Random(11)
    provider = ScriptedProvider()
    provider.per_second, provider.burst = 200.0, 1
    at = desk(texts(300), provider)
    await at.open()
    await begun(at, 200)
    kills = 0
    while kills < 60 or set(states(at)) != {"accepted"}:
        deeds = ["accept", "accept", "accept", "lie", "lost", "refuse", "hang"]
        provider.script = [chance.choice(deeds) for _ in range(40)]
        await at.sender._round()
        if kills < 60:
            await asyncio.sleep(chance.uniform(0.0, 0.04))
            for _ in range(chance.randrange(8)):
                await asyncio.sleep(0)
            await at.kill()
            kills += 1
            at.start()
            await at.open()
        else:
            provider.script = []
            await asyncio.sleep(0.05)
        at.pass_time(seconds=30)
        await asyncio.sleep(0.005)
    counts = Counter(message.attempt for message in provider.sent)
    await at.kill()
    assert (len(counts), max(counts.values()), kills) == (300, 1, 60)


async def test_a_claim_that_ran_out_is_asked_about_before_it_is_sent_again() -> None:
    provider = ScriptedProvider()
    async with desk(texts(1), provider) as at:
        await begun(at, 1)
        provider.script = ["hang"]
        await at.sender._round()
        await asyncio.sleep(0.01)
        await at.kill()
        at.start()
        await at.open()
        assert states(at) == {"sending": 1}
        await asyncio.sleep(0.03)
        await at.send(rounds=3)
        assert (states(at), len(provider.sent)) == ({"accepted": 1}, 1)


async def test_who_cannot_be_asked_about_is_never_texted_twice_but_called_instead() -> None:
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    provider.can_find = False
    async with desk([person(1)], provider) as at:
        await begun(at, 1)
        provider.script = ["lie"]
        await at.send()
        await asyncio.sleep(0.25)
        for task in [asyncio.create_task(at.sender._round())]:
            await task
        await asyncio.sleep(0.05)
        await at.sender._round()
        await asyncio.sleep(0.05)
        assert [message.kind for message in provider.sent] == ["sms", "voice"]


async def test_a_provider_that_refuses_hands_over_to_another_and_nobody_is_paged_twice() -> None:
    one, other = ScriptedProvider("sms-a"), ScriptedProvider("sms-b")
    async with desk(texts(60), one, other) as at:
        one.script = ["refuse"] * 1000
        await begun(at, 40)
        for _ in range(4):
            await at.send()
            at.pass_time(seconds=20)
        assert (len(one.sent), len({m.attempt for m in other.sent}), len(other.sent)) == (0, 60, 60)


async def test_an_answer_on_any_method_cancels_the_rest_at_once() -> None:
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    async with desk([person(1), person(2)], provider) as at:
        await begun(at, 2)
        await at.send()
        offer = next(iter(at.commands.book.offers.values()))
        reply = await at.answers.answer(offer.id, Answer(choice="accept", via="sms", at=at.now))
        at.pass_time(minutes=10)
        await at.send()
        called = [m.attempt for m in provider.sent if m.kind == "voice"]
        mine = {attempt.id for attempt in offer.attempts}
        assert (reply.kind, len(called), mine & set(called)) == ("seated", 1, set())


async def test_who_opted_out_after_being_chosen_is_not_texted() -> None:
    provider = ScriptedProvider()
    async with desk(texts(1), provider) as at:
        await begun(at, 1)
        at.people.people["p0000"] = opted_out(at.people.people["p0000"], "m0-sms", out=True)
        await at.send()
        offer = next(iter(at.commands.book.offers.values()))
        assert (provider.sent, offer.state, attempt_of(at).reason) == (
            [],
            "ineligible",
            "opted_out",
        )


async def test_nobody_is_asked_while_paused_and_answers_still_count() -> None:
    provider = ScriptedProvider()
    async with desk(texts(5), provider) as at:
        callout = await begun(at, 3)
        await at.do(lambda book, now: life.pause(book, callout, "kim", now))
        await at.send()
        offer = next(iter(at.commands.book.offers.values()))
        reply = await at.answers.answer(offer.id, Answer(choice="accept", via="paper", at=at.now))
        assert (provider.sent, reply.kind) == ([], "seated")


async def test_the_loudest_page_is_delayed_by_the_limits_of_a_person_and_not_dropped() -> None:
    provider = ScriptedProvider()
    async with desk(texts(1), provider) as at:
        callout = await begun(at, 1)
        for _ in range(4):
            await at.send()
            await at.do(lambda book, now: life.rewind(book, callout, "kim", now))
            at.pass_time(seconds=30)
        await at.send()
        within = len(provider.sent)
        at.pass_time(minutes=15)
        await at.send(rounds=2)
        assert (within, len(provider.sent)) == (3, 4)


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent")])
async def test_receipts_only_move_a_message_forwards(order: tuple[Any, Any]) -> None:
    provider = ScriptedProvider()
    async with desk(texts(1), provider) as at:
        await begun(at, 1)
        await at.send()
        for state in (*order, *order):
            receipt = Receipt(
                attempt=attempt_of(at).id, provider="sms-a", reference="r", state=state
            )
            await at.answers.receipt(receipt)
        assert attempt_of(at).state == "delivered"


async def test_a_receipt_proves_a_sending_whose_answer_was_lost() -> None:
    provider = ScriptedProvider()
    provider.can_find = False
    async with desk(texts(1), provider) as at:
        await begun(at, 1)
        provider.script = ["lie"]
        await at.sender._round()
        await asyncio.sleep(0.02)
        known = attempt_of(at)
        assert known.state == "unknown"
        receipt = Receipt(attempt=known.id, provider="sms-a", reference="r", state="sent")
        await at.answers.receipt(receipt)
        assert (attempt_of(at).state, len(provider.sent)) == ("sent", 1)


# Drills


async def test_a_drill_goes_only_to_accounts_that_reach_nobody_and_says_so_first() -> None:
    real, fenced = ScriptedProvider("real"), ScriptedProvider("fenced", drills=True)
    async with desk(texts(4), real, fenced) as at:
        callout = await begun(at, 2, drill=True)
        await at.send()
        await at.do(lambda book, now: life.stop(book, callout, "stopped", "kim", now))
        await at.send()
        told = [message.text.startswith(("DRILL", "[훈련]")) for message in fenced.sent]
        assert (real.sent, len(told), all(told), all(m.drill for m in fenced.sent)) == (
            [],
            8,
            True,
            True,
        )


async def test_a_drill_without_accounts_for_drills_pages_nobody() -> None:
    real = ScriptedProvider("real")
    async with desk(texts(4), real) as at:
        await begun(at, 2, drill=True)
        await at.send()
        assert (real.sent, set(states(at))) == ([], {"suppressed"})


def test_a_router_for_drills_cannot_be_made_of_accounts_that_reach_somebody() -> None:
    with pytest.raises(WrongSettingError, match="could reach somebody"):
        DrillRouter([Route(ScriptedProvider("real"))])


async def test_a_true_call_out_never_borrows_the_accounts_for_drills() -> None:
    real, fenced = ScriptedProvider("real"), ScriptedProvider("fenced", drills=True)
    async with desk(texts(4), real, fenced) as at:
        await begun(at, 2)
        await at.send()
        assert (len(real.sent), fenced.sent) == (4, [])
