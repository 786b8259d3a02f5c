"""What would others have said of the same streams?

Fixed bins; ADWIN and Page-Hinkley of `river` on counts per minute; Grafana's adaptive PromQL rules
on calls per minute. The last are an emulation, not Prometheus itself: evaluated every minute on
`rate[5m]`, with the rules' hour of mean and deviation, their band of at least half the mean, the
same band of a day ago, and their five minutes of waiting (grafana/promql-anomaly-detection at
738e34e; the band of a week ago is left out).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

MINUTE = 60
_HOUR_MINUTES = 60
_WAIT_MINUTES = 5
Alarms = Iterator[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A detector: `alarms` gives the seconds at which it fires, on sorted times of contacts."""

    name: str
    alarms: Callable[[Any, float], Alarms]


def per_minute(times: Any, seconds: float) -> Any:
    """Contacts in each whole minute."""
    return np.bincount((times // MINUTE).astype(int), minlength=int(seconds // MINUTE))


def fixed_bins(width: float, least: int) -> Callable[[Any, float], Alarms]:
    """An alarm at the end of a bin with at least so many contacts."""

    def alarms(times: Any, seconds: float) -> Alarms:
        counts = np.bincount((times // width).astype(int), minlength=int(seconds // width))
        for place in np.flatnonzero(counts >= least):
            yield float((place + 1) * width)

    return alarms


def river_detector(make: Callable[[], Any]) -> Callable[[Any, float], Alarms]:
    """A drift detector fed with the counts per minute; only rises count as alarms."""

    def alarms(times: Any, seconds: float) -> Alarms:
        detector = make()
        seen: list[float] = []
        for minute, count in enumerate(per_minute(times, seconds)):
            seen.append(float(count))
            detector.update(float(count))
            if detector.drift_detected and np.mean(seen[-5:]) > np.mean(seen):
                yield (minute + 1) * MINUTE

    return alarms


def adaptive_rules(times: Any, seconds: float) -> Alarms:
    """The PromQL rules, emulated: outside the band for five minutes on end."""
    counts = per_minute(times, seconds).astype(float)
    rate = np.convolve(counts, np.ones(5), "full")[: counts.size] / 5
    outside = 0
    for minute in range(25 * _HOUR_MINUTES, counts.size):
        hour = rate[minute - _HOUR_MINUTES : minute]
        mean = hour.mean()
        # A series that averages less than 5/60 is left aside as sparse.
        if mean < 5 / 60:
            outside = 0
            continue
        top = max(_upper(rate, minute), _upper(rate, minute - 23 * _HOUR_MINUTES))
        outside = outside + 1 if rate[minute] > top else 0
        if outside == _WAIT_MINUTES:
            yield (minute + 1) * MINUTE


def _upper(rate: Any, minute: int) -> float:
    """The top of the band that an hour gives; the deviation is smoothed over the hours before."""
    hour = rate[minute - _HOUR_MINUTES : minute]
    hours = rate[max(0, minute - 24 * _HOUR_MINUTES) : minute]
    hours = hours[hours.size % _HOUR_MINUTES :].reshape(-1, _HOUR_MINUTES)
    spread = max(2 * hours.std(axis=1).mean(), 0.5 * hour.mean())
    return float(hour.mean() + spread)


def all_peers() -> list[Peer]:
    """Those that are installed."""
    peers = [
        Peer(name="bins of 1 min, 7 or more", alarms=fixed_bins(60, 7)),
        Peer(name="bins of 5 min, 12 or more", alarms=fixed_bins(300, 12)),
        Peer(name="bins of 15 min, 20 or more", alarms=fixed_bins(900, 20)),
        Peer(name="bins of 1 h, 49 or more", alarms=fixed_bins(3600, 49)),
        Peer(name="PromQL adaptive rules (emulated)", alarms=adaptive_rules),
    ]
    try:
        from river import drift  # noqa: PLC0415 - only where the bench packages are installed
    except ImportError:
        return peers
    return [
        *peers,
        # By default ADWIN looks every 32nd value only; here it may look at each.
        Peer(
            name="river ADWIN (0.002)",
            alarms=river_detector(lambda: drift.ADWIN(delta=0.002, clock=1)),
        ),
        Peer(name="river Page-Hinkley", alarms=river_detector(drift.PageHinkley)),
    ]
