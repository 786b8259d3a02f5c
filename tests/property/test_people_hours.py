"""Hours are instants: whatever the clock on the wall does, rest and hours add up."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.people.eligible import Rules, Window, eligibility
from streams.domain.people.limits import LIMITS, earliest
from streams.domain.people.quiet import quiet_until
from streams.domain.people.rest import EU, broken_rules, most_hours, night_hours
from streams.domain.people.roster import Roster, Stretch, hours_within, merged
from streams.events.people import QuietHours
from tests.support.people import person, shift

ZONES = [
    "Europe/Amsterdam",
    "America/Los_Angeles",
    "America/Santiago",
    "Asia/Seoul",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
]
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 300 * 24 * 4).map(
    lambda quarters: ORIGIN + quarters * timedelta(minutes=15)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
stretches = st.lists(
    st.tuples(st.integers(0, 20 * 96), st.integers(1, 48)).map(
        lambda place: Stretch(
            ORIGIN + place[0] * timedelta(minutes=15),
            ORIGIN + (place[0] + place[1]) * timedelta(minutes=15),
        )
    ),
    max_size=12,
).map(merged)


@pytest.mark.parametrize(
    ("day", "hours"), [(28, 8), (29, 7), (30, 8)], ids=["before", "the short night", "after"]
)
def test_a_night_shift_over_the_spring_change_has_eight_seven_and_eight_hours(
    day: int, hours: float
) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    start = datetime(2026, 3, day - 1, 22, tzinfo=zone)
    end = datetime(2026, 3, day, 6, tzinfo=zone)
    roster = Roster([shift(start, name="n", ends_at=end)])
    assert roster.hours("counselor-01", start - timedelta(days=1), end + timedelta(days=1)) == hours


def test_a_night_shift_over_the_autumn_change_has_nine_hours_and_breaks_the_night_limit() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    long_night = Stretch(
        datetime(2026, 10, 24, 22, tzinfo=zone).astimezone(UTC),
        datetime(2026, 10, 25, 6, tzinfo=zone).astimezone(UTC),
    )
    assert long_night.length == timedelta(hours=9)
    assert "night_hours" in {one.rule for one in broken_rules((), long_night, EU, zone)}


def test_a_weekend_that_ends_with_a_time_change_closes_at_its_own_midnight() -> None:
    """One of the bugs others found: DST made weekend restrictions close at the wrong hour."""
    zone = ZoneInfo("Europe/Amsterdam")
    weekend = QuietHours(from_minute=0, until_minute=0, days=(5, 6))
    sunday_night = datetime(2026, 3, 29, 21, 30, tzinfo=UTC)
    ends = quiet_until([weekend], sunday_night, zone)
    assert ends == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    assert quiet_until([weekend], datetime(2026, 3, 29, 22, 0, tzinfo=UTC), zone) is None


@given(zone=zones, now=moments, start=st.integers(0, 1439), length=st.integers(1, 1439))
def test_quiet_hours_end_at_the_wall_time_that_was_asked_for(
    zone: ZoneInfo, now: datetime, start: int, length: int
) -> None:
    quiet = QuietHours(from_minute=start, until_minute=(start + length) % 1440)
    ends = quiet_until([quiet], now, zone)
    if ends is None:
        return
    assert ends > now
    local = ends.astimezone(zone)
    wanted = time(quiet.until_minute // 60, quiet.until_minute % 60)
    # A wall time that the change leaves out is met an hour (or less) later.
    exists = _exists(local.date(), wanted, zone)
    assert local.time() == wanted or not exists


@given(zone=zones, day=st.dates(date(2026, 1, 1), date(2026, 12, 30)))
def test_the_local_night_has_as_many_hours_as_truly_pass(zone: ZoneInfo, day: date) -> None:
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    whole = Stretch(midnight - timedelta(days=1), midnight + timedelta(days=2))
    start = datetime.combine(day, time(23), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(6), zone).astimezone(UTC)
    one = Stretch(max(whole.starts_at, start), min(whole.ends_at, end))
    assert night_hours(one, (23, 6), zone) == pytest.approx(one.length / timedelta(hours=1))


@given(work=stretches, start=moments, hours=st.integers(1, 12))
def test_the_most_hours_of_any_week_are_those_that_trying_every_quarter_hour_finds(
    work: Sequence[Stretch], start: datetime, hours: int
) -> None:
    start = ORIGIN + (start - ORIGIN) % timedelta(days=20)
    asked = Stretch(start, start + timedelta(hours=hours))
    everything = merged([*work, asked])
    week = timedelta(days=7)
    tried = [
        hours_within(everything, end - week, end)
        for n in range(1, 4 * (hours + 7 * 24))
        for end in [asked.starts_at + n * timedelta(minutes=15)]
    ]
    assert most_hours(everything, asked, week) == pytest.approx(max(tried))


@given(work=stretches, start=moments, hours=st.integers(1, 12))
def test_whoever_is_found_eligible_has_eleven_hours_of_rest_in_every_day(
    work: Sequence[Stretch], start: datetime, hours: int
) -> None:
    start = ORIGIN + (start - ORIGIN) % timedelta(days=20)
    window = Window(starts_at=start, ends_at=start + timedelta(hours=hours))
    shifts = [
        shift(one.starts_at, one.length / timedelta(hours=1), f"s{n}") for n, one in enumerate(work)
    ]
    told = eligibility(person(), Roster(shifts), window, start, Rules())
    if not told.ok:
        return
    after = merged([*work, Stretch(window.starts_at, window.ends_at)])
    for one in after:
        if start - timedelta(days=1) < one.starts_at < window.ends_at:
            assert _longest_rest(after, one.starts_at) >= timedelta(hours=11)


@given(work=stretches)
def test_merging_loses_no_hour_and_counts_none_twice(work: Sequence[Stretch]) -> None:
    quarters = {
        ORIGIN + n * timedelta(minutes=15)
        for one in work
        for n in range(
            (one.starts_at - ORIGIN) // timedelta(minutes=15),
            (one.ends_at - ORIGIN) // timedelta(minutes=15),
        )
    }
    far = timedelta(days=100)
    assert hours_within(work, ORIGIN - far, ORIGIN + far) == pytest.approx(len(quarters) / 4)


@given(gaps=st.lists(st.integers(0, 3600), min_size=1, max_size=60))
def test_nobody_is_paged_more_often_than_the_limits_and_no_page_is_dropped(gaps: list[int]) -> None:
    now, sent = ORIGIN, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        # Whoever waits asks again when they were told to: the page goes then, for certain.
        at = earliest(sent, now)
        assert earliest(sent, at) == at
        sent.append(at)
        now = at
    assert len(sent) == len(gaps)
    for moment in sent:
        for limit in LIMITS:
            inside = [one for one in sent if moment <= one < moment + limit.period]
            assert len(inside) <= limit.count


def _longest_rest(work: Sequence[Stretch], start: datetime) -> timedelta:
    end, rest, free_since = start + timedelta(days=1), timedelta(0), start
    for one in work:
        if one.ends_at <= start or one.starts_at >= end:
            continue
        rest = max(rest, one.starts_at - free_since)
        free_since = one.ends_at
    return max(rest, end - free_since)


def _exists(day: date, wall: time, zone: ZoneInfo) -> bool:
    moment = datetime.combine(day, wall, zone)
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment.replace(
        tzinfo=None
    )
