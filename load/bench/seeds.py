"""Does what is said of one run of a scenario hold for any other run of it?

`python -m load.bench.seeds` plays whole scenarios in virtual time, seed after seed, with the same
domain code that runs in production: S0 (ordinary months: alarms within the budget), and S2, S5 and
S9 (each crisis declared once, not before it began, and not again). Exits 1 when a bar is missed.
With `--keep FILE` what each run said is written down as it ends, and is not played again.
"""

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from statistics import fmean
from typing import Final

from load.scenario import Scenario, load_scenario
from load.sim.engine import Rehearsal
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.domain.detection.gamma import rate_interval

CENTRE: Final = Path(__file__).parents[2] / "centre.toml"
YEAR: Final = timedelta(days=365.25)
WEEK: Final = timedelta(days=7)
ORDINARY: Final = "S0"
CRISES: Final = {"S9": 50, "S2": 20, "S5-centre": 20}
# What is judged here is the surges; a plan of seats costs more than all else together.
_PLAN: Final = timedelta(minutes=10)
# Objects of a run live as long as it does: looking for dead ones between is a tenth of the time.
_OBJECTS: Final = 500_000


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in one run: (key, minutes since the first burst, tier in the end) of each.

    `lost` and `live` are shares of the people.
    """

    seed: int
    surges: tuple[tuple[str, float, str], ...]
    early: int
    seconds: float
    lost: float = 0.0
    live: float = 0.0

    @property
    def alerts(self) -> int:
        """Surges that became alerts."""
        return sum(tier == "alert" for _, _, tier in self.surges)


def said(scenario: Scenario, centre: Centre, seed: int) -> Said:
    """Play a scenario with a seed of its own."""
    begun = time.process_time()
    rehearsal = Rehearsal(scenario, centre, seed=seed, plan_every=_PLAN)
    score = rehearsal.run()
    # S2 to S9 are sorted by time; the first surge belongs to no burst before the first.
    begins = scenario.starts + (scenario.bursts[0].at if scenario.bursts else timedelta(0))
    surges = tuple(
        (
            fact.data.key,
            (fact.data.declared_at - begins).total_seconds() / 60,
            "alert" if fact.data.episode in score.alerted else "watch",
        )
        for fact in score.declared
    )
    onsets = sorted(scenario.starts + burst.at for burst in scenario.bursts)
    times = sorted(fact.data.declared_at for fact in score.declared)
    early = sum(at < onset for at, onset in zip(times, onsets, strict=False))
    shares = score.shares(rehearsal.promises)
    del rehearsal, score
    gc.collect()
    return Said(
        seed=seed,
        surges=surges,
        early=early,
        seconds=time.process_time() - begun,
        lost=shares.get("lost", 0.0),
        live=shares.get("served_live", 0.0),
    )


def poisson_limit(mean: float, level: float = 0.95) -> int:
    """The least count that a Poisson variable exceeds with no more than 1 - level."""
    count, term = 0, math.exp(-mean)
    below = term
    while below < level:
        count += 1
        term *= mean / count
        below += term
    return count


def ordinary(runs: Sequence[Said], scenario: Scenario, centre: Centre) -> list[str]:
    """Alarms of ordinary months against the budgets; what is missed."""
    lived = scenario.length * len(runs)
    budgets = (
        ("alert", centre.alerts.alert_per_year * (lived / YEAR), lived / YEAR, "a year"),
        ("watch", centre.alerts.watch_per_week * (lived / WEEK), lived / WEEK, "a week"),
    )
    missed = []
    for tier, budget, span, unit in budgets:
        # An alert began as a watch.
        count = sum(run.alerts if tier == "alert" else len(run.surges) for run in runs)
        low, high = rate_interval(count, span)
        limit = poisson_limit(budget)
        _say(
            f"  {tier}: {count} in {span:.1f}; budget {budget:.1f}, limit {limit} "
            f"(95 %); {low:.3f} to {high:.3f} {unit}"
        )
        if count > limit:
            missed.append(f"{scenario.name} {tier}")
    return missed


def crises(runs: Sequence[Said], scenario: Scenario) -> list[str]:
    """Each crisis declared once; what is missed."""
    wanted = len(scenario.bursts)
    wrong = [run for run in runs if len(run.surges) != wanted or run.alerts != wanted or run.early]
    for run in wrong:
        _say(f"  seed {run.seed}: {run.surges}, {run.early} early")
    for place in range(wanted):
        minutes = sorted(run.surges[place][1] for run in runs if len(run.surges) > place)
        if minutes:
            middle, last = minutes[len(minutes) // 2], minutes[-1]
            _say(f"  surge {place + 1}: declared after {middle:.1f} min, at most {last:.1f}")
    for name, values in (("lost", [run.lost for run in runs]), ("live", [r.live for r in runs])):
        _say(f"  {name}: {fmean(values):.2%} of the people, {min(values):.2%} to {max(values):.2%}")
    _say(f"  {len(runs) - len(wrong)} of {len(runs)} as they should be: {wanted} alerts, once each")
    return [f"{scenario.name} seeds {[run.seed for run in wrong]}"] if wrong else []


def played(
    scenario: Scenario, centre: Centre, seeds: Iterable[int], keep: Path | None
) -> Iterator[Said]:
    """What each run says; those that were kept are not played again."""
    known = dict(_kept(keep, scenario.name)) if keep is not None and keep.exists() else {}
    for seed in seeds:
        if seed not in known:
            known[seed] = said(scenario, centre, seed)
            if keep is not None:
                with keep.open("a", encoding="utf-8") as lines:
                    row = {"scenario": scenario.name, **asdict(known[seed])}
                    lines.write(json.dumps(row) + "\n")
        yield known[seed]


def _kept(keep: Path, name: str) -> Iterator[tuple[int, Said]]:
    for line in keep.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.pop("scenario") == name:
            surges = tuple((key, minutes, tier) for key, minutes, tier in row.pop("surges"))
            yield row["seed"], Said(surges=surges, **row)


def main(arguments: Iterable[str] | None = None) -> int:
    """Play, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=100, help="runs of S0, thirty days each")
    parser.add_argument("--crises", type=int, help="runs of each crisis (default: S9 50, else 20)")
    parser.add_argument("--only", help="one scenario")
    parser.add_argument("--keep", type=Path, help="where each run's words are written down")
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    gc.set_threshold(_OBJECTS)
    centre = load_centre(CENTRE)
    missed: list[str] = []
    for name, usual in {ORDINARY: chosen.months, **CRISES}.items():
        if chosen.only not in {None, name}:
            continue
        scenario = load_scenario(name)
        count = usual if name == ORDINARY else chosen.crises or usual
        _say(f"{name}: {count} runs of {scenario.length}, seeds 0 to {count - 1}")
        runs = list(played(scenario, centre, range(count), chosen.keep))
        _say(f"  {sum(run.seconds for run in runs) / count:.1f} s of processor time a run")
        missed += ordinary(runs, scenario, centre) if name == ORDINARY else crises(runs, scenario)
    _say(f"missed: {'; '.join(missed) or 'nothing'}")
    return 1 if missed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
