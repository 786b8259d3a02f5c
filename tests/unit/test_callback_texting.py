"""Does who could not be reached by ringing get one text message, and nobody else any?"""

import pytest

from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.duties import HandOverText, duty, has_duties
from streams.domain.callbacks.texting import text_id
from streams.domain.centre import CallbackPolicy
from streams.events.callbacks import CallbackData
from tests.support.callback_book import POLICY, dialling
from tests.support.callbacks import at, served, wanted


def tried(times: int, outcome: str = "no_answer", text_after: int = 1) -> CallbackBook:
    book = CallbackBook(POLICY, rules=CallbackPolicy(text_after=text_after))
    book.wanted(wanted("r1", 1, at(0)), at(0))
    for n in range(times):
        callback, claim, dial = dialling(book, 1 + 15 * n)
        book.fail(callback, claim, outcome, at(1 + 15 * n))
        book.dial_ended(callback, dial, at(2 + 15 * n))
    return book


def only(book: CallbackBook) -> CallbackData:
    [state] = book.all()
    return state


@pytest.mark.parametrize(("after", "times", "owed"), [(1, 1, True), (2, 1, False), (2, 2, True)])
def test_a_text_is_owed_after_so_many_unanswered_attempts(
    after: int, times: int, owed: bool
) -> None:
    state = only(tried(times, text_after=after))
    assert (duty(state, at(20)) == HandOverText(text_id(state)), has_duties(state)) == (owed, owed)


@pytest.mark.parametrize("outcome", ["technical", "abandoned_by_us", "agent_gone"])
def test_a_failure_of_our_own_is_no_reason_to_text(outcome: str) -> None:
    assert only(tried(1, outcome)).text is None


def test_a_centre_that_sends_no_texts_owes_none() -> None:
    assert only(tried(3, text_after=0)).text is None


def test_while_the_dial_may_still_ring_its_end_comes_first() -> None:
    book = CallbackBook(POLICY)
    book.wanted(wanted("r1", 1, at(0)), at(0))
    callback, claim, _ = dialling(book, 1)
    state = book.fail(callback, claim, "no_answer", at(1))
    assert not isinstance(duty(state, at(1)), HandOverText)


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_once_handed_over_or_refused_nothing_more_is_owed(answer: str) -> None:
    book = tried(1)
    state = book.text_told(only(book).id, answer, at(3))  # type: ignore[arg-type]
    again = book.text_told(only(book).id, "accepted", at(4))
    assert state is not None
    assert (state.text, again, duty(state, at(4))) == (answer, state, None)


def test_a_second_unanswered_attempt_sends_no_second_text() -> None:
    book = tried(1)
    book.text_told(only(book).id, "accepted", at(3))
    callback, claim, dial = dialling(book, 20)
    book.fail(callback, claim, "no_answer", at(20))
    state = book.dial_ended(callback, dial, at(21))
    assert state is not None
    assert (state.text, duty(state, at(22))) == ("accepted", None)


def test_who_was_given_up_on_is_still_told() -> None:
    book = CallbackBook(POLICY, rules=CallbackPolicy(text_after=3))
    book.wanted(wanted("r1", 1, at(0)), at(0))
    for n in range(3):
        callback, claim, dial = dialling(book, 1 + 15 * n)
        book.fail(callback, claim, "no_answer", at(1 + 15 * n))
        book.dial_ended(callback, dial, at(2 + 15 * n))
    state = only(book)
    assert (state.outcome, duty(state, at(60))) == ("unreachable", HandOverText(text_id(state)))


def test_who_reached_us_meanwhile_is_not_told_that_we_could_not_reach_them() -> None:
    book = tried(1)
    state = book.served(served("r1", 1, at(5)), at(5))
    assert state is not None
    assert (duty(state, at(6)), has_duties(state)) == (None, False)
