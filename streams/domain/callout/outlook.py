"""How long will it take to fill the seats, and how many people will it wake?

Answered by playing the call-out with the rule that will run it, a few hundred times, so that what
the manager reads beside the slider is what the slider does. A tenth of a second for 250 people.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from streams.domain.callout.forecast import SIGMA, Habit
from streams.domain.callout.paging import Open, how_many
from streams.events.callouts import Policy

TWO_HOURS: Final = 7200.0
# As many as a manager waits for: fewer for a crowd, whose outcome is less by chance anyway.
MOST_RUNS: Final = 100
PEOPLE_PLAYED: Final = 20_000
SEED: Final = 2011
NINETY: Final = 0.9
# The last of a million answers: what would come later is nobody's answer.
LATEST: Final = 1.0 - 1e-6
_STANDARD: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The four columns. Times are None when fewer than that share of the runs was filled."""

    median_seconds: float | None
    p90_seconds: float | None
    people_woken: float
    surplus: float
    filled_in_two_hours: float


@dataclass(slots=True)
class _Group:
    asked_at: float
    habit: Habit
    people: int
    yeses: list[float]


def outlook(
    seats: int,
    people: Sequence[Habit],
    policy: Policy,
    *,
    waiting: Sequence[Open] = (),
    runs: int | None = None,
    seed: int = SEED,
) -> Outlook:
    """Play it. `people` are those who may be asked, in their order; `waiting` were asked and are
    silent.
    """
    if runs is None:
        crowd = len(people) + sum(one.people for one in waiting)
        runs = max(20, min(MOST_RUNS, PEOPLE_PLAYED // max(1, crowd)))
    chance = random.Random(seed)  # noqa: S311 - a simulation that must repeat itself
    played = [_play(seats, people, policy, chance, waiting) for _ in range(runs)]
    times = sorted(filled for filled, _, _ in played if filled is not None)
    return Outlook(
        median_seconds=_quantile(times, runs, 0.5),
        p90_seconds=_quantile(times, runs, NINETY),
        people_woken=sum(woken for _, woken, _ in played) / runs,
        surplus=sum(surplus for _, _, surplus in played) / runs,
        filled_in_two_hours=len(times) / runs,
    )


def _play(
    seats: int,
    people: Sequence[Habit],
    policy: Policy,
    chance: random.Random,
    waiting: Sequence[Open],
) -> tuple[float | None, int, int]:
    groups = [_asked_before(one, chance) for one in waiting]
    asked, at = 0, 0.0
    while at <= TWO_HOURS:
        yeses = sum(1 for group in groups for yes in group.yeses if yes <= at)
        if yeses >= seats or (asked == len(people) and _is_over(groups, at)):
            break
        if asked < len(people):
            more = how_many(policy, seats - yeses, _silent(groups, at), people[asked])
            chosen = people[asked : asked + more]
            asked += len(chosen)
            groups += _ask(chosen, at, chance)
        at += policy.every_seconds
    yeses_at = sorted(yes for group in groups for yes in group.yeses)
    filled = yeses_at[seats - 1] if len(yeses_at) >= seats else None
    if filled is not None and filled > TWO_HOURS:
        filled = None
    return filled, asked, max(0, len(yeses_at) - seats)


def _silent(groups: Sequence[_Group], at: float) -> list[Open]:
    return [
        Open(group.habit, at - group.asked_at, group.people - _answered(group, at))
        for group in groups
    ]


def _answered(group: _Group, at: float) -> int:
    return sum(1 for yes in group.yeses if yes <= at)


def _is_over(groups: Sequence[_Group], at: float) -> bool:
    return all(_answered(group, at) == len(group.yeses) for group in groups)


def _asked_before(waiting: Open, chance: random.Random) -> _Group:
    """Who was asked some time ago: whoever says yes does so after a silence of at least so long."""
    habit, silent = waiting.habit, waiting.silent_seconds
    group = _Group(-silent, habit, waiting.people, [])
    came = habit.answered_by(silent)
    for _ in range(waiting.people):
        if chance.random() < habit.will_say_yes(silent, None):
            place = min(came + (1.0 - came) * chance.random(), LATEST)
            delay = habit.median_seconds * math.exp(SIGMA * _STANDARD.inv_cdf(max(place, 1e-9)))
            group.yeses.append(max(0.0, delay - silent))
    return group


def _ask(people: Sequence[Habit], at: float, chance: random.Random) -> list[_Group]:
    groups: dict[Habit, _Group] = {}
    for habit in people:
        group = groups.setdefault(habit, _Group(at, habit, 0, []))
        group.people += 1
        if chance.random() < habit.yes_share:
            delay = habit.median_seconds * math.exp(SIGMA * chance.gauss(0.0, 1.0))
            group.yeses.append(at + delay)
    return list(groups.values())


def _quantile(times: Sequence[float], runs: int, share: float) -> float | None:
    at = math.ceil(share * runs) - 1
    return times[at] if at < len(times) else None
