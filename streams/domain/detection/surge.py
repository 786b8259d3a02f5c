"""Which surges are there, since when, how large, and are they over?

One detector per key finds rises; this module makes one episode of each crisis, whatever number
of keys it raises, and says what changes: declared once, revised as evidence grows (the tier may
rise from watch to alert, the key may become a more specific one), cleared once. What people in
command order about an episode is obeyed here as well (see `orders`).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec

from streams.domain.centre import Centre
from streams.domain.detection import orders, sentences
from streams.domain.detection.alert import describe, grown
from streams.domain.detection.crises import (
    Crises,
    Crisis,
    SurgeFact,
    cleared,
    declared,
    revised,
)
from streams.domain.detection.feed import SOURCE, Feed, FeedFact
from streams.domain.detection.keys import Keys, thresholds
from streams.domain.detection.mixture import Rise
from streams.domain.detection.naming import settled_name, was_named
from streams.domain.detection.orders import Again, Orders
from streams.domain.detection.rollups import Excess, explained, most_specific, narrower, residual
from streams.domain.detection.standing import Thresholds
from streams.events.baselines import BaselineData, BaselineLearned, DetectorCheckpointed
from streams.events.codec import derived_id
from streams.events.commands import CancelEvent, Declare, OrderGiven, PlanEvent
from streams.events.demand import PulseData
from streams.events.surges import (
    EventPlanned,
    PlannedData,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)

__all__ = ["FeedFact", "Said", "SurgeFact", "SurgeWatch", "thresholds"]

Said = SurgeFact | EventPlanned


class SurgeWatch:
    """All keys of one surge worker."""

    def __init__(
        self, centre: Centre, known_day: Callable[[date], str | None] | None = None
    ) -> None:
        """`known_day` names the days that are not plain ones, such as national holidays."""
        self._lateness = centre.alerts.lateness
        self._now: datetime | None = None
        self._settles_before = 0
        self._keys = Keys(centre, known_day)
        self._crises = Crises()
        self._keys.plan.occasions.surges = self._crises
        self._orders = Orders()
        self._plans: dict[str, PlannedData] = {}
        self._feed = Feed(self._keys)
        self.too_late = 0

    @property
    def thresholds(self) -> Thresholds:
        """Where watch and alert begin."""
        return self._keys.rules.thresholds

    def expected(self, key: str, at: datetime) -> float:
        """First attempts per hour expected of a key; 0 when nothing is known of it."""
        return self._keys.expected(key, at)

    def rise(self, key: str, now: datetime) -> Rise:
        """What has come since the key's likeliest start, and what was expected in that time."""
        return self._keys.rise(key, now)

    def observe(self, pulse: PulseData, now: datetime) -> list[SurgeFact]:
        """Take one pulse: the same again changes nothing, and an alarm does not wait."""
        return self.observe_all((pulse,), now)

    def observe_all(self, pulses: Iterable[PulseData], now: datetime) -> list[SurgeFact]:
        """Take what was said at once; each key is judged once, by all of it."""
        frontier = self._frontier(now)
        news: dict[str, None] = {}
        for pulse in pulses:
            second = int(pulse.second.timestamp())
            if second < frontier:
                self.too_late += 1
            elif self._keys.observe(pulse, second, frontier):
                news[pulse.key] = None
        raised = [key for key in news if self._keys.raised(key)]
        return [fact for key in raised for fact in self._raised(key, now)]

    def tick(self, now: datetime) -> list[SurgeFact]:
        """What the passing of time changes: revisions that are due, surges that are over."""
        frontier = self._frontier(now)
        self._keys.settle(frontier)
        self._crises.forget(now)
        if self._keys.silence(now) is not None:
            # Silence is not calm: nothing is over, and no number is new, until the feed is back.
            return []
        facts: list[SurgeFact] = []
        for crisis in list(self._crises.open):
            over = self._over(crisis, frontier, now)
            facts += self._name_for_good(crisis, frontier, now)
            due = crisis.data.next_update_due
            # Until something is heard after its end, the feed may have stopped, not the surge.
            if over is not None and over < self._keys.heard:
                facts.append(self._clear(crisis, over, now))
            elif (due is None or now >= due) and self._tells(crisis):
                facts += self._narrow(crisis, now) or [self._revise(crisis, now)]
        return facts

    def feed(self, now: datetime) -> list[FeedFact]:
        """Whether the feed has fallen silent, or is back; said once each."""
        return self._feed.watch(now)

    def checkpoints(self, now: datetime) -> list[DetectorCheckpointed | BaselineLearned]:
        """What is settled, for the topic `baselines`; the same whoever writes it."""
        frontier = self._frontier(now)
        until = datetime.fromtimestamp(frontier, UTC)
        events: list[DetectorCheckpointed | BaselineLearned] = []
        for data in self._keys.checkpoint(frontier):
            if isinstance(data, BaselineData):
                id_ = derived_id("baseline", data.key, frontier)
                events.append(
                    BaselineLearned(id=id_, source=SOURCE, subject=data.key, time=until, data=data)
                )
            else:
                id_ = derived_id("checkpoint", data.key, frontier)
                events.append(
                    DetectorCheckpointed(
                        id=id_, source=SOURCE, subject=data.key, time=until, data=data
                    )
                )
        return events

    def restore(
        self,
        checkpoints: Iterable[DetectorCheckpointed | BaselineLearned],
        facts: Iterable[Said | FeedFact] = (),
    ) -> None:
        """Go on from checkpoints, and from what was said so far (in the order of the log)."""
        self._keys.restore(event.data for event in checkpoints)
        said = list(facts)
        self._crises.restore(fact for fact in said if isinstance(fact, SurgeFact))
        self._feed.restore(fact for fact in said if isinstance(fact, FeedFact))
        for fact in said:
            if isinstance(fact, EventPlanned):
                self._expect(fact.data, fact.time)
            if not isinstance(fact, FeedFact):
                self._orders.obeyed(fact.data.orders)
        for crisis in self._crises.open:
            self._keys.detector(crisis.data.key)
            crisis.named = was_named(crisis.data, self._lateness)

    def open(self) -> list[SurgeData]:
        """The surges that are on, as last said."""
        return [crisis.data for crisis in self._crises.open]

    def episodes(self) -> list[SurgeData]:
        """Every surge that is remembered, as last said."""
        return [crisis.data for crisis in (*self._crises.open, *self._crises.past)]

    # What people order

    def order(self, given: OrderGiven) -> None:
        """Take an order; it is obeyed when the centre's clock has reached it."""
        self._orders.give(given)

    def obey(self, now: datetime) -> list[Said]:
        """What the orders change whose time has come."""
        said: list[Said] = []
        for order in self._orders.due(now):
            said += self._obey(order, now)
        return said

    def _obey(self, order: OrderGiven, now: datetime) -> list[Said]:
        what = order.data.order
        if isinstance(what, PlanEvent):
            return [self._expect(orders.planned(order, what), order.time)]
        if isinstance(what, CancelEvent):
            plan = self._plans.get(what.event)
            if plan is None:
                self._orders.keep(order)
                return []
            less = orders.called_off(plan, order)
            return [self._expect(less, order.time)] if less is not None else []
        episode = "" if isinstance(what, Declare) else what.episode
        crisis = self._crises.at(episode, what.key, order.time)
        if isinstance(what, Declare) and (crisis is None or crisis.data.ended is not None):
            return self._declare_by_order(order, what, now)
        if crisis is None:
            if not self._crises.knows(episode):
                self._orders.keep(order)
            return []
        changed = orders.changed(crisis.data, order)
        return [self._changed(crisis, changed, order.time)] if changed is not None else []

    def _expect(self, data: PlannedData, at: datetime) -> EventPlanned:
        self._plans[data.event] = data
        self._keys.expect(data.event, orders.window(data))
        return EventPlanned(
            id=derived_id("planned", data.event, len(data.orders)),
            source=SOURCE,
            subject=data.key,
            time=at,
            data=data,
        )

    def _declare_by_order(self, order: OrderGiven, what: Declare, now: datetime) -> list[Said]:
        if self._keys.detector(what.key) is None:
            return []
        evidence = self._keys.evidence(what.key, {what.key}, now, self._others(None, now))
        data = describe(evidence, derived_id("surge", what.key, order.id), order.time)
        data = orders.changed(data, order) or data
        data = msgspec.structs.replace(data, revision=0)
        self._crises.open.append(Crisis(data=data, keys={what.key}))
        return [declared(data, order.time)]

    def _changed(self, crisis: Crisis, data: SurgeData, at: datetime) -> SurgeFact:
        """An episode as people have it now: ended, held, resumed, or seen."""
        if data.ended is not None and data.cleared_at == at:
            crisis.data = msgspec.structs.replace(data, sentence=sentences.ended(data))
            self._crises.end(crisis, at)
        elif crisis.cleared_at is not None and data.ended is None and orders.is_held(data):
            crisis.data = msgspec.structs.replace(data, cleared_at=None, next_update_due=at)
            self._crises.resume(crisis)
        else:
            crisis.data = data
        if crisis.cleared_at is not None:
            return cleared(crisis.data, crisis.cleared_at)
        return revised(crisis.data, at)

    # What the numbers say

    def _frontier(self, now: datetime) -> int:
        # All pulses of a batch are taken at the same moment.
        if now is not self._now:
            self._now = now
            self._settles_before = int((now - self._lateness).timestamp())
        return self._settles_before

    def _raised(self, key: str, now: datetime) -> list[SurgeFact]:
        """A key is in surge: a new crisis, or more evidence of one that is known."""
        crisis = self._account(key, now)
        if crisis is None:
            return [self._declare(key, now)]
        if crisis.cleared_at is not None:
            if crisis.data.ended is None or not self._again(key, now).is_due(crisis.data, now):
                return []
            self._crises.past.remove(crisis)
            return [self._declare(key, now, after=crisis)]
        if key not in crisis.keys:
            crisis.keys.add(key)
            if renamed := self._narrow(crisis, now):
                return renamed
        raises = crisis.data.tier == "watch" and self._keys.tier(key) == "alert"
        speaks = key == crisis.data.key or not self._keys.raised(crisis.data.key)
        if raises or (speaks and grown(crisis.data, self.rise(crisis.data.key, now))):
            return self._narrow(crisis, now) or [self._revise(crisis, now)]
        return []

    def _again(self, key: str, now: datetime) -> Again:
        calls, mass = self._keys.lately(key, now)
        return Again(calls=calls, mass=mass, distinct_callers=self._keys.rules.distinct_callers)

    def _account(self, key: str, now: datetime) -> Crisis | None:
        """The crisis that a raised key belongs to, if one is known."""
        begun = datetime.fromtimestamp(self.rise(key, now).start, UTC)
        # A surge that is over accounts for evidence that began before its end, and one that a
        # person ended for what is left of it.
        past = (p for p in self._crises.past if begun < p.over_at or self._is_left(p, now))
        known = [*self._crises.open, *past]
        for crisis in known:
            if key in crisis.keys:
                return crisis
        excesses = [self._excess_of(crisis, now) for crisis in known]
        worth, watch = self._keys.rules.mixture.worth, self.thresholds.watch
        if not known or not explained(self._keys.excess(key, now), excesses, worth, watch):
            return None
        return max(zip(known, excesses, strict=True), key=lambda pair: pair[1].contacts)[0]

    def _is_left(self, crisis: Crisis, now: datetime) -> bool:
        """Whether the numbers of a surge that a person ended are still up."""
        if crisis.data.ended is None:
            return False
        raised = (self.rise(key, now) for key in crisis.keys if self._keys.raised(key))
        return any(rise.start < crisis.over_at.timestamp() for rise in raised)

    def _declare(self, trigger: str, now: datetime, after: Crisis | None = None) -> SurgeDeclared:
        known = [self._excess_of(crisis, now) for crisis in self._crises.open]
        taken = set().union(*(crisis.keys for crisis in self._crises.open))
        left = {
            key: residual(self._keys.excess(key, now), known)
            for key in self._keys.detectors
            if key not in taken
        }
        key = most_specific(left[trigger], left.values(), self._keys.rules.mixture.worth)
        return self._begin(key, {key, trigger}, now, after)

    def _begin(
        self, key: str, keys: set[str], now: datetime, after: Crisis | None = None
    ) -> SurgeDeclared:
        # What is declared anew began as before, and is another episode.
        ended = after.data.orders if after is not None else ()
        episode = derived_id("surge", key, self.rise(key, now).start, *ended)
        evidence = self._keys.evidence(key, keys, now, self._others(None, now))
        data = describe(evidence, episode, now)
        self._crises.open.append(Crisis(data=data, keys=keys))
        return declared(data, now)

    def _narrow(self, crisis: Crisis, now: datetime) -> list[SurgeFact]:
        """A crisis seen at a broad level takes the name of the parts that turn out to be it."""
        if crisis.by_a_person:
            return []
        known = (*self._crises.open, *self._crises.past)
        taken = set().union(*(other.keys for other in known if other is not crisis))
        raised = [self._keys.excess(key, now) for key in self._keys.telling() if key not in taken]
        parts = narrower(self._keys.excess(crisis.data.key, now), raised)
        if not parts:
            return []
        crisis.keys.add(parts[0])
        facts: list[SurgeFact] = [self._revise(crisis, now, key=parts[0])]
        for part in parts[1:]:
            crisis.keys.discard(part)
            facts.append(self._begin(part, {part}, now))
        return facts

    def _name_for_good(self, crisis: Crisis, frontier: int, now: datetime) -> list[SurgeFact]:
        """The name by settled counts, once the contacts that raised it can no longer change."""
        if crisis.named or all(self._keys.raised_since(key) is None for key in crisis.keys):
            return []
        crisis.named = True
        others = [other for other in self._crises.open if other is not crisis]
        key = settled_name(crisis, others, self._keys, frontier)
        if key == crisis.data.key:
            return []
        crisis.keys.add(key)
        return [self._revise(crisis, now, key=key)]

    def _revise(self, crisis: Crisis, now: datetime, key: str | None = None) -> SurgeRevised:
        old = crisis.data
        others = self._others(crisis, now)
        evidence = self._keys.evidence(key or old.key, crisis.keys, now, others)
        crisis.data = describe(evidence, old.episode, now, old)
        return revised(crisis.data, now)

    def _tells(self, crisis: Crisis) -> bool:
        """Whether a key of it has numbers: one the centre file does not name raises no alarm."""
        return crisis.by_a_person or any(self._keys.raised(key) for key in crisis.keys)

    def _over(self, crisis: Crisis, frontier: int, now: datetime) -> int | None:
        """When the crisis ended, judged on counts that can no longer change."""
        held = crisis.data.held_until
        if held is not None and now < held:
            return None
        over = self._calm_since(crisis, frontier)
        return over if over is None or held is None else max(over, int(held.timestamp()))

    def _calm_since(self, crisis: Crisis, frontier: int) -> int | None:
        if self._keys.raised(crisis.data.key):
            return self._keys.detectors[crisis.data.key].closed_at(frontier)
        # Named by another key's alarm, or by a person, without one of its own: over when those are.
        known = map(self._keys.detector, sorted(crisis.keys))
        ends = [detector.closed_at(frontier) for detector in known if detector]
        return None if None in ends else max(end for end in ends if end is not None)

    def _clear(self, crisis: Crisis, over: int, now: datetime) -> SurgeCleared:
        old = crisis.data
        self._crises.end(crisis, now)
        crisis.data = msgspec.structs.replace(
            old,
            cleared_at=datetime.fromtimestamp(over, UTC),
            next_update_due=None,
            revision=old.revision + 1,
            sentence=sentences.closing(old),
        )
        return cleared(crisis.data, now)

    def _others(self, crisis: Crisis | None, now: datetime) -> list[Excess]:
        return [self._excess_of(other, now) for other in self._crises.open if other is not crisis]

    def _excess_of(self, crisis: Crisis, now: datetime) -> Excess:
        current = self._keys.excess(crisis.data.key, now)
        if crisis.cleared_at is None or self._is_left(crisis, now):
            return current
        return replace(current, contacts=crisis.data.observed - crisis.data.expected)
