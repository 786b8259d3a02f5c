"""When is a promise being broken so fast that somebody must act?

A burn of 1 uses up exactly what a promise allows over its period. How high a burn can get at all is
1 / (1 - promise): 10 where nine in ten are promised, so the well-known 14.4 could never fire there.
Answer time is therefore judged by a shift's allowance, with factors of its own; the pipeline, of
which far more is promised, by the usual ones over 30 days.
"""

from dataclasses import dataclass
from typing import Final

from services.observability.rules import Alert, Severity

# Below this many contacts in the long window a share says nothing: a mission's night has three.
FEWEST: Final = 20
SHIFT_HOURS: Final = 12.0
# However much is promised, an alert that needs more than this share late would come too late.
HIGHEST_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """So many times the allowed rate, over a long window and still over a short one."""

    factor: float
    long: str
    short: str


def shift_factor(allowance: float, hours: float) -> float:
    """The burn that uses this part of a shift's allowance in so many hours."""
    return round(allowance * SHIFT_HOURS / hours, 2)


ANSWER_FAST: Final = Window(factor=shift_factor(0.10, 0.25), long="15m", short="5m")
ANSWER_SLOW: Final = Window(factor=shift_factor(0.20, 1.0), long="1h", short="15m")
PAGE: Final = (
    Window(factor=14.4, long="1h", short="5m"),
    Window(factor=6.0, long="6h", short="30m"),
)
TICKET: Final = (Window(factor=1.0, long="3d", short="6h"),)


def answer_alert(name: str, window: Window, severity: Severity, summary: str) -> Alert:
    """Too many callers wait longer than promised; the promise is the centre file's."""
    allowed = (
        f"clamp_max({window.factor:g} * (1 - max(surgeline_answer_target_ratio)), {HIGHEST_SHARE})"
    )
    expr = f"""
        {_late(window.long)} > on() {allowed}
        and on() {_late(window.short)} > on() {allowed}
        and on() sum(increase(surgeline_contacts_judged_total[{window.long}])) >= {FEWEST}
    """
    return Alert(
        name=name,
        expr=expr,
        severity=severity,
        summary=summary,
        description=(
            "{{ $value | humanizePercentage }} of callers were not answered within the target over"
            f" {window.long}."
        ),
        keep="2m",
    )


def _late(window: str) -> str:
    answered = f"sum(increase(surgeline_contacts_answered_in_target_total[{window}]))"
    return f"(1 - {answered} / sum(increase(surgeline_contacts_judged_total[{window}])))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Of all that is counted by `total`, `share` are to be `good`."""

    share: float
    good: str
    total: str

    def bad(self, window: str) -> str:
        """The share that was not good."""
        good, total = (f"sum(rate({name}[{window}]))" for name in (self.good, self.total))
        return f"(1 - ({good} or on() vector(0)) / ({total} > 0))"

    def burns(self, windows: tuple[Window, ...]) -> str:
        """True while any of the windows burns."""
        return "\nor on()\n".join(self._burns(window) for window in windows)

    def _burns(self, window: Window) -> str:
        limit = f"{round(window.factor * (1 - self.share), 6):g}"
        return f"({self.bad(window.long)} > {limit}\nand on() {self.bad(window.short)} > {limit})"


FRESH: Final = Promise(
    share=0.995,
    good='surgeline_event_processing_lag_seconds_bucket{le="2.0"}',
    total="surgeline_event_processing_lag_seconds_count",
)
TAKEN: Final = Promise(
    share=0.999,
    good='surgeline_intake_requests_total{status!~"5.."}',
    total="surgeline_intake_requests_total",
)


def alerts() -> list[Alert]:
    """Of all promises."""
    return [
        answer_alert("AnswerTimeBurnFast", ANSWER_FAST, "page", "Callers wait far too long"),
        answer_alert("AnswerTimeBurnSlow", ANSWER_SLOW, "ticket", "Too many callers wait too long"),
        _promise_alert("PipelineBurnFast", FRESH, PAGE, "page", _LATE_EVENTS),
        _promise_alert("PipelineBurnSlow", FRESH, TICKET, "ticket", _LATE_EVENTS),
        _promise_alert("IntakeBurnFast", TAKEN, PAGE, "page", _REFUSED),
        _promise_alert("IntakeBurnSlow", TAKEN, TICKET, "ticket", _REFUSED),
    ]


_LATE_EVENTS: Final = (
    "Events are worked off late",
    "{{ $value | humanizePercentage }} of events had their effect more than 2 s after they came.",
)
_REFUSED: Final = (
    "Reports of the phone system are turned away",
    "{{ $value | humanizePercentage }} of the phone system's requests were answered with an error.",
)


def _promise_alert(
    name: str,
    promise: Promise,
    windows: tuple[Window, ...],
    severity: Severity,
    words: tuple[str, str],
) -> Alert:
    summary, description = words
    return Alert(
        name=name,
        expr=promise.burns(windows),
        severity=severity,
        summary=summary,
        description=description,
        keep="2m",
    )
