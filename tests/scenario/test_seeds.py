"""What one run of a scenario shows holds for others: a short version of `make bench-scenarios`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from load.bench.seeds import CENTRE, Said, crises, ordinary, poisson_limit, said
from load.scenario import load_scenario
from streams.centre_file import load_centre

OURS = load_centre(CENTRE)


def test_the_poisson_limit_is_that_of_the_printed_table() -> None:
    # P(X <= 13) of a mean of 8.2 is 0.9594, P(X <= 12) is 0.9235.
    assert poisson_limit(8.2) == 13
    assert poisson_limit(1.0) == 3


def test_two_crises_are_two_alerts_whatever_the_seed() -> None:
    scenario = load_scenario("S9")
    # Until both are alerts; `make bench-scenarios` plays all ten hours, fifty times.
    short = replace(scenario, length=timedelta(hours=5))
    assert crises([said(short, OURS, seed) for seed in (101, 102)], short) == []


def test_ordinary_weeks_stay_within_the_budget() -> None:
    week = replace(load_scenario("S0"), length=timedelta(days=7))
    runs = [said(week, OURS, seed) for seed in (201, 202)]
    assert ordinary(runs, week, OURS) == []
    assert sum(run.alerts for run in runs) == 0


@pytest.mark.parametrize(
    "surges",
    [
        pytest.param((), id="none"),
        pytest.param((("country:JP", 8.0, "alert"),), id="one of two"),
        pytest.param((("country:JP", 8.0, "alert"), ("country:US", 99.0, "watch")), id="a watch"),
        pytest.param((("country:JP", 8.0, "alert"),) * 3, id="flapping"),
    ],
)
def test_a_run_that_says_something_else_is_named(
    surges: tuple[tuple[str, float, str], ...],
) -> None:
    run = Said(seed=7, surges=surges, early=0, seconds=1.0)
    assert crises([run], load_scenario("S9")) == ["S9 seeds [7]"]


def test_more_alarms_than_the_budget_allows_are_missed() -> None:
    month = load_scenario("S0")
    alarm = ("total", 60.0, "alert")
    runs = [Said(seed=n, surges=(alarm,) * 3, early=0, seconds=1.0) for n in range(10)]
    assert "S0 alert" in ordinary(runs, month, OURS)
