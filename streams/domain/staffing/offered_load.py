"""How much work is in the house, when the arrival rate is changing?

The offered load lags behind the arrival rate by about one handle time, and is what staffing must
follow (Eick, Massey, Whitt 1993; Jennings et al. 1996). Rates are per hour, times in hours,
loads in erlangs; handle times are taken as exponential with the given mean.
"""

import math
from collections.abc import Callable


def after_step(before: float, after: float, handle_hours: float, elapsed_hours: float) -> float:
    """Offered load this long after the arrival rate stepped from `before` to `after`."""
    settled = after * handle_hours
    return settled - (after - before) * handle_hours * math.exp(-elapsed_hours / handle_hours)


def spike_peak(tau_hours: float, handle_hours: float) -> float:
    """Hours until the load peaks after a jump whose excess decays with time constant tau."""
    mu = 1.0 / handle_hours
    return math.log(mu * tau_hours) / (mu - 1.0 / tau_hours)


def after_spike(
    base: float, excess: float, tau_hours: float, handle_hours: float, elapsed_hours: float
) -> float:
    """Offered load after a jump of `excess` contacts an hour that decays with constant tau."""
    mu = 1.0 / handle_hours
    decay = math.exp(-elapsed_hours / tau_hours) - math.exp(-mu * elapsed_hours)
    return base * handle_hours + excess * decay / (mu - 1.0 / tau_hours)


def along(
    rate: Callable[[float], float], handle_hours: float, start: float, step: float, hours: float
) -> list[float]:
    """Offered load every `step` hours for `hours` hours, of a rate given as a function of time.

    Solves m' = rate - m / handle exactly on each step with the rate at its middle; the first
    value is `start`, the load at time 0.
    """
    keep = math.exp(-step / handle_hours)
    loads = [start]
    for index in range(round(hours / step)):
        settled = rate((index + 0.5) * step) * handle_hours
        loads.append(settled + (loads[-1] - settled) * keep)
    return loads
