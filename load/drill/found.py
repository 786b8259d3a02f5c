"""What did the drill find, scenario by scenario, when each was last played?

`python -m load.drill.found S2 S6` plays scenarios with the platform and, the same callers, without
it, and writes what came of it into `load/scenarios/found.json`, from where `docs/scenarios.md` has
its table. A scenario's own seed, unless `--runs` asks for more.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

from load.drill.judge import span
from load.drill.outcome import Outcome
from load.drill.play import play_often
from load.drill.variant import Variant
from load.scenario import load_scenario, scenario_names
from streams.centre_file import load_centre

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "load" / "scenarios" / "found.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Means over `runs`; `lost_at_most` is the worst run. Shares are of the people who called.

    `calls_answered` is of the calls, on the day on which it was least. The delay is the median's.
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
    declared_after_seconds: float | None
    most_present: int


def found(name: str, outcomes: Sequence[Outcome], *, platform: bool) -> Found:
    """What runs of one scenario came to."""
    firsts = [run.declared[0].after_seconds for run in outcomes if run.declared]
    delays = [delay for delay in firsts if delay is not None]
    return Found(
        scenario=name,
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
        declared_after_seconds=round(median(delays), 1) if delays else None,
        most_present=max(run.most_present for run in outcomes),
    )


def read(path: Path = FILE) -> list[Found]:
    """As last written; in order of the scenarios."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [Found(**row) for row in rows]


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
    parser.add_argument("scenarios", nargs="+", choices=scenario_names())
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    centre = load_centre(ROOT / "centre.toml")
    for name in chosen.scenarios:
        scenario = load_scenario(name)
        seeds = [scenario.seed] if chosen.runs == 1 else range(chosen.runs)
        for variant in (Variant(), Variant(helps="nothing")):
            runs = play_often(scenario, centre, seeds, variant, jobs=chosen.jobs)
            outcomes = [run.outcome for run in runs]
            write([found(name, outcomes, platform=variant.platform)])
            sys.stdout.write(f"{name} {variant.label}\n")
    return 0


def _mean(values: Iterable[float]) -> float:
    return round(fmean(values), 4)


if __name__ == "__main__":
    raise SystemExit(main())
