"""What would the surge watch have said of a surge whose true rate we know?

A stream of calls at a steady rate that rises to so many times that, at once or in a straight line,
goes call by call through the real `SurgeWatch`, until half an hour after the alert.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.domain.centre import Baseline, Centre, Pool, Queue
from streams.domain.detection.surge import SurgeFact, SurgeWatch
from streams.events.demand import PulseData

STARTS = datetime(2026, 3, 2, tzinfo=UTC)
QUIET_SECONDS = 3600.0
WATCHED_SECONDS = 1830.0
TICK_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """`size` times the usual in the end, `rise` seconds after the onset; 0 is a step."""

    size: float
    rise: float = 0.0
    per_hour: float = 27.0

    def rate(self, since_onset: float) -> float:
        """The true rate per hour."""
        if since_onset < 0:
            return self.per_hour
        grown = 1.0 if since_onset >= self.rise else since_onset / self.rise
        return self.per_hour * (1 + (self.size - 1) * grown)


@dataclass(frozen=True, slots=True)
class Told:
    """The facts said, and when the alert was; seconds since the onset."""

    facts: list[SurgeFact]
    alerted: float


def centre_of(per_hour: float) -> Centre:
    """A centre that expects so many contacts at every hour of the week, in one queue."""
    return Centre(
        name="bench",
        title_ko="",
        title_en="",
        timezone=ZoneInfo("UTC"),
        region="KR",
        languages=("ko",),
        pools=(Pool(name="counselors", seats=1000, languages=("ko",)),),
        queues=(Queue(name="main", title_ko="", title_en=""),),
        baselines=(Baseline(key="total", week=(per_hour,) * 168),),
    )


def at(since_onset: float) -> datetime:
    """A moment of the story."""
    return STARTS + timedelta(seconds=QUIET_SECONDS + since_onset)


def told_of(onset: Onset, centre: Centre, chance: random.Random) -> Told | None:
    """What was said; None when the alarm came before the onset, which is a false one."""
    watch, facts = SurgeWatch(centre), []
    alerted: float | None = None
    ticked = 0.0
    for second, calls in _seconds(_calls(onset, chance)):
        if alerted is not None:
            ticked = max(ticked, alerted)
            while ticked < second:
                facts += watch.tick(at(ticked))
                ticked += TICK_SECONDS
            if second > alerted + WATCHED_SECONDS:
                break
        pulse = PulseData(key="total", partition=0, second=at(second), first_attempts=calls)
        facts += watch.observe(pulse, at(second + 1))
        if alerted is None and any(fact.data.tier == "alert" for fact in facts):
            alerted = second + 1.0
            if alerted <= 0:
                return None
    return None if alerted is None else Told(facts, alerted)


def _calls(onset: Onset, chance: random.Random) -> Iterator[float]:
    """Poisson calls by thinning: quiet first, then the surge, without end."""
    moment = -QUIET_SECONDS
    while True:
        highest = onset.per_hour if moment < 0 else onset.per_hour * onset.size
        later = moment + chance.expovariate(highest / 3600)
        if moment < 0 <= later:
            moment = 0.0
            continue
        moment = later
        if chance.random() * highest < onset.rate(moment):
            yield moment


def _seconds(calls: Iterator[float]) -> Iterator[tuple[int, int]]:
    """Calls by whole second, as pulses have them."""
    second, count = None, 0
    for moment in calls:
        whole = int(moment // 1)
        if whole != second:
            if second is not None:
                yield second, count
            second, count = whole, 0
        count += 1
