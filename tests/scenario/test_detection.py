"""The scenarios of a crisis hotline (contact-centre.md 4.4): one surge is declared once."""

import random
from collections.abc import Callable
from math import exp

import pytest

from streams.domain.detection.surge import SurgeWatch
from tests.support.pulses import (
    DOMESTIC,
    EXAMPLE,
    QUAKE,
    alerts,
    crisis,
    declared,
    plain,
    play,
)

HOUR = 3600
MEAN = 27.4
PARIS = ("total", "queue:main", "channel:voice", "country:FR", "topic:incident")
Rate = Callable[[float], float]


def shape(peak: float, begin: float, ramp: float, plateau: float, decay: float) -> Rate:
    """Contacts an hour beyond the plain ones; times in hours."""

    def rate(second: float) -> float:
        hour = second / HOUR - begin
        if hour < 0:
            return 0.0
        over = max(0.0, hour - ramp - plateau)
        return peak * min(1.0, hour / ramp) * (exp(-over / decay) if decay else float(over == 0))

    return rate


@pytest.mark.parametrize(
    ("keys", "peak", "rate", "hours", "calm_share"),
    [
        pytest.param(PARIS, 3.5, shape(3.5 * MEAN, 2, 0.75, 5, 4), 24, 1.0, id="S1 news"),
        pytest.param(QUAKE, 9, shape(9 * MEAN, 2, 0.33, 20, 24), 72, 1.0, id="S2 quake abroad"),
        pytest.param(DOMESTIC, 55, shape(55 * MEAN, 2, 0.7, 2.3, 1), 16, 1.0, id="S5 landfall"),
        pytest.param(DOMESTIC, 2.5, shape(2.5 * MEAN, 2, 0.01, 60, 0), 80, 1.0, id="S7 sustained"),
        pytest.param(DOMESTIC, 14, shape(14 * MEAN, 8, 0.01, 0, 10), 40, 0.3, id="S8 rebound"),
    ],
)
def test_a_surge_is_declared_once(
    keys: tuple[str, ...], peak: float, rate: Rate, hours: int, calm_share: float
) -> None:
    rng = random.Random(1)
    ordinary = [
        contact
        for contact in plain(hours * HOUR, rng)
        if not 2 <= contact[0] / HOUR < 8 or rng.random() < calm_share
    ]
    extra = crisis(keys, rate, hours * HOUR, rng, peak * MEAN)
    contacts = sorted(ordinary + extra, key=lambda contact: contact[0])
    facts = play(SurgeWatch(EXAMPLE), contacts, hours * HOUR, every=60)
    assert len(alerts(facts)) == len(declared(facts)) == 1
