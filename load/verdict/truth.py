"""How many seats did a crisis truly need, by the rates it was made with?

With the true rates, handle time and patience: what nobody at the phones could know. Two answers.
As it went: what the platform's own load model makes of the rates up to each moment, which a burst
that is soon over never fills. If it lasted: for the rate of each moment as though it stayed, which
is what the platform asks for, since it cannot know when people will stop calling.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from load.scenario import Scenario
from load.sim.arrivals import expected_between
from load.sim.stage import sources_of
from load.verdict.record import POINTS
from streams.domain.centre import Centre, ServiceTarget
from streams.domain.staffing.offered_load import along
from streams.domain.staffing.sizing import seats_for, seats_for_load

HOUR = 3600.0


def seats_needed(scenario: Scenario, centre: Centre) -> list[float]:
    """As it went, at each of `POINTS` moments of the scenario."""
    target = _target(scenario, centre)
    handle = target.handle_time.total_seconds() / HOUR
    step = scenario.length.total_seconds() / POINTS
    rates = _rates(scenario, centre, step)
    load = along(
        lambda hours: rates[min(len(rates) - 1, int(hours * HOUR / step))],
        handle,
        rates[0] * handle,
        step / HOUR,
        scenario.length.total_seconds() / HOUR,
    )
    return [float(seats_for_load(erlangs, target)) for erlangs in load[: POINTS + 1]]


def seats_if_it_lasted(scenario: Scenario, centre: Centre) -> list[float]:
    """For the rate of each of these moments as though it stayed."""
    target = _target(scenario, centre)
    rates = _rates(scenario, centre, scenario.length.total_seconds() / POINTS)
    return [float(seats_for(rate, target)) for rate in (*rates, rates[-1])]


def handle_seconds(scenario: Scenario) -> float:
    """How long a call truly keeps a desk busy."""
    desk = scenario.desk
    return (desk.talk + desk.wrap_up + desk.ring).total_seconds()


def _target(scenario: Scenario, centre: Centre) -> ServiceTarget:
    handle = timedelta(seconds=handle_seconds(scenario))
    return replace(centre.target, handle_time=handle, patience=scenario.callers.patience)


def _rates(scenario: Scenario, centre: Centre, step: float) -> Sequence[float]:
    """People an hour in each step."""
    sources = sources_of(scenario, centre)
    return [
        sum(expected_between(pieces, nth * step, (nth + 1) * step) for _, _, pieces in sources)
        * HOUR
        / step
        for nth in range(POINTS)
    ]
