"""What would others have said of the same streams?

Fixed bins; ADWIN and Page-Hinkley of `river` on counts per minute; Grafana's adaptive PromQL rules,
emulated here and held against a real Prometheus by the bench.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from load.bench.adaptive import adaptive_rules

MINUTE = 60
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
