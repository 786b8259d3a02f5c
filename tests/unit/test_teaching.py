"""What a recording teaches is what boards, staffing and detection then expect."""

from datetime import datetime, timedelta

import pytest

from services.backtest.teaching import Teacher
from streams.domain.detection.expected import Expected
from streams.domain.detection.surge import SurgeWatch
from tests.support.pulses import EXAMPLE, at

PER_HOUR = 150.0


def taught(weeks: int, per_hour: float = PER_HOUR) -> Teacher:
    """A teacher who heard of as many at every hour, where the centre file has a day and a night."""
    teacher = Teacher(EXAMPLE.timezone, None, EXAMPLE)
    for ago in range(weeks * 168, 0, -1):
        teacher.hear(int(at(-ago * 3600).timestamp()), "queue:main", per_hour)
    return teacher


def day(now: datetime) -> list[datetime]:
    return [now + timedelta(hours=hour) for hour in range(1, 25)]


def test_half_a_year_of_contacts_is_what_is_expected_afterwards() -> None:
    events = list(taught(26).lesson().events(at(0)))
    expected, watch = Expected(EXAMPLE), SurgeWatch(EXAMPLE)
    watch.restore(events)
    for event in events:
        expected.learn(event.data)
    # The file's own week still weighs a hundred contacts, and its level as many at each key.
    for moment in day(at(0)):
        assert expected.rate("total", moment) == pytest.approx(PER_HOUR, rel=0.07)
        assert expected.rate("queue:main", moment) == pytest.approx(PER_HOUR, rel=0.07)
        assert watch.expected("total", moment) == pytest.approx(PER_HOUR, rel=0.07)


def test_the_week_that_is_printed_is_the_one_that_was_heard() -> None:
    lesson = taught(26).lesson()
    assert sum(lesson.hours) / 168 == pytest.approx(PER_HOUR, rel=0.02)
