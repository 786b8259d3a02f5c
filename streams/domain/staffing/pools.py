"""Who sits where, which pool helps first, and when may helpers go home?

Demand comes in lanes: a queue, or a language or a skill when that is what surges. A pool can take
the lanes it serves. Help is asked for as soon as the median need passes the people there, and they
are let go only when even the 90 % value, with a margin, has been covered without them for some
time: two thresholds apart, so that nobody is called in and sent home by turns (Perry and Whitt,
Management Science 55:1353, 2009, and their later release thresholds).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from streams.domain.centre import Pool
from streams.events.surges import SeatsData

QUEUE: Final = "queue:"
LANGUAGE: Final = "language:"
SKILL: Final = "skill:"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPolicy:
    """`margin` is the share of the need that must be to spare, for `hold`, before helpers go."""

    margin: float = 0.1
    hold: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Whether help is being asked for, and since when there are people to spare."""

    asking: bool = False
    spare_since: datetime | None = None


def serves(pool: Pool, lane: str) -> bool:
    """Whether a pool's people can take a lane's contacts."""
    if lane.startswith(LANGUAGE):
        return lane.removeprefix(LANGUAGE) in pool.languages
    if lane.startswith(SKILL):
        return lane.removeprefix(SKILL) in pool.skills
    return not pool.queues or lane.removeprefix(QUEUE) in pool.queues


def efficiency(pool: Pool, lanes: Mapping[str, float]) -> float:
    """The share of the demand that a pool's people can take; `lanes` are rates."""
    total = sum(lanes.values())
    able = sum(rate for lane, rate in lanes.items() if serves(pool, lane))
    return able / total if total > 0 else float(not lanes)


def can_lend(pool: Pool, staffed: int, own_erlangs: float) -> int:
    """People not at their desks that a pool can send, its own work m left safe: m + 2 sqrt(m)."""
    own = own_erlangs + 2 * math.sqrt(own_erlangs)
    return max(0, min(pool.seats - staffed, math.floor(pool.seats - own)))


def nearest_first(pools: Sequence[Pool], lanes: Mapping[str, float]) -> list[Pool]:
    """Pools in the order in which they help: who is soon there, for most of the demand.

    Someone who can take half of the contacts is worth as much as one who comes in twice the time.
    """

    def place(pool: Pool) -> tuple[float, float, int]:
        share = efficiency(pool, lanes)
        return pool.call_up.total_seconds() / share if share else math.inf, -share, -pool.seats

    return sorted(pools, key=place)


def helps_first(
    pools: Sequence[Pool],
    lanes: Mapping[str, float],
    staffed: Mapping[str, int],
    own: Mapping[str, float],
) -> str | None:
    """The pool to call in first; None when nobody is left who could help."""
    for pool in nearest_first(pools, lanes):
        people = can_lend(pool, staffed.get(pool.name, 0), own.get(pool.name, 0.0))
        if people > 0 and efficiency(pool, lanes) > 0:
            return pool.name
    return None


def split(need: int, lanes: Mapping[str, float]) -> dict[str, int]:
    """Seats by lane, in proportion, by Webster's method (largest quotient of rate and 2 k + 1).

    Plain rounding would not do: there, one seat more in all can mean one fewer for a lane.
    """
    total = sum(lanes.values())
    if total <= 0:
        return dict.fromkeys(lanes, 0)
    # All but the last few seats at once: with one seat a lane fewer to share out, nobody gets more.
    sure = max(0, need - len(lanes))
    parts = {lane: math.floor(sure * rate / total + 0.5) for lane, rate in lanes.items()}
    for _ in range(need - sum(parts.values())):
        next_in_line = max(lanes, key=lambda lane: lanes[lane] / (2 * parts[lane] + 1))
        parts[next_in_line] += 1
    return parts


def seated_by_lane(
    need: int, lanes: Mapping[str, float], pools: Sequence[Pool]
) -> dict[str, dict[str, int]]:
    """Seats by pool and lane: the nearest people first, the lanes that few can serve before the
    others.
    """
    room = {pool.name: pool.seats for pool in pools}
    taken = {name: dict.fromkeys(lanes, 0) for name in room}
    order = nearest_first(pools, lanes)
    parts = split(need, lanes)
    for lane in sorted(parts, key=lambda lane: sum(serves(pool, lane) for pool in pools)):
        left = parts[lane]
        for pool in (pool for pool in order if serves(pool, lane)):
            people = min(left, room[pool.name])
            room[pool.name] -= people
            taken[pool.name][lane] += people
            left -= people
    return taken


def to_call_in(seats: SeatsData) -> int:
    """How many people are asked to come, once seats are missing: as long as help is asked for, it
    is until 90 % is covered, and who is asked late comes late.
    """
    return max(seats.gap, seats.needed_high - seats.staffed) if seats.gap > 0 else 0


def activation(needed: int) -> int:
    """Help is asked for while fewer people than this are there."""
    return needed


def release(needed_high: int, policy: HelpPolicy) -> int:
    """Helpers may go while more people than this are there."""
    return math.ceil(needed_high * (1 + policy.margin)) + 1


def observe(
    state: Help, *, needed: int, needed_high: int, staffed: int, now: datetime, policy: HelpPolicy
) -> Help:
    """Fold what is needed and who is there. Once asked, help is asked for until 90 % is covered."""
    enough = needed_high if state.asking else activation(needed)
    asking = staffed < enough
    spare = staffed > release(needed_high, policy)
    return Help(asking=asking, spare_since=(state.spare_since or now) if spare else None)


def may_go(
    state: Help, needed_high: int, staffed: Mapping[str, int], pools: Sequence[Pool],
    now: datetime, policy: HelpPolicy,
) -> dict[str, int]:  # fmt: skip
    """People of each pool who may go home. Helpers are those who had to be called up: the house's
    own rota is not sent home, and the farthest go first.
    """
    if state.spare_since is None or now - state.spare_since < policy.hold:
        return {}
    left = sum(staffed.values()) - release(needed_high, policy)
    going = {}
    for pool in sorted(pools, key=lambda pool: pool.call_up, reverse=True):
        people = min(left, staffed.get(pool.name, 0)) if pool.call_up > timedelta(0) else 0
        if people > 0:
            going[pool.name] = people
            left -= people
    return going
