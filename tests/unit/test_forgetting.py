"""What stays of a callback whose caller is forgotten, and when is one forgotten unasked?"""

from datetime import timedelta

import msgspec
import pytest

from services.callbacks.items import commit_arguments
from streams.domain.callbacks.callback import RefusedError
from streams.domain.callbacks.forgetting import Keeping
from streams.events.callbacks import CallbackData
from streams.events.codec import derived_id
from tests.support.callback_book import book_with, dialling
from tests.support.callbacks import at, wanted

FIRST = derived_id("callback", "r1")
KEEPING = Keeping(numbers=timedelta(days=7), records=timedelta(days=40))


def closed(minute: float = 1) -> CallbackData:
    book = book_with(wanted("r1", 1, at(0), country="KR"))
    return book.withdraw(FIRST, None, "asked", at(minute))


def test_who_is_erased_is_withdrawn_first_and_the_record_knows_its_contacts_only() -> None:
    book = book_with(wanted("r1", 1, at(0), country="KR", language="ko"))
    before = book.get(FIRST)
    book.erase(FIRST, at(2))
    changes = book.take_changes()
    after = changes[-1].state
    assert before is not None
    assert [change.name for change in changes] == ["withdrawn", "erased"]
    assert (after.caller.sealed, after.country, after.language) == (None, None, None)
    assert after.caller.key != before.caller.key
    assert (after.requests, after.contact, after.version) == (before.requests, "r1", 3)
    assert book.has_open(before.caller.key) is False


def test_redis_is_told_under_which_key_the_erased_one_was_open() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    before = book.get(FIRST)
    book.erase(FIRST, at(2))
    assert before is not None
    [item, _], _ = commit_arguments(before, book.take_changes(), "")
    assert msgspec.json.decode(item)["former"] == before.caller.key


def test_a_wish_delivered_again_finds_what_is_left_and_a_new_one_is_new() -> None:
    book = book_with(first := wanted("r1", 1, at(0)))
    book.erase(FIRST, at(2))
    again = book.wanted(first, at(3))
    later = book.wanted(wanted("r2", 1, at(4)), at(4))
    assert again is not None
    assert later is not None
    assert (again.id, again.state, later.id == FIRST, later.state) == (
        FIRST,
        "closed",
        False,
        "due",
    )


def test_a_dial_under_way_is_cancelled_and_a_talk_is_not_cut() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    _, claim, _ = dialling(book, 1)
    book.connected(FIRST, claim, at(2))
    with pytest.raises(RefusedError, match="talking"):
        book.erase(FIRST, at(3))


def test_erased_twice_is_erased_once() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    book.erase(FIRST, at(2))
    book.take_changes()
    book.erase(FIRST, at(3))
    assert book.take_changes() == []


def test_a_number_is_sealed_anew_only_when_it_is_still_the_one_that_was_seen() -> None:
    book = book_with(wanted("r1", 1, at(0), sealed="s1.a"))
    book.reseal(FIRST, "s1.other", "s2.b", at(1))
    book.reseal(FIRST, "s1.a", "s2.b", at(1))
    [change] = book.take_changes()
    assert (change.name, change.state.caller.sealed, change.state.state) == (
        "resealed",
        "s2.b",
        "due",
    )


@pytest.mark.parametrize(("days", "fate"), [(6, "kept"), (8, "nameless"), (41, "gone")])
def test_what_has_ended_is_nameless_after_a_time_and_gone_after_another(
    days: int, fate: str
) -> None:
    assert KEEPING.fate(closed(), at(2) + timedelta(days=days)) == fate


def test_what_is_open_is_kept_however_old_and_the_nameless_only_once() -> None:
    book = book_with(wanted("r1", 1, at(0)))
    open_ = book.get(FIRST)
    assert open_ is not None
    assert KEEPING.fate(open_, at(0) + timedelta(days=400)) == "kept"
    book.erase(FIRST, at(1))
    erased = book.get(FIRST)
    assert erased is not None
    assert KEEPING.fate(erased, at(2) + timedelta(days=8)) == "kept"
