"""Which numbers tell how a run went? In the order in which they are read, each with its unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from load.drill.judge import span
from load.verdict.judge import false_declarations, recovered
from load.verdict.latency import Latencies
from load.verdict.result import Result

Unit = Literal["people", "share", "seconds", "count"]
PERCENTILES: Final = (0.5, 0.9, 0.99, 0.999)
PROMETHEUS: Final = "as Prometheus saw it"
# Who says so: the load's own side, or which part of the platform.
SOURCES: Final = {
    "load": "Counted by the load itself.",
    "surge": "Declarations from the log, the first extra call and the desks from the load, seats"
    " asked from the live board, seats truly needed from the scenario's true rates.",
    "people": "From the audit of the whole log: each person once.",
    "promises": "From the log, but for what was rung and said: from the phone system's own ledger.",
    PROMETHEUS: "From queries over the run to the Prometheus that read the platform meanwhile.",
}
SHARES: Final = {
    "answered_live": "answered live",
    "callback_completed": "called back",
    "callback_open": "promised a callback, still open",
    "waiting": "still waiting",
    "withdrawn": "withdrew",
    "deflected": "turned away with a prompt",
    "lost": "lost, with a reason",
    "unaccounted": "unaccounted for",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a run; None where there was nothing to measure. `more` says more in words."""

    group: str
    name: str
    value: float | None
    unit: Unit = "count"
    more: str = ""

    @property
    def text(self) -> str:
        """As people read it."""
        if self.value is None:
            return "–"
        if self.unit == "share":
            return f"{self.value:.2%}"
        if self.unit == "seconds":
            return f"{1000 * self.value:.0f} ms" if self.value < 1 else span(self.value)
        return f"{self.value:,.0f}"


def measures(result: Result) -> list[Measure]:
    """Every number of a run."""
    return [
        *_load(result),
        *_detection(result),
        *_people(result),
        *_seen(result),
        *_latencies(result),
    ]


def _load(result: Result) -> Iterator[Measure]:
    record = result.record
    group = "load"
    yield Measure(group, "first calls offered", record.offered)
    yield Measure(group, "of these on time", record.achieved, "share")
    yield Measure(group, "most behind", record.most_behind, "seconds")
    yield Measure(group, "dropped by the load", record.dropped + record.again_dropped)
    yield Measure(group, "calls by people who had called", record.again)
    yield Measure(group, "events on the log", record.events)
    yield Measure(group, "posts that failed and were sent again", record.failed_posts)


def _detection(result: Result) -> Iterator[Measure]:
    group, log, first = "surge", result.log, result.first_extra
    if log is not None:
        yield Measure(group, "declared", len(log.surges), more=_names(result))
        yield Measure(group, "false declarations", false_declarations(result))
        at = [(one.declared_at - result.begins).total_seconds() for one in log.surges]
        real = [second for second in at if first is not None and second >= first]
        after = real[0] - first if real and first is not None else None
        calls = result.calls_until(real[0]) if real else None
        yield Measure(group, "from the first extra call until declared", after, "seconds")
        yield Measure(group, "extra calls until then", calls)
    yield Measure(group, "seats asked, at most", result.board.most_seats, more=_began_with(result))
    yield Measure(
        group,
        "truly needed if the worst moment had lasted",
        max(result.curve_lasting, default=None),
    )
    yield Measure(group, "truly needed as it went, at most", result.seats_true)
    yield Measure(
        group, "at the phones, at most", max(result.record.curves.get("at the phones", [0.0]))
    )
    yield Measure(group, "recovery", recovered(result), "seconds")


def _people(result: Result) -> Iterator[Measure]:
    audit, log = result.audit, result.log
    if audit is not None:
        again = "who calls again hours later has a new wish, and is counted again"
        yield Measure("people", "wishes for help", audit.requests, "people", again)
        whole = audit.requests or 1
        for name, words in SHARES.items():
            people = audit.outcomes.get(name, 0)
            lost = f"{people:,}"
            if name == "lost" and people:
                lost += f" ({_reasons(audit.reasons)})"
            yield Measure("people", words, people / whole, "share", lost)
        yield Measure("people", "findings of the audit", len(audit.violations))
    if log is not None:
        yield Measure("promises", "given", log.promises)
        kept = log.kept / log.promises if log.promises else None
        yield Measure("promises", "kept", kept, "share")
        soon = log.kept_within_1h / log.promises if log.promises else None
        yield Measure("promises", "kept within an hour", soon, "share")
        yield Measure("promises", "oldest", log.oldest_promise, "seconds")
    twice = result.record.must_be_zero
    yield Measure("promises", "rung twice at once", twice.get("rung_twice_at_once", 0))
    yield Measure("promises", "talked to twice", twice.get("talked_twice_for_one_callback", 0))


def _seen(result: Result) -> Iterator[Measure]:
    for one in result.seen:
        yield Measure(PROMETHEUS, one.name, one.value, one.unit, one.words)


def _latencies(result: Result) -> Iterator[Measure]:
    for name in sorted(result.record.latencies):
        found = result.record.latency(name)
        yield from _percentiles(name, found)
    behind = Latencies(result.board.behind.buckets, result.board.behind.most)
    yield from _percentiles("board behind the calls", behind)


def _percentiles(name: str, found: Latencies) -> Iterator[Measure]:
    for share in PERCENTILES:
        more = f"of {len(found):,}" if share == PERCENTILES[0] else ""
        yield Measure(name, f"p{100 * share:g}", found.quantile(share), "seconds", more)
    yield Measure(name, "most", found.most if len(found) else None, "seconds")


def _began_with(result: Result) -> str:
    """Who sizes with other handle times than the scenario's asks for other numbers."""
    if not result.handle_told or result.handle == result.handle_told:
        return ""
    return (
        f"begun with {span(result.handle_told)} a call as the centre file says, until calls had"
        f" ended; here a call took {span(result.handle)}"
    )


def _names(result: Result) -> str:
    return ", ".join(f"{one.key} ({one.tier})" for one in result.log.surges) if result.log else ""


def _reasons(reasons: dict[str, int]) -> str:
    parts = [
        f"{name.partition(':')[2]} {people}"
        for name, people in reasons.items()
        if name.startswith("lost:") and people
    ]
    return ", ".join(parts)
