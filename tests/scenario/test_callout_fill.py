"""Does the forecast fill seats as fast as the guide's table says, waking no more people?

The table is of `paging.md` 3.3: 30 seats from 250 people, silent people never answer, 1500 runs.
Each number is within ten per cent of it or better; the seed is fixed.
"""

import msgspec
import pytest

from streams.domain.callout.forecast import Habit, people_to_ask
from streams.domain.callout.outlook import outlook
from streams.domain.callout.preview import MARKS, marked
from streams.events.callouts import Policy

SEATS, PEOPLE, RUNS = 30, 250, 1500
TOLERANCE = 1.10
MINUTE = 60.0

# Yes share, median delay: median and p90 minutes to fill, people paged, surplus yeses, filled.
TABLE = [
    (0.41, 6.0, (7.8, 11.3, 135.0, 25.7, 1.0)),
    (0.25, 8.0, (12.5, 20.2, 191.0, 18.1, 1.0)),
    (0.16, 10.0, (23.8, 42.4, 233.0, 7.3, 0.97)),
]


@pytest.mark.parametrize(("share", "median", "expected"), TABLE)
def test_the_forecast_fills_seats_as_the_table_says_or_better(
    share: float, median: float, expected: tuple[float, ...]
) -> None:
    habit = Habit(yes_share=share, median_seconds=median * MINUTE)
    seen = outlook(SEATS, [habit] * PEOPLE, Policy(), runs=RUNS)
    assert seen.median_seconds is not None
    assert seen.p90_seconds is not None
    got = (
        seen.median_seconds / MINUTE,
        seen.p90_seconds / MINUTE,
        seen.people_woken,
        seen.surplus,
        1.0 / seen.filled_in_two_hours,
    )
    limits = (*(TOLERANCE * number for number in expected[:4]), TOLERANCE / expected[4])
    assert [(g, limit) for g, limit in zip(got, limits, strict=True) if g > limit] == []


@pytest.mark.parametrize(("share", "median"), [(0.41, 6.0), (0.25, 8.0), (0.16, 10.0)])
def test_the_slider_wakes_more_people_the_faster_it_fills(share: float, median: float) -> None:
    habit = Habit(yes_share=share, median_seconds=median * MINUTE)
    seen = [outlook(SEATS, [habit] * PEOPLE, marked(Policy(), mark), runs=300) for mark in MARKS]
    times = [one.median_seconds or float("inf") for one in seen]
    assert times == sorted(times, reverse=True)
    assert [one.people_woken for one in seen] == sorted(one.people_woken for one in seen)


def test_one_after_the_other_cannot_fill_a_surge() -> None:
    habit = Habit(yes_share=0.41, median_seconds=6 * MINUTE)
    slow = msgspec.structs.replace(Policy(), rule="sequential", every_seconds=300.0)
    seen = outlook(SEATS, [habit] * PEOPLE, slow, runs=200)
    assert (seen.median_seconds, seen.filled_in_two_hours) == (None, 0.0)


@pytest.mark.parametrize(
    ("share", "people"),
    [(0.60, (50, 58, 65)), (0.41, (73, 87, 100)), (0.25, (119, 145, 169)), (0.16, (186, 229, 269))],
)
def test_how_many_to_page_at_once_is_the_binomial_of_the_guide(
    share: float, people: tuple[int, int, int]
) -> None:
    found = tuple(people_to_ask(SEATS, share, certainty) for certainty in (0.5, 0.9, 0.99))
    assert found == people
