"""What users of other systems complain of: does each of it hold here?

The numbers are those of the table in docs/callbacks.md, which says where each complaint comes from
and which tests settle the rest of it.
"""

from datetime import timedelta

from services.adapters.memory import MemoryPhone
from services.ports import DialOrder
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.duties import AskAboutDial, CancelDial, PlaceDial, duty
from streams.domain.callbacks.order import Wish, place, why_here
from streams.events.codec import derived_id
from tests.support.callback_book import KIM, POLICY, book_with, dialling, lease
from tests.support.callbacks import at, served, wanted


def order(dial: str, callback: str) -> DialOrder:
    return DialOrder(dial=dial, callback=callback, token=1, agent="kim", number="+821012345678")


async def test_complaint_01_no_second_dial_is_placed_while_the_first_is_not_answered() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    phone = MemoryPhone()
    callback, claim, dial = dialling(book, 1)
    for _ in range(3):
        again = book.start_dial(callback, claim, at(1)).attempts
        await phone.dial(order(again[-1].id, callback))
    assert (len(again), again[-1].id, phone.rings[callback]) == (1, dial, 1)


async def test_complaint_02_two_dispatchers_in_the_same_second_ring_once() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    phone = MemoryPhone()
    callback, _, dial = dialling(book, 1)
    state = book.get(callback)
    assert state is not None
    for _ in ("one dispatcher", "the other"):
        assert duty(state, at(1)) == PlaceDial(dial)
        await phone.dial(order(dial, callback))
    assert phone.rings[callback] == 1


def test_complaint_03_a_list_of_75_gives_out_as_many_as_there_are_agents_who_ask() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n / 60)) for n in range(75)))
    given = [lease(book, 10, f"agent-{n}")[0] for n in range(5)]
    held = [state.id for state in book.all() if state.state == "leased"]
    assert (sorted(held), given) == (
        sorted(given),
        [derived_id("callback", f"r{n}") for n in range(5)],
    )


def test_complaint_03_and_04_a_retry_neither_jumps_ahead_nor_loses_its_place() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n)) for n in range(3)))
    callback, claim, dial = dialling(book, 5)
    book.fail(callback, claim, "no_answer", at(6))
    book.dial_ended(callback, dial, at(6))
    while_it_rests = book.first_for(KIM, at(7))
    after_its_rest = book.first_for(KIM, at(6) + POLICY.retry_after)
    assert while_it_rests is not None
    assert after_its_rest is not None
    assert (while_it_rests.id, after_its_rest.id, after_its_rest.origin) == (
        derived_id("callback", "r1"),
        callback,
        at(0),
    )


def test_complaint_05_a_retry_is_the_same_record_and_nothing_is_left_to_delete() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    minutes = 1.0
    for _ in range(2):
        callback, claim, dial = dialling(book, minutes)
        book.fail(callback, claim, "no_answer", at(minutes))
        book.dial_ended(callback, dial, at(minutes))
        minutes += 11
    records = [(state.id, state.channel, len(state.attempts)) for state in book.all()]
    assert records == [(derived_id("callback", "r1"), "voice", 2)]


def test_complaint_06_who_calls_again_and_is_served_is_not_called_back() -> None:
    waiting = book_with(wanted("r1", 1, at(0)))
    waiting.served(served("r1", 1, at(5)), at(5))
    ringing = book_with(wanted("r1", 1, at(0)))
    _, _, dial = dialling(ringing, 4)
    state = ringing.served(served("r1", 1, at(5)), at(5))
    assert state is not None
    assert (waiting.first_for(KIM, at(6)), state.outcome, duty(state, at(5))) == (
        None,
        "reached_us_first",
        CancelDial(dial),
    )


def test_complaint_07_language_skills_country_and_urgency_come_along() -> None:
    fact = wanted(
        "r1",
        1,
        at(0),
        language="en",
        skills=("crisis",),
        country="JP",
        topic="disaster",
        urgency="high",
        caller_tz="Asia/Tokyo",
        caller_tz_from="country",
    )
    [state] = book_with(fact).all()
    kept = (state.language, state.skills, state.country, state.topic, state.urgency)
    korean_only = Wish(agent="lee", languages=frozenset({"ko"}))
    assert (kept, state.caller_tz, state.caller_tz_from) == (
        ("en", ("crisis",), "JP", "disaster", "high"),
        "Asia/Tokyo",
        "country",
    )
    assert book_with(fact).first_for(korean_only, at(1)) is None


def test_complaint_10_a_silent_holder_loses_the_lease_and_the_first_stays_first() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n)) for n in range(8)))
    first, _ = lease(book, 10)
    ended = at(10) + POLICY.lease + timedelta(seconds=1)
    book.lease_ran_out(first, ended)
    served_in_order = []
    while (state := book.first_for(KIM, ended)) is not None:
        book.lease(state.id, f"agent-{state.id}", ended)
        served_in_order.append(state.id)
    assert served_in_order == [derived_id("callback", f"r{n}") for n in range(8)]


def test_complaint_11_nobodys_place_gets_worse_by_calls_that_come_later() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n)) for n in range(5)))
    before = sorted(book.all(), key=lambda state: place(state, at(9)))
    for n in range(5, 60):
        book.wanted(wanted(f"r{n}", n, at(n / 10 + 5)), at(9))
    after = sorted(book.all(), key=lambda state: place(state, at(9)))
    assert [state.id for state in after[:5]] == [state.id for state in before]


def test_complaint_12_a_wish_heard_of_late_keeps_its_place_and_its_promise() -> None:
    book = CallbackBook(POLICY)
    book.wanted(wanted("on-time", 1, at(10)), at(10))
    late = book.wanted(wanted("late", 2, at(0)), at(45))
    first = book.first_for(KIM, at(45))
    assert late is not None
    assert (first, late.promised_by) == (late, at(0) + POLICY.promise)


def test_complaint_13_a_dial_whose_end_was_never_reported_is_no_ghost() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    book.connected(callback, claim, at(2))
    state = book.phone_says(callback, dial, "ended", None, at(60))
    assert state is not None
    assert (state.state, state.outcome, book.held_by("kim")) == ("closed", "completed", None)


def test_complaint_14_the_phone_system_is_asked_only_about_a_lease_that_fell_silent() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n / 60)) for n in range(50)))
    callback, _, dial = dialling(book, 10)
    placed = {dial}
    owed = [
        [duty(state, at(minutes), placed) for state in book.all()] for minutes in (10, 11, 12.1)
    ]
    asked = [[one for one in duties if one is not None] for duties in owed]
    assert asked == [[], [], [AskAboutDial(dial)]]
    assert book.get(callback) is not None


def test_complaint_15_the_list_names_each_who_gave_up_and_why_it_stands_where_it_stands() -> None:
    book = book_with(
        wanted("r1", 1, at(0), reason="abandoned"),
        wanted("r2", 2, at(1), reason="queue_full", urgency="life_at_risk"),
    )
    listed = sorted(book.all(), key=lambda state: place(state, at(2)))
    assert [(state.reason, why_here(state, at(2))) for state in listed] == [
        ("queue_full", "life_at_risk"),
        ("abandoned", "arrival"),
    ]


def test_complaint_16_the_same_fact_twice_is_one_callback() -> None:
    fact = wanted("r1", 1, at(0))
    book = book_with(fact, fact, fact)
    assert [state.version for state in book.all()] == [1]


def test_complaint_17_facts_out_of_order_end_in_the_same_state() -> None:
    wish, answer = wanted("r1", 1, at(0)), served("r1", 1, at(5))
    in_order, reversed_ = CallbackBook(POLICY), CallbackBook(POLICY)
    in_order.wanted(wish, at(6))
    in_order.served(answer, at(6))
    reversed_.served(answer, at(6))
    reversed_.wanted(wish, at(6))
    ends = [
        (state.id, state.outcome, state.origin, state.version)
        for book in (in_order, reversed_)
        for state in book.all()
    ]
    assert ends[0] == ends[1]


def test_complaint_18_a_callback_is_found_by_its_request_among_ten_thousand() -> None:
    book = book_with(*(wanted(f"r{n}", n, at(n / 100)) for n in range(10_000)))
    state = book.of_request("r7777")
    assert state is not None
    assert state.id == derived_id("callback", "r7777")
