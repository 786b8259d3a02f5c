"""The shipped statistic on very many simulated streams at once, with numpy.

The same recursion as `streams.domain.detection.mixture`, one array element a stream; the bench
begins by holding the two against each other. Time is in seconds, rates are per second.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

# numpy is there for benches only, so its types are not.
Array = Any
RATIOS = np.array([2.0, 3.5, 7.0, 15.0, 40.0])
YEAR_HOURS = 8766.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is run. `seconds` counts contacts by whole seconds, as pulses do."""

    baseline: float = 27 / 3600
    kappa: float = 1.3
    threshold: float = 27 * YEAR_HOURS
    distinct_callers: int = 8
    seconds: bool = True


class Streams:
    """`count` streams of the same kind; each `hear` gives every one of them its next contact."""

    def __init__(self, setting: Setting, count: int) -> None:
        self.setting = setting
        self.rest = 1 / (RATIOS - 1)
        self.drop = -(RATIOS - 1) * setting.kappa
        self.gate = -self.drop / np.log(RATIOS)
        self.scores = np.tile(self.rest, (count, 1))
        self.calls = np.zeros((count, len(RATIOS)))
        self.masses = np.zeros((count, len(RATIOS)))
        # One second's own mass passes before an alarm is judged.
        self.own = setting.baseline if setting.seconds else 0.0

    def hear(self, mass: Array) -> Any:
        """A contact after `mass` expected ones; which streams are now in alarm?"""
        column = mass[:, None]
        self.scores = ((self.scores - self.rest) * np.exp(self.drop * column) + self.rest) * RATIOS
        if self.setting.distinct_callers > 1:
            self.masses += column
            alive = self.calls > self.gate * self.masses
            self.calls = np.where(alive, self.calls, 0.0) + 1
            self.masses = np.where(alive, self.masses, 0.0)
        near = self.scores.mean(axis=1) >= self.setting.threshold
        if not near.any():
            return near
        judged = (self.scores[near] - self.rest) * np.exp(self.drop * self.own) + self.rest
        alarm = judged.mean(axis=1) >= self.setting.threshold
        if self.setting.distinct_callers > 1:
            best = self.scores[near].argmax(axis=1)
            callers = self.calls[near][np.arange(len(best)), best]
            alarm &= callers >= self.setting.distinct_callers
        near[near] = alarm
        return near

    def keep(self, which: Any) -> None:
        """Go on with some of the streams only."""
        self.scores, self.calls = self.scores[which], self.calls[which]
        self.masses = self.masses[which]

    def begin_again(self, which: Any) -> None:
        """These were in alarm: as after its end."""
        self.scores[which] = self.rest
        self.calls[which] = self.masses[which] = 0.0


def delays(
    setting: Setting,
    ratio: float,
    runs: int,
    rng: np.random.Generator,
    *,
    history: int = 0,
    after_contact: bool = False,
    ramp: float = 0.0,
) -> Array:
    """Seconds from the onset to the alarm, over many runs.

    `history` is the number of ordinary contacts before the onset (0: the worst start, right after
    a reset). The onset is at any moment, or right after an ordinary contact. `ramp` is the seconds
    in which the rate rises to `ratio` times the baseline.
    """
    streams = Streams(setting, runs)
    clock = rng.random(runs)
    heard = np.floor(clock) if setting.seconds else clock.copy()
    for _ in range(history):
        clock += rng.exponential(1 / setting.baseline, runs)
        at = np.floor(clock) if setting.seconds else clock
        streams.begin_again(streams.hear((at - heard) * setting.baseline))
        heard = at.copy()
    onset = clock.copy()
    if history and not after_contact:
        onset += rng.exponential(1 / setting.baseline, runs)
    clock = onset.copy()
    alive = np.arange(runs)
    found = np.full(runs, np.nan)
    while alive.size:
        clock = _next(clock, onset, setting.baseline, ratio, ramp, rng)
        at = np.floor(clock) if setting.seconds else clock
        alarm = streams.hear((at - heard) * setting.baseline)
        heard = at
        if alarm.any():
            found[alive[alarm]] = clock[alarm] - onset[alarm]
            kept = ~alarm
            streams.keep(kept)
            alive, clock, heard, onset = alive[kept], clock[kept], heard[kept], onset[kept]
    return found


def _next(
    clock: Array, onset: Array, baseline: float, ratio: float, ramp: float, rng: np.random.Generator
) -> Array:
    """The next contact of each stream since its onset, by inverting the mass that has to pass."""
    needed = rng.exponential(1.0, clock.size) / baseline
    if ramp <= 0:
        return clock + needed / ratio
    # Within the ramp the rate is 1 + slope * t: the mass to t is t + slope t^2 / 2.
    slope = (ratio - 1) / ramp
    begun = clock - onset
    speed = 1 + slope * begun
    inside = (np.sqrt(speed**2 + 2 * slope * needed) - speed) / slope
    room = np.maximum(ramp - begun, 0.0)
    used = speed * room + slope * room**2 / 2
    after = room + np.maximum(needed - used, 0.0) / ratio
    return clock + np.where(inside <= room, inside, after)
