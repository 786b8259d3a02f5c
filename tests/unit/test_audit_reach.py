"""From when on must the log be read, so that nobody who called since then is missed?"""

from datetime import UTC, datetime, timedelta

from services.audit.reader import CONTEXT, read_from

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def test_what_came_before_is_read_as_context() -> None:
    since = NOW - timedelta(hours=2)
    assert read_from(since, NOW) == since - CONTEXT


def test_a_moment_of_a_rehearsals_clock_is_no_time_of_writing() -> None:
    assert read_from(NOW + timedelta(days=6), NOW) is None
    assert read_from(None, NOW) is None
