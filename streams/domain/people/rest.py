"""Would these hours of work break a rule of rest?

The figures are defaults to be confirmed by the centre's lawyer; each rule can block, warn or be
off, and a lifted block stays a warning, so that every override is on the record.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from streams.domain.people.roster import Stretch, hours_within, merged

Strength = Literal["block", "warn", "off"]

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
# Who works three hours of the night is a night worker (directive 2003/88/EC, article 2).
NIGHT_WORK_HOURS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit in hours (or days), and what happens beyond it."""

    limit: float
    strength: Strength = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestProfile:
    """The rules of one jurisdiction. `night` is from one local hour until another."""

    name: str
    daily_rest: Rule
    weekly_rest: Rule
    rolling_hours: Rule
    average_hours: Rule
    consecutive_days: Rule
    night_hours: Rule
    average_over: timedelta = timedelta(weeks=17)
    night: tuple[int, int] = (23, 6)


# Directive 2003/88/EC: 11 h in each 24 (article 3), 24 h uninterrupted in each 7 days (5), 48 h a
# week on average over four months (6 and 16), 8 h in 24 for night workers (8). Six days in a row
# follow from article 5; 60 h in any 7 days is a common ceiling of national laws, so it warns.
EU: Final = RestProfile(
    name="EU",
    daily_rest=Rule(11.0),
    weekly_rest=Rule(24.0),
    rolling_hours=Rule(60.0, "warn"),
    average_hours=Rule(48.0),
    consecutive_days=Rule(6),
    night_hours=Rule(8.0),
)
# Labor Standards Act, general knowledge: 40 h a week and at most 12 more by agreement (articles 50
# and 53), one paid holiday a week (55); 11 h between working days bind only special kinds of
# business (59), so they warn; night is 22:00 to 06:00 (56), without a limit for adults.
KR: Final = RestProfile(
    name="KR",
    daily_rest=Rule(11.0, "warn"),
    weekly_rest=Rule(24.0),
    rolling_hours=Rule(52.0),
    average_hours=Rule(52.0, "off"),
    consecutive_days=Rule(6),
    night_hours=Rule(8.0, "warn"),
    night=(22, 6),
)
NO_LAW: Final = RestProfile(
    name="none",
    daily_rest=Rule(11.0, "warn"),
    weekly_rest=Rule(24.0, "warn"),
    rolling_hours=Rule(60.0, "warn"),
    average_hours=Rule(48.0, "warn"),
    consecutive_days=Rule(6, "warn"),
    night_hours=Rule(8.0, "off"),
)
PROFILES: Final = {profile.name: profile for profile in (EU, KR, NO_LAW)}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that would be broken, and when the same hours would be lawful, if that is known."""

    rule: str
    strength: Strength
    until: datetime | None = None


def broken_rules(
    worked: Sequence[Stretch], asked: Stretch, profile: RestProfile, zone: ZoneInfo
) -> Iterator[Broken]:
    """Every rule that `asked` would break, worked and planned hours together."""
    # All rules but the average look a few days around; a thousand people are judged in a second.
    reach = max(2 * WEEK, DAY * (profile.consecutive_days.limit + 2))
    near = [
        s
        for s in worked
        if s.ends_at > asked.starts_at - reach and s.starts_at < asked.ends_at + reach
    ]
    work = merged([*near, asked])
    for name, check in _CHECKS.items():
        rule: Rule = getattr(profile, name)
        if rule.strength == "off":
            continue
        seen = worked if name == "average_hours" else work
        if check(seen, asked, rule.limit, profile, zone):
            yield Broken(name, rule.strength, _lawful_from(name, near, asked, rule.limit))


Check = Callable[[Sequence[Stretch], Stretch, float, RestProfile, ZoneInfo], bool]


def _daily_rest(
    work: Sequence[Stretch], asked: Stretch, limit: float, _: RestProfile, __: ZoneInfo
) -> bool:
    return _lacks_rest(work, asked, DAY, timedelta(hours=limit))


def _weekly_rest(
    work: Sequence[Stretch], asked: Stretch, limit: float, _: RestProfile, __: ZoneInfo
) -> bool:
    return _lacks_rest(work, asked, WEEK, timedelta(hours=limit))


def _rolling_hours(
    work: Sequence[Stretch], asked: Stretch, limit: float, _: RestProfile, __: ZoneInfo
) -> bool:
    return most_hours(work, asked, WEEK) > limit


def _average_hours(
    work: Sequence[Stretch], asked: Stretch, limit: float, profile: RestProfile, _: ZoneInfo
) -> bool:
    worked = hours_within(work, asked.ends_at - profile.average_over, asked.ends_at)
    both = hours_within(work, asked.starts_at, asked.ends_at)
    hours = worked + asked.length / timedelta(hours=1) - both
    return hours / (profile.average_over / WEEK) > limit


def _consecutive_days(
    work: Sequence[Stretch], asked: Stretch, limit: float, _: RestProfile, zone: ZoneInfo
) -> bool:
    days = {day for stretch in work for day in _days(stretch, zone)}
    return max(_row(days, day) for day in _days(asked, zone)) > limit


def _night_hours(
    work: Sequence[Stretch], asked: Stretch, limit: float, profile: RestProfile, zone: ZoneInfo
) -> bool:
    touched = next(s for s in work if s.overlap(asked.starts_at, asked.ends_at))
    if night_hours(touched, profile.night, zone) < NIGHT_WORK_HOURS:
        return False
    return most_hours(work, asked, DAY) > limit


_CHECKS: Final[dict[str, Check]] = {
    "daily_rest": _daily_rest,
    "weekly_rest": _weekly_rest,
    "rolling_hours": _rolling_hours,
    "average_hours": _average_hours,
    "consecutive_days": _consecutive_days,
    "night_hours": _night_hours,
}


def most_hours(work: Sequence[Stretch], asked: Stretch, period: timedelta) -> float:
    """The most hours in any such period that holds an hour of `asked`."""
    ends = {asked.ends_at, asked.starts_at + period}
    ends |= {s.ends_at for s in work if asked.ends_at < s.ends_at < asked.starts_at + period}
    # The count over a sliding period changes its slope only where work begins or ends.
    first = asked.starts_at - period
    ends |= {s.starts_at + period for s in work if first < s.starts_at <= asked.starts_at}
    return max(
        hours_within(work, end - period, end)
        for end in ends
        if end > asked.starts_at and end - period < asked.ends_at
    )


def night_hours(stretch: Stretch, night: tuple[int, int], zone: ZoneInfo) -> float:
    """Hours of a stretch that fall into the local night."""
    first = stretch.starts_at.astimezone(zone).date() - DAY
    last = stretch.ends_at.astimezone(zone).date()
    spent = timedelta(0)
    for number in range((last - first).days + 1):
        day = first + number * DAY
        start = _local(day, night[0], zone)
        end = _local(day if night[1] > night[0] else day + DAY, night[1], zone)
        spent += stretch.overlap(start, end)
    return spent / timedelta(hours=1)


def _lacks_rest(
    work: Sequence[Stretch], asked: Stretch, period: timedelta, rest: timedelta
) -> bool:
    """Whether some such period around `asked`, beginning with work, holds no rest that long."""
    starts = [s.starts_at for s in work if asked.starts_at - period < s.starts_at < asked.ends_at]
    return any(_longest_gap(work, start, start + period) < rest for start in starts)


def _longest_gap(work: Sequence[Stretch], start: datetime, end: datetime) -> timedelta:
    inside = [s for s in work if s.overlap(start, end)]
    gaps = [after.starts_at - before.ends_at for before, after in pairwise(inside)]
    return max(end - inside[-1].ends_at, *gaps, timedelta(0))


def _lawful_from(
    rule: str, worked: Sequence[Stretch], asked: Stretch, limit: float
) -> datetime | None:
    before = [s for s in worked if s.starts_at < asked.starts_at]
    if rule not in ("daily_rest", "weekly_rest") or not before:
        return None
    rested = before[-1].ends_at + timedelta(hours=limit)
    return rested if rested > asked.starts_at else None


def _days(stretch: Stretch, zone: ZoneInfo) -> list[date]:
    """The local days on which it is worked; midnight itself begins no day."""
    first = stretch.starts_at.astimezone(zone).date()
    last = (stretch.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + number * DAY for number in range((last - first).days + 1)]


def _row(days: set[date], day: date) -> int:
    first, last = day, day
    while first - DAY in days:
        first -= DAY
    while last + DAY in days:
        last += DAY
    return (last - first).days + 1


def _local(day: date, hour: int, zone: ZoneInfo) -> datetime:
    # As an instant: two times of one zone would be subtracted as the wall shows them.
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
