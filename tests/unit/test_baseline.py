"""Expected contacts by local time, right across daylight saving."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from streams.domain.detection.baseline import Shape
from streams.domain.detection.calendar import Calendar

WEEK = tuple(float(hour) for hour in range(168))


def second(moment: datetime) -> int:
    return int(moment.timestamp())


def test_a_rate_is_that_of_the_local_hour_of_the_week() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    shape = Shape(WEEK, Calendar(seoul))
    wednesday = datetime(2026, 3, 4, 9, 30, tzinfo=seoul)
    assert shape.rate(second(wednesday)) == 2 * 24 + 9


def test_the_mass_of_a_stretch_is_the_sum_over_its_hours() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    shape = Shape(WEEK, Calendar(seoul))
    begin = datetime(2026, 3, 4, 9, 30, tzinfo=seoul)
    expected = 0.5 * 57 + 58 + 59 + 0.25 * 60
    stretch = second(begin), second(begin + timedelta(hours=2, minutes=45))
    assert shape.mass(*stretch) == pytest.approx(expected)


def test_many_weeks_are_as_many_times_a_week() -> None:
    shape = Shape(WEEK, Calendar(ZoneInfo("UTC")))
    begin = 1_700_000_000
    assert shape.mass(begin, begin + 52 * 604_800) == pytest.approx(52 * sum(WEEK))


def test_the_repeated_hour_of_autumn_is_the_same_local_hour_twice() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    shape = Shape(WEEK, Calendar(zone))
    first = datetime(2015, 11, 1, 1, 30, tzinfo=zone, fold=0)
    again = datetime(2015, 11, 1, 1, 30, tzinfo=zone, fold=1)
    assert second(again) - second(first) == 3600
    assert shape.rate(second(first)) == shape.rate(second(again)) == 6 * 24 + 1
    begin = datetime(2015, 11, 1, 0, 0, tzinfo=zone)
    end = datetime(2015, 11, 1, 3, 0, tzinfo=zone)
    assert shape.mass(second(begin), second(end)) == pytest.approx(144 + 145 + 145 + 146)


def test_the_missing_hour_of_spring_is_no_hour() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    shape = Shape(WEEK, Calendar(zone))
    begin = datetime(2015, 3, 8, 1, 0, tzinfo=zone)
    end = datetime(2015, 3, 8, 4, 0, tzinfo=zone)
    assert shape.mass(second(begin), second(end)) == pytest.approx(145 + 147)


def test_a_zone_half_an_hour_off_has_its_own_hours() -> None:
    delhi = ZoneInfo("Asia/Kolkata")
    shape = Shape(WEEK, Calendar(delhi))
    begin = datetime(2026, 3, 4, 9, 0, tzinfo=delhi)
    hour = second(begin), second(begin + timedelta(hours=1))
    assert shape.mass(*hour) == pytest.approx(57)


def test_an_empty_stretch_has_no_mass() -> None:
    shape = Shape(WEEK, Calendar(ZoneInfo("UTC")))
    assert shape.mass(100, 100) == shape.mass(100, 50) == 0.0
