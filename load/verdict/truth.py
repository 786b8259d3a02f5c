"""How many seats did a crisis truly need, by the rates it was made with?

The seats that the platform's own load model asks for at the true rate of each moment, with the true
handle time and patience: what nobody at the phones could know.
"""

from collections.abc import Sequence
from dataclasses import replace

from load.scenario import Scenario
from load.sim.arrivals import expected_between
from load.sim.stage import sources_of
from load.verdict.record import POINTS
from streams.domain.centre import Centre
from streams.domain.staffing.offered_load import along
from streams.domain.staffing.sizing import seats_for_load

HOUR = 3600.0


def seats_needed(scenario: Scenario, centre: Centre) -> list[float]:
    """At each of `POINTS` moments of the scenario."""
    desk = scenario.desk
    target = replace(
        centre.target,
        handle_time=desk.talk + desk.wrap_up + desk.ring,
        patience=scenario.callers.patience,
    )
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


def _rates(scenario: Scenario, centre: Centre, step: float) -> Sequence[float]:
    """People an hour in each step."""
    sources = sources_of(scenario, centre)
    return [
        sum(expected_between(pieces, nth * step, (nth + 1) * step) for _, _, pieces in sources)
        * HOUR
        / step
        for nth in range(POINTS)
    ]
