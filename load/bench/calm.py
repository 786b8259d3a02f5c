"""How often is there an alarm when nothing is the matter?

Thousands of years of ordinary calls: steady, with a day cycle that is known, and with one that has
to be learned from nothing. What is counted is alarms, so every row is a Poisson count with an exact
interval.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from load.bench.streams import YEAR_HOURS, Array, Setting, Streams
from streams.domain.detection.calendar import Calendar
from streams.domain.detection.mixture import Mixture
from streams.domain.detection.season import LearningPolicy, Season
from streams.domain.detection.standing import Rules, Thresholds, advance

HOUR: Final = 3600
DAY: Final = 24 * HOUR
SWING: Final = 0.6
# As many streams at once as the processor's cache holds.
AT_ONCE: Final = 2_000
# A life is five years, so that the first months, when little is known, have their weight.
LIFE_HOURS: Final = int(5 * YEAR_HOURS)
_CHUNK: Final = 4 * 168
_FINE: Final = 1 << 16


def steady(
    setting: Setting, years: float, rng: np.random.Generator, count: int = AT_ONCE
) -> tuple[int, float]:
    """(alarms, years) of streams whose rate never changes."""
    gap = 1 / setting.baseline

    def later(clock: Array) -> Array:
        return clock + rng.exponential(gap, count)

    return _lived(setting, years, count, later, lambda at: at * setting.baseline)


def with_a_day_cycle(
    setting: Setting, years: float, rng: np.random.Generator, count: int = AT_ONCE
) -> tuple[int, float]:
    """The same with a day cycle of 60 % either way, which is known: in time, not in mass."""
    angle = 2 * math.pi / DAY
    a_day = setting.baseline * DAY
    # Contacts expected since midnight, and the time of day at which so many are.
    moments = np.linspace(0.0, DAY, _FINE + 1)
    since_midnight = setting.baseline * (moments + SWING / angle * (1 - np.cos(angle * moments)))
    time_of_day = np.interp(np.linspace(0.0, a_day, _FINE + 1), since_midnight, moments)

    def mass(at: Array) -> Array:
        return setting.baseline * (at + SWING / angle * (1 - np.cos(angle * at)))

    masses = np.zeros(count)

    def later(_: Array) -> Array:
        nonlocal masses
        masses += rng.exponential(1.0, count)
        days, place = np.divmod(masses * (_FINE / a_day), _FINE)
        cell = place.astype(int)
        low = time_of_day[cell]
        return days * DAY + low + (time_of_day[cell + 1] - low) * (place - cell)

    return _lived(setting, years, count, later, mass)


def _lived(
    setting: Setting,
    years: float,
    count: int,
    later: Callable[[Array], Array],
    mass: Callable[[Array], Array],
) -> tuple[int, float]:
    streams = Streams(setting, count)
    clock, heard, alarms = np.zeros(count), np.zeros(count), 0
    for _ in range(max(int(years * YEAR_HOURS * HOUR * setting.baseline / count), 1)):
        clock = later(clock)
        now = mass(np.floor(clock) if setting.seconds else clock)
        alarm = streams.hear(now - heard)
        heard = now
        if alarm.any():
            alarms += int(alarm.sum())
            streams.begin_again(alarm)
    return alarms, float(clock.sum()) / HOUR / YEAR_HOURS


@dataclass(slots=True)
class Life:
    """Ordinary contacts of one centre over some years; the same again for the same seed."""

    seed: int
    hours: int
    per_hour: float
    counts: Array
    rng: np.random.Generator

    def seconds(self) -> Iterator[Array]:
        """The seconds of its contacts in order, some weeks at a time."""
        for first in range(0, self.hours, _CHUNK):
            counts = self.counts[first : first + _CHUNK]
            slots: Array = np.repeat(np.arange(first, first + counts.size), counts)
            yield np.sort(slots * HOUR + (self.rng.random(slots.size) * HOUR).astype(int))


def life(seed: int, hours: int, per_hour: float) -> Life:
    """A life with a day cycle of 60 % either way."""
    rng = np.random.default_rng([20260304, seed])
    rate = per_hour * (1 + SWING * np.sin(2 * math.pi * (np.arange(hours) % 24) / 24))
    return Life(seed, hours, per_hour, rng.poisson(rate), rng)


def learned(setting: Setting, seeds: range, *, hours: int = LIFE_HOURS) -> tuple[int, float, int]:
    """(alarms, years, lives lived a second time) when the week is learned from nothing.

    Quiet lives teach the season what their hours counted, whatever the statistic says, so all are
    followed at once. Hours in surge teach nothing: a life with an alarm in it is lived again by the
    shipped code, contact by contact, and its alarms are those.
    """
    suspects = with_alarms(setting, seeds, hours)
    alarms = sum(alarms_of(setting, seed, hours) for seed in suspects)
    return alarms, len(seeds) * hours / YEAR_HOURS, len(suspects)


def with_alarms(
    setting: Setting,
    seeds: range,
    hours: int,
    believe: Callable[[Life], tuple[Array, int]] | None = None,
) -> list[int]:
    """The lives in which the statistic raises an alarm, by what is believed of their hours."""
    per_hour = setting.baseline * HOUR
    lives = [life(seed, hours, per_hour) for seed in seeds]
    rates, begins = zip(*map(believe or _believed, lives), strict=True)
    # The mass believed up to the beginning of each hour.
    before = np.zeros((len(lives), hours + 1))
    np.cumsum(np.array(rates), axis=1, out=before[:, 1:])
    streams = Streams(setting, len(lives))
    heard = before[np.arange(len(lives)), np.array(begins)]
    waiting = [np.empty(0) for _ in lives]
    found: set[int] = set()
    for parts in zip(*(one.seconds() for one in lives), strict=True):
        for place, seconds in enumerate(parts):
            later = seconds[seconds >= begins[place] * HOUR]
            slots = later // HOUR
            masses = before[place, slots] + rates[place][slots] * (later % HOUR) / HOUR
            waiting[place] = np.concatenate([waiting[place], masses])
        count = min(some.size for some in waiting)
        for now in np.array([some[:count] for some in waiting]).T:
            alarm = streams.hear(now - heard)
            heard = now
            if alarm.any():
                found.update(int(place) for place in np.flatnonzero(alarm))
                streams.begin_again(alarm)
        waiting = [some[count:] for some in waiting]
    return [seeds[place] for place in sorted(found)]


def _believed(one: Life) -> tuple[Array, int]:
    """The rate that is believed of each hour, and the hour from which on it is."""
    season = Season(Calendar(ZoneInfo("UTC")), LearningPolicy(lag=1))
    rates, begins = np.zeros(one.hours), one.hours
    for slot, count in enumerate(one.counts.tolist()):
        rates[slot] = season.rate(slot * HOUR)
        if season.ready:
            begins = min(begins, slot)
        season.learn(slot, count)
    return rates, begins


def alarms_of(setting: Setting, seed: int, hours: int) -> int:
    """How often the shipped code raises an alarm in a life."""
    rules = rules_of(setting)
    season = Season(Calendar(ZoneInfo("UTC")), LearningPolicy(lag=1))
    scores, episode, alarms, slot, frozen = rules.mixture.begin(0), None, 0, 0, False
    one = life(seed, hours, setting.baseline * HOUR)
    for part in one.seconds():
        seconds, counts = np.unique(part, return_counts=True)
        for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
            while slot < second // HOUR:
                season.rate(slot * HOUR)
                season.learn(slot, int(one.counts[slot]), frozen=frozen)
                slot, frozen = slot + 1, episode is not None
            season.rate(second)
            if not season.ready:
                scores = rules.mixture.begin(slot * HOUR)
                continue
            before = episode
            scores, episode = advance(scores, episode, second, count, season, rules)
            alarms += episode is not None and before is None
            frozen = frozen or episode is not None
    return alarms


def rules_of(setting: Setting) -> Rules:
    """The shipped rules with one tier."""
    mixture = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), setting.kappa)
    limit = Thresholds(watch=setting.threshold, alert=setting.threshold)
    return Rules(
        mixture=mixture, thresholds=limit, distinct_callers=max(setting.distinct_callers, 1)
    )


def shipped_alarms(setting: Setting, seconds: Any) -> list[int]:
    """Where the shipped code raises alarms on contacts at these seconds; steady rate."""
    rules, expected = rules_of(setting), _Steady(setting.baseline)
    scores, found = rules.mixture.begin(0), []
    for second, count in zip(*np.unique(seconds, return_counts=True), strict=True):
        scores, episode = advance(scores, None, int(second), int(count), expected, rules)
        if episode is not None:
            found.append(int(second))
            scores = rules.mixture.begin(int(second))
    return found


@dataclass(frozen=True, slots=True)
class _Steady:
    baseline: float

    def mass(self, start: int, end: int) -> float:
        return (end - start) * self.baseline

    def rate(self, second: int) -> float:
        del second
        return self.baseline * HOUR
