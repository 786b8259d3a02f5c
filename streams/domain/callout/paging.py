"""How many more people should be asked now?

The forecast asks as many as the gap needs that those asked already will not fill in time. "In time"
is the patience: waiting longer wakes fewer people. It is counted in median delays and grows as a
yes gets rarer, because then every seat wakes more people; a patience of 0.128 share^-1.5 medians
gives the guide's curve at all three of its rates (see tests/scenario/test_callout_fill.py). The
slider moves it by a factor of 16 either way.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from streams.domain.callout.forecast import Habit
from streams.events.callouts import Policy

PATIENCE: Final = 0.128
SLIDER: Final = 16.0


@dataclass(frozen=True, slots=True)
class Open:
    """People who were asked together and are silent since."""

    habit: Habit
    silent_seconds: float
    people: int = 1


def horizon_seconds(habit: Habit, speed: float) -> float:
    """How far ahead a yes still counts: the patience of the slider, in seconds."""
    medians: float = PATIENCE * habit.yes_share**-1.5 * SLIDER ** (1.0 - 2.0 * speed)
    return medians * habit.median_seconds


def expected_more(open_offers: Iterable[Open], policy: Policy | None) -> float:
    """Yeses to be expected in time from those who are silent; ever, without a policy.

    Who was asked within the last interval counts in full: else every look would ask anew for the
    same seats, and a look may come at any moment.
    """
    return sum(
        one.people * one.habit.will_say_yes(one.silent_seconds, _horizon(one, policy))
        for one in open_offers
    )


def _horizon(one: Open, policy: Policy | None) -> float | None:
    if policy is None or one.silent_seconds < policy.every_seconds:
        return None
    return horizon_seconds(one.habit, policy.speed)


def how_many(policy: Policy, seats_open: int, open_offers: list[Open], next_habit: Habit) -> int:
    """How many more to ask now for seats that are open, by the rule of the call-out."""
    if seats_open <= 0:
        return 0
    silent = sum(one.people for one in open_offers)
    if policy.rule == "blast":
        return policy.most_asked
    if policy.rule == "rounds":
        waiting = sum(o.people for o in open_offers if o.silent_seconds < policy.every_seconds)
        return max(0, seats_open - waiting)
    if policy.rule == "sequential":
        waiting = sum(o.people for o in open_offers if o.silent_seconds < policy.every_seconds)
        return 0 if waiting else min(1, seats_open)
    gap = seats_open - expected_more(open_offers, policy)
    if gap <= 0:
        return 0
    return min(policy.most_asked - silent, math.ceil(gap / next_habit.yes_share))
