"""Did it hold? Each bar of the scenario, against what was found in a run of the real platform.

The same bars as the drill judges in virtual time, and those that only a real run has: offered
against achieved arrivals, the speed of intake and board, the audit. A bar whose facts are not there
yet (no log, no audit while it goes on) is neither held nor missed.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from load.drill.judge import span
from load.scenario import Scenario
from load.verdict.latency import Latencies
from load.verdict.result import Bar, Code, Result

# A load that falls below this is not the scenario's; a scenario may ask for more.
ACHIEVED_AT_LEAST: Final = 0.98
FEW: Final = 2
NOT_KNOWN: Final = "not known yet"
INTAKE: Final = "intake: /v1/events"
# At other heights than its own a scenario's bars for people and staff do not speak of it.
OWN_PEAK: Final = 1.0


def judged(result: Result, scenario: Scenario) -> list[Bar]:
    """Every bar."""
    return [
        *_load(result, scenario),
        *_nobody_lost(result, scenario),
        *_detection(result, scenario),
        *_speed(result, scenario),
        *(_people(result, scenario) if result.peak == OWN_PEAK and not result.hold else ()),
    ]


def code_of(bars: list[Bar]) -> Code:
    """What the process ends with: the gravest miss."""
    missed = {bar.code for bar in bars if bar.holds is False}
    for code in (Code.CALLER_LOST, Code.LOAD_NOT_ACHIEVED, Code.OBJECTIVE_MISSED):
        if code in missed:
            return code
    return Code.FINE


def recovered(result: Result) -> float | None:
    """Seconds from the first burst until hardly anybody is on hold; None: not by the end."""
    curve, step = result.record.curves.get("on hold", []), _step(result)
    since = min(result.bursts.values(), default=0.0)
    crowded = [nth for nth, waiting in enumerate(curve) if waiting > FEW]
    if not crowded:
        return 0.0
    if crowded[-1] >= len(curve) - 2:
        return None
    return max(0.0, (crowded[-1] + 1) * step - since)


def _step(result: Result) -> float:
    return result.length / max(1, len(result.curve_true) - 1)


def _load(result: Result, scenario: Scenario) -> Iterator[Bar]:
    record, verdict = result.record, scenario.verdict
    least = verdict.achieved_at_least or ACHIEVED_AT_LEAST
    yield Bar(
        name="arrivals achieved of those offered",
        wanted=f"≥ {least:.0%}",
        found=f"{record.achieved:.2%} of {record.offered:,}",
        holds=record.achieved >= least,
        code=Code.LOAD_NOT_ACHIEVED,
    )
    if result.ended:
        yield Bar(
            name="played to the end, by every process",
            wanted="yes",
            found="yes" if record.finished else "no",
            holds=record.finished,
            code=Code.LOAD_NOT_ACHIEVED,
        )
    dropped = record.dropped + record.again_dropped
    most = verdict.dropped_at_most or 0
    yield Bar(
        name="arrivals dropped by the load itself",
        wanted=f"≤ {most}",
        found=f"{dropped:,}",
        holds=dropped <= most,
        code=Code.LOAD_NOT_ACHIEVED,
    )
    refused = record.must_be_zero.get("events_refused_by_intake", 0)
    yield Bar(
        name="reports that intake refused, or never took",
        wanted="0",
        found=f"{refused + (record.unsent if record.over else 0):,}",
        holds=not refused and not (record.over and record.unsent),
        code=Code.LOAD_NOT_ACHIEVED,
    )


def _nobody_lost(result: Result, scenario: Scenario) -> Iterator[Bar]:
    audit, twice = result.audit, _called_twice(result)
    found, clean = NOT_KNOWN, None
    if audit is not None and result.record.started and not audit.requests:
        # An audit of nobody proves nothing.
        found, clean = "it found nobody", False
    elif audit is not None:
        found = "clean" if audit.clean else f"{len(audit.violations)} findings"
        clean = audit.clean
    if scenario.verdict.audit_clean:
        yield Bar(
            name="audit: everyone accounted for",
            wanted="clean",
            found=found,
            holds=clean,
            code=Code.CALLER_LOST,
        )
    yield Bar(
        name="people called twice",
        wanted=f"≤ {scenario.verdict.double_dials_at_most}",
        found=str(twice),
        holds=twice <= scenario.verdict.double_dials_at_most,
        code=Code.CALLER_LOST,
    )


def _called_twice(result: Result) -> int:
    zero = result.record.must_be_zero
    names = ("rung_twice_at_once", "talked_twice_for_one_callback", "refused_in_flight")
    by_phone = sum(zero.get(name, 0) for name in names)
    return max(by_phone, result.log.talked_twice if result.log else 0)


def _detection(result: Result, scenario: Scenario) -> Iterator[Bar]:
    verdict = scenario.verdict
    if result.log is None:
        return
    surges = result.log.surges
    declared = [(one.declared_at - result.begins).total_seconds() for one in surges]
    if verdict.declarations_at_most is not None:
        yield _count("surges declared", "≤", verdict.declarations_at_most, len(surges))
    if verdict.declarations_at_least is not None:
        yield _count("surges declared", "≥", verdict.declarations_at_least, len(surges))
    if verdict.false_declarations_at_most is not None:
        false = false_declarations(result)
        yield _count("false declarations", "≤", verdict.false_declarations_at_most, false)
    first = result.first_extra
    real = [at for at in declared if first is not None and at >= first]
    if verdict.declared_within is not None:
        seconds = real[0] - first if real and first is not None else None
        yield _within("declared after the first extra call", verdict.declared_within, seconds)
    if verdict.declared_within_calls is not None:
        calls = result.calls_until(real[0]) if real else None
        yield Bar(
            name="calls until declared",
            wanted=f"≤ {verdict.declared_within_calls}",
            found="never" if calls is None else str(calls),
            holds=calls is not None and calls <= verdict.declared_within_calls,
        )


def false_declarations(result: Result) -> int:
    """Surges declared before anything had happened."""
    first = result.first_extra
    declared = result.log.surges if result.log else []
    return sum(
        first is None or (one.declared_at - result.begins).total_seconds() < first
        for one in declared
    )


def _speed(result: Result, scenario: Scenario) -> Iterator[Bar]:
    verdict = scenario.verdict
    if verdict.intake_p99_within is not None:
        intake = result.record.latency(INTAKE)
        yield _within("intake answers, p99", verdict.intake_p99_within, intake.quantile(0.99))
    if verdict.shown_within is not None:
        behind = Latencies(result.board.behind.buckets, result.board.behind.most)
        # Looks at which the board showed everything that was there count as not behind.
        yield _within("board behind the calls, p99", verdict.shown_within, behind.quantile(0.99))


def _people(result: Result, scenario: Scenario) -> Iterator[Bar]:
    verdict, audit, log = scenario.verdict, result.audit, result.log
    if audit is None or not audit.requests:
        return
    shares = {name: people / audit.requests for name, people in audit.outcomes.items()}
    live, back = shares.get("answered_live", 0.0), shares.get("callback_completed", 0.0)
    if verdict.lost_at_most is not None:
        yield _share("people lost", "≤", verdict.lost_at_most, shares.get("lost", 0.0))
    if verdict.live_at_least is not None:
        yield _share("people answered live", "≥", verdict.live_at_least, live)
    if verdict.helped_at_least is not None:
        yield _share("people helped", "≥", verdict.helped_at_least, live + back)
    if verdict.oldest_promise_at_most is not None and log is not None:
        yield _within("oldest promise", verdict.oldest_promise_at_most, log.oldest_promise)
    if verdict.recovered_within is not None:
        seconds = recovered(result)
        yield _within("hardly anybody on hold again", verdict.recovered_within, seconds)


def _count(name: str, sign: str, bar: int, found: int) -> Bar:
    holds = found <= bar if sign == "≤" else found >= bar
    return Bar(name=name, wanted=f"{sign} {bar}", found=str(found), holds=holds)


def _share(name: str, sign: str, bar: float, found: float) -> Bar:
    holds = found <= bar if sign == "≤" else found >= bar
    return Bar(name=name, wanted=f"{sign} {bar:.1%}", found=f"{found:.2%}", holds=holds)


def _within(name: str, bar: timedelta, seconds: float | None) -> Bar:
    limit = bar.total_seconds()
    return Bar(
        name=name,
        wanted=f"≤ {span(limit)}",
        found="never" if seconds is None else span(seconds),
        holds=seconds is not None and seconds <= limit,
    )
