"""What did the hall look like, minute by minute? Samples of a run, for plots and for days."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from load.sim.engine import Rehearsal

SAMPLES: Final = 240
DAY: Final = 86_400.0


@dataclass(slots=True)
class Timeline:
    """Cumulated counts and present numbers, `step` seconds apart; entry n is at n × step."""

    step: float
    calls: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    promises: list[int] = field(default_factory=list)
    present: list[int] = field(default_factory=list)

    def per_hour(self, cumulated: list[int]) -> list[float]:
        """What was added in each step, an hour."""
        scale = 3600 / self.step
        return [(b - a) * scale for a, b in pairwise(cumulated)]

    def worst_day(self) -> float:
        """Calls answered of calls, on the day on which that share was least; days from the start.

        A run shorter than a day is one day.
        """
        per_day = max(1, min(len(self.calls) - 1, round(DAY / self.step)))
        shares = []
        for begin in range(0, len(self.calls) - per_day, per_day):
            calls = self.calls[begin + per_day] - self.calls[begin]
            answered = self.answered[begin + per_day] - self.answered[begin]
            if calls:
                shares.append(answered / calls)
        return min(shares, default=1.0)


def watched(run: Rehearsal) -> Timeline:
    """A timeline that fills while the run is played."""
    length = run.scenario.length.total_seconds()
    timeline = Timeline(length / SAMPLES)

    def sample() -> None:
        kinds = run.score.kinds
        timeline.calls.append(run.score.rings)
        timeline.people.append(len(run.score.people))
        timeline.answered.append(kinds["answered"])
        timeline.abandoned.append(kinds["abandoned"])
        timeline.waiting.append(run.hall.waiting)
        timeline.promises.append(len(run.promises.open))
        timeline.present.append(len(run.hall.roster.signed_in()))
        if len(timeline.calls) <= SAMPLES:
            run.hall.agenda.at(len(timeline.calls) * timeline.step, sample)

    run.hall.agenda.at(0.0, sample)
    return timeline
