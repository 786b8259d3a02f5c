"""What did the drill find, scenario by scenario, when each was last played?

`python -m load.drill.found S2 S6` plays scenarios with the platform and, the same callers, without
it, and writes what came of it into `load/scenarios/found.json`, from where `docs/scenarios.md` has
its tables; without names, every scenario. A scenario's own seed, and with `--runs` those after it.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

from load.drill.judge import Judged, judged, span
from load.drill.outcome import Declared, Outcome
from load.drill.variant import Variant
from load.drill.whatif import what_if
from load.scenario import Scenario, load_scenario, scenario_names
from load.verdict.truth import seats_if_it_lasted, seats_needed
from streams.centre_file import load_centre
from streams.domain.centre import Centre

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "load" / "scenarios" / "found.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Means over `runs`; `lost_at_most` is the worst run. Shares are of the people who called.

    `calls_answered` is of the calls, on the day on which it was least. Delays and seats are the
    median's. `recovered` is the longest, and None when one run had not by the end. `bars` are what
    the scenario's verdict came to, as far as virtual time can tell.
    """

    scenario: str
    platform: bool
    runs: int
    people: float
    calls: float
    live: float
    callback: float
    promised: float
    lost: float
    lost_at_most: float
    helped_within_1h: float
    calls_answered: float
    declared: int
    false: int
    declared_after_seconds: float | None
    declared_after_calls: float | None
    seats_asked: float
    seats_lasting: int
    seats_true: int
    most_present: int
    promises: float
    kept: float | None
    double_dials: int
    recovered: float | None
    bars: tuple[Judged, ...] = ()


def found(
    scenario: Scenario,
    centre: Centre,
    outcomes: Sequence[Outcome],
    *,
    platform: bool,
    bars: Iterable[Judged] = (),
) -> Found:
    """What runs of one scenario came to."""
    firsts = [next(filter(_is_timed, run.declared), None) for run in outcomes]
    times = [run.recovered for run in outcomes if run.recovered is not None]
    kept = [run.kept for run in outcomes if run.kept is not None]
    return Found(
        scenario=scenario.name,
        platform=platform,
        runs=len(outcomes),
        people=round(fmean(run.people for run in outcomes)),
        calls=round(fmean(run.calls for run in outcomes)),
        live=_mean(run.live for run in outcomes),
        callback=_mean(run.callback for run in outcomes),
        promised=_mean(run.promised + run.waiting for run in outcomes),
        lost=_mean(run.lost for run in outcomes),
        lost_at_most=round(max(run.lost for run in outcomes), 4),
        helped_within_1h=_mean(run.helped_within_1h for run in outcomes),
        calls_answered=_mean(run.worst_day_answered for run in outcomes),
        declared=max(len(run.declared) for run in outcomes),
        false=max(run.false_declarations for run in outcomes),
        declared_after_seconds=_median(one.after_seconds for one in firsts if one),
        declared_after_calls=_median(one.after_calls for one in firsts if one),
        seats_asked=median(run.seats_asked for run in outcomes),
        seats_lasting=round(max(seats_if_it_lasted(scenario, centre))),
        seats_true=round(max(seats_needed(scenario, centre))),
        most_present=max(run.most_present for run in outcomes),
        promises=round(fmean(run.promises for run in outcomes)),
        kept=_mean(kept) if kept else None,
        double_dials=max(run.double_dials for run in outcomes),
        recovered=round(max(times), 1) if len(times) == len(outcomes) else None,
        bars=tuple(bars),
    )


def played(
    scenario: Scenario, centre: Centre, seeds: Sequence[int], *, jobs: int = 1
) -> tuple[Found, Found]:
    """A scenario with the platform, judged, and without it."""
    [row] = what_if(scenario, centre, [Variant()], seeds, jobs=jobs)
    bars = judged(scenario.verdict, row.outcomes, row.history)
    return (
        found(scenario, centre, row.outcomes, platform=True, bars=bars),
        found(scenario, centre, row.history, platform=False),
    )


def read(path: Path = FILE) -> list[Found]:
    """As last written; in order of the scenarios."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [Found(**{**row, "bars": tuple(Judged(**bar) for bar in row["bars"])}) for row in rows]


def write(rows: Iterable[Found], path: Path = FILE) -> None:
    """Put rows in the place of those of the same scenario."""
    known = {(row.scenario, row.platform): row for row in (*read(path), *rows)}
    ordered = sorted(known.values(), key=lambda row: (row.scenario, row.platform))
    text = json.dumps([asdict(row) for row in ordered], indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def table(rows: Sequence[Found]) -> Iterator[str]:
    """The table of the page."""
    yield (
        "| scenario | | runs | live | callback kept | open at the end | lost | helped within 1 h "
        "| calls answered | first surge declared | most at the phones |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        worst = f" (at most {row.lost_at_most:.2%})" if row.runs > 1 else ""
        delay = row.declared_after_seconds
        told = "" if not row.declared else "yes" if delay is None else span(delay)
        yield (
            f"| [`{row.scenario}`](#{row.scenario.lower()}) "
            f"| {'with Surgeline' if row.platform else 'without'} | {row.runs} "
            f"| {row.live:.1%} | {row.callback:.1%} | {row.promised:.1%} | {row.lost:.2%}{worst} "
            f"| {row.helped_within_1h:.1%} | {row.calls_answered:.1%} | {told} "
            f"| {row.most_present} |"
        )


def main(arguments: Iterable[str] | None = None) -> int:
    """Play, and write what was found."""
    parser = argparse.ArgumentParser(prog="python -m load.drill.found", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    centre = load_centre(ROOT / "centre.toml")
    for name in chosen.scenarios or scenario_names():
        scenario = load_scenario(name)
        seeds = range(scenario.seed, scenario.seed + chosen.runs)
        both = played(scenario, centre, seeds, jobs=chosen.jobs)
        write(both)
        missed = [bar.bar for bar in both[0].bars if not bar.holds]
        sys.stdout.write(f"{name}: {'missed: ' + ', '.join(missed) if missed else 'holds'}\n")
        sys.stdout.flush()
    return 0


def _is_timed(one: Declared) -> bool:
    return one.after_seconds is not None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None


def _mean(values: Iterable[float]) -> float:
    return round(fmean(values), 4)


if __name__ == "__main__":
    raise SystemExit(main())
