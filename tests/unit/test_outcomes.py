"""One outcome per request, and shares that always add up."""

from datetime import datetime

import pytest

from streams.domain.contacts.outcomes import RequestOutcome, outcome_of, shares
from streams.events.callbacks import Outcome
from streams.events.demand import QueueCounts
from tests.support.calls import after
from tests.support.promises import promise


@pytest.mark.parametrize(
    ("standing", "outcome"),
    [
        ("waiting", RequestOutcome("waiting")),
        ("answered_live", RequestOutcome("answered_live")),
        ("deflected", RequestOutcome("deflected")),
        ("handed_over", RequestOutcome("callback_open")),
        ("short_abandon", RequestOutcome("lost", "short_abandon")),
    ],
)
def test_where_the_tally_sees_a_request_says_its_outcome(
    standing: str, outcome: RequestOutcome
) -> None:
    assert outcome_of(standing, []) == outcome


@pytest.mark.parametrize(
    ("ended", "reason", "outcome"),
    [
        (None, None, RequestOutcome("callback_open")),
        ("completed", "helped", RequestOutcome("callback_completed")),
        ("reached_us_first", None, RequestOutcome("answered_live")),
        ("withdrawn", "asked us not to", RequestOutcome("withdrawn", "asked us not to")),
        ("expired", None, RequestOutcome("lost", "expired")),
        ("unreachable", "no_answer", RequestOutcome("lost", "unreachable")),
        ("blocked", "blocked_number", RequestOutcome("lost", "blocked")),
    ],
)
def test_a_request_that_was_handed_over_is_where_its_callback_is(
    ended: Outcome | None, reason: str | None, outcome: RequestOutcome
) -> None:
    made = promise("cb1", "c1", outcome=ended, outcome_reason=reason)
    assert outcome_of("handed_over", [made]) == outcome


def test_a_second_promise_for_the_same_request_decides() -> None:
    first = promise("cb1", "c1", outcome="completed", closed_at=after(100))
    assert outcome_of("handed_over", [first, promise("cb2", "c1")]).word == "callback_open"
    later = promise("cb2", "c1", outcome="expired", closed_at=after(900))
    assert outcome_of("handed_over", [later, first]) == RequestOutcome("lost", "expired")


def test_the_shares_add_up_to_all_requests() -> None:
    counts = [
        QueueCounts(requests=6, waiting=1, answered_live=2, handed_over=3),
        QueueCounts(requests=4, handed_over=1, deflected=1, lost={"no_number": 2}),
    ]
    callbacks = [
        promise("cb1", "c1", outcome="completed"),
        promise("cb2", "c2", outcome="reached_us_first"),
        promise("cb3", "c3"),
    ]
    seen = shares(counts, callbacks)
    assert seen.requests == sum(seen.as_counts().values()) == 10
    assert seen.as_counts() == {
        "waiting": 1,
        "answered_live": 3,
        "callback_open": 2,  # one of them not heard of by the callbacks yet
        "callback_completed": 1,
        "withdrawn": 0,
        "deflected": 1,
        "lost": 2,
        "unaccounted": 0,
    }
    assert seen.reasons == {"lost:no_number": 2}


def test_a_promise_the_counts_do_not_know_yet_is_not_counted_twice() -> None:
    seen = shares([QueueCounts(requests=2, waiting=2)], [promise("cb1", "c1")])
    assert (seen.requests, seen.waiting, seen.callback_open) == (2, 1, 1)


def test_a_promise_answers_for_each_of_its_requests() -> None:
    made = promise("cb1", "c1", "c2", outcome="completed")
    assert shares([QueueCounts(requests=2, handed_over=2)], [made]).callback_completed == 2


def test_what_closed_last_is_told_by_the_clock_not_by_the_order_read() -> None:
    ends: list[tuple[Outcome, datetime]] = [("expired", after(5)), ("completed", after(9))]
    made = [promise(f"cb{n}", "c1", outcome=o, closed_at=t) for n, (o, t) in enumerate(ends)]
    assert outcome_of("handed_over", made[::-1]) == RequestOutcome("callback_completed")
