"""What became of a person's request, in exactly one word, and how large is each share?

waiting, answered_live, callback_open, callback_completed, withdrawn (reason), deflected, lost
(reason). A request that was handed over is where its callback is; who reached us before we rang
back was answered live. The audit and the board count with the functions of this module, so that
neither can move people between the words without the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Final

from streams.events.callbacks import CallbackData
from streams.events.demand import QueueCounts

# Where the tally sees a request; anything else it says is the reason for which it was lost.
WAITING: Final = "waiting"
ANSWERED_LIVE: Final = "answered_live"
HANDED_OVER: Final = "handed_over"
DEFLECTED: Final = "deflected"

# Where a request that was handed over is, by the outcome of its callback.
CALLBACK_OPEN: Final = "callback_open"
CALLBACK_COMPLETED: Final = "callback_completed"
WITHDRAWN: Final = "withdrawn"
LOST: Final = "lost"
# None of these: a person the log has forgotten. Only the audit can find one.
UNACCOUNTED: Final = "unaccounted"
_BY_CALLBACK: Final = {
    "completed": CALLBACK_COMPLETED,
    "reached_us_first": ANSWERED_LIVE,
    "withdrawn": WITHDRAWN,
    "expired": LOST,
    "unreachable": LOST,
    "blocked": LOST,
}


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """One word, and the reason where there is one."""

    word: str
    reason: str = ""


def outcome_of(standing: str, callbacks: Sequence[CallbackData]) -> RequestOutcome:
    """The outcome of a request, from where the tally sees it and the callbacks made for it."""
    if standing in {WAITING, ANSWERED_LIVE, DEFLECTED}:
        return RequestOutcome(standing)
    if standing != HANDED_OVER:
        return RequestOutcome(LOST, standing)
    return outcome_of_promise(callbacks)


def outcome_of_promise(callbacks: Sequence[CallbackData]) -> RequestOutcome:
    """Of a request that was handed over: an open callback counts, else the one closed last."""
    if not callbacks or any(callback.outcome is None for callback in callbacks):
        return RequestOutcome(CALLBACK_OPEN)
    last = max(callbacks, key=_closed_at)
    word = _BY_CALLBACK[last.outcome or ""]
    if word == WITHDRAWN:
        return RequestOutcome(word, last.outcome_reason or "")
    return RequestOutcome(word, last.outcome or "" if word == LOST else "")


@dataclass(slots=True)
class Shares:
    """How many requests have each outcome; they add up to all requests."""

    requests: int = 0
    waiting: int = 0
    answered_live: int = 0
    callback_open: int = 0
    callback_completed: int = 0
    withdrawn: int = 0
    deflected: int = 0
    lost: int = 0
    unaccounted: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: RequestOutcome, people: int = 1) -> None:
        """Count so many requests with that outcome."""
        setattr(self, outcome.word, getattr(self, outcome.word) + people)
        self.requests += people
        if outcome.reason:
            name = f"{outcome.word}:{outcome.reason}"
            self.reasons[name] = self.reasons.get(name, 0) + people

    def as_counts(self) -> dict[str, int]:
        """The words and their counts, in the order in which they are shown."""
        return {
            name.name: getattr(self, name.name)
            for name in fields(self)
            if name.name not in {"requests", "reasons"}
        }


def shares(counts: Iterable[QueueCounts], callbacks: Iterable[CallbackData]) -> Shares:
    """The outcomes of all requests, from the tally's counts and the callbacks' latest states.

    A request that was handed over and has no callback yet counts as an open promise. The two
    sides are read from different topics: while the counts lag behind the callbacks, those whom
    the callbacks know already are taken from the waiting, then from the lost, so that nobody is
    counted twice and the parts always add up to `requests`.
    """
    total, handed_over = Shares(), 0
    for one in counts:
        handed_over += one.handed_over
        total.add(RequestOutcome(WAITING), one.waiting)
        total.add(RequestOutcome(ANSWERED_LIVE), one.answered_live)
        total.add(RequestOutcome(DEFLECTED), one.deflected)
        for reason, people in one.lost.items():
            total.add(RequestOutcome(LOST, reason), people)
    promised = by_request(callbacks)
    early = max(0, len(promised) - handed_over)
    for word in (WAITING, LOST, ANSWERED_LIVE, DEFLECTED):
        moved = min(early, getattr(total, word))
        total.add(RequestOutcome(word), -moved)
        early -= moved
    for made in promised.values():
        total.add(outcome_of_promise(made))
    total.add(RequestOutcome(CALLBACK_OPEN), max(0, handed_over - len(promised)))
    return total


def by_request(callbacks: Iterable[CallbackData]) -> dict[str, list[CallbackData]]:
    """The callbacks made for each request: one, or more if the caller asked again later."""
    made: dict[str, list[CallbackData]] = {}
    for callback in callbacks:
        for request in callback.requests:
            made.setdefault(request.id, []).append(callback)
    return made


def _closed_at(callback: CallbackData) -> datetime:
    return callback.closed_at or callback.requested_at
