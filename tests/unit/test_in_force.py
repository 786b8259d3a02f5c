"""A plain week that a running watch learns from what it hears, and goes by from the next on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from math import pi, sin
from zoneinfo import ZoneInfo

import pytest

from streams.domain.detection.calendar import HOUR, WEEK_HOURS, Calendar
from streams.domain.detection.in_force import InForce
from streams.domain.detection.season import LearningPolicy, Season
from streams.domain.detection.surge import SurgeWatch
from streams.events.codec import encode
from streams.events.demand import PulseData
from tests.support.pulses import EXAMPLE, at

# The first hour of a week as it is counted for the putting in force.
FIRST = 2932 * WEEK_HOURS
REFERENCE = [20.0] * WEEK_HOURS


def force(unusual: Callable[[int, int], bool] | None = None) -> InForce:
    calendar = Calendar(ZoneInfo("UTC"))
    season = Season(calendar, LearningPolicy(), reference=REFERENCE)
    return InForce(season, unusual or (lambda _begin, _end: False))


def hear(one: InForce, slots: range, rate: Callable[[int], float], *, frozen: bool = False) -> None:
    for slot in slots:
        one.hear(slot, rate(slot), frozen=frozen)
        one.turn(slot + 1)


def busy_noons(slot: int) -> float:
    return 40.0 if slot % 24 == 12 else 20.0


def factor(one: InForce, slot: int) -> float:
    return one.factor(slot, one.week(slot))


def test_the_file_is_taken_at_its_word_for_two_weeks() -> None:
    one = force()
    hear(one, range(FIRST, FIRST + 2 * WEEK_HOURS), busy_noons)
    assert {factor(one, FIRST + 2 * WEEK_HOURS + hour) for hour in range(WEEK_HOURS - 1)} == {1.0}


def test_busier_noons_are_known_after_some_weeks() -> None:
    one = force()
    hear(one, range(FIRST, FIRST + 8 * WEEK_HOURS), busy_noons)
    noon, night = (factor(one, FIRST + 8 * WEEK_HOURS + hour) for hour in (12, 3))
    assert noon / night > 1.6
    assert 0.9 < night < 1.05


def test_a_week_goes_by_what_was_known_when_it_began() -> None:
    one = force()
    hear(one, range(FIRST, FIRST + 5 * WEEK_HOURS - 1), busy_noons)
    known = one.week(FIRST + 5 * WEEK_HOURS)
    hear(one, range(FIRST + 5 * WEEK_HOURS - 1, FIRST + 6 * WEEK_HOURS - 2), busy_noons)
    assert one.week(FIRST + 5 * WEEK_HOURS + 100) == known
    hear(one, range(FIRST + 6 * WEEK_HOURS - 2, FIRST + 6 * WEEK_HOURS), busy_noons)
    assert one.week(FIRST + 6 * WEEK_HOURS) != known
    assert one.week(FIRST + 5 * WEEK_HOURS + 100) == known


def test_it_does_not_matter_how_often_it_is_asked_or_told_that_time_has_passed() -> None:
    often, seldom = force(), force()
    gaps = [slot for slot in range(FIRST, FIRST + 4 * WEEK_HOURS) if slot % 168 < 165 or slot % 5]
    for slot in gaps:
        for passed in range(slot - 3, slot + 1):
            often.turn(passed)
        factor(often, slot)
        often.hear(slot, busy_noons(slot), frozen=False)
        seldom.hear(slot, busy_noons(slot), frozen=False)
    for one in (often, seldom):
        one.turn(gaps[-1] + 1)
    assert often.weeks.now == seldom.weeks.now
    assert often.season.counts == seldom.season.counts


@pytest.mark.parametrize("how", ["frozen", "alarm", "unusual"])
def test_hours_of_alarms_outages_and_planned_events_teach_nothing(how: str) -> None:
    begins = range((FIRST + 3 * WEEK_HOURS) * HOUR, (FIRST + 4 * WEEK_HOURS) * HOUR)
    one = force((lambda begin, _: begin in begins) if how == "unusual" else None)
    hear(one, range(FIRST, FIRST + 3 * WEEK_HOURS), lambda _: 20.0)
    hours = one.season.learned_hours
    for slot in range(FIRST + 3 * WEEK_HOURS, FIRST + 4 * WEEK_HOURS):
        if how == "alarm":
            one.alarm(slot)
        one.hear(slot, 60.0, frozen=how == "frozen")
        one.turn(slot + 1)
    one.hear(FIRST + 4 * WEEK_HOURS, 20.0, frozen=False)
    # The hour that was still open when those began was an ordinary one.
    assert one.season.learned_hours == hours + 1


def test_the_first_hour_is_not_whole_and_teaches_nothing() -> None:
    one = force()
    hear(one, range(FIRST, FIRST + 2), lambda _: 20.0)
    assert one.season.learned_hours == 0
    hear(one, range(FIRST + 2, FIRST + 4), lambda _: 20.0)
    assert one.season.learned_hours == 2


def test_no_week_is_further_from_the_file_than_a_factor_of_five() -> None:
    one = force()
    hear(one, range(FIRST, FIRST + 30 * WEEK_HOURS), lambda s: 400.0 if s % 24 == 12 else 1.0)
    assert max(one.week(FIRST + 30 * WEEK_HOURS).hours) == 5.0
    assert min(one.week(FIRST + 30 * WEEK_HOURS).hours) >= 0.2


def calls(first: int, hours: int, rate: Callable[[datetime], float]) -> Iterator[PulseData]:
    """So many calls an hour of the total, six minutes apart, evenly."""
    for hour in range(first, first + hours):
        for part in range(10):
            moment = at(hour * HOUR + part * 360 + 7)
            count = rate(moment) / 10
            whole = int(count * (part + 1)) - int(count * part)
            yield PulseData(key="total", partition=0, second=moment, first_attempts=whole)


def other_hours(moment: datetime) -> float:
    """The example centre, up to 40 % busier in one half of the day and quieter in the other."""
    hour = moment.timestamp() / HOUR
    return plan.expected("total", moment) * (1 + 0.4 * sin(2 * pi * hour / 24))


plan = SurgeWatch(EXAMPLE)


def heard(weeks: int, stop: int | None = None) -> SurgeWatch:
    watch = SurgeWatch(EXAMPLE)
    for number, pulse in enumerate(calls(0, weeks * WEEK_HOURS, other_hours)):
        if number == stop:
            again = SurgeWatch(EXAMPLE)
            again.restore(watch.checkpoints(pulse.second + EXAMPLE.alerts.lateness))
            watch = again
        watch.observe(pulse, pulse.second)
    return watch


def off(watch: SurgeWatch, weeks: int) -> float:
    """By how much a watch's expectation of a week is off, on average."""
    moments = [at((weeks * WEEK_HOURS + hour) * HOUR) for hour in range(WEEK_HOURS)]
    return sum(abs(watch.expected("total", m) / other_hours(m) - 1) for m in moments) / WEEK_HOURS


def test_a_running_watch_learns_the_hours_of_its_week() -> None:
    assert off(plan, 8) > 0.2
    assert off(heard(8), 8) < 0.08


def test_a_restart_goes_on_learning_bit_by_bit() -> None:
    later = at(6 * WEEK_HOURS * HOUR)
    states = [
        sorted(encode(event) for event in heard(5, stop).checkpoints(later))
        for stop in (None, 5000, 8000)
    ]
    assert states[0] == states[1] == states[2]
