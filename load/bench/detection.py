"""How close to what is possible do we detect, and how do others do on the same streams?

`python -m load.bench.detection` prints the tables, writes them as JSON and draws a chart. It needs
the bench packages (numpy; river for two of the peers). `--quick` takes a minute, the rest longer.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from load.bench.chart import delays_chart
from load.bench.peers import all_peers
from load.bench.streams import Setting, Streams, delays, false_alarms
from streams.domain.detection.calendar import Calendar
from streams.domain.detection.cusum import threshold_for, worst_delay_seconds
from streams.domain.detection.detector import Rules, Thresholds, advance
from streams.domain.detection.gamma import rate_interval
from streams.domain.detection.mixture import Mixture
from streams.domain.detection.season import LearningPolicy, Season

SIZES = (3, 10, 30)
PER_HOUR = 27.0
YEAR_HOURS = 8766.0
# (1) No margin, no guards, and the threshold at which one false alarm a year was simulated.
CALIBRATED = Setting(kappa=1.0, threshold=139_000, distinct_callers=0, seconds=False)
# (2) As it ships: margin 1.3, eight callers, whole seconds, and the threshold that is proved.
SHIPPED = Setting(threshold=PER_HOUR * YEAR_HOURS)
_DAY = 86_400
_HALF = 400
_HOUR = 3600


def main(arguments: Iterable[str] | None = None) -> int:
    """Run everything and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs and years")
    parser.add_argument("--years", type=float, help="simulated years for false alarms")
    parser.add_argument("--out", type=Path, default=Path("build/detection"))
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    runs = 4_000 if chosen.quick else 20_000
    years = chosen.years or (40.0 if chosen.quick else 2_000.0)
    rng = np.random.default_rng(20260304)
    agree(rng)
    found: dict[str, Any] = {"bound": bound(), "cost": cost()}
    found["delays"] = delay_rows(runs, rng)
    found["ramps"] = ramp_rows(runs // 2, rng)
    found["false_alarms"] = false_alarm_rows(years, rng)
    found["peers"] = peer_rows(40 if chosen.quick else 200, rng)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "detection.json").write_text(json.dumps(found, indent=2) + "\n")
    chart = {"CUSUM that knows the size (bound)": [row["worst"] for row in found["bound"]]}
    chart |= {name: row["worst"] for name, row in found["delays"].items()}
    chart |= {name: row["delays"] for name, row in found["peers"].items() if row["delays"][0]}
    (chosen.out / "delays.svg").write_text(delays_chart(chart, SIZES))
    say(f"written to {chosen.out}")
    return 0


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
    """Flat streams; a day cycle that is known changes nothing, since time is counted in mass."""
    say(f"\nfalse alarms in about {years:,.0f} simulated years, 90 % interval of the yearly rate")
    rows = []
    for name, setting in (
        ("(1) calibrated, no guards", CALIBRATED),
        ("(2) as shipped", SHIPPED),
        ("(2) without the margin of 1.3", Setting(kappa=1.0)),
    ):
        alarms, lived = false_alarms(setting, years, rng)
        rows.append(_rate(name, alarms, lived))
    alarms, lived = cycle_false_alarms(min(years, 200.0), rng)
    rows.append(_rate("(2) as shipped, day cycle of 60 %", alarms, lived))
    alarms, lived = learned_false_alarms(min(years / 4, 500.0), random.Random(5))
    rows.append(_rate("(2) as shipped, learned baseline", alarms, lived))
    return rows


def _rate(name: str, alarms: int, lived: float) -> dict[str, Any]:
    low, high = rate_interval(alarms, lived)
    say(f"  {name:36} {alarms:5} in {lived:7.0f} years: {low:.3f} to {high:.3f} a year")
    return {"name": name, "alarms": alarms, "years": lived, "low": low, "high": high}


def cycle_false_alarms(years: float, rng: np.random.Generator) -> tuple[int, float]:
    """The same with a day cycle of 60 % either way, simulated in time and not in mass."""
    count = 2_000
    streams = Streams(SHIPPED, count)
    base = PER_HOUR / _HOUR
    clock, heard, alarms = np.zeros(count), np.zeros(count), 0

    def mass(moment: Any) -> Any:
        angle = 2 * math.pi / _DAY
        return base * (moment + 0.6 / angle * (1 - np.cos(angle * moment)))

    for _ in range(int(years * YEAR_HOURS * PER_HOUR / count)):
        waiting = np.ones(count, dtype=bool)
        # Thinning: candidates at the highest rate, kept in proportion.
        while waiting.any():
            clock[waiting] += rng.exponential(1 / (1.6 * base), int(waiting.sum()))
            kept = rng.random(count) * 1.6 < 1 + 0.6 * np.sin(2 * math.pi * clock / _DAY)
            waiting &= ~kept
        at = np.floor(clock)
        alarm = streams.hear(mass(at) - mass(heard))
        heard = at
        if alarm.any():
            alarms += int(alarm.sum())
            streams.begin_again(alarm)
    return alarms, float(clock.sum()) / _HOUR / YEAR_HOURS


def learned_false_alarms(years: float, rng: random.Random) -> tuple[int, float]:
    """The shipped code itself, learning a week with a day cycle of 60 % from nothing.

    Lives of five years, so that the first months, when little is known, have their weight.
    """
    alarms, lived = 0, 0.0
    while lived < years:
        alarms += _life(5 * 8766, rng)
        lived += 5.0
    return alarms, lived


def _life(hours: int, rng: random.Random) -> int:
    season = Season(Calendar(ZoneInfo("UTC")), LearningPolicy(lag=1))
    mixture = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), SHIPPED.kappa)
    limit = Thresholds(watch=SHIPPED.threshold, alert=SHIPPED.threshold)
    rules = Rules(mixture=mixture, thresholds=limit)
    scores, episode, alarms = mixture.begin(0), None, 0
    for slot in range(hours):
        rate = PER_HOUR * (1 + 0.6 * math.sin(2 * math.pi * (slot % 24) / 24))
        contacts: dict[int, int] = {}
        moment = rng.expovariate(rate)
        while moment < 1:
            second = slot * _HOUR + int(moment * _HOUR)
            contacts[second] = contacts.get(second, 0) + 1
            moment += rng.expovariate(rate)
        season.rate(slot * _HOUR)
        for second, count in contacts.items():
            if not season.ready:
                scores = mixture.begin(second)
                continue
            before = episode
            scores, episode = advance(scores, episode, second, count, season, rules)
            alarms += episode is not None and before is None
        season.learn(slot, sum(contacts.values()), frozen=episode is not None)
    return alarms


def peer_rows(runs: int, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Every peer on the same streams: 30 hours of calm, then a rise that lasts."""
    say(f"\nothers on {runs} streams each: mean delay (share found), false alarms in calm a year")
    lasts = 6 * _HOUR
    # Some look only every so many minutes: the onset is at no special one.
    calms = 30 * _HOUR + rng.random(runs) * _HOUR
    base = PER_HOUR / _HOUR
    streams = {size: [_stream(base, calm, lasts, size, rng) for calm in calms] for size in SIZES}
    quiet = np.sort(rng.random(rng.poisson(base * 200 * _DAY)) * 200 * _DAY)
    rows: dict[str, dict[str, Any]] = {}
    for peer in all_peers():
        alarms = _spaced(peer.alarms(quiet, 200 * _DAY))
        row: dict[str, Any] = {"delays": [], "found": [], "a_year": alarms * 365.25 / 200}
        for size in SIZES:
            first = [
                _first(peer.alarms(times, calm + lasts), calm)
                for times, calm in zip(streams[size], calms, strict=True)
            ]
            hits = [delay for delay in first if delay is not None]
            row["delays"].append(float(np.mean(hits)) if hits else None)
            row["found"].append(len(hits) / runs)
        rows[peer.name] = row
        cells = " ".join(
            f"x{size} {delay or math.nan:7.0f} s ({share:4.0%})"
            for size, delay, share in zip(SIZES, row["delays"], row["found"], strict=True)
        )
        say(f"  {peer.name:34} {cells}   {row['a_year']:6.0f} a year")
    return rows


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
