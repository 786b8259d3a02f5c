"""How many times the usual do they come now, and between which ratios is that sure?

A surge's own interval is that of a steady rate since its estimated start. Staffing must be right
for demand that is still growing, and at the very moment of an alarm, so it asks more of the same
counts: the contacts and the expected contacts between one revision of the alert and the next.

Two contacts are left out of the first stretch: the one that opened it and the one that rang the
alarm are there because the alarm chose them, not by chance. Without that the estimate is too high
at the declaration: its 90 % interval covers 80 %. Being a posterior, the rest needs no correction
for the moment having been chosen by the counts (the likelihood does not depend on the stopping
rule). `make bench-coverage` measures how often the truth is inside.
"""

import math
from datetime import datetime
from typing import Final

from streams.domain.detection.gamma import quantile
from streams.domain.staffing.histories import HIGH, LOW, Range, Stretch, present_ratio
from streams.events.surges import SurgeData

CHOSEN_CONTACTS: Final = 2
# A surge is revised each minute, later every five; older stretches are put together.
MOST_STRETCHES: Final = 40
_LEAST: Final = 1e-9


class Trend:
    """The counts of one surge, revision by revision, and what they say about now."""

    __slots__ = ("_answer", "_key", "_last", "stretches")

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._key = ""
        self._last: SurgeData | None = None
        self._answer: tuple[float, Range] = (-1.0, Range(low=0.0, middle=0.0, high=0.0))

    def observe(self, data: SurgeData, at: datetime) -> None:
        """Take what was said of the surge at a moment; the same again changes nothing."""
        last, end = self._last, (at - data.started_at).total_seconds()
        goes_on = (
            last is not None
            and (last.key, last.started_at) == (data.key, data.started_at)
            and last.observed <= data.observed
            and last.expected <= data.expected
        )
        if last is None or not goes_on:
            calls = max(float(data.observed) - CHOSEN_CONTACTS, 0.5)
            self.stretches = [Stretch(0.0, max(end, 1.0), calls, data.expected)]
        elif end > self.stretches[-1].end:
            calls = float(data.observed - last.observed)
            mass = data.expected - last.expected
            self.stretches.append(Stretch(self.stretches[-1].end, end, calls, mass))
        else:
            return
        self._last, self._answer = data, (-1.0, self._answer[1])
        if len(self.stretches) > MOST_STRETCHES:
            self.stretches[:2] = [_together(*self.stretches[:2])]

    def ratio(self, now: datetime) -> Range:
        """Observed over expected at this moment."""
        if self._last is None:
            return Range(low=1.0, middle=1.0, high=1.0)
        elapsed = max((now - self._last.started_at).total_seconds(), self.stretches[-1].end)
        if self._answer[0] != elapsed:
            self._answer = elapsed, present_ratio(self.stretches, elapsed)
        return self._answer[1]

    def in_house(self, now: datetime, handle_seconds: float) -> Range:
        """Erlangs beyond the usual that the surge's contacts make up at this moment.

        Each contact is still here with probability exp(-age / handle time): counted, not
        estimated, so that only the chance of the counts themselves is left.
        """
        if self._last is None:
            return Range(low=0.0, middle=0.0, high=0.0)
        elapsed = (now - self._last.started_at).total_seconds()
        load = variance = usual = 0.0
        for stretch in self.stretches:
            share = _still_here(stretch, elapsed, handle_seconds)
            load += stretch.calls * share
            variance += stretch.calls * share**2
            usual += stretch.expected * share
        shape, scale = load**2 / max(variance, _LEAST), variance / max(load, _LEAST)
        low, high = (scale * quantile(shape, share) for share in (LOW, HIGH))
        since = self._since(elapsed, handle_seconds)
        ratio = self.ratio(now)
        return Range(
            low=max(0.0, low - usual + (ratio.low - 1) * since),
            middle=max(0.0, load - usual + (ratio.middle - 1) * since),
            high=max(0.0, high - usual + (ratio.high - 1) * since),
        )

    def _since(self, elapsed: float, handle_seconds: float) -> float:
        """Erlangs usually made up by who came since the last revision, not counted yet."""
        last, end = self._last, self.stretches[-1].end
        if last is None or last.ratio <= 0 or elapsed <= end:
            return 0.0
        usual = last.rate_per_hour / last.ratio * (elapsed - end) / 3600
        unseen = Stretch(end, elapsed, 0.0, usual)
        return usual * _still_here(unseen, elapsed, handle_seconds)


def _still_here(stretch: Stretch, elapsed: float, handle: float) -> float:
    """The share of a stretch's contacts that is still being handled."""
    length = stretch.end - stretch.begin
    if length <= 0:
        return 0.0
    until = math.exp(-max(0.0, elapsed - stretch.end) / handle)
    return until * (1 - math.exp(-length / handle)) * handle / length


def _together(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(one.begin, other.end, one.calls + other.calls, one.expected + other.expected)
