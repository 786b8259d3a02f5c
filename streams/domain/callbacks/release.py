"""May a callback be given to a free agent now, or is the agent needed for those who call?

Agents beyond the inbound reserve may ring back; the reserve shrinks as the list grows (a switching
curve: Legros, Jouini, Koole 2016). A promise near its deadline and a life at risk do not wait for
that. And nobody on hold is overtaken by a callback that came later: within equal urgency the line
and the list are one line, by arrival. Of those on hold only number and oldest arrival are known,
so they count as of normal urgency. What overtakes all the same, because its promise is near its
deadline, is written down as out of turn.
"""

from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Final, Literal

from streams.domain.callbacks.callback import URGENCY_RANK
from streams.domain.callbacks.order import near_from
from streams.domain.centre import CallbackPolicy
from streams.events.callbacks import CallbackData

Held = Literal["reserve", "callers_waiting"]
NORMAL: Final = URGENCY_RANK["normal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Where the agent who asks sits: those who answer the same queues, and who waits there.

    `free_beside` are agents free besides the one who asks, without those who hold a callback.
    `due` are the callbacks whose turn it may be.
    """

    on_duty: int
    free_beside: int
    waiting: int = 0
    oldest_since: datetime | None = None
    due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Why the agent gets none now."""

    reason: Held
    free: int
    reserve: int
    waiting: int

    def __str__(self) -> str:
        free = f"{self.free} free, reserve {self.reserve}"
        if self.reason == "reserve":
            return f"held back for callers: {free}"
        return f"held back for callers waiting: {self.waiting} on hold, {free}"


def reserve(floor_: Floor, policy: CallbackPolicy) -> int:
    """How many free agents are kept for calls that come in."""
    most = floor(floor_.on_duty * policy.reserve)
    fewer = floor_.due // policy.reserve_falls_every if policy.reserve_falls_every else 0
    return max(0, most - fewer)


def held_back(
    state: CallbackData, floor_: Floor, now: datetime, policy: CallbackPolicy
) -> HeldBack | None:
    """Why this callback, the first in order, is not given out now; None when it is."""
    if URGENCY_RANK[state.urgency] == 0 or now >= near_from(state):
        return None
    kept = reserve(floor_, policy)
    if floor_.free_beside < kept:
        return _held("reserve", floor_, kept)
    return _held("callers_waiting", floor_, kept) if overtakes(state, floor_) else None


def overtakes(state: CallbackData, floor_: Floor) -> bool:
    """Whether somebody on hold, no less urgent and there before, would be left without an agent."""
    before = floor_.oldest_since is not None and floor_.oldest_since < state.origin
    left_waiting = floor_.waiting > floor_.free_beside
    return before and left_waiting and URGENCY_RANK[state.urgency] >= NORMAL


def _held(reason: Held, floor_: Floor, kept: int) -> HeldBack:
    return HeldBack(
        reason=reason, free=floor_.free_beside + 1, reserve=kept, waiting=floor_.waiting
    )
