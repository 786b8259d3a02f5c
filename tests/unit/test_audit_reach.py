"""How far must the log be read, so that nobody is missed and nobody is accused too early?"""

from datetime import UTC, datetime, timedelta

from services.audit.reader import CONTEXT, came_later, read_from
from streams.domain.contacts.contact import ContactBook
from streams.domain.contacts.ledger import Ledger
from streams.events.demand import QueueData
from tests.support.calls import CENTRE, after, event

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def test_what_came_before_is_read_as_context() -> None:
    since = NOW - timedelta(hours=2)
    assert read_from(since, NOW) == since - CONTEXT


def test_a_moment_of_a_rehearsals_clock_is_no_time_of_writing() -> None:
    assert read_from(NOW + timedelta(days=6), NOW) is None
    assert read_from(None, NOW) is None


def test_a_promise_that_time_called_for_after_the_counts_were_said_is_not_held_against_them() -> (
    None
):
    book, ledger = ContactBook(CENTRE, 0), Ledger(CENTRE)
    limit = CENTRE.overflow.wait_limit.total_seconds()
    for offset, one in enumerate(
        (event("arrived", "c1", 0, "ann"), event("arrived", "c2", 9, "b"))
    ):
        book.observe(one, offset)
        ledger.contact(one, 0, offset)
    [first] = book.tick(after(limit + 5))
    said_at = after(limit + 5)
    said = QueueData(partition=0, offset=1, counts=book.counts())
    [second] = book.tick(after(limit + 15))
    assert [came_later(fact, said_at) for fact in (first, second)] == [False, True]
    assert not came_later(second, None)
    ledger.overflow(first)
    assert ledger.counts_differ(said) is None
    ledger.overflow(second)
    assert ledger.counts_differ(said) is not None
