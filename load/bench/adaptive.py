"""What would Grafana's adaptive anomaly rules have said of the same calls?

The published rules (grafana/promql-anomaly-detection, `adaptive.yml`, at their defaults, evaluated
every minute), told in our words twice: as PromQL that a real Prometheus evaluates
(`load.bench.prometheus`), and as the same arithmetic on arrays. Input is calls a minute over five.
Only rises count. What decides:

- minutes in which the five-minute rate is zero are no samples at all, so the mean is that of the
  others;
- an hour's deviation enters only where it is more than half the mean, and is averaged over 26 h;
- the band is the highest of mean + 2 deviations, 1.5 means, and the hours a day and a week ago;
- outside for five minutes, that is at six evaluations in a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Array = Any
MINUTE: Final = 60
CALLS: Final = "calls_total"
_HOUR: Final = 60
_LONG: Final = 26 * _HOUR
_AGO: Final = (23 * _HOUR + 30, 167 * _HOUR + 30)
_EVERY: Final = 5
_SPARSE: Final = 5 / 60
_IN_A_ROW: Final = 6


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording rule: evaluated over the whole time before those that rest on it."""

    name: str
    expr: str
    step: int = MINUTE


def _hours_ago(offset: str) -> str:
    window = f"adaptive_level[1h] offset {offset}"
    return f"avg_over_time({window}) + 2 * stddev_over_time({window})"


# Rules of one row do not rest on each other.
STAGES: Final[tuple[tuple[Recorded, ...], ...]] = (
    (Recorded("calls_a_minute", f"rate({CALLS}[5m]) * 60"),),
    (
        Recorded(
            "adaptive_level",
            "calls_a_minute > 0 unless avg_over_time(calls_a_minute[1h]) < 5 / 60",
        ),
    ),
    (
        Recorded("adaptive_mean", "avg_over_time(adaptive_level[1h])"),
        Recorded(
            "adaptive_noise",
            "stddev_over_time(adaptive_level[1h]) > 0.5 * avg_over_time(adaptive_level[1h])",
        ),
        Recorded("adaptive_day_ago", _hours_ago("23h30m"), _EVERY * MINUTE),
        Recorded("adaptive_week_ago", _hours_ago("167h30m"), _EVERY * MINUTE),
    ),
    (Recorded("adaptive_deviation", "avg_over_time(adaptive_noise[26h])"),),
    (
        Recorded(
            "adaptive_top",
            "max by (stream) ("
            "label_replace(last_over_time(adaptive_mean[2m])"
            ' + 2 * last_over_time(adaptive_deviation[2m]), "band", "near", "", "")'
            ' or label_replace(1.5 * last_over_time(adaptive_mean[2m]), "band", "least", "", "")'
            ' or label_replace(last_over_time(adaptive_day_ago[10m]), "band", "day", "", "")'
            ' or label_replace(last_over_time(adaptive_week_ago[10m]), "band", "week", "", ""))',
        ),
    ),
    (
        Recorded(
            "adaptive_outside",
            "last_over_time(adaptive_level[2m]) > on(stream) last_over_time(adaptive_top[2m])",
        ),
    ),
)
OUTSIDE: Final = STAGES[-1][0].name


def adaptive_rules(times: Array, seconds: float) -> Iterator[float]:
    """The seconds at which the alert fires."""
    return fired(outside(times, seconds))


def fired(beyond: Array) -> Iterator[float]:
    """Alerts from what each minute's evaluation found: the sixth in a row fires."""
    row = 0
    for minute, is_beyond in enumerate(beyond.tolist()):
        row = row + 1 if is_beyond else 0
        if row == _IN_A_ROW:
            yield minute * MINUTE


def counter(times: Array, seconds: float) -> Array:
    """Calls up to each whole minute, as a counter that is read every minute says."""
    return np.searchsorted(times, np.arange(int(seconds // MINUTE) + 1) * MINUTE, side="right")


def outside(times: Array, seconds: float) -> Array:
    """Whether each minute's evaluation finds the level above the band."""
    calls = counter(times, seconds)
    rate = np.full(calls.size, np.nan)
    rate[5:] = (calls[5:] - calls[:-5]) / 5
    level = np.where((rate > 0) & ~(_mean(rate, _HOUR) < _SPARSE), rate, np.nan)
    mean = _mean(level, _HOUR)
    deviation = np.sqrt(np.maximum(_mean(level**2, _HOUR) - mean**2, 0.0))
    noise = np.where(deviation > 0.5 * mean, deviation, np.nan)
    bands = [mean + 2 * _mean(noise, _LONG), 1.5 * mean]
    bands += [_ago(mean + 2 * deviation, minutes) for minutes in _AGO]
    top = np.fmax.reduce(bands)
    result: Array = _last(level, 2) > _last(top, 2)
    return result


def _mean(values: Array, minutes: int) -> Array:
    """The mean of the samples of so many minutes, both ends included; none where there is none."""
    there = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(there, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(there)])
    first = np.maximum(np.arange(values.size) - minutes, 0)
    count = counts[1:] - counts[first]
    total = sums[1:] - sums[first]
    return np.divide(total, count, out=np.full(values.size, np.nan), where=count > 0)


def _ago(values: Array, minutes: int) -> Array:
    """What stood so many minutes ago, recorded every five minutes and held for ten."""
    here = np.full(values.size, np.nan)
    if values.size > minutes:
        here[minutes:] = values[: values.size - minutes]
    recorded = np.where(np.arange(values.size) % _EVERY == 0, here, np.nan)
    return _last(recorded, 2 * _EVERY)


def _last(values: Array, minutes: int) -> Array:
    """The last sample of so many minutes."""
    last = values.copy()
    for back in range(1, minutes + 1):
        older = np.full(values.size, np.nan)
        older[back:] = values[: values.size - back]
        last = np.where(np.isnan(last), older, last)
    return last
