"""Is the line too long, and can another promise be kept? Two thresholds each, so neither flaps.

The wait is judged by its median. The rule weighs a minute of waiting against a callback (w* = p/h,
Ata and Peng 2020), and half of the callers wait less than the median: by the nine-in-ten value most
of those offered a callback would have been answered in time, and each callback is a debt. Who is
unlucky is not lost: overflow takes over whoever waits past the limit.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from streams.domain.centre import AdmissionPolicy, Centre
from streams.events.surges import WaitData

Ceiling = Literal["list_full", "promise_out_of_reach"]
TOTAL: Final = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One queue and those it shares its counselors with, as the log last said.

    `wait` is what staffing announced last, None before the first time; `waiting` people are in
    the line now, the first of them since `head_since`.
    """

    wait: WaitData | None = None
    waiting: int = 0
    head_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What is promised already, and who is there to keep it; staffed is None while unknown."""

    pending: int = 0
    waiting: int = 0
    staffed: int | None = None
    handle_seconds: float | None = None


def passed(before: bool, measure: float, limit: float, hysteresis: float) -> bool:
    """Whether the limit counts as passed: above it, or not yet far enough below it again."""
    return measure >= limit * (1 - hysteresis) if before else measure > limit


def predicted_seconds(line: Line, now: datetime) -> float:
    """How long half of those who join now will wait at most.

    Where no estimate can be made, the wait of the first in line stands for it; where nobody is
    there to answer, it has no end.
    """
    if line.wait is not None:
        if line.wait.p50_seconds is not None:
            return line.wait.p50_seconds
        if line.wait.unknown == "nobody_staffed":
            return math.inf
    if line.head_since is None:
        return 0.0
    return max(0.0, (now - line.head_since).total_seconds())


def is_long(before: bool, line: Line, now: datetime, centre: Centre) -> bool:
    """Whether the wait is too long to be asked of anybody without an alternative."""
    limit = centre.overflow.wait_limit.total_seconds()
    return passed(before, predicted_seconds(line, now), limit, centre.admission.hysteresis)


def drain_seconds(debt: Debt, now: datetime, centre: Centre) -> float | None:
    """When the last of those promised and waiting is served; None when nobody can say.

    Everyone staffed works on it, less those whom the usual inbound contacts keep busy.
    """
    if not debt.staffed:
        return None
    handle = debt.handle_seconds or centre.target.handle_time.total_seconds()
    usual = centre.baseline(TOTAL)
    rate = usual.rate_at(now, centre.timezone) / 3600 if usual is not None else 0.0
    free = debt.staffed - rate * handle
    return (debt.pending + debt.waiting) * handle / free if free > 0 else math.inf


def ceiling(before: Ceiling | None, debt: Debt, now: datetime, centre: Centre) -> Ceiling | None:
    """Why no new promise should be made, or None."""
    policy = centre.admission
    if passed(before == "list_full", debt.pending, policy.most_pending, policy.hysteresis):
        return "list_full"
    drain = drain_seconds(debt, now, centre)
    if drain is not None and _out_of_reach(before, drain, policy):
        return "promise_out_of_reach"
    return None


def _out_of_reach(before: Ceiling | None, drain: float, policy: AdmissionPolicy) -> bool:
    limit = policy.most_drain.total_seconds()
    return passed(before == "promise_out_of_reach", drain, limit, policy.hysteresis)
