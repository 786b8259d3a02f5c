"""Which arrivals are one worker's, so that all workers together are exactly the scenario?

Each worker draws a Poisson stream of its own at 1/W of every rate, from a seed of its own; the sum
of W such streams is a Poisson stream at the whole rate, so no worker needs to know of another
(guide, wallboards-deploy-load.md 6.2). A worker alone draws what virtual time draws.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from load.scenario import Mix, Scenario
from load.sim.arrivals import Piece, arrival_times, expected_between
from load.sim.stage import Source, sources_of
from streams.domain.centre import Centre


@dataclass(frozen=True, slots=True)
class Share:
    """The `index`th of `count` equal parts."""

    index: int = 0
    count: int = 1

    def of(self, number: int) -> int:
        """What of a whole number is in this part; the parts add up to it."""
        return number // self.count + (self.index < number % self.count)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody calls for the first time, `at` seconds after the scenario's start."""

    at: float
    source: str
    mix: Mix


def at_peak(scenario: Scenario, peak: float) -> Scenario:
    """The same crisis, its bursts so many times as high."""
    bursts = tuple(
        replace(burst, peak_per_hour=peak * burst.peak_per_hour) for burst in scenario.bursts
    )
    return replace(scenario, bursts=bursts)


def part_of(scenario: Scenario, share: Share) -> Scenario:
    """A worker's part of the floor: its counselors, lines and phones, and a seed of its own.

    The bursts stay whole: `arrivals_of` divides the rates.
    """
    if share.count == 1:
        return scenario
    staff = tuple(replace(one, people=share.of(one.people)) for one in scenario.staff)
    response = tuple(replace(one, people=share.of(one.people)) for one in scenario.response)
    callout = scenario.callout
    if callout is not None:
        callout = replace(callout, people=share.of(callout.people))
    desk = replace(
        scenario.desk,
        lines=share.of(scenario.desk.lines),
        phones=share.of(scenario.desk.phones),
        rings_back_first=share.of(scenario.desk.rings_back_first),
    )
    seed = scenario.seed * share.count + share.index
    return replace(scenario, staff=staff, response=response, callout=callout, desk=desk, seed=seed)


def arrivals_of(scenario: Scenario, centre: Centre, share: Share) -> Iterator[Arrival]:
    """A worker's arrivals, in order of time."""
    streams = [
        _labelled(name, mix, nth, _times(scenario, name, pieces, share))
        for nth, (name, mix, pieces) in enumerate(sources_of(scenario, centre))
    ]
    for at, _, source, mix in heapq.merge(*streams, key=lambda one: one[:2]):
        yield Arrival(at, source, mix)


def expected_by(sources: Sequence[Source], at: float) -> float:
    """How many arrivals are expected until `at`: what time is rescaled by."""
    return sum(expected_between(pieces, 0.0, at) for _, _, pieces in sources)


def _times(scenario: Scenario, name: str, pieces: Sequence[Piece], share: Share) -> Iterator[float]:
    seed = f"{scenario.seed}/arrivals/{name}"
    if share.count > 1:
        seed += f"/{share.index} of {share.count}"
    part = [replace(piece, rate=piece.rate / share.count) for piece in pieces]
    return arrival_times(part, random.Random(seed))


def _labelled(
    name: str, mix: Mix, nth: int, times: Iterator[float]
) -> Iterator[tuple[float, int, str, Mix]]:
    for at in times:
        yield at, nth, name, mix
