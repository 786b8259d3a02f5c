"""What one partition's contacts amount to: the life of a contact, redials, pulses."""

from typing import Any

import pytest
from msgspec.structs import replace

from streams.domain.contacts.contact import ContactBook, OverflowFact, replay_from
from streams.errors import InvalidEventError
from streams.events.contacts import ContactEvent
from streams.events.demand import PulseData, QueueCounts
from tests.support.calls import CENTRE, NOON, after, caller, event

DAY = "2026-03-11"


def told(
    *events: ContactEvent, tick: float | None = None
) -> tuple[ContactBook, list[OverflowFact]]:
    book = ContactBook(CENTRE, 0)
    for offset, one in enumerate(events):
        book.observe(one, offset)
    return book, [] if tick is None else book.tick(after(tick))


def counts(*events: ContactEvent, tick: float | None = None) -> QueueCounts:
    return told(*events, tick=tick)[0].counts()[DAY]["main"]


def pulses(book: ContactBook, key: str = "total") -> list[tuple[int, int, int, int, int]]:
    def row(pulse: PulseData) -> tuple[int, int, int, int, int]:
        second = int((pulse.second - NOON).total_seconds())
        kinds = pulse.first_attempts, pulse.redials, pulse.reconnects, pulse.withheld
        return second, *kinds

    return [row(pulse) for pulse in book.take_pulses() if pulse.key == key]


def test_a_contact_that_is_answered_and_ends_was_answered_live() -> None:
    assert counts(
        event("arrived", "c1", 0, "ann"),
        event("queued", "c1", 2, "ann"),
        event("offered", "c1", 8),
        event("answered", "c1", 12),
        event("completed", "c1", 132, talk_seconds=100.0, wrap_up_seconds=20.0),
    ) == QueueCounts(
        requests=1,
        answered_live=1,
        contacts=1,
        answered=1,
        answered_in_target=1,
        wait_seconds_sum=10.0,
        handle_seconds_sum=120.0,
        handled=1,
        answered_after=(0, 0, 1),
    )


def test_a_ringing_phone_that_nobody_takes_leaves_the_caller_waiting() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("offered", "c1", 5, outcome="ringing", id="o1"),
        event("offered", "c1", 25, outcome="no_answer", id="o2"),
        event("offered", "c1", 30, agent="a2", id="o3"),
    )
    assert (seen.waiting, seen.oldest_waiting_since) == (1, after(0))


def test_a_consultation_between_counselors_is_no_answer_to_the_caller() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("answered", "c1", 5, leg=2, leg_kind="consult"),
        event("completed", "c1", 9, leg=2, leg_kind="consult"),
    )
    assert (seen.waiting, seen.answered) == (1, 0)


def test_our_own_ring_to_a_caller_is_nobodys_request() -> None:
    book, _ = told(event("answered", "dial-1", 0, "ann", leg_kind="callback"))
    assert book.counts() == {}


def test_a_transferred_caller_is_one_contact_handled_twice() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("answered", "c1", 10),
        event("completed", "c1", 70),
        event("queued", "c1", 71, leg=2, leg_kind="transfer", queue="english"),
        event("answered", "c1", 91, leg=2, leg_kind="transfer", queue="english", agent="a2"),
        event("completed", "c1", 121, leg=2, leg_kind="transfer", queue="english", agent="a2"),
    )
    assert (seen.requests, seen.answered_live, seen.contacts) == (1, 1, 1)
    assert (seen.handled, seen.handle_seconds_sum) == (1, 90.0)


def test_who_hangs_up_after_the_transfer_was_answered_live() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("answered", "c1", 10),
        event("completed", "c1", 70),
        event("queued", "c1", 71, leg=2, leg_kind="transfer"),
        event("abandoned", "c1", 200, leg=2, leg_kind="transfer"),
    )
    assert (seen.answered_live, seen.abandoned) == (1, 0)


def test_who_is_turned_away_by_a_full_queue_may_wait_in_the_next() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("deflected", "c1", 1, reason="full"),
        event("queued", "c1", 2, leg=2, leg_kind="transfer", queue="english"),
    )
    assert (seen.waiting, seen.handed_over) == (1, 0)


def test_a_late_report_of_lower_rank_changes_only_what_it_knows() -> None:
    seen = counts(
        event("answered", "c1", 14),
        event("abandoned", "c1", 13),
        event("queued", "c1", 4, "ann"),
        event("arrived", "c1", 0, "ann"),
    )
    assert (seen.answered_live, seen.abandoned, seen.wait_seconds_sum) == (1, 0, 10.0)


def test_the_same_event_twice_counts_once() -> None:
    arrival = event("arrived", "c1", 0, "ann")
    book, _ = told(arrival, arrival)
    assert book.counts()[DAY]["main"].contacts == 1
    assert pulses(book) == [(0, 1, 0, 0, 0)]


def test_the_same_id_with_other_content_is_refused_and_changes_nothing() -> None:
    book, _ = told(event("arrived", "c1", 0, "ann", id="e1"))
    with pytest.raises(InvalidEventError) as refused:
        book.observe(event("arrived", "c1", 7, "ann", id="e1"), 1)
    assert refused.value.reason == "duplicate_differs"
    assert pulses(book) == [(0, 1, 0, 0, 0)]


def test_a_copy_that_intake_sealed_anew_is_the_same_event() -> None:
    first: Any = event("arrived", "c1", 0, "ann")
    resealed = replace(caller("ann"), sealed="s1.other")
    copy = replace(first, data=replace(first.data, caller=resealed), recordedtime=after(5))
    book, _ = told(first, copy)
    assert book.counts()[DAY]["main"].contacts == 1


def test_a_redial_joins_the_first_attempt_and_carries_no_weight() -> None:
    book, _ = told(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 3),
        event("arrived", "c2", 3000, "ann"),
        event("answered", "c2", 3010),
    )
    seen = book.counts()[DAY]["main"]
    assert (seen.requests, seen.answered_live, seen.contacts, seen.redials) == (1, 1, 2, 1)
    assert pulses(book) == [(0, 1, 0, 0, 0), (3000, 0, 1, 0, 0)]


def test_who_was_answered_and_calls_again_reconnects() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("answered", "c1", 5),
        event("completed", "c1", 100),
        event("arrived", "c2", 200, "ann"),
    )
    assert (seen.requests, seen.answered_live, seen.redials, seen.reconnects) == (1, 1, 0, 1)


def test_after_the_redial_window_a_caller_has_a_new_request() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 3),
        event("arrived", "c2", 3604, "ann"),
    )
    assert (seen.requests, seen.redials) == (2, 0)


def test_while_the_first_call_is_open_a_second_joins_it() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann", urgency="life_at_risk"),
        event("arrived", "c2", 5400, "ann"),
    )
    assert (seen.requests, seen.waiting, seen.redials) == (1, 1, 1)


def test_a_promise_is_remembered_for_a_day_so_that_a_redial_after_hours_still_joins() -> None:
    book, _ = told(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 60),
        event("arrived", "c2", 60 + 23 * 3600, "ann"),
    )
    seen = book.counts()[DAY]["main"]
    assert (seen.requests, seen.handed_over, seen.redials) == (1, 1, 1)


def test_a_redial_that_rings_on_does_not_shorten_the_promises_day() -> None:
    seen = counts(
        event("arrived", "c1", 0, "ann"),
        event("abandoned", "c1", 60),
        event("arrived", "c2", 100, "ann"),
        event("offered", "c2", 110, "ann"),
        event("arrived", "c3", 20 * 3600, "ann"),
    )
    assert (seen.requests, seen.redials) == (1, 2)


def test_a_withheld_number_is_a_request_of_its_own_each_time() -> None:
    book, _ = told(event("arrived", "c1", 0), event("arrived", "c2", 1))
    assert book.counts()[DAY]["main"].requests == 2
    assert pulses(book) == [(0, 1, 0, 0, 1), (1, 1, 0, 0, 1)]


def test_an_earlier_attempt_heard_of_late_makes_the_later_one_a_redial() -> None:
    book, _ = told(event("arrived", "c2", 50, "ann"))
    assert pulses(book) == [(50, 1, 0, 0, 0)]
    book.observe(event("arrived", "c1", 10, "ann"), 1)
    assert pulses(book) == [(10, 1, 0, 0, 0), (50, 0, 1, 0, 0)]


def test_a_pulse_moves_when_the_arrival_becomes_known() -> None:
    book, _ = told(event("answered", "c1", 20, "ann"))
    assert pulses(book) == [(20, 1, 0, 0, 0)]
    book.observe(event("arrived", "c1", 11, "ann"), 1)
    assert pulses(book) == [(11, 1, 0, 0, 0), (20, 0, 0, 0, 0)]


def test_a_pulse_is_published_for_the_total_and_each_roll_up() -> None:
    book, _ = told(event("arrived", "c1", 0, "ann", country="JP", topic="disaster", language="ko"))
    assert sorted(pulse.key for pulse in book.take_pulses()) == [
        "channel:voice",
        "country:JP",
        "language:ko",
        "queue:main",
        "topic:disaster",
        "total",
    ]


def test_pulses_are_cumulative_and_only_what_changed_is_said_again() -> None:
    book, _ = told(event("arrived", "c1", 0.2, "ann"), event("arrived", "c2", 1, "bob"))
    book.take_pulses()
    book.observe(event("arrived", "c3", 0.7, "cat"), 2)
    assert pulses(book) == [(0, 2, 0, 0, 0)]
    assert pulses(book) == []


def test_the_day_is_the_centres_date_of_the_first_arrival() -> None:
    book, _ = told(
        event("arrived", "c1", 11.9 * 3600, "ann"),
        event("abandoned", "c1", 11.9 * 3600 + 2),
        event("arrived", "c2", 12.1 * 3600, "ann"),
        event("arrived", "c3", 12.1 * 3600, "bob"),
    )
    by_day = {day: queues["main"].contacts for day, queues in book.counts().items()}
    assert by_day == {"2026-03-11": 2, "2026-03-12": 1}


def test_the_queue_is_that_of_the_first_contact() -> None:
    book, _ = told(
        event("arrived", "c1", 0, "ann", queue="english"),
        event("abandoned", "c1", 2, queue="english"),
        event("arrived", "c2", 9, "ann", queue="main"),
    )
    assert {queue: row.contacts for queue, row in book.counts()[DAY].items()} == {"english": 2}


def test_an_end_that_never_came_is_found_by_its_deadline() -> None:
    seen = counts(event("arrived", "c1", 0), tick=2 * 3600)
    assert (seen.waiting, seen.lost) == (0, {"no_end_seen": 1})


def test_an_answer_heard_after_the_deadline_is_an_answer() -> None:
    book, _ = told(event("arrived", "c1", 0), tick=2 * 3600)
    book.observe(event("answered", "c1", 100), 1)
    assert book.counts()[DAY]["main"].answered_live == 1


def test_an_unanswered_letter_is_not_a_call_whose_end_was_missed() -> None:
    seen = counts(event("arrived", "c1", 0, channel="email"), tick=5 * 3600)
    assert (seen.waiting, seen.lost) == (1, {})


ENDED = (
    event("arrived", "c1", 0, "ann"),
    event("answered", "c1", 5),
    event("completed", "c1", 60),
)


def test_a_settled_contact_is_forgotten_after_hours_and_stays_counted() -> None:
    book, _ = told(*ENDED, tick=1 * 3600)
    assert len(book) == 1
    book.observe(event("arrived", "c2", 3 * 3600, "bob"), 3)
    assert len(book) == 1
    assert book.counts()[DAY]["main"].answered_live == 1
    assert book.counts()[DAY]["main"].contacts == 2


def test_a_report_about_a_settled_contact_is_refused_and_counts_nobody_again() -> None:
    book, _ = told(*ENDED, tick=5 * 3600)
    with pytest.raises(InvalidEventError) as refused:
        book.observe(ENDED[2], 9)
    assert refused.value.reason == "too_late"
    assert book.counts()[DAY]["main"].contacts == 1


def test_a_contact_without_an_end_is_remembered_for_more_than_a_day() -> None:
    book, _ = told(*ENDED[:2], tick=25 * 3600)
    assert len(book) == 1
    book.tick(after(27 * 3600))
    assert len(book) == 0


def test_a_promise_is_remembered_for_more_than_a_day() -> None:
    book, _ = told(event("arrived", "c1", 0, "ann"), event("abandoned", "c1", 60), tick=25 * 3600)
    assert len(book) == 1
    book.tick(after(27 * 3600))
    assert len(book) == 0


def test_an_event_from_before_the_books_memory_is_refused() -> None:
    book, _ = told(event("arrived", "c1", 0, "ann"), tick=27 * 3600)
    with pytest.raises(InvalidEventError) as refused:
        book.observe(event("arrived", "c9", 0, "bob"), 1)
    assert refused.value.reason == "too_late"


def test_days_before_yesterday_are_let_go() -> None:
    book, _ = told(event("arrived", "c1", 0, "ann"), tick=60)
    book.tick(after(24 * 3600))
    assert list(book.counts()) == [DAY]
    book.tick(after(48 * 3600))
    assert book.counts() == {}


def test_a_book_is_refilled_from_before_yesterdays_midnight_at_the_centre() -> None:
    assert replay_from(CENTRE, NOON) == after(-36 * 3600 - 3 * 3600)


def test_the_book_says_how_far_it_has_come() -> None:
    book, _ = told(event("arrived", "c1", 0), event("arrived", "c2", 0))
    assert book.offset == 1
