"""Which surges do the pulses amount to?

One worker owns all pulses: a crisis shows in several keys at once (a queue, a country, the total),
and only who sees them together makes one episode of it. Time is judged by the pulses' own
`recordedtime`, live and on replay alike, so that a worker that lags or restarts decides as it
would have done in time. What people order stands on `commands`, which is small: whoever owns the
pulses reads it whole, without a group.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from streams.domain.centre import Centre
from streams.domain.detection.surge import Said, SurgeFact, SurgeWatch
from streams.events.baselines import DetectorCheckpointed
from streams.events.codec import encode, encode_decision
from streams.events.commands import OrderGiven
from streams.events.demand import PulseCounted
from streams.events.envelope import CloudEvent
from streams.events.surges import EventPlanned, FeedResumed, FeedSilent, SurgeDeclared
from streams.kafka import FollowedClock, Outgoing, Record
from streams.known_days import known_days
from streams.processors.contract import Moment, Start
from streams.processors.opened import open_record, refuse
from streams.processors.state_feed import StateFeed
from streams.processors.surge_memory import GivenOrders, Heard, given_under, recall, written_at
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import BASELINES, COMMANDS, PULSES, SURGES, Topic

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS: Final = 60.0
# The tally writes what follows from one step of its own in one go.
AT_ONCE_MS: Final = 20


class Surge:
    """The surge watch of the whole centre, where this worker owns it."""

    name = "surge"
    source = PULSES
    one_owner = True

    def __init__(self, connections: Connections, centre: Centre, clock: FollowedClock) -> None:
        self._connections = connections
        self._centre = centre
        self._clock = clock
        self._heard = Heard(_watch(centre), clock)
        self._positions: dict[int, int] = {}
        self._next_checkpoint = 0.0
        self._observed = False
        self._known_clock = clock.clock
        self._commands = StateFeed(connections, COMMANDS)
        self._given = GivenOrders()

    def positions(self) -> Mapping[int, int]:
        """The next offset of each partition of `pulses`."""
        return self._positions

    async def load(self, starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        """Start anew from what the log remembers, unless nothing has changed hands."""
        kept = starts.keys() == self._positions.keys() and all(
            self._positions[partition] >= start.offset for partition, start in starts.items()
        )
        if kept:
            return
        self._positions = {}
        await self._commands.stop()
        if not starts:
            return
        self._heard = Heard(_watch(self._centre), self._clock)
        ends = {partition: start.offset for partition, start in starts.items() if start.committed}
        await recall(self._connections, self._heard, ends, give_up)
        self._given = GivenOrders()
        await self._commands.start()
        if give_up():
            return
        self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
        self._positions = {partition: start.offset for partition, start in starts.items()}

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Pulses may raise keys: what the tally said at once is judged at once, whichever
        partitions it went to. Else a topic could be heard of before the country that explains it.
        """
        facts: list[Said] = []
        folded = 0
        self._follow_clock(moment)
        self._take_orders(moment)
        for together in _said_at_once(records):
            pulses: list[PulseCounted] = []
            for record in together:
                for event in open_record(record, PULSES.name, moment.letters):
                    if isinstance(event, PulseCounted):
                        pulses.append(event)
                    else:
                        refuse(record, PULSES.name, event, moment.letters)
                self._positions[record.partition] = record.offset + 1
            facts += self._heard.observe(pulses, together[-1])
            folded += len(pulses)
        moment.letters.good(folded)
        self._observed = self._observed or folded > 0
        metrics.EVENTS_FOLDED.labels(self.name).inc(folded)
        return _surges(facts, self._centre.version)

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Surges that are over, or whose numbers are due again; a feed that fell silent."""
        if not self._positions:
            return []
        self._follow_clock(moment)
        self._take_orders(moment)
        watch = self._heard.watch
        now = self._heard.until if moment.behind and self._heard.until else moment.now
        facts = [*watch.obey(now), *watch.tick(now)]
        said = [*_surges(facts, self._centre.version), *_feed(watch.feed(now))]
        if self._observed and time.monotonic() >= self._next_checkpoint:
            self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
            self._observed = False
            said += _checkpoints(watch.checkpoints(now))
        return said

    def _follow_clock(self, moment: Moment) -> None:
        """A rehearsal's end sets the clock back: what the watch knows is then yet to happen."""
        if self._clock.clock is self._known_clock:
            return
        self._known_clock = self._clock.clock
        until = self._heard.until
        if until is not None and moment.now < until - self._centre.alerts.lateness:
            log.warning("clock set back, surge watch begins anew")
            self._heard = Heard(_watch(self._centre), self._clock)
            for order in self._given.under(self._clock.clock):
                self._heard.watch.order(order)

    def _take_orders(self, moment: Moment) -> None:
        for record in self._commands.take():
            for event in open_record(record, COMMANDS.name, moment.letters):
                if not isinstance(event, OrderGiven):
                    refuse(record, COMMANDS.name, event, moment.letters)
                    continue
                moment.letters.good()
                wall = written_at(record)
                self._given.add(event, wall)
                if given_under(self._clock.clock, event, wall):
                    self._heard.watch.order(event)


def _said_at_once(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Records that were written to the log at about the same moment, in the order they came."""
    together: list[Record] = []
    for record in records:
        if together and abs(record.timestamp_ms - together[0].timestamp_ms) > AT_ONCE_MS:
            yield together
            together = []
        together.append(record)
    if together:
        yield together


def _watch(centre: Centre) -> SurgeWatch:
    return SurgeWatch(centre, known_days(centre.region))


def _surges(facts: Iterable[Said], version: str) -> list[Outgoing]:
    # By episode, not by surge key: an episode may be renamed to a narrower key, and its last word
    # must outlive compaction whatever other episodes of that key there are.
    outgoing = []
    for fact in facts:
        if isinstance(fact, EventPlanned):
            planned = {"event": fact.data.event, "key": fact.data.key, "ratio": fact.data.ratio}
            log.info("event planned", extra=planned)
            key = f"planned/{fact.data.event}"
        else:
            _log(fact)
            key = fact.data.episode
        value = encode_decision(fact, version)
        outgoing.append(Outgoing(topic=SURGES, key=key.encode(), partition=0, value=value))
    return outgoing


def _log(fact: SurgeFact) -> None:
    data = fact.data
    if isinstance(fact, SurgeDeclared) and data.declared_by is None:
        delay = (data.declared_at - data.started_at).total_seconds()
        metrics.DETECTION_DELAY_SECONDS.labels(data.tier).observe(max(0.0, delay))
    log.info(
        "surge said",
        extra={
            "change": type(fact).__name__,
            "key": data.key,
            "tier": data.tier,
            "episode": data.episode,
            "ratio": round(data.ratio, 2),
            "ended": data.ended,
        },
    )


def _feed(facts: Iterable[FeedSilent | FeedResumed]) -> list[Outgoing]:
    return [_to(SURGES, "feed", fact) for fact in facts]


def _checkpoints(events: Iterable[CloudEvent]) -> list[Outgoing]:
    return [
        _to(
            BASELINES,
            f"{'detector' if isinstance(event, DetectorCheckpointed) else 'baseline'}/"
            f"{event.subject}",
            event,
        )
        for event in events
    ]


def _to(topic: Topic, key: str, event: CloudEvent) -> Outgoing:
    return Outgoing(topic=topic, key=key.encode(), partition=0, value=encode(event))
