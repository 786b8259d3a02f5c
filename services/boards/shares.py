"""Where is everyone who asked for help on a day, as shares that add up to everyone?

The words and the rules are those of `streams.domain.contacts.outcomes`, which the audit counts with
as well. The queues say who waits, was answered, was handed over, deflected or lost; the promises
say what became of those handed over. The two come from different topics, so one may be a moment
ahead: see `outcomes.shares`, whose result this is, summed up from counts that are kept.
"""

from collections.abc import Mapping
from typing import Final

from services.boards.snapshot import Share, Shares
from services.boards.tallies import Sum
from streams.domain.contacts import outcomes
from streams.domain.contacts.outcomes import RequestOutcome

NAMES: Final = (
    "answered_live",
    "callback_completed",
    "callback_open",
    "waiting",
    "withdrawn",
    "deflected",
    "lost",
)
# From whom those are taken whose promise is known before the queues have handed them over.
EARLY_FROM: Final = (
    outcomes.WAITING,
    outcomes.LOST,
    outcomes.ANSWERED_LIVE,
    outcomes.DEFLECTED,
)


def shares_of(day: str, queues: Sum, promised: Mapping[RequestOutcome, int]) -> Shares:
    """The shares of one day; `promised` counts handed-over requests by their outcome."""
    total = add_up(queues, promised)
    counts = total.as_counts()
    percents = whole_percents([counts[name] for name in NAMES])
    lost = {
        name.removeprefix("lost:"): people
        for name, people in sorted(total.reasons.items(), key=lambda item: -item[1])
        if name.startswith("lost:") and people
    }
    return Shares(
        day=day,
        total=total.requests,
        parts=tuple(
            Share(name=name, people=counts[name], percent=percent)
            for name, percent in zip(NAMES, percents, strict=True)
        ),
        lost_reasons=lost,
    )


def add_up(queues: Sum, promised: Mapping[RequestOutcome, int]) -> outcomes.Shares:
    """The same as `outcomes.shares` gives for the callbacks that `promised` counts."""
    total = outcomes.Shares()
    total.add(RequestOutcome(outcomes.WAITING), queues.waiting)
    total.add(RequestOutcome(outcomes.ANSWERED_LIVE), queues.answered_live)
    total.add(RequestOutcome(outcomes.DEFLECTED), queues.deflected)
    for reason, people in queues.lost.items():
        total.add(RequestOutcome(outcomes.LOST, reason), people)
    known = sum(promised.values())
    early = max(0, known - queues.handed_over)
    for word in EARLY_FROM:
        moved = min(early, getattr(total, word))
        total.add(RequestOutcome(word), -moved)
        early -= moved
    for outcome, people in promised.items():
        total.add(outcome, people)
    total.add(RequestOutcome(outcomes.CALLBACK_OPEN), max(0, queues.handed_over - known))
    return total


def whole_percents(parts: list[int]) -> list[int]:
    """Whole percents that add up to 100: what rounding down leaves goes to the largest rests."""
    total = sum(parts)
    if total == 0:
        return [0] * len(parts)
    percents = [part * 100 // total for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda i: (-(parts[i] * 100 % total), i))
    for i in by_rest[: 100 - sum(percents)]:
        percents[i] += 1
    return percents
