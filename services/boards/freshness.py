"""How old are the numbers, really?

A quiet night and a dead feed look alike when age is counted from the last fact. So the ends of the
log are asked for every second: once everything that was there has been folded, the numbers were
right at the moment of asking. Their age is the time since then, whether calls come or not. For the
queues the end of `contacts` itself is compared with the offsets that the tally reports, so a tally
that stands still makes the waiting numbers old.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.boards.snapshot import GROUPS, Freshness, Group
from streams.topics import AGENTS, CALLBACKS, CALLOUTS, CONTACTS, PULSES, QUEUES, SEATS, SURGES

# The topics whose ends must have been folded before a group of numbers is current.
TOPICS_OF: Final[dict[Group, tuple[str, ...]]] = {
    "queues": (QUEUES.name, CONTACTS.name),
    "callbacks": (CALLBACKS.name,),
    "surges": (SURGES.name,),
    "seats": (SEATS.name, AGENTS.name, CALLOUTS.name),
    "arrivals": (PULSES.name,),
}
Offsets = Mapping[str, Mapping[int, int]]
POLLS_KEPT: Final = 120


@dataclass(frozen=True, slots=True)
class Poll:
    """At `wall`, the last record of each partition that holds any had this offset."""

    wall: datetime
    last: Offsets


class Ages:
    """When each group was last known to reflect the whole log."""

    def __init__(self) -> None:
        self._open: dict[Group, deque[Poll]] = {g: deque(maxlen=POLLS_KEPT) for g in GROUPS}
        self._as_of: dict[Group, datetime] = {}
        self._newest: dict[str, datetime] = {}

    def polled(self, poll: Poll) -> None:
        """The ends of the log, as asked for a moment ago."""
        for polls in self._open.values():
            polls.append(poll)

    def heard(self, topic: str, written_at: datetime) -> None:
        """A fact of this topic was folded."""
        newest = self._newest.get(topic)
        if newest is None or written_at > newest:
            self._newest[topic] = written_at

    def read(self, folded: Offsets, wall: datetime) -> dict[str, Freshness]:
        """The age of every group at this moment; `folded` are the offsets reflected."""
        return {group: self._group(group, folded, wall) for group in GROUPS}

    def _group(self, group: Group, folded: Offsets, wall: datetime) -> Freshness:
        polls = self._open[group]
        topics = TOPICS_OF[group]
        while polls and all(_reached(polls[0].last, folded, topic) for topic in topics):
            self._as_of[group] = polls.popleft().wall
        as_of = self._as_of.get(group)
        written = [self._newest[topic] for topic in topics if topic in self._newest]
        return Freshness(
            age=None if as_of is None else max(0.0, round((wall - as_of).total_seconds(), 1)),
            newest=max(written, default=None),
        )


def _reached(last: Offsets, folded: Offsets, topic: str) -> bool:
    done = folded.get(topic, {})
    return all(done.get(partition, -1) >= offset for partition, offset in last[topic].items())
