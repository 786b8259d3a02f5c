"""How often is the truth inside the ranges that staffing says?

`python -m load.bench.coverage` (or `make bench-coverage`) simulates surges of 3 to 30 times 27
contacts an hour, half of them steps, half straight ramps of 10, 30 and 60 minutes. Each goes call
by call through the surge watch; the seats that its alerts lead to are judged at the declaration of
the alert and 2, 10 and 30 minutes later.

The truth, for "settled": the seats that the true rate of that moment needs, through the same load
model (Erlang A at the centre's target, handle time and patience known), against
needed_low..needed_high. For "in N min": the seats for the true offered load then, if the true rate
stays at what it is now; that load follows the true rate from before the onset on. A range covers
when low <= truth <= high; seats are whole, so a range of few seats covers a little more than 90 %.

The ratio's 90 % range is judged against the true size of steps, as last said at those moments.

The wait's P90 is judged against simulated waits of an infinitely patient caller in an M/M/n+M
line: stable, overloaded and draining.
"""

import argparse
import math
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from load.bench.onsets import Onset, at, centre_of, told_of
from load.bench.waiting_line import Seen, waits_of_an_infinitely_patient
from streams.domain.centre import ServiceTarget
from streams.domain.staffing.horizon import AHEAD
from streams.domain.staffing.house import House
from streams.domain.staffing.offered_load import along
from streams.domain.staffing.sizing import seats_for, seats_for_load
from streams.domain.staffing.staffing import need_of
from streams.domain.staffing.waits import Wait, by_head_of_line, by_queue_length
from streams.domain.staffing.workload import Workload

PER_HOUR = 27.0
SIZES = (3.0, 4.5, 10.0, 30.0)
LATER_SECONDS = (0, 120, 600, 1800)
RAMPS = (600.0, 1800.0, 3600.0)
LEAST, MOST = 0.85, 0.95
DRAINS_FROM = 2400.0
SERVERS, HANDLE, PATIENCE = 24, 270.0, 380.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One range and its truth. `ahead` is None for settled seats, or minutes ahead."""

    kind: str
    size: float
    later: int
    ahead: int | None
    low: int
    high: int
    truth: int

    @property
    def inside(self) -> bool:
        """Whether the range covers the truth."""
        return self.low <= self.truth <= self.high


def surges(count: int, seed: int) -> list[tuple[str, Onset]]:
    """Half steps, half ramps; sizes spread evenly on the logarithm from 3 to 30."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        size = math.exp(chance.uniform(math.log(3), math.log(30)))
        rise = 0.0 if number % 2 == 0 else RAMPS[number // 2 % len(RAMPS)]
        kind = f"ramp of {rise / 60:.0f} min" if rise else "step"
        made.append((kind, Onset(size=size, rise=rise, per_hour=PER_HOUR)))
    return made


def judged(count: int, seed: int) -> list[Judged]:
    """All ranges of so many surges."""
    centre = centre_of(PER_HOUR)
    found: list[Judged] = []
    for number, (kind, onset) in enumerate(surges(count, seed)):
        told = told_of(onset, centre, random.Random(seed * 1_000_003 + number))
        if told is None:
            continue
        work, facts = Workload(centre, House(centre)), iter(told.facts)
        fact = next(facts, None)
        for later in LATER_SECONDS:
            moment = told.alerted + later
            while fact is not None and fact.time <= at(moment):
                work.observe(fact)
                fact = next(facts, None)
            need = need_of(work, at(moment))
            ranges = [(None, need.settled), *zip(AHEAD, need.ahead, strict=True)]
            truths = _truths(onset, moment, need.target)
            for (ahead, (low, _, high)), truth in zip(ranges, truths, strict=True):
                found.append(Judged(kind, onset.size, later, ahead, low, high, truth))
    return found


def _truths(onset: Onset, moment: float, target: ServiceTarget) -> list[int]:
    """Seats that the true rate needs in the end, and at each of `AHEAD`."""
    handle = target.handle_time.total_seconds() / 3600
    step = 1 / 360
    begin = onset.per_hour * handle
    hours = moment / 3600
    here = along(lambda h: onset.rate(h * 3600), handle, begin, step, hours)[-1]
    rate = onset.rate(moment)
    later = along(lambda _: rate, handle, here, 1 / 12, max(AHEAD) / 60)
    return [
        seats_for(rate, target),
        *(seats_for_load(later[minutes // 5], target) for minutes in AHEAD),
    ]


@dataclass(frozen=True, slots=True)
class Ratio:
    """What was said of the size of a step, and its true size."""

    size: float
    later: int
    low: float
    high: float


def ratios(each: int, seed: int) -> list[Ratio]:
    """The ranges last said of so many steps of each size."""
    centre = centre_of(PER_HOUR)
    found: list[Ratio] = []
    for number in range(each * len(SIZES)):
        size = SIZES[number % len(SIZES)]
        chance = random.Random(f"{seed}/ratio/{number}")
        told = told_of(Onset(size=size, per_hour=PER_HOUR), centre, chance)
        if told is None:
            continue
        for later in LATER_SECONDS:
            data = [fact.data for fact in told.facts if fact.time <= at(told.alerted + later)][-1]
            found.append(Ratio(size, later, data.ratio_low, data.ratio_high))
    return found


def ratio_share(cases: Sequence[Ratio]) -> float:
    """The share of ranges that hold the truth."""
    return sum(case.low <= case.size <= case.high for case in cases) / max(len(cases), 1)


def covered(cases: Sequence[Judged]) -> tuple[float, float, float]:
    """Shares inside, below (too many seats asked) and above the range."""
    count = max(len(cases), 1)
    below = sum(case.truth < case.low for case in cases) / count
    above = sum(case.truth > case.high for case in cases) / count
    return 1 - below - above, below, above


# --- waits ----------------------------------------------------------------------------------


def steady(erlangs: float) -> Callable[[float], float]:
    """Arrivals a second that keep so many counselors busy."""
    return lambda _: erlangs / HANDLE


def draining(moment: float) -> float:
    """Overload for forty minutes, and then less than can be served."""
    return (60 if moment < DRAINS_FROM else 16) / HANDLE


CASES: dict[str, tuple[Callable[[float], float], float]] = {
    "stable": (steady(22), 0.0),
    "overloaded": (steady(60), 0.0),
    "draining": (draining, DRAINS_FROM),
}


def simulated_waits(case: str, runs: int) -> list[Seen]:
    """Waits of those who found everybody busy."""
    rate, since = CASES[case]
    waits: list[Seen] = []
    for seed in range(runs):
        found = waits_of_an_infinitely_patient(
            rate, 60 / HANDLE, SERVERS, HANDLE, PATIENCE, hours=1.5, rng=random.Random(seed)
        )
        waits += [seen for seen in found if seen.arrived >= since]
    return waits


def by_length(seen: Seen) -> Wait:
    """What is announced when patience is known."""
    return by_queue_length(seen.ahead, SERVERS, HANDLE, PATIENCE)


def by_head(seen: Seen) -> Wait:
    """What is announced when it is not."""
    return by_head_of_line(seen.head_wait, seen.ahead, SERVERS, HANDLE)


def within(waits: Sequence[Seen], say: Callable[[Seen], Wait]) -> float:
    """The share of waits within the P90 announced."""
    return sum(seen.wait <= say(seen).p90 for seen in waits) / max(len(waits), 1)


# --- the report -----------------------------------------------------------------------------


def main(arguments: Iterable[str] | None = None) -> int:
    """Simulate, print, and fail when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--surges", type=int, default=2400)
    parser.add_argument("--ratios", type=int, default=1500, help="steps of each size")
    parser.add_argument("--seed", type=int, default=20260311)
    parser.add_argument("--runs", type=int, default=40, help="runs of each case of waits")
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    console = Console(width=110)
    cases = judged(chosen.surges, chosen.seed)
    settled = [case for case in cases if case.ahead is None]
    console.print(_by_kind(settled, f"Seats, settled: {chosen.surges} surges"))
    console.print(_by_ahead(cases))
    sizes = ratios(chosen.ratios, chosen.seed)
    console.print(_of_ratios(sizes))
    waits = {case: simulated_waits(case, chosen.runs) for case in CASES}
    console.print(_of_waits(waits))
    missed = [
        f"seats +{later // 60} min"
        for later in LATER_SECONDS
        if not LEAST <= covered([c for c in settled if c.later == later])[0] <= MOST
    ]
    missed += [
        f"ratio x{size:g} +{later // 60} min"
        for size in SIZES
        for later in LATER_SECONDS
        if not LEAST <= ratio_share(_at(sizes, size, later)) <= MOST
    ]
    missed += [name for name, seen in waits.items() if not LEAST <= within(seen, by_length) <= MOST]
    console.print(f"outside {LEAST:.0%} to {MOST:.0%}: {', '.join(missed) or 'nothing'}")
    return 1 if missed else 0


def _table(title: str, first: str) -> Table:
    table = Table(first, title=title)
    for later in LATER_SECONDS:
        table.add_column(f"+{later // 60} min" if later else "declared")
    return table


def _cells(cases: Sequence[Judged]) -> list[str]:
    cells = []
    for later in LATER_SECONDS:
        inside, below, above = covered([case for case in cases if case.later == later])
        cells.append(f"{inside:.1%}  ({below:.1%} below, {above:.1%} above)")
    return cells


def _by_kind(cases: Sequence[Judged], title: str) -> Table:
    table = _table(title, "surges")
    table.add_row("all", *_cells(cases))
    for kind in ("step", *(f"ramp of {rise / 60:.0f} min" for rise in RAMPS)):
        table.add_row(kind, *_cells([case for case in cases if case.kind == kind]))
    for low, high in ((3, 6.5), (6.5, 14), (14, 30)):
        some = [case for case in cases if low <= case.size < high]
        table.add_row(f"x{low:g} to x{high:g}", *_cells(some))
    return table


def _by_ahead(cases: Sequence[Judged]) -> Table:
    table = _table("Seats on the way there, if the rate stays", "in")
    for ahead in AHEAD:
        table.add_row(f"{ahead} min", *_cells([case for case in cases if case.ahead == ahead]))
    return table


def _at(cases: Sequence[Ratio], size: float, later: int) -> list[Ratio]:
    return [case for case in cases if case.size == size and case.later == later]


def _of_ratios(cases: Sequence[Ratio]) -> Table:
    table = _table("The ratio of steps", "size")
    for size in SIZES:
        cells = [f"{ratio_share(_at(cases, size, later)):.1%}" for later in LATER_SECONDS]
        table.add_row(f"x{size:g}", *cells)
    return table


def _of_waits(waits: dict[str, list[Seen]]) -> Table:
    table = Table("line", "waits", "within P90, by length", "by head of line", title="Waits")
    for case, seen in waits.items():
        table.add_row(
            case, str(len(seen)), f"{within(seen, by_length):.1%}", f"{within(seen, by_head):.1%}"
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
