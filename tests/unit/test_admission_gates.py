"""When is the wait too long, and when can no further promise be kept?"""

import math
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.domain.admission.gates import Debt, Line, ceiling, drain_seconds, is_long
from streams.domain.admission.gates import predicted_seconds as predicted
from streams.domain.centre import AdmissionPolicy, Baseline
from streams.domain.open_hours import is_open
from tests.support.admission import line
from tests.support.calls import CENTRE, NOON

# The worked example of the callbacks' drain: 27 contacts an hour, eight minutes each.
STEADY = replace(CENTRE, baselines=(Baseline(key="total", week=(27.0,) * 168),))
HANDLE = 480.0


@pytest.mark.parametrize(
    ("before", "p50", "after"),
    [
        (False, 180.0, False),
        (False, 181.0, True),
        (True, 179.0, True),
        (True, 144.0, True),
        (True, 143.0, False),
        (False, 144.0, False),
    ],
)
def test_a_line_becomes_long_past_three_minutes_and_short_again_a_fifth_below(
    before: bool, p50: float, after: bool
) -> None:
    assert is_long(before, line(p50), NOON, CENTRE) == after


def test_half_of_the_callers_decide_not_the_unlucky_tenth() -> None:
    assert not is_long(False, line(100.0, p90_seconds=400.0), NOON, CENTRE)


def test_where_nothing_can_be_estimated_the_first_in_line_stands_for_the_wait() -> None:
    standing = line(None, head=4, unknown="line_not_moving")
    assert predicted(standing, NOON) == 240.0
    assert predicted(replace(standing, wait=None), NOON) == 240.0


def test_an_empty_line_without_an_estimate_is_short() -> None:
    assert predicted(Line(), NOON) == 0.0


def test_where_nobody_is_staffed_the_wait_has_no_end() -> None:
    assert predicted(line(None, waiting=0, unknown="nobody_staffed"), NOON) == math.inf


def test_a_backlog_drains_as_the_arithmetic_of_callbacks_says() -> None:
    # 218 people, 7 agents of whom the usual calls take 3.6: the guide has 512 minutes.
    seconds = drain_seconds(Debt(pending=218, staffed=7, handle_seconds=HANDLE), NOON, STEADY)
    assert seconds is not None
    assert seconds / 60 == pytest.approx(512, abs=2)


def test_who_waits_in_line_is_served_before_the_last_promise() -> None:
    alone = drain_seconds(Debt(pending=10, staffed=7, handle_seconds=HANDLE), NOON, STEADY)
    behind = Debt(pending=10, waiting=10, staffed=7, handle_seconds=HANDLE)
    assert alone is not None
    assert drain_seconds(behind, NOON, STEADY) == pytest.approx(2 * alone)


def test_fewer_people_than_the_usual_calls_need_never_drain_a_backlog() -> None:
    debt = Debt(pending=1, staffed=3, handle_seconds=HANDLE)
    assert drain_seconds(debt, NOON, STEADY) == math.inf


@pytest.mark.parametrize("staffed", [None, 0])
def test_with_nobody_known_to_be_there_only_the_count_of_promises_limits(
    staffed: int | None,
) -> None:
    debt = Debt(pending=900, staffed=staffed)
    assert drain_seconds(debt, NOON, STEADY) is None
    assert ceiling(None, debt, NOON, STEADY) is None


@pytest.mark.parametrize(
    ("before", "pending", "after"),
    [
        (None, 100, None),
        (None, 101, "list_full"),
        ("list_full", 80, "list_full"),
        ("list_full", 79, None),
    ],
)
def test_offers_end_above_the_most_pending_and_begin_again_a_fifth_below(
    before: object, pending: int, after: object
) -> None:
    centre = replace(STEADY, admission=AdmissionPolicy(most_pending=100))
    assert ceiling(before, Debt(pending=pending), NOON, centre) == after  # type: ignore[arg-type]


def test_offers_end_when_the_last_promise_would_be_kept_too_late() -> None:
    # Four hours: 102 people with 7 agents.
    few, many = (Debt(pending=n, staffed=7, handle_seconds=HANDLE) for n in (100, 104))
    assert ceiling(None, few, NOON, STEADY) is None
    assert ceiling(None, many, NOON, STEADY) == "promise_out_of_reach"
    assert ceiling("promise_out_of_reach", few, NOON, STEADY) == "promise_out_of_reach"


def seoul(hour: int, minute: int = 0) -> datetime:
    local = datetime(2026, 3, 11, hour, minute, tzinfo=ZoneInfo("Asia/Seoul"))
    return local.astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "at", "opened"),
    [
        ("always", seoul(3), True),
        ("09:00-18:00", seoul(8, 59), False),
        ("09:00-18:00", seoul(9), True),
        ("09:00-18:00", seoul(17, 59), True),
        ("09:00-18:00", seoul(18), False),
        ("18:00-24:00", seoul(23, 59), True),
        ("18:00-24:00", seoul(0), False),
        ("22:00-06:00", seoul(23), True),
        ("22:00-06:00", seoul(5, 59), True),
        ("22:00-06:00", seoul(6), False),
    ],
)
def test_hours_are_those_of_the_centres_own_clock(hours: str, at: datetime, opened: bool) -> None:
    assert is_open(hours, ZoneInfo("Asia/Seoul"), at) == opened
