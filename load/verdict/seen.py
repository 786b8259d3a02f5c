"""What did Prometheus see of a run? Its own answers, beside what load, board, log and audit say.

A second witness: it read every part of the platform every two seconds, and knows nothing of the
load. Where both count the same, the two numbers stand beside each other; only what a scrape
falls short of may lie between them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Final, Literal
from urllib.parse import urlencode

import msgspec

# The first moment asked about lies before the first event, so that counters are seen at rest.
BEFORE_SECONDS: Final = 3.0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; `value` is None where Prometheus had none. `query` is what it was asked."""

    name: str
    unit: Literal["count", "seconds"]
    query: str
    value: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    """`query` speaks of the whole run as `[RUN]`; `label` is what tells its answers apart."""

    name: str
    query: str
    unit: Literal["count", "seconds"] = "count"
    label: str = ""


def _grown(metric: str) -> str:
    """By how much counters grew, exactly: `increase` would guess beyond the first and last look."""
    return f"sum(max_over_time({metric}[RUN]) - min_over_time({metric}[RUN]))"


def _p99(metric: str) -> str:
    return f"histogram_quantile(0.99, sum by (le) (increase({metric}_bucket[RUN])))"


# The watchdog always fires: that is its work.
_FIRING: Final = 'ALERTS{alertstate="firing",alertname!="Watchdog"}'
QUESTIONS: Final = (
    _Question("events that intake acknowledged", _grown("surgeline_intake_events_accepted_total")),
    _Question("contacts that reached a queue", _grown("surgeline_contacts_received_total")),
    _Question("contacts answered", _grown("surgeline_contacts_answered_total")),
    _Question("callbacks closed", _grown("surgeline_callbacks_total")),
    _Question("on hold, at most", "max_over_time(sum(surgeline_queue_contacts)[RUN:2s])"),
    _Question("seats asked, at most", "max(max_over_time(surgeline_seats_needed[RUN]))"),
    _Question(
        "promises overdue at once, at most", "max(max_over_time(surgeline_callbacks_overdue[RUN]))"
    ),
    _Question(
        "findings of the standing audit, at most",
        "sum(max_over_time(surgeline_audit_findings[RUN]))",
    ),
    _Question(
        "until the broker had a request's events, p99",
        _p99("surgeline_intake_acknowledge_seconds"),
        "seconds",
    ),
    _Question(
        "from the log to the consequences on the log, p99",
        _p99("surgeline_event_processing_lag_seconds"),
        "seconds",
    ),
    _Question(
        "age of the board's oldest number, at most",
        "max(max_over_time(surgeline_board_data_age_seconds[RUN]))",
        "seconds",
    ),
    _Question(
        "alerts that fired",
        f"count by (alertname) (max_over_time({_FIRING}[RUN]))",
        label="alertname",
    ),
)


def seen(ask: Callable[[str], Any], begun: float, now: float) -> list[Seen]:
    """What Prometheus says of the wall time from `begun` to `now`.

    `ask` sends a GET and returns the JSON body, None when there was no answer.
    """
    run = f"{ceil(now - begun + BEFORE_SECONDS)}s"
    return [_answer(question, run, ask, now) for question in QUESTIONS]


def _answer(question: _Question, run: str, ask: Callable[[str], Any], now: float) -> Seen:
    query = question.query.replace("RUN", run)
    told = ask("/api/v1/query?" + urlencode({"query": query, "time": f"{now:.3f}"}))
    found = list(_samples(told))
    blank = Seen(name=question.name, unit=question.unit, query=query)
    if question.label and told is not None:
        names = sorted({labels[question.label] for labels, _ in found})
        return msgspec.structs.replace(blank, value=float(len(names)), words=", ".join(names))
    return msgspec.structs.replace(blank, value=found[0][1] if found else None)


def _samples(told: Any) -> Iterator[tuple[dict[str, str], float]]:
    """The finite ones: a quantile of nothing is not a number."""
    for sample in told["data"]["result"] if told else ():
        value = float(sample["value"][1])
        if isfinite(value):
            yield sample["metric"], value
