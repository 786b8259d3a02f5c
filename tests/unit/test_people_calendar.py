"""Shifts from calendars and into them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

from services.people_calendar import (
    Between,
    WrongCalendarError,
    age_of,
    changes,
    read_calendar,
    write_calendar,
)
from streams.events.people import Shift
from tests.support.people import at, shift

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 3, 20, tzinfo=UTC)
BETWEEN = Between(NOW, NOW + timedelta(days=60))
NIGHTS = """
BEGIN:VEVENT
UID:night@example.org
DTSTART;TZID=Europe/Amsterdam:20260327T220000
DTEND;TZID=Europe/Amsterdam:20260328T060000
RRULE:FREQ=DAILY;COUNT=5
{more}
SUMMARY:Night
END:VEVENT
"""
ONE = """
BEGIN:VEVENT
UID:one@example.org
DTSTART:{start}
DTEND:{end}
{more}
END:VEVENT
"""


def calendar(*events: str) -> bytes:
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//a//b//EN\n" + "".join(events) + "END:VCALENDAR\n"
    )
    lines = [line for line in text.splitlines() if line]
    return ("\r\n".join(lines) + "\r\n").encode()


def one(start: str = "20260401T080000Z", end: str = "20260401T120000Z", more: str = "") -> str:
    return ONE.format(start=start, end=end, more=more)


def read(raw: bytes, now: datetime = NOW) -> list[Shift]:
    return read_calendar(raw, "p1", BETWEEN, source="google", kind="planned", zone=ZONE, now=now)


def hours(shifts: list[Shift]) -> list[float]:
    return [(one.ends_at - one.starts_at) / timedelta(hours=1) for one in shifts]


def test_a_nightly_rule_over_the_time_change_gives_eight_seven_and_eight_hours() -> None:
    assert hours(read(calendar(NIGHTS.format(more="")))) == [8, 7, 8, 8, 8]


def test_left_out_and_moved_nights_are_read_as_they_are() -> None:
    moved = """
BEGIN:VEVENT
UID:night@example.org
RECURRENCE-ID;TZID=Europe/Amsterdam:20260331T220000
DTSTART;TZID=Europe/Amsterdam:20260331T230000
DTEND;TZID=Europe/Amsterdam:20260401T060000
END:VEVENT
"""
    without = NIGHTS.format(more="EXDATE;TZID=Europe/Amsterdam:20260330T220000")
    found = read(calendar(without, moved))
    assert [one.starts_at.day for one in found] == [27, 28, 29, 31]
    assert hours(found) == [8, 7, 8, 7]


def test_added_days_of_a_rule_are_read() -> None:
    more = "RDATE;TZID=Europe/Amsterdam:20260410T220000"
    assert len(read(calendar(NIGHTS.format(more=more)))) == 6


def test_free_time_and_cancelled_events_are_no_work() -> None:
    free = one(more="TRANSP:TRANSPARENT")
    cancelled = one(more="STATUS:CANCELLED").replace("one@", "two@")
    assert read(calendar(free, cancelled)) == []


def test_whole_days_and_times_without_a_zone_are_those_where_the_person_lives() -> None:
    day = one().replace("DTSTART:20260401T080000Z", "DTSTART;VALUE=DATE:20260401")
    day = day.replace("DTEND:20260401T120000Z", "DTEND;VALUE=DATE:20260402")
    local = one("20260402T080000", "20260402T120000").replace("one@", "two@")
    found = read(calendar(day, local))
    assert [shift.starts_at for shift in found] == [at(31, 22), at(2, 6, month=4)]


def test_the_same_calendar_again_changes_nothing() -> None:
    found = read(calendar(NIGHTS.format(more=""), one()))
    known = {shift.id: shift for shift in found}
    later = read(calendar(NIGHTS.format(more=""), one()), NOW + timedelta(hours=1))
    assert list(changes(later, known, "google", "p1", BETWEEN)) == []


def test_an_event_that_was_moved_keeps_who_it_is_and_counts_up() -> None:
    (before,) = read(calendar(one()))
    found = read(calendar(one("20260402T080000Z", "20260402T120000Z")))
    (after,) = changes(found, {before.id: before}, "google", "p1", BETWEEN)
    assert (after.id, after.sequence, after.starts_at.day) == (before.id, 1, 2)


def test_what_is_gone_from_the_calendar_is_cancelled_and_nobody_elses() -> None:
    (mine,) = read(calendar(one()))
    other = shift(at(1, 8, month=4), name="other", person="p1", source="hand")
    theirs = shift(at(1, 8, month=4), name="theirs", person="p2", source="google")
    known = {one.id: one for one in (mine, other, theirs)}
    (gone,) = changes([], known, "google", "p1", BETWEEN)
    assert (gone.id, gone.cancelled) == (mine.id, True)
    assert list(changes([], {gone.id: gone}, "google", "p1", BETWEEN)) == []


def test_an_event_that_comes_back_counts_again() -> None:
    (mine,) = read(calendar(one()))
    (gone,) = changes([], {mine.id: mine}, "google", "p1", BETWEEN)
    (back,) = changes([mine], {gone.id: gone}, "google", "p1", BETWEEN)
    assert (back.cancelled, back.sequence) == (False, 2)


def test_the_age_of_each_calendar_is_known() -> None:
    found = read(calendar(one()))
    assert age_of(found, NOW + timedelta(hours=24)) == {"google": timedelta(hours=24)}


@pytest.mark.parametrize("raw", [b"", b"hello", b"BEGIN:VCALENDAR\r\n", b"x" * (2**21 + 1)])
def test_what_is_no_calendar_is_refused(raw: bytes) -> None:
    with pytest.raises(WrongCalendarError):
        read(raw)


def test_a_rule_without_an_end_is_read_only_as_far_as_asked() -> None:
    forever = one(more="RRULE:FREQ=DAILY")
    assert len(read(calendar(forever))) == 48


@pytest.mark.parametrize("often", ["MINUTELY", "SECONDLY"])
def test_a_rule_that_would_give_thousands_is_refused_unread(often: str) -> None:
    with pytest.raises(WrongCalendarError, match="more often"):
        read(calendar(one(more=f"RRULE:FREQ={often}")))


def test_what_is_written_can_be_read_by_any_calendar_and_keeps_its_uid() -> None:
    planned = shift(at(25, 8), name="s1", pool="counselors", sequence=3)
    written = write_calendar([planned], "Rota", NOW)
    (event,) = recurring_ical_events.of(Calendar.from_ical(written)).between(
        NOW, NOW + timedelta(days=30)
    )
    assert str(event["UID"]) == "s1@surgeline.invalid"
    assert event["SEQUENCE"] == 3
    assert (event.start, event.end) == (planned.starts_at, planned.ends_at)
    assert b"BEGIN:VALARM" in written


def test_a_cancelled_shift_is_told_as_cancelled_so_that_it_goes_away() -> None:
    gone = shift(at(25, 8), name="s1", cancelled=True, sequence=4)
    written = write_calendar([gone], "Rota", NOW)
    assert b"STATUS:CANCELLED" in written
    assert b"VALARM" not in written
