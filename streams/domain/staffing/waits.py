"""How long will someone who arrives now wait, and can that be said aloud?

With the queue length and the callers' patience known, the wait is a sum of exponential steps: the
predictor QLm of Ibrahim and Whitt (MSOM 11:397, 2009). Where patience is unknown, the wait of
whoever is at the head of the line now stands for it (HOL). With too little to go on the answer is
unknown, and says why: silence is better than nonsense.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from streams.domain.detection.gamma import quantile
from streams.events.surges import WaitMethod, WaitUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitPolicy:
    """What must have been seen lately before a wait is announced.

    `departures` (answered or gave up) within `window` show that the line moves at all; below
    them a number would be a guess. Salesforce asks for ten in ten minutes; so do we.
    Patience is known when so many have given up after waiting: their mean is then sure to 20 %.
    Waits are said again every `pause`.
    """

    departures: int = 10
    window: timedelta = timedelta(minutes=10)
    gave_up: int = 30
    pause: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One queue as it is now. Times in seconds; `patience` is None while it is not known.

    `ahead` people wait before the newcomer, `servers` counselors work for this queue, `idle` of
    them are free, `departures` left the line in the policy's window, `head_wait` is how long the
    first in line has waited.
    """

    ahead: int
    servers: int
    idle: int
    handle: float
    patience: float | None
    departures: int
    head_wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Half of the callers wait at most `p50` seconds, nine in ten at most `p90`."""

    p50: float
    p90: float
    method: WaitMethod


@dataclass(frozen=True, slots=True)
class UnknownWait:
    """Nothing honest can be said; `reason` is a short word for a metric or a screen."""

    reason: WaitUnknown


def expected_wait(line: Line, policy: WaitPolicy) -> Wait | UnknownWait:
    """The wait of the next arrival, or why it cannot be told."""
    if line.servers == 0:
        return UnknownWait("nobody_staffed")
    if line.idle > 0 and line.ahead == 0:
        return Wait(p50=0.0, p90=0.0, method="none")
    if line.departures < policy.departures:
        return UnknownWait("line_not_moving")
    if line.patience is not None:
        return by_queue_length(line.ahead, line.servers, line.handle, line.patience)
    return by_head_of_line(line.head_wait, line.ahead, line.servers, line.handle)


def by_queue_length(ahead: int, servers: int, handle: float, patience: float) -> Wait:
    """QLm: the sum over j = 0..ahead of exponentials with rate n mu + j theta.

    Mean and variance are exact; the quantiles are those of the gamma law with the same two.
    """
    rates = [servers / handle + j / patience for j in range(ahead + 1)]
    mean = sum(1.0 / rate for rate in rates)
    variance = sum(1.0 / rate**2 for rate in rates)
    return _gamma_wait(mean, variance, "queue_length")


def by_head_of_line(head_wait: float, ahead: int, servers: int, handle: float) -> Wait:
    """HOL: as long as the first in line has waited, with twice the best predictor's variance.

    Whoever is first may have joined just now, so it is no less than the line takes when callers
    are as impatient as handling is long: in a short line that hardly depends on patience.
    """
    step = handle / servers
    shortest = sum(handle / (servers + j) for j in range(ahead + 1))
    mean = max(head_wait, shortest)
    doubled = 2.0 if head_wait > shortest else 1.0
    return _gamma_wait(mean, doubled * mean * step, "head_of_line")


def _gamma_wait(mean: float, variance: float, method: WaitMethod) -> Wait:
    shape, scale = mean**2 / variance, variance / mean
    return Wait(
        p50=scale * quantile(shape, 0.5),
        p90=scale * quantile(shape, 0.9),
        method=method,
    )


def announced(previous: Wait | None, current: Wait) -> tuple[Wait, bool]:
    """What may be said after `previous` was: never more, unless volume has risen.

    Returns what to say and whether it must come with the words "volume has risen".
    """
    if previous is None:
        return current, False
    if current.p90 <= previous.p90:
        return replace(current, p50=min(current.p50, previous.p50)), False
    # Within the noise of the estimate the old word stands; beyond it, say so openly.
    if current.p50 <= previous.p90:
        return previous, False
    return current, True
