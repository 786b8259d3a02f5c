"""Is a callback list without more agents the debt of hours that arithmetic says it is?

The guide's sums (surge-and-staffing.md 4.6): ten times the ordinary load for an hour, everything
in excess to callbacks. The mean of 12 runs of the same domain code that serves the running
platform must come within 6 % of them: arrivals alone scatter a single run by about 40 minutes,
and so their mean by about 12.
"""

import statistics
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from load.scenario import Scenario, load_scenario
from load.sim.engine import Rehearsal
from streams.centre_file import load_centre
from streams.domain.centre import Centre

SHIPPED = load_centre(Path(__file__).parents[2] / "centre.toml")
SEEDS = range(12)
MINUTE = 60.0
BURST_ENDS = 2 * 60 * MINUTE
TOLERANCE = 0.06


def centre() -> Centre:
    """Ours, but whoever waits 15 s becomes a callback, and it is never night."""
    return replace(
        SHIPPED,
        overflow=replace(SHIPPED.overflow, wait_limit=timedelta(seconds=15)),
        callbacks=replace(SHIPPED.callbacks, quiet_hours=None, reserve=0.0),
    )


def owed(rehearsal: Rehearsal) -> int:
    """People who were not served yet: on hold, promised, or being rung back."""
    talking = rehearsal.promises.switch.under_way
    return len(rehearsal.promises.open) - talking + rehearsal.hall.waiting


def drained(scenario: Scenario, seed: int) -> tuple[int, float]:
    """How many were owed a talk when the hour was over, and minutes until nobody was."""
    rehearsal = Rehearsal(scenario, centre(), seed=seed)
    rehearsal.run(until=BURST_ENDS)
    backlog = left = owed(rehearsal)
    minutes = 0.0
    while left > 0:
        minutes += 1
        rehearsal.run(until=BURST_ENDS + minutes * MINUTE)
        left = owed(rehearsal)
    assert not rehearsal.score.abandoned_share()
    return backlog, minutes


def with_agents(people: int) -> Scenario:
    scenario = load_scenario("drain")
    return replace(scenario, staff=(replace(scenario.staff[0], people=people),))


@pytest.mark.parametrize(
    ("agents", "backlog", "minutes"),
    [(7, 218, 512), (20, 120, 59)],
)
def test_the_list_takes_as_long_as_arithmetic_says(agents: int, backlog: int, minutes: int) -> None:
    runs = [drained(with_agents(agents), seed) for seed in SEEDS]
    mean_backlog = statistics.mean(run[0] for run in runs)
    mean_minutes = statistics.mean(run[1] for run in runs)
    assert mean_backlog == pytest.approx(backlog, rel=TOLERANCE)
    assert mean_minutes == pytest.approx(minutes, rel=TOLERANCE)


def test_with_an_agent_for_everybody_there_is_no_debt() -> None:
    assert [drained(with_agents(60), seed)[0] for seed in range(3)] == [0, 0, 0]
