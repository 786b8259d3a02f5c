"""`python -m load.drill.pages [--write]`: docs/scenarios.md and its pictures, from the files.

Without --write it says which of them are no longer what the files say, and exits 1. Numbers that
stand there are expectations that follow from a file, or what the drill found when
`load.drill.found` was last run.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Final

from load.drill.drawing import Line, Plot, drawn
from load.drill.found import read, table
from load.drill.judge import span
from load.drill.verdicts import as_markdown
from load.drill.watch import SAMPLES
from load.scenario import Scenario, Staff, load_scenario, scenario_names
from load.sim.arrivals import expected_between
from load.sim.stage import sources_of
from streams.centre_file import load_centre
from streams.domain.centre import Centre

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "scenarios.md"
PICTURES: Final = ROOT / "docs" / "pictures" / "scenarios"
_HEAD: Final = """# Scenarios

Made by `python -m load.drill.pages --write` from `load/scenarios/*.toml`; a test compares. Locust,
the drill, the demo and the tests read the same files. The plots show what is expected of each file:
people who call for the first time, and who is signed in without anybody being called out. Redials
come on top. Every constant of a file says whether it was read (S), derived (D) or assumed (A).

`surgeline drill NAME` plays one in virtual time and judges it by its own bars.
"""
_VERDICTS: Final = """
## The verdict on each

As `python -m load.drill.found` last played them in virtual time, each with its own seed (and those
after it, where "runs" says so) and judged by its own bars: shares by their mean, all else by the
worst run. `surgeline drill --verdicts` plays them all again and prints this table. "Declared
after" counts from the first call that a crisis brought. Seats are asked for the rate of a moment as
though it lasted, since nobody at the phones knows when people will stop calling; "as it went" is
what hindsight needs. Bars of wall time, HTTP and the audit are for `surgeline crisis`.
"""
_FOUND: Final = """
## What a drill found

The same callers with the platform and without it, as `python -m load.drill.found NAME` last played
them: each person once, by what became of them in the end. "Calls answered" is of all calls, on the
day on which that share was least; "first surge declared" is from the first call of its crisis.
"""


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(prog="python -m load.drill.pages", description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    centre = load_centre(ROOT / "centre.toml")
    stale = [path for path, text in pages(centre) if _text(path) != text]
    if write:
        for path, text in pages(centre):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    for path in stale:
        sys.stdout.write(f"{path.relative_to(ROOT)} is not what the scenario files say\n")
    return 1 if stale else 0


def pages(centre: Centre) -> Iterator[tuple[Path, str]]:
    """Each file with what should stand in it."""
    scenarios = [load_scenario(name) for name in scenario_names()]
    rows = read()
    played = [_VERDICTS, *as_markdown(rows), _FOUND, *table(rows)]
    sections = map(_section, scenarios)
    yield PAGE, "\n".join([_HEAD, *_table(scenarios, centre), *played, *sections])
    for scenario in scenarios:
        yield PICTURES / f"{scenario.name}.svg", picture(scenario, centre) + "\n"


def picture(scenario: Scenario, centre: Centre) -> str:
    """People expected to call for the first time, and who is there to answer."""
    step = scenario.length.total_seconds() / SAMPLES
    return drawn(
        Plot(
            title=scenario.title_en,
            starts=scenario.starts,
            zone=centre.timezone,
            step=step,
            lines=[
                Line("people calling for the first time, an hour", _curve(scenario, centre, step)),
                Line("signed in", [_present(scenario.staff, n * step) for n in range(SAMPLES + 1)]),
            ],
            marks=[(burst.at.total_seconds(), burst.name) for burst in scenario.bursts],
        )
    )


def expected_people(scenario: Scenario, centre: Centre) -> float:
    """First calls expected in the whole of it."""
    length = scenario.length.total_seconds()
    return sum(
        expected_between(pieces, 0.0, length) for _, _, pieces in sources_of(scenario, centre)
    )


def _curve(scenario: Scenario, centre: Centre, step: float) -> list[float]:
    sources = [pieces for _, _, pieces in sources_of(scenario, centre)]
    return [
        sum(expected_between(pieces, n * step, (n + 1) * step) for pieces in sources) / step * 3600
        for n in range(SAMPLES)
    ]


def _present(staff: tuple[Staff, ...], at: float) -> int:
    return sum(
        entry.people
        for entry in staff
        if entry.at.total_seconds() <= at
        and (entry.until is None or at < entry.until.total_seconds())
    )


def _table(scenarios: list[Scenario], centre: Centre) -> Iterator[str]:
    yield "| scenario | what | length | people | peak an hour |"
    yield "|---|---|---|---|---|"
    for scenario in scenarios:
        peak = max(_curve(scenario, centre, scenario.length.total_seconds() / SAMPLES))
        yield (
            f"| [`{scenario.name}`](#{scenario.name.lower()}) | {scenario.title_en} · "
            f"{scenario.title_ko} | {_long(scenario.length)} | "
            f"{expected_people(scenario, centre):,.0f} | {peak:,.0f} |"
        )


def _section(scenario: Scenario) -> str:
    called = scenario.callout
    lines = [
        f"\n## {scenario.name}",
        f"\n**{scenario.title_en}** · {scenario.title_ko}. {_when(scenario)}.",
        f"\n![{scenario.title_en}](pictures/scenarios/{scenario.name}.svg)\n",
        *(f"- {source}" for source in scenario.sources),
        f"\nAt the phones: {_people(scenario)}.",
    ]
    if called is not None:
        lines.append(
            f"To be called out: {called.people} people, {_long(called.call_up)} away, asked by "
            f"{called.asked_by}."
        )
    bars = list(_bars(scenario))
    if bars:
        lines += ["\nBars: " + "; ".join(bars) + "."]
    return "\n".join(lines)


def _when(scenario: Scenario) -> str:
    return f"{_long(scenario.length)} from {scenario.starts:%A %d %B %Y, %H:%M}"


def _people(scenario: Scenario) -> str:
    staff = [
        f"{entry.people} {entry.pool}"
        + (f" from {_long(entry.at)}" if entry.at else "")
        + (f" until {_long(entry.until)}" if entry.until else "")
        for entry in scenario.staff
    ]
    response = [
        f"{entry.people} more {entry.pool} from {_long(entry.after)} after the alarm"
        for entry in scenario.response
    ]
    return ", ".join([*staff, *response]) or "nobody"


def _bars(scenario: Scenario) -> Iterator[str]:
    for spec in fields(scenario.verdict):
        value = getattr(scenario.verdict, spec.name)
        if value is None or value == spec.default:
            continue
        text = _long(value) if isinstance(value, timedelta) else f"{value:g}"
        yield f"{spec.name.replace('_', ' ')} {text}"


def _long(length: timedelta) -> str:
    return span(length.total_seconds())


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main())
