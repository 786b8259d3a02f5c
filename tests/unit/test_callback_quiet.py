"""Is anybody rung in the night, and does anybody wait for the morning who cannot?"""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import RefusedError
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import may_be_leased
from streams.domain.callbacks.quiet import zone_of
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData
from tests.support.callback_book import KIM
from tests.support.callbacks import wanted

SEOUL = ZoneInfo("Asia/Seoul")
RULES = CallbackPolicy(
    quiet_hours=(time(22), time(8)), quiet_after=timedelta(hours=1), timezone=SEOUL
)


def day(hour: int, minute: int = 0, *, date: int = 2) -> datetime:
    """A moment of early March 2026, UTC: 18:00 in Seoul is 09:00 here."""
    return datetime(2026, 3, date, hour, minute, tzinfo=UTC)


def asked(when: datetime, **data: Any) -> tuple[CallbackBook, CallbackData]:
    book = CallbackBook(OverflowPolicy(), rules=RULES)
    state = book.wanted(wanted("r1", 1, when, **data), when)
    assert state is not None
    return book, state


def after_failing(book: CallbackBook, state: CallbackData, when: datetime) -> CallbackData:
    held = book.lease(state.id, "kim", when)
    claim = Claim(agent="kim", epoch=held.epoch, token=held.token)
    dial = book.start_dial(state.id, claim, when).attempts[-1].id
    book.fail(state.id, claim, "no_answer", when)
    ended = book.dial_ended(state.id, dial, when)
    assert ended is not None
    return ended


def test_a_callback_is_rung_until_the_night_begins_where_the_caller_is() -> None:
    book, state = asked(day(10), caller_tz="Asia/Ho_Chi_Minh", caller_tz_from="country")
    # 22:00 in Hanoi is 15:00 UTC.
    assert state.quiet_from == day(15)
    rung = [book.first_for(KIM, now) is not None for now in (day(14, 59), day(15))]
    assert rung == [True, False]


def test_who_asked_a_short_while_ago_is_awake_whatever_the_hour() -> None:
    book, state = asked(day(14))  # 23:00 in Seoul
    rung = [book.first_for(KIM, now) is not None for now in (day(14, 59), day(15))]
    assert (state.due_at, state.quiet_from, rung) == (day(14), day(15), [True, False])


def test_in_the_night_it_is_put_off_to_the_morning_and_promised_for_then() -> None:
    book, state = asked(day(10))
    # 22:00 in Seoul is 13:00 UTC, 08:00 is 23:00 UTC.
    put_off = book.postpone(state.id, day(13))
    assert put_off is not None
    assert (put_off.due_at, put_off.promised_by, put_off.quiet_from) == (
        day(23),
        day(23, 15),
        day(13, date=3),
    )
    rung = [book.first_for(KIM, now) is not None for now in (day(22, 59), day(23))]
    assert rung == [False, True]


def test_before_the_night_nothing_is_put_off() -> None:
    book, state = asked(day(10))
    assert book.postpone(state.id, day(12, 59)) == state


def test_the_next_attempt_of_a_late_evening_is_made_in_the_morning() -> None:
    book, state = asked(day(10))
    tried = after_failing(book, state, day(12, 55))
    # 12:55 + 10 minutes would be 22:05 in Seoul.
    assert tried.due_at == day(23)


@pytest.mark.parametrize("urgency", ["life_at_risk", "high"])
def test_urgency_overrides_the_night(urgency: str) -> None:
    book, state = asked(day(10), urgency=urgency)
    first = book.first_for(KIM, day(20))
    assert (state.quiet_from, first) == (None, state)


def test_the_hour_that_the_caller_asked_for_is_kept_also_at_night() -> None:
    book, state = asked(day(10))
    agreed = book.reschedule(state.id, None, day(16), day(11))
    assert (agreed.due_at, may_be_leased(agreed, day(16, 30)), agreed.quiet_from) == (
        day(16),
        True,
        day(17),
    )


def test_who_calls_again_at_night_is_rung_at_once() -> None:
    book, state = asked(day(10))
    book.postpone(state.id, day(13))
    again = book.wanted(wanted("r2", 1, day(18)), day(18))
    assert again is not None
    assert (again.id, again.due_at, may_be_leased(again, day(18, 30))) == (state.id, day(18), True)


def test_a_lease_in_the_night_is_refused() -> None:
    book, state = asked(day(10))
    with pytest.raises(RefusedError) as refused:
        book.lease(state.id, "kim", day(14))
    assert refused.value.reason == "quiet_hours"


@pytest.mark.parametrize("name", [None, "", "Nowhere/Atlantis", "../etc/passwd"])
def test_without_a_zone_that_is_known_the_centres_own_holds(name: str | None) -> None:
    _, state = asked(day(10), caller_tz=name)
    assert zone_of(state, RULES) == SEOUL


def test_a_night_that_begins_after_midnight_is_one_too() -> None:
    rules = CallbackPolicy(quiet_hours=(time(1), time(7)), quiet_after=timedelta(0))
    book = CallbackBook(OverflowPolicy(), rules=rules)
    state = book.wanted(wanted("r1", 1, day(3)), day(3))
    assert state is not None
    assert (state.due_at, state.quiet_from) == (day(7), day(1, date=3))


def test_an_hour_that_the_clock_change_repeats_is_quiet_both_times() -> None:
    rules = CallbackPolicy(quiet_hours=(time(1), time(7)), quiet_after=timedelta(0))
    book = CallbackBook(OverflowPolicy(), rules=rules)
    # Berlin, 25 October 2026: 02:30 comes twice; 07:00 is then 06:00 UTC.
    nights = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    ends = []
    for n, night in enumerate(nights):
        state = book.wanted(wanted(f"r{n}", n, night, caller_tz="Europe/Berlin"), night)
        ends.append(state and state.due_at)
    assert ends == [datetime(2026, 10, 25, 6, tzinfo=UTC)] * 2
