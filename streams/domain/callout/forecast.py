"""How many of those who have not answered yet will still say yes?

Silence is the normal answer, and it speaks: who has been silent for long will hardly say yes. A
yes comes after a lognormal delay; the share and the median of it start from a stated prior and are
corrected by every answer and every silence of this call-out.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

# Of answer delays, as in the guide's simulations (paging.md 3.3).
SIGMA: Final = 0.9
_STANDARD: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How people answer on one channel: the share who say yes, and after how long (median)."""

    yes_share: float
    median_seconds: float

    def answered_by(self, seconds: float) -> float:
        """The share of the yeses that have come after so long."""
        if seconds <= 0:
            return 0.0
        return _STANDARD.cdf(math.log(seconds / self.median_seconds) / SIGMA)

    def will_say_yes(self, silent_seconds: float, horizon_seconds: float | None) -> float:
        """P(yes within the horizon | silent for so long); without a horizon, ever."""
        came = self.answered_by(silent_seconds)
        later = 1.0
        if horizon_seconds is not None:
            later = self.answered_by(silent_seconds + horizon_seconds)
        still_silent = 1.0 - self.yes_share * came
        return self.yes_share * max(0.0, later - came) / still_silent if still_silent > 0 else 0.0


# Answers within 45 minutes to an unannounced recall at 04:00 (Homier et al. 2018, 44 people an
# arm): telephone 41 %, chat 25 %, SMS 16 %. E-mail is a guess below all of them. The medians are
# those of the guide's three simulated rows.
PRIORS: Final[Mapping[str, Habit]] = {
    "voice": Habit(yes_share=0.41, median_seconds=360.0),
    "push": Habit(yes_share=0.25, median_seconds=480.0),
    "sms": Habit(yes_share=0.16, median_seconds=600.0),
    "email": Habit(yes_share=0.08, median_seconds=1200.0),
}
# By day more people answer than at four in the morning; how many more nobody has measured here.
DAY_FACTOR: Final = 1.25
NIGHT_HOURS: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5, 6})
# A lower tier was chosen for being further away: it is taken to say yes less often.
TIER_FACTOR: Final = 0.9
# The prior weighs as much as this many people asked.
PRIOR_PEOPLE: Final = 20.0


def prior(channel: str, tier: int, local_hour: int) -> Habit:
    """What is assumed before anybody has answered; shown to the manager as such."""
    stated = PRIORS[channel]
    by_hour = 1.0 if local_hour in NIGHT_HOURS else DAY_FACTOR
    share = stated.yes_share * by_hour * TIER_FACTOR ** max(0, tier - 1)
    return Habit(yes_share=min(0.95, share), median_seconds=stated.median_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One person who was asked: on which channel at best, and what is known by now.

    `yes` is None while they are silent; `seconds` is since they were first asked.
    """

    channel: str
    tier: int
    local_hour: int
    seconds: float
    yes: bool | None = None


def learned(asked: Iterable[Asked], before: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """By channel, the factor by which people say yes more often than the prior says.

    `before` holds (yeses expected, yeses got) of earlier call-outs and drills. A silent person
    counts by the part of the yeses that should have come by now.
    """
    expected = {channel: found[0] for channel, found in before.items()}
    got = {channel: found[1] for channel, found in before.items()}
    for one in asked:
        habit = prior(one.channel, one.tier, one.local_hour)
        seen = 1.0 if one.yes is not None else habit.answered_by(one.seconds)
        expected[one.channel] = expected.get(one.channel, 0.0) + habit.yes_share * seen
        got[one.channel] = got.get(one.channel, 0.0) + (1.0 if one.yes else 0.0)
    weight = {channel: PRIOR_PEOPLE * PRIORS[channel].yes_share for channel in expected}
    return {c: (weight[c] + got[c]) / (weight[c] + expected[c]) for c in expected}


def habit_of(channel: str, tier: int, local_hour: int, factors: Mapping[str, float]) -> Habit:
    """The prior corrected by what was learned."""
    stated = prior(channel, tier, local_hour)
    share = min(0.95, max(0.01, stated.yes_share * factors.get(channel, 1.0)))
    return Habit(yes_share=share, median_seconds=stated.median_seconds)


def people_to_ask(seats: int, yes_share: float, certainty: float) -> int:
    """The fewest people who give `seats` yeses with this certainty (paging.md 3.4)."""
    people = seats
    while _at_least(seats, people, yes_share) < certainty:
        people += 1
    return people


def _at_least(wanted: int, people: int, share: float) -> float:
    """P(at least `wanted` of `people` say yes), each independently."""
    log_share, log_rest = math.log(share), math.log1p(-share)
    fewer = 0.0
    for yeses in range(wanted):
        ways = math.lgamma(people + 1) - math.lgamma(yeses + 1) - math.lgamma(people - yeses + 1)
        fewer += math.exp(ways + yeses * log_share + (people - yeses) * log_rest)
    return 1.0 - fewer
