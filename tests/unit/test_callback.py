"""How does one callback live?"""

from datetime import timedelta

import pytest

from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import RefusedError
from streams.domain.callbacks.duties import (
    AskAboutDial,
    CancelDial,
    PlaceDial,
    TakeOffHold,
    duty,
)
from streams.domain.callbacks.lease import Claim
from streams.events.callbacks import CallbackData
from streams.events.codec import decode, derived_id, encode
from tests.support.callback_book import KIM, POLICY, book_with, dialling, lease
from tests.support.callbacks import at, served, wanted


def state_of(book: CallbackBook, callback: str) -> CallbackData:
    state = book.get(callback)
    assert state is not None
    return state


def refusal(book: CallbackBook, act: object) -> str:
    with pytest.raises(RefusedError) as refused:
        act()  # type: ignore[operator]
    assert book.take_changes() == []
    return refused.value.reason


def test_a_promise_is_dated_from_when_it_was_asked_for_however_late_it_is_heard_of() -> None:
    book = CallbackBook(POLICY)
    state = book.wanted(wanted("r1", 1, at(0)), at(45))
    assert state is not None
    assert (state.requested_at, state.promised_by, state.expires_at, state.due_at) == (
        at(0),
        at(4 * 60),
        at(24 * 60),
        at(0),
    )


def test_the_facts_of_a_whole_life_are_the_transitions_in_order_without_a_gap() -> None:
    book = CallbackBook(POLICY)
    book.wanted(wanted("r1", 1, at(0), still_waiting=True), at(0))
    callback = derived_id("callback", "r1")
    book.call_withdrawn(callback, "r1", "withdrawn", at(0))
    _, claim, _ = dialling(book, 1)
    book.reveal_number(callback, claim, at(1))
    book.connected(callback, claim, at(2))
    book.renew(callback, claim, at(3))
    book.complete(callback, claim, "advised", at(5))
    changes = book.take_changes()
    assert [(change.state.version, change.name) for change in changes] == list(
        enumerate(
            (
                "requested",
                "call_withdrawn",
                "leased",
                "dialled",
                "number_revealed",
                "connected",
                "renewed",
                "completed",
            ),
            start=1,
        )
    )


def test_a_change_is_the_same_fact_after_a_trip_over_the_log() -> None:
    book = CallbackBook(POLICY)
    book.wanted(wanted("r1", 1, at(0)), at(0))
    fact = book.take_changes()[0].event()
    assert decode(encode(fact)) == fact


def test_a_caller_on_hold_is_taken_off_hold_before_anyone_may_have_the_callback() -> None:
    book = book_with(wanted("r1", 1, at(0), still_waiting=True))
    callback = derived_id("callback", "r1")
    waits = state_of(book, callback)
    before = book.first_for(KIM, at(1))
    book.call_withdrawn(callback, "r1", "withdrawn", at(1))
    after = book.first_for(KIM, at(1))
    assert (waits.state, duty(waits, at(1)), before, after and after.state) == (
        "requested",
        TakeOffHold("r1"),
        None,
        "due",
    )


def test_a_caller_who_was_answered_before_the_withdrawal_is_not_called_back() -> None:
    book = book_with(wanted("r1", 1, at(0), still_waiting=True))
    state = book.call_withdrawn(derived_id("callback", "r1"), "r1", "answered", at(1))
    assert state is not None
    assert (state.state, state.outcome) == ("closed", "reached_us_first")


def test_a_call_that_comes_to_wait_after_the_lease_stops_the_dial_until_it_is_off_hold() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim = lease(book, 1)
    book.wanted(wanted("r2", 1, at(1), still_waiting=True), at(1))
    book.take_changes()
    reason = refusal(book, lambda: book.start_dial(callback, claim, at(1)))
    book.call_withdrawn(callback, "r2", "withdrawn", at(1))
    assert (reason, book.start_dial(callback, claim, at(1)).state) == ("on_hold", "dialling")


def test_a_second_wish_of_the_same_caller_joins_the_open_callback_and_keeps_the_place() -> None:
    book = book_with(wanted("r1", 1, at(10)))
    state = book.wanted(wanted("r2", 1, at(20), arrived=at(5), urgency="life_at_risk"), at(20))
    assert state is not None
    assert ([r.id for r in state.requests], state.origin, state.urgency, state.promised_by) == (
        ["r1", "r2"],
        at(5),
        "life_at_risk",
        at(10 + 4 * 60),
    )


def test_the_same_wish_again_changes_nothing() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    book.wanted(wanted("r1", 1, at(0)), at(30))
    assert book.take_changes() == []


def test_a_wish_heard_again_after_the_callback_was_closed_changes_nothing() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, _ = dialling(book, 1)
    book.connected(callback, claim, at(2))
    book.complete(callback, claim, "advised", at(3))
    book.take_changes()
    book.wanted(wanted("r1", 1, at(0)), at(4))
    assert book.take_changes() == []


def test_a_caller_who_gives_up_again_after_a_closed_callback_gets_a_new_one() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    book.served(served("r1", 1, at(2)), at(2))
    state = book.wanted(wanted("r1", 1, at(9), contact="c2", arrived=at(0)), at(9))
    assert state is not None
    assert (state.id != derived_id("callback", "r1"), state.state, state.origin) == (
        True,
        "due",
        at(0),
    )


def test_an_answer_heard_of_before_the_wish_closes_the_callback_as_it_begins() -> None:
    book = CallbackBook(POLICY)
    book.served(served("r1", 1, at(2)), at(2))
    state = book.wanted(wanted("r1", 1, at(1)), at(3))
    assert state is not None
    assert ([change.name for change in book.take_changes()], state.outcome) == (
        ["requested", "withdrawn"],
        "reached_us_first",
    )


def test_an_answer_from_before_the_wish_does_not_close_it() -> None:
    book = book_with(wanted("r2", 1, at(10)))
    state = book.served(served("r1", 1, at(5)), at(11))
    assert state is not None
    assert state.state == "due"


def test_a_blocked_number_is_closed_at_once_and_never_due() -> None:
    book = CallbackBook(POLICY)
    state = book.wanted(wanted("r1", 1, at(0)), at(0), ("blocked", "number_blocked"))
    assert state is not None
    assert (state.state, state.outcome, book.first_for(KIM, at(1))) == ("closed", "blocked", None)


def test_a_dial_is_owed_once_the_callback_is_dialling_and_no_more_when_placed() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, _, dial = dialling(book, 1)
    state = state_of(book, callback)
    assert (duty(state, at(1)), duty(state, at(1), {dial})) == (PlaceDial(dial), None)


def test_a_caller_who_reaches_us_mid_dial_has_the_dial_cancelled_and_the_callback_closed() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, _, dial = dialling(book, 1)
    state = book.served(served("r1", 1, at(1.5)), at(1.5))
    assert state is not None
    owed = duty(state, at(1.5), {dial})
    after = book.dial_ended(callback, dial, at(2))
    assert after is not None
    assert (state.outcome, owed, duty(after, at(2))) == ("reached_us_first", CancelDial(dial), None)


def test_a_failed_dial_is_no_end_until_the_phone_system_says_so() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    book.fail(callback, claim, "no_answer", at(2))
    due = at(2) + POLICY.retry_after
    state = state_of(book, callback)
    unsure = book.first_for(KIM, due)
    book.take_changes()
    reason = refusal(book, lambda: book.lease(callback, "lee", due))
    book.dial_ended(callback, dial, at(3))
    sure = book.first_for(KIM, due)
    assert (duty(state, at(2)), unsure, reason, sure and sure.id) == (
        CancelDial(dial),
        None,
        "not_due",
        callback,
    )


def test_a_talk_reported_without_being_connected_leaves_no_dial_behind() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    state = book.complete(callback, claim, "advised", at(2))
    assert (state.outcome, duty(state, at(2))) == ("completed", CancelDial(dial))


def test_the_last_attempt_without_an_answer_closes_as_unreachable() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    minutes = 1.0
    for _ in range(POLICY.attempts):
        callback, claim, dial = dialling(book, minutes)
        book.fail(callback, claim, "no_answer", at(minutes))
        book.dial_ended(callback, dial, at(minutes))
        minutes += 11
    state = state_of(book, callback)
    assert (state.state, state.outcome, len(state.attempts), state.id) == (
        "closed",
        "unreachable",
        3,
        derived_id("callback", "r1"),
    )


def test_a_failure_of_our_own_costs_the_caller_no_attempt_and_little_time() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    minutes = 1.0
    for _ in range(POLICY.attempts + 1):
        callback, claim, dial = dialling(book, minutes)
        book.fail(callback, claim, "agent_gone", at(minutes))
        book.dial_ended(callback, dial, at(minutes))
        minutes += 1
    assert state_of(book, callback).state == "due"


def test_a_number_that_does_not_exist_is_not_tried_again() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, _ = dialling(book, 1)
    state = book.fail(callback, claim, "invalid_number", at(2))
    assert (state.outcome, state.outcome_reason) == ("unreachable", "invalid_number")


def test_a_callback_given_back_before_any_dial_is_due_at_once_in_its_old_place() -> None:
    book = book_with(wanted("r1", 1, at(0)), wanted("r2", 2, at(1)))
    callback, claim = lease(book, 2)
    book.fail(callback, claim, "not_dialled", at(2))
    first = book.first_for(KIM, at(2))
    assert (first and first.id, first and first.attempts) == (callback, ())


def test_a_lease_that_ran_out_before_any_dial_is_due_again() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim = lease(book, 1)
    early = book.lease_ran_out(callback, at(1) + POLICY.lease)
    state = book.lease_ran_out(callback, at(1) + POLICY.lease + timedelta(seconds=1))
    book.take_changes()
    reason = refusal(book, lambda: book.start_dial(callback, claim, at(4)))
    assert early
    assert early.state == "leased"
    assert (state and state.state, reason) == ("due", "stale_token")


def test_a_holder_who_falls_silent_after_dialling_is_asked_after_not_assumed() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, _, dial = dialling(book, 1)
    book.lease_ran_out(callback, at(9))
    state = state_of(book, callback)
    assert (state.state, duty(state, at(9), {dial})) == ("dialling", AskAboutDial(dial))


@pytest.mark.parametrize(
    ("condition", "outcome", "state", "closed_as"),
    [
        ("ringing", None, "dialling", None),
        ("connected", None, "connected", None),
        ("ended", "no_answer", "due", None),
        ("ended", "completed", "closed", "completed"),
        ("unknown", None, "due", None),
    ],
)
def test_what_the_phone_system_knows_of_a_dial_decides(
    condition: str, outcome: str | None, state: str, closed_as: str | None
) -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, _, dial = dialling(book, 1)
    after = book.phone_says(callback, dial, condition, outcome, at(9))
    assert after is not None
    assert (after.state, after.outcome) == (state, closed_as)


def test_a_talk_whose_desk_fell_silent_is_closed_when_the_phone_system_says_it_is_over() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    book.connected(callback, claim, at(2))
    state = book.phone_says(callback, dial, "ended", "hung_up", at(20))
    assert state is not None
    assert (state.outcome, state.outcome_reason) == ("completed", "closed_by_phone_system")


def test_a_late_holder_is_refused_once_another_has_the_lease() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, old = lease(book, 1, "kim")
    book.lease_ran_out(callback, at(9))
    lease(book, 9, "lee")
    book.take_changes()
    reasons = {
        refusal(book, lambda: book.start_dial(callback, old, at(9))),
        refusal(book, lambda: book.complete(callback, old, "advised", at(9))),
        refusal(book, lambda: book.fail(callback, old, "no_answer", at(9))),
        refusal(book, lambda: book.renew(callback, old, at(9))),
        refusal(book, lambda: book.reveal_number(callback, old, at(9))),
    }
    assert reasons == {"stale_token"}


def test_a_token_of_an_earlier_life_of_redis_is_refused_and_the_holder_gets_a_new_one() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, old, _ = dialling(book, 1)
    rebuilt = CallbackBook(POLICY, epoch=2)
    rebuilt.load(state_of(book, callback))
    reason = refusal(rebuilt, lambda: rebuilt.connected(callback, old, at(2)))
    state = rebuilt.lease(callback, "kim", at(2))
    new = Claim(agent="kim", epoch=state.epoch, token=state.token)
    assert (reason, new.epoch, new.token > old.token) == ("stale_epoch", 2, True)
    assert rebuilt.connected(callback, new, at(2)).state == "connected"


def test_an_agent_holds_one_callback_and_asking_again_gives_the_same() -> None:
    book = book_with(wanted("r1", 1, at(0)), wanted("r2", 2, at(0)))
    callback, claim = lease(book, 1)
    book.take_changes()
    again = book.lease(callback, "kim", at(1.5))
    assert (again.token, book.take_changes()) == (claim.token, [])


def test_every_report_may_be_repeated_and_counts_once() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    assert book.start_dial(callback, claim, at(1)).attempts[-1].id == dial
    book.fail(callback, claim, "busy", at(2))
    book.fail(callback, claim, "busy", at(2))
    book.dial_ended(callback, dial, at(2))
    book.dial_ended(callback, dial, at(2))
    callback, claim, _ = dialling(book, 20)
    book.connected(callback, claim, at(21))
    book.connected(callback, claim, at(21))
    book.complete(callback, claim, "advised", at(22))
    book.complete(callback, claim, "advised", at(22))
    names = [change.name for change in book.take_changes()]
    assert names == [
        "leased",
        "dialled",
        "failed",
        "dial_ended",
        "leased",
        "dialled",
        "connected",
        "completed",
    ]


def test_another_time_is_kept_and_promised_for_soon_after() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim = lease(book, 1)
    state = book.reschedule(callback, claim, at(120), at(2))
    assert (state.state, state.due_at, state.promised_by) == ("due", at(120), at(135))
    assert book.first_for(KIM, at(119)) is None


def test_a_callback_is_not_put_into_the_past() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    with pytest.raises(RefusedError) as refused:
        book.reschedule(derived_id("callback", "r1"), None, at(1), at(2))
    assert (refused.value.reason, refused.value.field) == ("invalid", "at")


def test_only_a_lead_takes_a_callback_from_its_holder() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, _, dial = dialling(book, 1)
    book.take_changes()
    reason = refusal(book, lambda: book.withdraw(callback, None, "duplicate", at(2)))
    state = book.withdraw(callback, None, "duplicate", at(2), override=True)
    assert (reason, state.outcome, duty(state, at(2))) == ("held", "withdrawn", CancelDial(dial))


def test_a_talk_under_way_is_not_withdrawn() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, _ = dialling(book, 1)
    book.connected(callback, claim, at(2))
    book.take_changes()
    reason = refusal(book, lambda: book.withdraw(callback, claim, "done", at(3), override=True))
    assert reason == "connected"


def test_a_promise_expires_openly_and_never_under_a_holder() -> None:
    book = book_with(wanted("r1", 1, at(0)), wanted("r2", 2, at(0)))
    callback, _ = lease(book, 24 * 60 - 1)
    other = derived_id("callback", "r2" if callback == derived_id("callback", "r1") else "r1")
    held = book.expire(callback, at(24 * 60))
    state = book.expire(other, at(24 * 60))
    assert (held and held.state, state and state.outcome, state and state.outcome_reason) == (
        "leased",
        "expired",
        "never_dialled",
    )


def test_who_asks_again_for_a_closed_request_joins_the_callback_that_is_open_meanwhile() -> None:
    """Found by the state machine: this made two open callbacks for one caller."""
    book = CallbackBook(POLICY)
    book.wanted(wanted("r1", 1, at(0)), at(0))
    book.served(served("r1", 1, at(1), "s1"), at(1))
    open_now = book.wanted(wanted("r2", 1, at(2)), at(2))
    assert open_now is not None
    joined = book.wanted(wanted("r1", 1, at(3), contact="c3"), at(3))
    assert joined is not None
    assert joined.id == open_now.id
    assert [request.id for request in joined.requests] == ["r2", "r1"]
    assert sum(state.state != "closed" for state in book.all()) == 1


def test_an_answer_heard_of_before_two_wishes_that_join_closes_what_they_joined() -> None:
    book = CallbackBook(POLICY)
    book.served(served("r2", 1, at(6)), at(7))
    book.wanted(wanted("r1", 1, at(5)), at(7))
    state = book.wanted(wanted("r2", 1, at(5.5)), at(7))
    assert state is not None
    assert (len(state.requests), state.outcome) == (2, "reached_us_first")


def test_an_answer_heard_of_before_a_later_try_of_a_closed_request_is_remembered() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    [first] = book.all()
    book.withdraw(first.id, None, "wrong_number", at(3))
    book.served(served("r1", 1, at(6)), at(7))
    again = book.wanted(wanted("r1", 1, at(5), contact="c2"), at(7))
    assert again is not None
    assert (again.id == first.id, again.outcome) == (False, "reached_us_first")


@pytest.mark.parametrize("condition", ["ringing", "connected"])
def test_an_answer_that_comes_after_the_desk_gave_up_brings_nothing_back(condition: str) -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    given_up = book.fail(callback, claim, "no_answer", at(5))
    state = book.phone_says(callback, dial, condition, None, at(6))
    ended = book.phone_says(callback, dial, "ended", "no_answer", at(7))
    assert ended is not None
    assert (state, ended.state, ended.attempts[-1].ended_at) == (given_up, "due", at(7))


def test_what_the_desk_said_of_a_dial_stands_though_a_voicemail_is_a_talk_to_the_phones() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    book.fail(callback, claim, "voicemail", at(5))
    state = book.phone_says(callback, dial, "ended", "completed", at(6))
    assert state is not None
    assert (state.state, state.attempts[-1].outcome) == ("due", "voicemail")


def test_who_is_served_while_we_talk_is_not_rung_again_before_that_talk_is_over() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim, dial = dialling(book, 1)
    book.connected(callback, claim, at(2))
    state = book.served(served("r1", 1, at(3)), at(3))
    assert state is not None
    assert (state.outcome, duty(state, at(3))) == ("completed", CancelDial(dial))
