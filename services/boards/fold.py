"""What does the log say the centre looks like now?

All facts of the state topics go in, in the order of each partition; a snapshot comes out. Nothing
here reads, sends or asks for the time: the same facts give the same board after every restart.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.boards.coming import Coming
from services.boards.demand import PulseWindow
from services.boards.desks import Desks
from services.boards.freshness import Ages, Poll
from services.boards.journal import Journal
from services.boards.levels import Levels, Titles
from services.boards.promises import Promises
from services.boards.snapshot import Title
from services.boards.tallies import Tallies
from services.boards.waits import Waits
from services.boards.words import titles
from streams.domain.centre import Centre
from streams.domain.clock import REAL_TIME, CentreClock
from streams.domain.detection.expected import Expected
from streams.domain.staffing.staffing import ALL_POOLS
from streams.events.agents import AgentStateChanged
from streams.events.baselines import BaselineLearned
from streams.events.callbacks import CallbackChanged
from streams.events.callouts import CalloutChanged, OfferChanged
from streams.events.centre import CentreApplied
from streams.events.control import ClockDeclared
from streams.events.demand import PulseCounted, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import (
    EventPlanned,
    FeedResumed,
    FeedSilent,
    SeatsNeeded,
    SurgeCleared,
    SurgeDeclared,
    SurgeRevised,
    WaitEstimated,
)
from streams.known_days import known_days
from streams.topics import CONTACTS


class Fold:
    """Everything the board knows, and what it still knows of how it came to it."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.titles = Titles(titles(centre))
        self.expectations = Expected(centre, known_days(centre.region))
        self.clock: CentreClock = REAL_TIME
        self.pulses = PulseWindow()
        self.tallies = Tallies()
        self.promises = Promises(centre.timezone)
        self.levels = Levels()
        self.desks = Desks(pool.name for pool in centre.pools)
        self.coming = Coming()
        self.waits = Waits(queue.name for queue in centre.queues)
        self.journal = Journal()
        self.ages = Ages()
        self.silent_since: datetime | None = None
        self.offsets: dict[str, dict[int, int]] = {}
        self.changes = 0
        self._taking: dict[type[CloudEvent], Callable[[Any], object]] = {
            PulseCounted: lambda event: self.pulses.observe(event.data),
            QueuesMeasured: lambda event: self.tallies.observe(event.data),
            CallbackChanged: self._callback,
            SurgeDeclared: self._surge,
            SurgeRevised: self._surge,
            SurgeCleared: self._surge,
            FeedSilent: self._feed,
            FeedResumed: self._feed,
            EventPlanned: self._planned,
            BaselineLearned: lambda event: self.expectations.learn(event.data),
            SeatsNeeded: self._seats,
            WaitEstimated: lambda event: self.waits.observe(event.data),
            AgentStateChanged: self._agent,
            ClockDeclared: self._declare,
            CalloutChanged: self._callout,
            OfferChanged: lambda event: self.coming.offer(event.data),
            CentreApplied: lambda event: self.journal.centre(event.data, event.time),
        }

    def observe(
        self, topic: str, partition: int, offset: int, written_at: datetime, event: CloudEvent
    ) -> None:
        """Take one fact of a topic of the catalogue."""
        self.offsets.setdefault(topic, {})[partition] = offset
        self.ages.heard(topic, written_at)
        self.changes += 1
        take = self._taking.get(type(event))
        if take is not None:
            take(event)

    def passed(self, topic: str, partition: int, offset: int) -> None:
        """A record without a fact for us (a tombstone, a newer type) was read."""
        self.offsets.setdefault(topic, {})[partition] = offset

    def polled(self, poll: Poll) -> None:
        """The ends of the log at a moment."""
        self.ages.polled(poll)

    def folded(self) -> Mapping[str, Mapping[int, int]]:
        """The offsets that the numbers reflect: those read here, and those the tally reports."""
        return {**self.offsets, CONTACTS.name: self.tallies.offsets}

    def _callback(self, event: CallbackChanged) -> None:
        before, after = self.promises.observe(event.data)
        if before is not after:
            self.journal.callback(before, after)

    def _surge(self, event: SurgeDeclared | SurgeRevised | SurgeCleared) -> None:
        change = self.levels.observe(event)
        if change is not None:
            title = self.titles.of(event.data.key)
            self.journal.level(event.data, title, change, event.time)
            self.journal.people(event.data, title, change.was, event.time)

    def _planned(self, event: EventPlanned) -> None:
        self.expectations.plan(event.data)
        self.journal.planned(event.data, self.titles.of(event.data.key), event.time)

    def _feed(self, event: FeedSilent | FeedResumed) -> None:
        self.silent_since = event.data.silent_since if isinstance(event, FeedSilent) else None

    def _seats(self, event: SeatsNeeded) -> None:
        self.desks.plan(event.data)
        if event.data.pool == ALL_POOLS:
            self.journal.seats(event.data, event.time)

    def _agent(self, event: AgentStateChanged) -> None:
        if self.desks.agent(event.data, event.time):
            self.journal.signed_in(event.time, self._pool(event.data.pool))

    def _callout(self, event: CalloutChanged) -> None:
        before = self.coming.callout(event.data)
        if before is not event.data:
            title = self._pool(event.data.need.pool)
            self.journal.callout(before, event.data, title, event.time)

    def _declare(self, event: ClockDeclared) -> None:
        data = event.data
        self.clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)
        if not self.clock.is_real:
            self.journal.clock(data.event.astimezone(UTC), data.speed)

    def _pool(self, name: str) -> Title:
        return self.titles.of(f"pool:{name}")
