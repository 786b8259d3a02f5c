"""How close to what is possible do we detect, and how do others do on the same streams?

`python -m load.bench.detection` prints the tables, writes them as JSON and draws a chart. It needs
the bench packages (numpy; river for two of the peers) and uses Prometheus where it is installed.
`--quick` takes some minutes, the whole an hour; `--part` runs a part of it and keeps what is there
of the others.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from load.bench import calm, file_week, prometheus
from load.bench.chart import delays_chart
from load.bench.peers import all_peers
from load.bench.streams import YEAR_HOURS, Setting, Streams, delays
from streams.domain.detection.cusum import threshold_for, worst_delay_seconds
from streams.domain.detection.gamma import rate_interval
from streams.domain.detection.mixture import Mixture

SIZES = (3, 10, 30)
PER_HOUR = 27.0
PARTS = (
    "bound",
    "cost",
    "delays",
    "ramps",
    "false_alarms",
    "peers",
    "learned",
    "file_season",
)
# (1) No margin, no guards, and the threshold at which one false alarm a year was simulated.
CALIBRATED = Setting(kappa=1.0, threshold=135_000, distinct_callers=0, seconds=False)
# (2) As it ships: margin 1.3, eight callers, whole seconds, and the threshold that is proved.
SHIPPED = Setting(threshold=PER_HOUR * YEAR_HOURS)
_DAY = 86_400
_HALF = 400
_HOUR = 3600
# Grafana's rules look back a week; so all have one before the rise.
_CALM_DAYS = 8
_QUIET_DAYS = 400
# Lives followed at once, and the years of those with a file, which take long.
_LIVES = 100
_FILE_YEARS = 200.0


def main(arguments: Iterable[str] | None = None) -> int:
    """Run everything, or some parts of it, and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs and years")
    parser.add_argument("--years", type=float, help="simulated years for false alarms")
    parser.add_argument("--lives", type=float, help="those of them with a learned baseline")
    parser.add_argument("--file-lives", type=float, help="and with file and live season (200)")
    parser.add_argument("--part", action="append", choices=PARTS, help="only these; the rest stays")
    parser.add_argument("--out", type=Path, default=Path("build/detection"))
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    chosen.out.mkdir(parents=True, exist_ok=True)
    kept = chosen.out / "detection.json"
    found: dict[str, Any] = {}
    if chosen.part and kept.exists():
        found = json.loads(kept.read_text())
    agree(np.random.default_rng(20260304))
    for number, part in enumerate(PARTS):
        if chosen.part and part not in chosen.part:
            continue
        # A part draws the same numbers whether it is run by itself or with the others.
        found[part] = _part(part, chosen, np.random.default_rng([20260304, number]))
        kept.write_text(json.dumps(found, indent=2) + "\n")
    _draw(found, chosen.out)
    return 0


def _part(part: str, chosen: argparse.Namespace, rng: np.random.Generator) -> Any:
    runs = 4_000 if chosen.quick else 20_000
    years = chosen.years or (40.0 if chosen.quick else 2_000.0)
    begin: dict[str, Callable[[], Any]] = {
        "bound": bound,
        "cost": cost,
        "delays": lambda: delay_rows(runs, rng),
        "ramps": lambda: ramp_rows(runs // 2, rng),
        "false_alarms": lambda: false_alarm_rows(years, rng),
        "peers": lambda: peer_rows(30 if chosen.quick else 100, rng),
        "learned": lambda: learned_row(chosen.lives or years),
        "file_season": lambda: file_row(chosen.file_lives or min(years, _FILE_YEARS)),
    }
    return begin[part]()


def _draw(found: dict[str, Any], out: Path) -> None:
    """The chart of all delays, as soon as everything that goes into it is there."""
    if not {"bound", "delays", "peers"} <= found.keys():
        return
    chart = {"CUSUM that knows the size (bound)": [row["worst"] for row in found["bound"]]}
    chart |= {name: row["worst"] for name, row in found["delays"].items()}
    chart |= {name: row["delays"] for name, row in found["peers"].items() if row["delays"][0]}
    (out / "delays.svg").write_text(delays_chart(chart, SIZES))
    say(f"written to {out}")


def say(text: str) -> None:
    """One line for the reader, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def agree(rng: np.random.Generator) -> None:
    """The simulated statistic is the shipped one, to the last few bits."""
    streams = Streams(Setting(), 3)
    mixture = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), Setting().kappa)
    states = [mixture.begin(0) for _ in range(3)]
    for second in range(1, _HALF + 40):
        masses = rng.exponential(1.0 if second < _HALF else 0.2, 3)
        streams.hear(masses)
        states = [
            mixture.step(state, second, float(mass), 1)
            for state, mass in zip(states, masses, strict=True)
        ]
    shipped = np.array([state.scores for state in states])
    if not np.allclose(streams.scores, shipped, rtol=1e-9):
        raise SystemExit("the simulated statistic differs from the shipped one")
    starts = np.array([[state.calls - run[1] for run in state.runs] for state in states])
    if not np.array_equal(streams.calls, starts):
        raise SystemExit("the simulated starts differ from the shipped ones")
    _agree_on_alarms(rng)


def _agree_on_alarms(rng: np.random.Generator) -> None:
    """Both raise the same alarms on the same contacts, at a threshold that gives many."""
    easy = Setting(threshold=2_000)
    for _ in range(20):
        seconds = np.unique(rng.integers(0, 300 * _HOUR, int(300 * PER_HOUR)))
        streams, heard, found = Streams(easy, 1), 0, []
        for second in seconds.tolist():
            alarm = streams.hear(np.array([(second - heard) * easy.baseline]))
            heard = second
            if alarm[0]:
                found.append(second)
                streams.begin_again(alarm)
        if found != calm.shipped_alarms(easy, seconds):
            raise SystemExit("the simulated alarms differ from the shipped ones")
    lives, hours = range(12), 2_000
    shipped = [life for life in lives if calm.alarms_of(easy, life, hours)]
    if calm.with_alarms(easy, lives, hours) != shipped:
        raise SystemExit("the lives with alarms differ from those that the shipped code finds")


def bound() -> list[dict[str, float]]:
    """The exact CUSUM that knows the size, at one false alarm a year."""
    say("\nexact bound at 27/h and one false alarm a year (CUSUM that knows the size)")
    rows = []
    for size in SIZES:
        threshold = threshold_for(PER_HOUR, size, YEAR_HOURS)
        worst = worst_delay_seconds(PER_HOUR, size, threshold)
        rows.append({"size": size, "threshold": threshold, "worst": worst})
        say(f"  x{size:<3} h = {threshold:6.3f}   worst-start mean delay {worst:8.1f} s")
    return rows


def delay_rows(runs: int, rng: np.random.Generator) -> dict[str, dict[str, list[float]]]:
    """Worst and typical start; typical is right after an ordinary contact, as in the guide."""
    say(f"\nmean delay in seconds over {runs:,} runs each, standard error in brackets")
    rows = {}
    for name, setting in (("(1) calibrated, no guards", CALIBRATED), ("(2) as shipped", SHIPPED)):
        row: dict[str, list[float]] = {"worst": [], "typical": [], "any": []}
        for size in SIZES:
            for start, history, after in (
                ("worst", 0, False),
                ("typical", 300, True),
                ("any", 300, False),
            ):
                some = delays(setting, size, runs, rng, history=history, after_contact=after)
                row[start].append(float(some.mean()))
                error = float(some.std() / math.sqrt(runs))
                say(f"  {name:28} x{size:<3} {start:8} {some.mean():8.1f} ({error:.1f})")
        rows[name] = row
    return rows


def ramp_rows(runs: int, rng: np.random.Generator) -> list[dict[str, float]]:
    """Demand that climbs instead of jumping."""
    say("\nas shipped, rate climbing to its size: mean delay from the first minute, 90 % quantile")
    rows = []
    for minutes in (10, 30, 60):
        for size in SIZES:
            some = delays(SHIPPED, size, runs, rng, history=100, ramp=minutes * 60)
            mean, high = float(some.mean()), float(np.quantile(some, 0.9))
            rows.append({"minutes": minutes, "size": size, "mean": mean, "p90": high})
            say(f"  over {minutes} min to x{size:<3} {mean:8.0f} s {high:8.0f} s")
    return rows


def false_alarm_rows(years: float, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Steady calls, and a day cycle that is known."""
    say(f"\nfalse alarms in about {years:,.0f} simulated years, 90 % interval of the yearly rate")
    watch = Setting(threshold=SHIPPED.threshold * 7 / 365.25)
    return [
        _rate("(1) calibrated, no guards", *calm.steady(CALIBRATED, 4 * years, rng)),
        _rate("(2) as shipped", *calm.steady(SHIPPED, years, rng)),
        _rate("(2) without the margin of 1.3", *calm.steady(Setting(kappa=1.0), years, rng)),
        _rate("(2) as shipped, day cycle of 60 %", *calm.with_a_day_cycle(SHIPPED, years, rng)),
        _rate("(2) as shipped, watch", *calm.steady(watch, years, rng)),
    ]


def learned_row(years: float) -> dict[str, Any]:
    """The day cycle is learned from nothing; a hundred lives at a time."""
    say("\nfalse alarms with a baseline learned from nothing, in lives of five years")
    row: dict[str, Any] = {}
    alarms, lived, again = 0, 0.0, 0
    for seeds in _hundreds(years):
        some, more, twice = calm.learned(SHIPPED, seeds)
        alarms, lived, again = alarms + some, lived + more, again + twice
        row = _rate("(2) as shipped, learned baseline", alarms, lived)
    say(f"  {again} of its lives were lived again by the shipped code, contact by contact")
    return row


def file_row(years: float) -> dict[str, Any]:
    """The centre file is right, and the season learns beside it."""
    say("\nfalse alarms with the file's week and the live season, in lives of five years")
    row: dict[str, Any] = {}
    alarms, lived = 0, 0.0
    for seeds in _hundreds(years):
        some, more = file_week.alarms_in(SHIPPED, seeds)
        alarms, lived = alarms + some, lived + more
        row = _rate("(2) as shipped, file and live season", alarms, lived)
    return row


def _hundreds(years: float) -> Iterator[range]:
    lives = max(1, round(years * YEAR_HOURS / calm.LIFE_HOURS))
    return (range(first, min(first + _LIVES, lives)) for first in range(0, lives, _LIVES))


def _rate(name: str, alarms: int, lived: float) -> dict[str, Any]:
    low, high = rate_interval(alarms, lived)
    say(f"  {name:36} {alarms:5} in {lived:7.0f} years: {low:.3f} to {high:.3f} a year")
    return {"name": name, "alarms": alarms, "years": lived, "low": low, "high": high}


def peer_rows(runs: int, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Every peer on the same streams: a week and more of calm, then a rise that lasts."""
    say(f"\nothers on {runs} streams each: mean delay (share found), false alarms in calm a year,")
    say("and the same with a day cycle of 60 %")
    lasts = 6 * _HOUR
    # Some look only every so many minutes: the onset is at no special one.
    calms = _CALM_DAYS * _DAY + rng.random(runs) * _HOUR
    base = PER_HOUR / _HOUR
    streams = {size: [_stream(base, some, lasts, size, rng) for some in calms] for size in SIZES}
    quiet, cycle = _quiet(base, 0.0, rng), _quiet(base, calm.SWING, rng)
    rows: dict[str, dict[str, Any]] = {}
    for peer in all_peers():
        calmly = [_a_year(peer.alarms(times, _QUIET_DAYS * _DAY)) for times in (quiet, cycle)]
        found = {
            size: [
                list(peer.alarms(times, some + lasts))
                for times, some in zip(streams[size], calms, strict=True)
            ]
            for size in SIZES
        }
        rows[peer.name] = _row(peer.name, found, calms, calmly)
    if prometheus.is_here():
        rows[f"PromQL adaptive rules ({prometheus.version()})"] = _real(
            streams, calms, quiet, cycle
        )
    else:
        say("  Prometheus is not installed (make setup-all): its rules are emulated only")
    return rows


def _real(streams: dict[int, list[Any]], calms: Any, quiet: Any, cycle: Any) -> dict[str, Any]:
    """The adaptive rules in a real Prometheus, on the first streams of each size."""
    count = min(30, len(calms))
    named = {f"{size}/{n}": streams[size][n] for size in SIZES for n in range(count)}
    length = (_CALM_DAYS + 1) * _DAY
    said = prometheus.alerts_of(named, length)
    ordinary = {"flat": quiet, "cycle": cycle}
    calmly = prometheus.alerts_of(ordinary, _QUIET_DAYS * _DAY)
    emulated = next(peer for peer in all_peers() if "PromQL" in peer.name)

    def agrees(times: Any, seconds: float, alarms: list[float]) -> bool:
        # In the first hours a rule has no window to look back on yet.
        by_us = [at for at in emulated.alarms(times, seconds) if at > _DAY]
        return by_us == [at for at in alarms if at > _DAY]

    same = sum(agrees(times, length, said[name]) for name, times in named.items())
    equal = all(agrees(times, _QUIET_DAYS * _DAY, calmly[n]) for n, times in ordinary.items())
    say(f"  Prometheus and the emulation say the same on {same} of {len(named)} streams")
    say(f"  and {'the same' if equal else 'not the same'} in {_QUIET_DAYS} calm days")
    found = {size: [said[f"{size}/{n}"] for n in range(count)] for size in SIZES}
    rates = [_a_year(calmly[name]) for name in ordinary]
    row = _row("PromQL adaptive rules, Prometheus", found, calms, rates)
    return row | {"same": same, "streams": len(named), "same_in_calm": equal}


def _quiet(base: float, swing: float, rng: np.random.Generator) -> Any:
    """Ordinary calls over many days, with a day cycle of so much either way."""
    days = _QUIET_DAYS * _DAY
    times = np.sort(rng.random(rng.poisson(base * (1 + swing) * days)) * days)
    share = (1 + swing * np.sin(2 * math.pi * times / _DAY)) / (1 + swing)
    return times[rng.random(times.size) < share]


def _a_year(alarms: Iterable[float]) -> float:
    """Alarms a year in ordinary days, after the first week."""
    years = (_QUIET_DAYS - _CALM_DAYS) / 365.25
    return _spaced([at for at in alarms if at > _CALM_DAYS * _DAY]) / years


def _row(
    name: str, found: dict[int, list[list[float]]], calms: Any, calmly: list[float]
) -> dict[str, Any]:
    row: dict[str, Any] = {"delays": [], "found": [], "a_year": calmly[0], "by_day": calmly[1]}
    for alarms in found.values():
        first = [_first(some, onset) for some, onset in zip(alarms, calms, strict=False)]
        hits = [delay for delay in first if delay is not None]
        row["delays"].append(float(np.mean(hits)) if hits else None)
        row["found"].append(len(hits) / len(first))
    cells = " ".join(
        f"x{size} {delay or math.nan:7.0f} s ({share:4.0%})"
        for size, delay, share in zip(SIZES, row["delays"], row["found"], strict=True)
    )
    say(f"  {name:34} {cells}   {calmly[0]:6.0f} a year {calmly[1]:6.0f}")
    return row


def _stream(base: float, calm: float, lasts: float, size: int, rng: np.random.Generator) -> Any:
    before = rng.random(rng.poisson(base * calm)) * calm
    after = calm + rng.random(rng.poisson(base * size * lasts)) * lasts
    return np.sort(np.concatenate([before, after]))


def _first(alarms: Iterable[float], onset: float) -> float | None:
    return next((at - onset for at in alarms if at >= onset), None)


def _spaced(alarms: Iterable[float]) -> int:
    """Alarms, those within an hour of each other counted once."""
    count, last = 0, -math.inf
    for at in alarms:
        if at - last > _HOUR:
            count += 1
        last = at
    return count


def cost() -> dict[str, float]:
    """Microseconds an event, beside a bare dict update."""
    mixture = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), 1.3)
    rng = random.Random(1)
    masses = [rng.expovariate(1.0) for _ in range(200_000)]
    best, bare = math.inf, math.inf
    for _ in range(3):
        state = mixture.begin(0)
        begun = time.process_time()
        for second, mass in enumerate(masses):
            state = mixture.step(state, second, mass, 1)
        best = min(best, time.process_time() - begun)
        counts: dict[str, int] = {}
        begun = time.process_time()
        for _ in masses:
            counts["key"] = counts.get("key", 0) + 1
        bare = min(bare, time.process_time() - begun)
    each, simple = (1e6 * seconds / len(masses) for seconds in (best, bare))
    say(f"\ncost: {each:.2f} us an event for the statistic, {simple:.2f} us for a dict update")
    return {"statistic_us": each, "dict_us": simple}


if __name__ == "__main__":
    raise SystemExit(main())
