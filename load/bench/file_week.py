"""How often is there an alarm when the centre file is right, and the live season learns beside it?

Lives as in `calm`, whose day cycle the centre file has. What the season learns of a quiet hour
depends on the hour's count alone, so the rates that are believed are had hour by hour, from the
shipped plan; the statistic runs over all lives at once. A life in which it raises an alarm is lived
again by the shipped surge watch, contact by contact, and its alarms are those.
"""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from load.bench.calm import HOUR, LIFE_HOURS, SWING, Life, life, with_alarms
from load.bench.onsets import centre_of
from load.bench.streams import YEAR_HOURS, Array, Setting
from streams.domain.centre import AlertPolicy, Baseline, Centre
from streams.domain.detection.keys import WEEKS_A_YEAR
from streams.domain.detection.outage import Outages
from streams.domain.detection.plan import TOTAL, Plan
from streams.domain.detection.surge import SurgeWatch
from streams.events.demand import PulseData

_DAY_HOURS: Final = 24


def alarms_in(setting: Setting, lives: range, *, hours: int = LIFE_HOURS) -> tuple[int, float]:
    """(alarms, years) of these lives."""
    suspects = with_alarms(setting, lives, hours, believed)
    alarms = sum(alarms_of(setting, seed, hours) for seed in suspects)
    return alarms, len(lives) * hours / YEAR_HOURS


def centre_with(per_hour: float) -> Centre:
    """A centre whose file has the day cycle, with one tier: what is not an alarm teaches."""
    day = [
        per_hour * (1 + SWING * math.sin(2 * math.pi * hour / _DAY_HOURS))
        for hour in range(_DAY_HOURS)
    ]
    return replace(
        centre_of(per_hour),
        baselines=(Baseline(key=TOTAL, week=tuple(day * 7)),),
        alerts=AlertPolicy(alert_per_year=1.0, watch_per_week=1 / WEEKS_A_YEAR),
    )


def believed(one: Life) -> tuple[Array, int]:
    """The rate that is believed of each hour of a life, over kappa; from the first hour on."""
    plan = Plan(centre_with(one.per_hour), Outages())
    level, rates = plan.level(TOTAL), np.zeros(one.hours)
    if level is None:
        raise ValueError("the centre file has no total")
    for slot, count in enumerate(one.counts.tolist()):
        # As the surge worker turns the hours: what was counted, then what is believed of the next.
        rates[slot] = level.rate(slot * HOUR)
        if count:
            level.learn(slot, count, frozen=False)
        level.recent(slot + 1)
        plan.force.turn(slot + 1)
    return rates, 0


def alarms_of(setting: Setting, seed: int, hours: int) -> int:
    """How often the shipped watch raises an alarm in a life."""
    one = life(seed, hours, setting.baseline * HOUR)
    watch, alarms = SurgeWatch(centre_with(one.per_hour)), 0
    for part in one.seconds():
        seconds, counts = np.unique(part, return_counts=True)
        for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
            at = datetime.fromtimestamp(second, UTC)
            pulse = PulseData(key=TOTAL, partition=0, second=at, first_attempts=count)
            facts = [*watch.tick(at), *watch.observe(pulse, at)]
            alarms += sum(fact.data.revision == 0 for fact in facts)
    return alarms
