"""Where is everyone who asked for help on a day, as shares that add up to everyone?

The queues say who waits, was answered, was handed over, deflected or lost; the promises say what
became of those handed over. The two come from different topics, so one may be a moment ahead:
whoever was handed over and whose promise is not known yet counts as an open callback.
"""

from collections.abc import Mapping
from typing import Final

from services.boards.snapshot import Share, Shares
from services.boards.tallies import Sum

NAMES: Final = (
    "answered_live",
    "callback_completed",
    "callback_open",
    "waiting",
    "withdrawn",
    "deflected",
    "lost",
)


def shares_of(day: str, queues: Sum, promises: Mapping[str, int]) -> Shares:
    """The shares of one day; `promises` counts requests by where their callback is."""
    ended = {name: people for name, people in promises.items() if name != "callback_open"}
    total = queues.requests + max(0, sum(ended.values()) - queues.handed_over)
    lost = dict(queues.lost)
    for name, people in ended.items():
        kind, _, reason = name.partition(":")
        if kind == "lost":
            lost[reason] = lost.get(reason, 0) + people
    people_of = {
        "answered_live": queues.answered_live + ended.get("answered_live", 0),
        "waiting": queues.waiting,
        "callback_open": max(0, queues.handed_over - sum(ended.values())),
        "callback_completed": ended.get("callback_completed", 0),
        "withdrawn": ended.get("withdrawn", 0),
        "deflected": queues.deflected,
        "lost": sum(lost.values()),
    }
    percents = whole_percents([people_of[name] for name in NAMES])
    return Shares(
        day=day,
        total=total,
        parts=tuple(
            Share(name=name, people=people_of[name], percent=percent)
            for name, percent in zip(NAMES, percents, strict=True)
        ),
        lost_reasons=dict(sorted(lost.items(), key=lambda item: -item[1])),
    )


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
