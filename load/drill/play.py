"""How is a drill played: once, or often enough to say how sure we are?"""

import gc
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev
from typing import Final

from load.drill.outcome import Outcome, outcome_of
from load.drill.variant import Variant
from load.drill.watch import Timeline, watched
from load.scenario import Scenario
from load.sim.engine import BUSY_PLAN, Rehearsal
from load.sim.stage import FirstCall
from streams.domain.centre import Centre

# Objects of a run live as long as it does: looking for dead ones between is a tenth of the time.
_OBJECTS: Final = 500_000
# A plan of seats costs as much as ten calls: in a surge of days it is made less often.
_PLANS: Final = 720
# 97.5 % points of Student's t with 1 to 30 degrees of freedom; the normal one beyond.
_STUDENT: Final = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_NORMAL: Final = 1.960


@dataclass(frozen=True, slots=True)
class Played:
    """One run: what it came to, and what it looked like."""

    outcome: Outcome
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over runs, and how far the true mean may be from it (95 %)."""

    mean: float
    half_width: float
    least: float
    most: float


def play(
    scenario: Scenario,
    centre: Centre,
    seed: int,
    variant: Variant | None = None,
    first_calls: Sequence[FirstCall] | None = None,
) -> Played:
    """Play one variant of a scenario with a seed of its own."""
    chosen = variant or Variant()
    run = Rehearsal(
        chosen.scenario(scenario),
        chosen.centre(centre),
        seed=seed,
        platform=chosen.platform,
        callbacks=chosen.callbacks,
        call_up=chosen.calls_up,
        plan_every=max(BUSY_PLAN, scenario.length / _PLANS),
        first_calls=first_calls,
    )
    timeline = watched(run)
    with _few_collections():
        run.run()
        return Played(outcome_of(run, timeline, seed), timeline)


def play_often(
    scenario: Scenario,
    centre: Centre,
    seeds: Iterable[int],
    variant: Variant | None = None,
    first_calls: Sequence[FirstCall] | None = None,
    *,
    jobs: int = 1,
    told: Callable[[], None] = lambda: None,
) -> list[Played]:
    """Play it once a seed, in order of the seeds; `told` is called as each is done."""
    runs = [(seed, variant or Variant()) for seed in seeds]
    return play_all(scenario, centre, runs, first_calls, jobs=jobs, told=told)


def play_all(
    scenario: Scenario,
    centre: Centre,
    runs: Sequence[tuple[int, Variant]],
    first_calls: Sequence[FirstCall] | None = None,
    *,
    jobs: int = 1,
    told: Callable[[], None] = lambda: None,
) -> list[Played]:
    """Play each seed with its variant, several at a time; in the order they were given."""
    one = partial(play, scenario, centre, first_calls=first_calls)
    found = []
    with _mapper(min(jobs, len(runs))) as each:
        for played in each(one, *zip(*runs, strict=True)):
            found.append(played)
            told()
    return found


def interval(values: Sequence[float]) -> Interval:
    """Student's interval of the mean; of a single run no more is known than its value."""
    mean, runs = fmean(values), len(values)
    if runs == 1:
        return Interval(mean, math.inf, mean, mean)
    point = _STUDENT[runs - 2] if runs - 2 < len(_STUDENT) else _NORMAL
    return Interval(mean, point * stdev(values) / math.sqrt(runs), min(values), max(values))


@contextmanager
def _mapper(jobs: int) -> Iterator[Callable[..., Iterable[Played]]]:
    """What plays one after another here, or side by side in processes of their own."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield pool.map


@contextmanager
def _few_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()
