"""A plain week learned from what came."""

import math
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import pi, sin
from zoneinfo import ZoneInfo

import pytest

from streams.domain.detection.calendar import WEEK_HOURS, Calendar
from streams.domain.detection.gamma import quantile
from streams.domain.detection.season import LearningPolicy, Season, upper_bound, winsorised

ZONE = ZoneInfo("UTC")
# Monday 00:00 of an ordinary week.
FIRST = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) // 3600


def poisson(mean: float, rng: random.Random) -> int:
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count += 1
        left += rng.expovariate(1.0)
    return count


def day_cycle(slot: int) -> float:
    return 20 * (1 + 0.6 * sin(2 * pi * (slot % 24) / 24))


def taught(
    weeks: int,
    rate: Callable[[int], float] = day_cycle,
    known_day: Callable[[date], str | None] | None = None,
    seed: int = 1,
) -> Season:
    rng = random.Random(seed)
    season = Season(Calendar(ZONE), LearningPolicy(lag=1), known_day)
    for slot in range(FIRST, FIRST + weeks * WEEK_HOURS):
        season.rate(slot * 3600)
        season.learn(slot, poisson(rate(slot), rng))
    return season


def error(season: Season, after: int, rate: Callable[[int], float] = day_cycle) -> float:
    slots = range(FIRST + after * WEEK_HOURS, FIRST + (after + 1) * WEEK_HOURS)
    off = [season.mean(slot * 3600) / rate(slot) - 1 for slot in slots]
    return math.sqrt(sum(one * one for one in off) / len(off))


def test_after_eight_weeks_rates_are_known_to_a_few_per_cent() -> None:
    assert error(taught(8), 8) < 0.08


def test_hours_lean_on_their_hour_and_day_while_little_is_known() -> None:
    # One count of 20 by itself is off by 22 %; five weeks alone by 10 %.
    assert error(taught(3), 3) < 0.10


def test_it_follows_a_level_that_changes_within_weeks() -> None:
    def rising(slot: int) -> float:
        return day_cycle(slot) * (1.3 if slot >= FIRST + 20 * WEEK_HOURS else 1.0)

    assert error(taught(30, rising), 30, rising) < 0.09


def test_a_rate_knows_nothing_of_its_own_hour_or_later_ones() -> None:
    one, other = taught(4), taught(4)
    slot = FIRST + 4 * WEEK_HOURS
    one.learn(slot, 500.0)
    assert one.mean(slot * 3600) == other.mean(slot * 3600)
    one.learn(slot + 1, 500.0)
    other.learn(slot, 500.0)
    assert one.mean((slot + 1) * 3600) == other.mean((slot + 1) * 3600)


def test_a_frozen_hour_teaches_nothing() -> None:
    season, same = taught(4), taught(4)
    slot = FIRST + 4 * WEEK_HOURS
    season.learn(slot, 900.0, frozen=True)
    assert season.mean((slot + 24) * 3600) == same.mean((slot + 24) * 3600)


def test_a_crisis_hour_teaches_no_more_than_a_busy_one() -> None:
    season, busy = taught(4), taught(4)
    slot = FIRST + 4 * WEEK_HOURS
    season.learn(slot, 9_000.0)
    busy.learn(slot, winsorised(9_000.0, busy.mean(slot * 3600)))
    assert season.mean((slot + WEEK_HOURS) * 3600) == busy.mean((slot + WEEK_HOURS) * 3600)


def test_what_detection_believes_covers_the_truth_from_the_first_weeks_on() -> None:
    covered = 0
    for seed in range(12):
        season = taught(2, seed=seed)
        slot = FIRST + 2 * WEEK_HOURS + 12
        covered += 1.3 * season.rate(slot * 3600) >= day_cycle(slot)
    assert covered >= 11


def test_a_known_day_is_doubted_until_it_has_been_seen() -> None:
    def new_year(day: date) -> str | None:
        return "New Year's Day" if (day.month, day.day) == (1, 1) else None

    season = taught(60, known_day=new_year)
    plain = taught(60)
    second = int(datetime(2027, 1, 1, 0, tzinfo=UTC).timestamp())
    assert second // 3600 < FIRST + 60 * WEEK_HOURS
    # In its first hour, never seen before: half as much again is believed possible.
    assert season.rate(second) > 1.4 * plain.rate(second)


def test_a_known_day_keeps_its_own_factor_and_stays_out_of_the_week() -> None:
    def fridays(day: date) -> str | None:
        return "market day" if day.isocalendar().week % 2 and day.weekday() == 4 else None

    def rate(slot: int) -> float:
        day = datetime.fromtimestamp(slot * 3600, UTC).date()
        return 3 * day_cycle(slot) if fridays(day) else day_cycle(slot)

    season = taught(31, rate, fridays)
    ordinary = FIRST + 31 * WEEK_HOURS + 4 * 24 + 12
    days = {
        fridays(datetime.fromtimestamp(s * 3600, UTC).date()): s
        for s in (ordinary, ordinary + WEEK_HOURS)
    }
    assert season.mean(days[None] * 3600) == pytest.approx(day_cycle(ordinary), rel=0.2)
    assert season.mean(days["market day"] * 3600) == pytest.approx(3 * day_cycle(ordinary), rel=0.2)


@pytest.mark.parametrize("count", [0.5, 1.0, 4.0, 20.0, 1000.0])
def test_the_upper_bound_is_nearly_the_exact_quantile(count: float) -> None:
    assert upper_bound(count) == pytest.approx(quantile(count, 0.95) / count, rel=0.03)
