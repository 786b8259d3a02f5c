"""Who is promised a callback, why, and when not."""

import pytest

from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.events.callbacks import CallbackWanted, CallerServed, Request
from streams.events.codec import derived_id
from streams.events.contacts import ContactEvent
from tests.support.calls import CENTRE, after, caller, event

DAY = "2026-03-11"


def told(*events: ContactEvent) -> ContactBook:
    book = ContactBook(CENTRE, 4)
    for offset, one in enumerate(events):
        book.observe(one, offset)
    return book


def told_to(facts: list[OverflowFact]) -> list[tuple[str, str, str]]:
    """(what, request, contact) of each fact."""
    return [
        ("wanted " + fact.data.reason, fact.data.request.id, fact.data.contact)
        if isinstance(fact, CallbackWanted)
        else ("served", fact.data.request, fact.data.contact)
        for fact in facts
    ]


def lost(book: ContactBook) -> dict[str, int]:
    return dict(book.counts("")[DAY]["main"].lost)


def test_who_gave_up_after_a_real_wait_is_wanted_back_with_all_that_was_known() -> None:
    book = told(
        event(
            "arrived",
            "c1",
            0,
            "ann",
            country="JP",
            language="ko",
            topic="disaster",
            urgency="high",
        ),
        event("abandoned", "c1", 42),
    )
    [fact] = book.tick(after(43))
    assert isinstance(fact, CallbackWanted)
    assert fact.id == derived_id("callback-wanted", "c1")
    assert (fact.source, fact.time, fact.partitionkey) == (
        "surgeline/tally/4",
        after(42),
        caller("ann").key,
    )
    data = fact.data
    assert data.request == Request(id="c1", arrived_at=after(0), queue="main")
    assert (data.contact, data.reason, data.still_waiting) == ("c1", "abandoned", False)
    assert data.caller == caller("ann")
    assert (data.country, data.language, data.topic, data.urgency) == (
        "JP",
        "ko",
        "disaster",
        "high",
    )
    assert (data.caller_tz, data.caller_tz_from) == ("Asia/Tokyo", "country")


def test_without_a_known_country_the_callers_time_is_taken_to_be_the_centres() -> None:
    book = told(event("arrived", "c1", 0, "ann", country="BR"), event("abandoned", "c1", 42))
    [fact] = book.tick(after(43))
    assert isinstance(fact, CallbackWanted)
    assert (fact.data.caller_tz, fact.data.caller_tz_from) == ("Asia/Seoul", "centre")


def test_who_waits_past_the_limit_is_wanted_back_while_still_on_hold() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("queued", "c1", 10))
    assert book.tick(after(189)) == []
    [fact] = book.tick(after(190))
    assert isinstance(fact, CallbackWanted)
    assert (fact.data.reason, fact.data.still_waiting) == ("waited_too_long", True)
    assert fact.time == after(190)
    assert book.tick(after(400)) == []
    assert book.counts()[DAY]["main"].handed_over == 1


def test_a_life_at_risk_is_never_moved_by_waiting() -> None:
    book = told(event("arrived", "c1", 0, "ann", urgency="life_at_risk"))
    assert book.tick(after(3600)) == []
    assert book.counts()[DAY]["main"].waiting == 1


def test_a_life_at_risk_that_hangs_up_is_wanted_back_as_such() -> None:
    book = told(
        event("arrived", "c1", 0, "ann", urgency="life_at_risk"), event("abandoned", "c1", 400)
    )
    [fact] = book.tick(after(401))
    assert isinstance(fact, CallbackWanted)
    assert (fact.data.reason, fact.data.urgency) == ("abandoned", "life_at_risk")


def test_a_life_at_risk_whose_end_was_missed_is_rung_back_and_left_in_the_queue() -> None:
    book = told(event("arrived", "c1", 0, "ann", urgency="life_at_risk"))
    [fact] = book.tick(after(2 * 3600))
    assert isinstance(fact, CallbackWanted)
    assert (fact.data.reason, fact.data.still_waiting) == ("waited_too_long", False)


@pytest.mark.parametrize(
    ("told_why", "reason"),
    [
        ("full", "queue_full"),
        ("closed", "closed_hours"),
        ("moved_to_callback", "asked"),
    ],
)
def test_who_was_turned_away_is_wanted_back_with_the_reason(told_why: str, reason: str) -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("deflected", "c1", 1, reason=told_why))
    assert told_to(book.tick(after(2))) == [(f"wanted {reason}", "c1", "c1")]


def test_a_wish_typed_into_a_chat_comes_from_another_channel() -> None:
    book = told(
        event("arrived", "c1", 0, "ann", channel="chat"),
        event("deflected", "c1", 1, reason="moved_to_callback", channel="chat"),
    )
    assert told_to(book.tick(after(2))) == [("wanted other_channel", "c1", "c1")]


def test_who_was_moved_by_us_is_not_wanted_twice() -> None:
    book = told(event("arrived", "c1", 0, "ann"))
    assert len(book.tick(after(180))) == 1
    book.observe(event("deflected", "c1", 182, reason="moved_to_callback"), 1)
    assert book.tick(after(183)) == []


def test_who_was_served_by_the_announcement_needs_no_callback() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("deflected", "c1", 1, reason="prompt"))
    assert book.tick(after(2)) == []
    assert book.counts()[DAY]["main"].deflected == 1


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([event("arrived", "c1", 0), event("abandoned", "c1", 60)], "no_number"),
        ([event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 4.9)], "short_abandon"),
        (
            [
                event("arrived", "c1", 0, "ann", consent_callback=False),
                event("abandoned", "c1", 60),
            ],
            "consent_refused",
        ),
        ([event("arrived", "c1", 0), event("deflected", "c1", 1)], "no_number"),
    ],
)
def test_who_cannot_be_rung_back_is_lost_with_the_reason(
    events: list[ContactEvent], reason: str
) -> None:
    book = told(*events)
    assert book.tick(after(3600)) == []
    assert lost(book) == {reason: 1}


def test_hanging_up_at_the_limit_of_a_short_abandon_is_a_real_one() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 5))
    assert len(book.tick(after(6))) == 1


def test_hanging_up_when_the_arrival_was_never_seen_is_not_taken_for_short() -> None:
    book = told(event("abandoned", "c1", 5, "ann"))
    assert len(book.tick(after(6))) == 1


def test_who_pressed_the_key_agreed_to_it() -> None:
    book = told(
        event("arrived", "c1", 0, "ann", consent_callback=False),
        event("deflected", "c1", 9, reason="moved_to_callback"),
    )
    assert told_to(book.tick(after(10))) == [("wanted asked", "c1", "c1")]


def test_a_number_that_becomes_known_later_can_still_be_rung() -> None:
    book = told(event("arrived", "c1", 0), event("abandoned", "c1", 60))
    assert book.tick(after(61)) == []
    book.observe(event("queued", "c1", 1, "ann"), 2)
    assert told_to(book.tick(after(70))) == [("wanted abandoned", "c1", "c1")]
    assert lost(book) == {}


def test_a_redial_of_a_lost_request_waits_again_and_can_still_be_answered() -> None:
    book = told(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 2),
        event("arrived", "c2", 60, "ann"),
    )
    assert book.counts()[DAY]["main"].waiting == 1
    book.observe(event("answered", "c2", 70), 3)
    assert book.tick(after(71)) == []
    assert book.counts()[DAY]["main"].answered_live == 1


def test_a_short_abandon_beside_an_open_promise_loses_nobody() -> None:
    book = told(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 60),
        event("arrived", "c2", 90, "ann"),
        event("abandoned", "c2", 92),
    )
    assert told_to(book.tick(after(100))) == [("wanted abandoned", "c1", "c1")]
    assert (lost(book), book.counts()[DAY]["main"].handed_over) == ({}, 1)


def test_who_holds_the_line_with_a_promise_is_left_there() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60))
    book.tick(after(61))
    book.observe(event("arrived", "c2", 100, "ann"), 2)
    assert book.tick(after(1000)) == []


def test_each_answer_after_a_promise_is_told_once() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60))
    book.tick(after(61))
    book.observe(event("arrived", "c2", 100, "ann"), 2)
    book.observe(event("answered", "c2", 110, agent="kim"), 3)
    [fact] = book.tick(after(111))
    assert isinstance(fact, CallerServed)
    assert fact.id == derived_id("caller-served", "c2")
    assert (fact.time, fact.subject) == (after(110), "c1")
    assert (fact.data.request, fact.data.contact, fact.data.agent) == ("c1", "c2", "kim")
    assert fact.data.caller_key == caller("ann").key
    book.observe(event("completed", "c2", 200, agent="kim"), 4)
    assert book.tick(after(201)) == []
    assert book.counts()[DAY]["main"].handed_over == 1


def test_who_is_answered_after_being_moved_was_served() -> None:
    book = told(event("arrived", "c1", 0, "ann"))
    book.tick(after(180))
    book.observe(event("answered", "c1", 181), 1)
    assert told_to(book.tick(after(182))) == [("served", "c1", "c1")]


def test_an_answer_from_before_the_need_does_not_close_the_promise() -> None:
    book = told(
        event("arrived", "c1", 0, "ann"),
        event("answered", "c1", 5),
        event("completed", "c1", 65),
        event("arrived", "c2", 100, "ann"),
        event("abandoned", "c2", 160),
    )
    assert told_to(book.tick(after(161))) == [("wanted abandoned", "c1", "c2")]


def test_who_asks_again_after_a_promise_is_told_again_under_the_same_request() -> None:
    book = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60))
    book.tick(after(61))
    book.observe(event("arrived", "c2", 7200, "ann"), 2)
    book.observe(event("abandoned", "c2", 7260), 3)
    [again] = book.tick(after(7261))
    assert again.id == derived_id("callback-wanted", "c1", "c2")
    assert told_to([again]) == [("wanted abandoned", "c1", "c2")]
    assert book.counts()[DAY]["main"].requests == 1


def test_a_second_line_given_up_before_the_promise_asks_for_nothing_more() -> None:
    book = told(
        event("arrived", "c1", 0, "ann"),
        event("arrived", "c2", 20, "ann"),
        event("abandoned", "c2", 50),
        event("abandoned", "c1", 60),
    )
    assert told_to(book.tick(after(61))) == [("wanted abandoned", "c1", "c1")]


def test_a_book_remembers_the_promises_it_made_in_an_earlier_life() -> None:
    before = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60))
    facts = before.tick(after(61))
    book = ContactBook(CENTRE, 4)
    for fact in facts:
        book.remember(fact)
    book.observe(event("arrived", "c2", 20 * 3600, "ann"), 9)
    book.observe(event("answered", "c2", 20 * 3600 + 9), 10)
    assert told_to(book.tick(after(20 * 3600 + 10))) == [("served", "c1", "c2")]


def test_a_book_leaves_the_promises_of_other_partitions_alone() -> None:
    before = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60))
    other = ContactBook(CENTRE, 5)
    for fact in before.tick(after(61)):
        other.remember(fact)
    assert len(other) == 0
