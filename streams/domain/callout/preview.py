"""Who would be asked, why not the others, and how long would it take?

Made by the functions that the call-out itself uses, so what is seen is what happens.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from streams.domain.callout.candidates import Candidate, NotNow
from streams.domain.callout.forecast import Habit, habit_of
from streams.domain.callout.outlook import Outlook, outlook
from streams.domain.callout.paging import how_many
from streams.domain.callout.seating import fits
from streams.events.callouts import CalloutData, Policy, Rule

# The slider's marks, from few people woken to fast.
MARKS: Final[dict[str, tuple[Rule, float]]] = {
    "few": ("forecast", 0.0),
    "fewer": ("forecast", 0.25),
    "balanced": ("forecast", 0.5),
    "faster": ("forecast", 0.75),
    "all": ("blast", 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCount:
    """One tier: how many may be asked, and how many may not, by reason."""

    tier: int
    ready: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaOutlook:
    """One quota: how many fit, and whether they can be enough."""

    quota: int
    seats: int
    fitting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that the manager sees before sending."""

    first: tuple[str, ...]
    order: tuple[Candidate, ...]
    others: tuple[NotNow, ...]
    tiers: tuple[TierCount, ...]
    quotas: tuple[QuotaOutlook, ...]
    expected: Outlook
    slider: dict[str, Outlook]


def preview(
    callout: CalloutData,
    policy: Policy,
    candidates: Sequence[Candidate],
    others: Sequence[NotNow],
    rates: dict[str, float],
    seats_open: int,
) -> Preview:
    """What would happen now."""
    people = [habit_of(c.channel, c.tier, c.local_hour, rates) for c in candidates]
    slider = {mark: outlook(seats_open, people, marked(policy, mark)) for mark in MARKS}
    return Preview(
        first=tuple(c.person for c in candidates[: _first(policy, seats_open, people)]),
        order=tuple(candidates),
        others=tuple(others),
        tiers=_tiers(candidates, others),
        quotas=tuple(
            QuotaOutlook(
                quota=place,
                seats=quota.seats,
                fitting=sum(1 for c in candidates if fits(c.skills, c.languages, quota)),
            )
            for place, quota in enumerate(callout.need.quotas)
        ),
        expected=outlook(seats_open, people, policy),
        slider=slider,
    )


def marked(policy: Policy, mark: str) -> Policy:
    """The policy with the slider at a mark."""
    rule, speed = MARKS[mark]
    return msgspec.structs.replace(policy, rule=rule, speed=speed)


def _first(policy: Policy, seats_open: int, people: Sequence[Habit]) -> int:
    return how_many(policy, seats_open, [], people[0]) if people else 0


def _tiers(candidates: Sequence[Candidate], others: Sequence[NotNow]) -> tuple[TierCount, ...]:
    tiers = sorted({c.tier for c in candidates} | {other.tier for other in others})
    return tuple(
        TierCount(
            tier=tier,
            ready=sum(1 for c in candidates if c.tier == tier),
            reasons=dict(sorted(Counter(o.reason for o in others if o.tier == tier).items())),
        )
        for tier in tiers
    )
