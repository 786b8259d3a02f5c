"""Does Redis keep call-outs as decided, and refuse what was decided on an older state?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from services.adapters.redis import RedisLostError
from services.callout.store import Store
from streams.domain.callout import answering, asking, life
from streams.domain.callout.book import CalloutBook, Change
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer, OfferData
from tests.support.callout_people import POLICY, at, need, person, ready
from tests.support.stack import RedisServer

YES = Verdict(ok=True)


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[Store]:
    made = Store(redis_server.url, "t-callout-")
    await made.open()
    await made.clear()
    await made.restore(1, [])
    made.epoch = 1
    yield made
    await made.close()


def running(seats: int, people: int) -> CalloutBook:
    book = CalloutBook(1)
    policy = msgspec.structs.replace(POLICY, rule="blast")
    callout = life.open_need(book, need(seats), policy, at())
    life.start(book, callout.id, policy, "kim", at(), unseen=True)
    asking.look(book, callout.id, ready([person(n) for n in range(people)], callout.need), at())
    return book


def accept(book: CalloutBook, offer: str) -> list[Change]:
    given = GivenAnswer(key=offer, kind="accept", at=at(1), channel="sms")
    answering.answer(book, offer, given, YES, at(1))
    return book.take_changes()


async def test_what_was_stored_is_read_back_and_waits_in_the_outbox(store: Store) -> None:
    book = running(2, 5)
    posted = await store.commit(book.take_changes())
    read = {state.id: state for state in await store.read()}
    assert read == {**book.callouts, **book.offers}
    assert [one.id for one in await store.posted(100)] == [one.id for one in posted]


async def test_a_change_made_from_an_older_state_is_refused_whole(store: Store) -> None:
    book = running(2, 5)
    await store.commit(book.take_changes())
    changes = accept(book, next(iter(book.offers)))
    await store.commit(changes)
    with pytest.raises(RedisLostError, match="changed meanwhile"):
        await store.commit(changes)
    assert len(await store.posted(100)) == 6 + len(changes)


async def test_a_seat_that_somebody_has_is_given_to_nobody_else(store: Store) -> None:
    book = running(1, 5)
    await store.commit(book.take_changes())
    first, second = list(book.offers)[:2]
    await store.commit(accept(book, first))
    before = book.offers[second]
    thief = msgspec.structs.replace(before, state="accepted", seat=1, version=before.version + 1)
    with pytest.raises(RedisLostError, match="seat taken"):
        await store.commit([Change(before.version, thief, at(2), before)])


async def test_two_who_swap_seats_in_one_step_are_let(store: Store) -> None:
    book = running(2, 5)
    await store.commit(book.take_changes())
    one, other = list(book.offers)[:2]
    for offer in (one, other):
        await store.commit(accept(book, offer))
    swapped = []
    for offer, seat in ((one, 2), (other, 1)):
        before = book.offers[offer]
        after = msgspec.structs.replace(before, seat=seat, version=before.version + 1)
        swapped.append(Change(before.version, after, at(2), before))
    await store.commit(swapped)
    seats = {s.id: s.seat for s in await store.read() if isinstance(s, OfferData) and s.seat}
    assert seats == {one: 2, other: 1}


async def test_rivals_on_one_seat_leave_exactly_one_seated(store: Store) -> None:
    book = running(1, 40)
    await store.commit(book.take_changes())
    tries = []
    for offer in list(book.offers.values()):
        taking = msgspec.structs.replace(offer, state="accepted", seat=1, version=2)
        tries.append(store.commit([Change(1, taking, at(1), offer)]))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(1 for one in done if not isinstance(one, RedisLostError)) == 1


async def test_an_emptied_redis_refuses_everything(store: Store) -> None:
    book = running(1, 2)
    await store.clear()
    with pytest.raises(RedisLostError):
        await store.commit(book.take_changes())


async def test_another_process_takes_over_only_when_the_first_is_gone(
    store: Store, redis_server: RedisServer
) -> None:
    second = Store(redis_server.url, "t-callout-")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.open(), 0.5)
    await store.close()
    third = Store(redis_server.url, "t-callout-")
    await asyncio.wait_for(third.open(), 5)
    third.epoch = 1
    await third.commit([replace(one) for one in running(1, 1).take_changes()])
    await third.close()
    await second.close()
