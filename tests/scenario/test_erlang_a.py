"""The simulated hall in the stationary case against the exact birth-death solution."""

import itertools
import statistics
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from load.scenario import Base, Callers, Desk, Mix, Scenario, Staff, load_scenario
from load.sim.reports import AgentReport
from load.sim.score import Score
from load.sim.stage import set_up
from streams.centre_file import load_centre

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
NOTHING = timedelta(0)
RUNS = 6
# 97.5 % point of Student's t with 5 degrees of freedom.
T5 = 2.571


class Listening(Score):
    def agent(self, report: AgentReport) -> None:
        pass


def stationary(agents: int, per_minute: float, talk: float, patience: float) -> Scenario:
    return replace(
        load_scenario("S0"),
        length=timedelta(hours=3),
        base=Base(per_hour=per_minute * 60, mix=Mix(language={"ko": 1.0})),
        callers=replace(
            Callers(),
            patience=timedelta(seconds=patience),
            hangs_up_at_announcement=0.0,
            redials=0.0,
            reconnects=0.0,
        ),
        desk=Desk(
            talk=timedelta(seconds=talk),
            exponential=True,
            wrap_up=NOTHING,
            greeting=NOTHING,
            ring=NOTHING,
            ring_unanswered=0.0,
            calls_back=False,
        ),
        staff=(Staff(pool="counselors", people=agents),),
    )


def measured(scenario: Scenario, seed: int) -> tuple[float, float]:
    """Share that abandons, and mean wait of all, after a warm-up that is left out."""
    score, names = Listening(), itertools.count()
    hall = set_up(scenario, CENTRE, score, lambda: str(next(names)), seed=seed)
    hall.agenda.run_until(1800.0)
    score.kinds.clear()
    score.waits.clear()
    hall.agenda.run_until(scenario.length.total_seconds())
    return score.abandoned_share(), statistics.fmean(score.waits)


@pytest.mark.parametrize(
    ("agents", "per_minute", "talk", "patience", "abandons", "waits"),
    [
        # Garnett, Mandelbaum and Reiman's comparison; exact values of surge-and-staffing.md 4.1.
        (50, 48.0, 60.0, 120.0, 0.03091, 3.709),
        # theta = mu, where the system is M/M/infinity.
        (55, 50.0, 60.0, 60.0, 0.0206114, 0.0206114 * 60.0),
    ],
)
def test_the_hall_agrees_with_erlang_a_within_its_confidence_interval(
    agents: int, per_minute: float, talk: float, patience: float, abandons: float, waits: float
) -> None:
    scenario = stationary(agents, per_minute, talk, patience)
    runs = [measured(scenario, seed) for seed in range(RUNS)]
    for found, exact in zip(zip(*runs, strict=True), (abandons, waits), strict=True):
        half_width = T5 * statistics.stdev(found) / len(runs) ** 0.5
        assert abs(statistics.fmean(found) - exact) <= half_width
