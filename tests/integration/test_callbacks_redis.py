"""Does Redis keep the list exactly as the domain would?"""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.adapters.redis import CheckedRedis, RedisLostError
from services.callbacks.filed import Needed
from services.callbacks.worklist import Worklist
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.order import Wish
from streams.domain.callbacks.switches import ALL_ON, switches_fact, turn
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackData
from tests.support.callbacks import at, served, wanted
from tests.support.stack import RedisServer

POLICY = OverflowPolicy()
WISHES = (
    Wish(agent="any"),
    Wish(agent="korean", languages=frozenset({"ko"})),
    Wish(agent="english", languages=frozenset({"en"}), skills=frozenset()),
    Wish(agent="crisis", skills=frozenset({"crisis", "general"})),
)


async def opened(redis_server: RedisServer, prefix: str) -> Worklist:
    worklist = Worklist(redis_server.url, prefix)
    await worklist.open()
    await worklist.clear()
    await worklist.restore(1, [], {}, {}, ALL_ON)
    await worklist.use(1)
    return worklist


@pytest.fixture
async def worklist(redis_server: RedisServer) -> AsyncIterator[Worklist]:
    made = await opened(redis_server, "t-list-")
    yield made
    await made.close()


async def store(worklist: Worklist, book: CallbackBook, before: CallbackData | None) -> None:
    changes = book.take_changes()
    assert all(await worklist.commit([(before, changes)], book.take_served()))


async def filled(worklist: Worklist, count: int, chance: random.Random) -> CallbackBook:
    book = CallbackBook(POLICY)
    for n in range(count):
        fact = wanted(
            f"r{n}",
            n,
            at(chance.uniform(0, 600)),
            urgency=chance.choice(("life_at_risk", "high", "normal", "normal", "low")),
            language=chance.choice((None, "ko", "en", "en-GB")),
            skills=chance.choice(((), ("crisis",), ("general", "crisis"))),
            queue=chance.choice(("main", "english")),
        )
        book.wanted(fact, fact.time)
        await store(worklist, book, None)
    return book


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whose_turn_it_is_is_the_same_in_redis_and_in_the_domain(
    worklist: Worklist, seed: int
) -> None:
    chance = random.Random(seed)
    book = await filled(worklist, 60, chance)
    now = at(400)
    for step in range(60):
        now += timedelta(minutes=chance.uniform(0, 8))
        wish = Wish(
            agent=f"agent-{step}",
            languages=chance.choice(WISHES).languages,
            skills=chance.choice(WISHES).skills,
        )
        expected = book.first_for(wish, now)
        [picked] = await worklist.pick([wish], now)
        assert (picked and picked.id) == (expected and expected.id)
        if picked is not None:
            book.lease(picked.id, wish.agent, now)
            await store(worklist, book, picked)


async def test_many_agents_who_ask_at_once_get_different_callbacks_in_order(
    worklist: Worklist,
) -> None:
    book = await filled(worklist, 40, random.Random(4))
    picked = await worklist.pick([Wish(agent=f"a{n}") for n in range(50)], at(700))
    one_by_one = []
    for n in range(50):
        state = book.first_for(Wish(agent=f"a{n}"), at(700))
        one_by_one.append(state and state.id)
        if state is not None:
            book.lease(state.id, f"a{n}", at(700))
    assert [state and state.id for state in picked] == one_by_one


async def test_two_who_decide_on_the_same_state_cannot_both_be_right(worklist: Worklist) -> None:
    book = await filled(worklist, 1, random.Random(5))
    before = next(book.all())
    rival = CallbackBook(POLICY)
    rival.load(before)
    book.lease(before.id, "kim", at(700))
    rival.lease(before.id, "lee", at(700))
    first = await worklist.commit([(before, book.take_changes())], {})
    second = await worklist.commit([(before, rival.take_changes())], {})
    [kept] = await worklist.get([before.id])
    assert (len(first[0]), second, kept.agent) == (1, [[]], "kim")


async def test_a_caller_cannot_get_a_second_open_callback_whoever_decides(
    worklist: Worklist,
) -> None:
    one, other = CallbackBook(POLICY), CallbackBook(POLICY)
    one.wanted(wanted("r1", 1, at(0)), at(0))
    other.wanted(wanted("r2", 1, at(0)), at(0))
    first = await worklist.commit([(None, one.take_changes())], {})
    second = await worklist.commit([(None, other.take_changes())], {})
    assert (len(first[0]), second) == (1, [[]])


async def test_a_clock_set_back_makes_nobody_due_too_early(worklist: Worklist) -> None:
    book = await filled(worklist, 1, random.Random(6))
    state = next(book.all())
    await worklist.pick([Wish(agent="kim")], at(700))
    early = state.due_at - timedelta(minutes=1)
    [too_early] = await worklist.pick([Wish(agent="lee")], early)
    [in_time] = await worklist.pick([Wish(agent="lee")], state.due_at + timedelta(milliseconds=1))
    assert (too_early, in_time) == (None, state)


async def test_a_callback_closed_long_ago_is_forgotten_but_its_request_is_not(
    worklist: Worklist,
) -> None:
    book = CallbackBook(POLICY)
    book.wanted(wanted("r1", 1, at(0)), at(0))
    book.served(served("r1", 1, at(5)), at(5))
    await store(worklist, book, None)
    dropped = await worklist.forget(at(60), at(-60), 100)
    loaded = await worklist.load(Needed(requests=["r1"]))
    assert (dropped, loaded.states, list(loaded.of_request)) == (1, [], ["r1"])


async def test_an_answer_heard_of_first_is_remembered(worklist: Worklist) -> None:
    book = CallbackBook(POLICY)
    book.served(served("r9", 9, at(5)), at(5))
    await worklist.commit([], book.take_served())
    loaded = await worklist.load(Needed(requests=["r9"], callers=["nobody"]))
    assert loaded.served == {"r9": at(5)}


async def test_an_emptied_redis_refuses_every_command(worklist: Worklist) -> None:
    await worklist.clear()
    with pytest.raises(RedisLostError):
        await worklist.pick([Wish(agent="kim")], at(0))


async def test_another_process_waits_until_the_owner_is_gone(redis_server: RedisServer) -> None:
    first = await opened(redis_server, "t-owner-")
    second = Worklist(redis_server.url, "t-owner-")
    await first.close()
    await second.open()
    with pytest.raises(RedisLostError):
        await first.tick(at(0))
    await second.close()
    await first.close()


async def test_a_restarted_redis_is_never_taken_for_the_one_before(
    redis_server: RedisServer,
) -> None:
    checked = CheckedRedis(redis_server.url)
    before = await checked.open(
        "#!lua name=t\nredis.register_function('t_nothing', function() end)"
    )
    redis_server.restart(wipe=False)
    with pytest.raises(RedisLostError):
        await checked.doing(checked.client.ping())
    again = CheckedRedis(redis_server.url)
    after = await again.open("#!lua name=t\nredis.register_function('t_nothing', function() end)")
    await checked.close()
    await again.close()
    assert before != after


async def test_clearing_the_list_leaves_other_keys_alone(
    worklist: Worklist, redis_server: RedisServer
) -> None:
    other = CheckedRedis(redis_server.url)
    await other.doing(other.client.set("t-list-callbacks:not-ours", "kept"))
    await worklist.clear()
    assert await other.doing(other.client.get("t-list-callbacks:not-ours")) == b"kept"
    await other.close()


async def test_switches_are_kept_and_two_who_turn_them_cannot_undo_each_other(
    worklist: Worklist,
) -> None:
    one = turn(ALL_ON, "dialling", "main", on=False, by="a", reason="lines down")
    other = turn(ALL_ON, "registering", "*", on=False, by="b", reason="flood")
    assert one is not None
    assert other is not None
    first = await worklist.set_switches(one, switches_fact(one, at(0)))
    second = await worklist.set_switches(other, switches_fact(other, at(0)))
    assert (len(first), second, worklist.switches) == (1, [], one)
