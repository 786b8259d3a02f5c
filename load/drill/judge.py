"""Did it hold? The bars of a scenario's verdict against what was played.

Shares are judged by their mean over the runs, counts and delays by the worst run. Bars that speak
of wall time, HTTP or the log are for a run of the real platform and are not judged here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean

from load.drill.outcome import Outcome
from load.scenario import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One bar: what it asks, what was found, and whether that is good enough."""

    bar: str
    wanted: str
    found: str
    holds: bool


def judged(
    verdict: Verdict, runs: Sequence[Outcome], history: Sequence[Outcome] = ()
) -> list[Judged]:
    """Every bar that can be judged; `history` are runs without the platform."""
    return [*_calibration(verdict, history), *_detection(verdict, runs), *_people(verdict, runs)]


def _calibration(verdict: Verdict, history: Sequence[Outcome]) -> Iterator[Judged]:
    bars: tuple[tuple[str, float | None, float | None, Callable[[Outcome], float]], ...] = (
        ("live, as it was", verdict.live_share, verdict.live_share_within, _burst_live),
        (
            "calls answered on the worst day, as it was",
            verdict.answered_share,
            verdict.answered_share_within,
            _worst_day,
        ),
    )
    for name, share, within, measure in bars:
        if share is not None and history:
            found, room = fmean(measure(run) for run in history), within or 0.0
            yield Judged(
                name, f"{share:.0%} ± {room:.1%}", f"{found:.1%}", abs(found - share) <= room
            )


def _detection(verdict: Verdict, runs: Sequence[Outcome]) -> Iterator[Judged]:
    counts = [len(run.declared) for run in runs]
    yield from _at_most("surges declared", verdict.declarations_at_most, max(counts))
    yield from _at_least_count("surges declared", verdict.declarations_at_least, min(counts))
    worst_false = max(run.false_declarations for run in runs)
    yield from _at_most("false declarations", verdict.false_declarations_at_most, worst_false)
    firsts = [one for run in runs for one in run.declared]
    delays = [one.after_seconds for one in firsts if one.after_seconds is not None]
    if verdict.declared_within is not None:
        yield _within("declared after the first call", verdict.declared_within, delays)
    calls = [one.after_calls for one in firsts if one.after_calls is not None]
    if calls:
        yield from _at_most("calls until declared", verdict.declared_within_calls, max(calls))


def _people(verdict: Verdict, runs: Sequence[Outcome]) -> Iterator[Judged]:
    lost = fmean(run.lost for run in runs)
    if verdict.lost_at_most is not None:
        bar = verdict.lost_at_most
        yield Judged("people lost", f"≤ {bar:.1%}", f"{lost:.2%}", lost <= bar)
    shares: tuple[tuple[str, float | None, Callable[[Outcome], float]], ...] = (
        ("people answered live", verdict.live_at_least, lambda run: run.live),
        ("people helped", verdict.helped_at_least, lambda run: run.live + run.callback),
        ("helped within an hour", verdict.helped_within_1h_at_least, _soon),
        ("calls answered on the worst day", verdict.calls_answered_at_least, _worst_day),
    )
    for name, least, measure in shares:
        if least is not None:
            found = fmean(measure(run) for run in runs)
            yield Judged(name, f"≥ {least:.0%}", f"{found:.1%}", found >= least)
    oldest = [run.oldest_promise for run in runs]
    if verdict.oldest_promise_at_most is not None:
        yield _within("oldest promise", verdict.oldest_promise_at_most, oldest)
    if verdict.recovered_within is not None:
        times = [run.recovered for run in runs if run.recovered is not None]
        held = _within("hardly anybody on hold again", verdict.recovered_within, times)
        never = len(times) < len(runs)
        yield Judged(held.bar, held.wanted, "never" if never else held.found, held.holds > never)
    doubles = max(run.double_dials for run in runs)
    yield from _at_most("people rung twice", verdict.double_dials_at_most, doubles)


def _burst_live(run: Outcome) -> float:
    return run.burst_live


def _worst_day(run: Outcome) -> float:
    return run.worst_day_answered


def _soon(run: Outcome) -> float:
    return run.helped_within_1h


def _at_most(name: str, bar: int | None, found: int) -> Iterator[Judged]:
    if bar is not None:
        yield Judged(name, f"≤ {bar}", str(found), found <= bar)


def _at_least_count(name: str, bar: int | None, found: int) -> Iterator[Judged]:
    if bar is not None:
        yield Judged(name, f"≥ {bar}", str(found), found >= bar)


def _within(name: str, bar: timedelta, seconds: Sequence[float]) -> Judged:
    limit = bar.total_seconds()
    if not seconds:
        return Judged(name, f"≤ {span(limit)}", "never", False)
    return Judged(name, f"≤ {span(limit)}", span(max(seconds)), max(seconds) <= limit)


def span(seconds: float) -> str:
    """Seconds as people say them: 45 s, 4.5 min, 3.2 h."""
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"
