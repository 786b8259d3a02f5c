"""Which surges are there, since when, how large, and are they over?

One detector per key finds rises; this module makes one episode of each crisis, whatever number
of keys it raises, and says what changes: declared once, revised as evidence grows (the tier may
rise from watch to alert, the key may become a more specific one), cleared once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from streams.domain.centre import Centre
from streams.domain.detection import sentences
from streams.domain.detection.alert import describe, grown
from streams.domain.detection.detector import Thresholds
from streams.domain.detection.keys import Keys, thresholds
from streams.domain.detection.mixture import Rise
from streams.domain.detection.plan import TOTAL
from streams.domain.detection.rollups import Excess, explained, most_specific, narrower, residual
from streams.events.baselines import BaselineData, BaselineLearned, DetectorCheckpointed
from streams.events.codec import derived_id
from streams.events.demand import PulseData
from streams.events.surges import (
    FeedData,
    FeedResumed,
    FeedSilent,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)

__all__ = ["SurgeFact", "SurgeWatch", "thresholds"]

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared

SOURCE = "/surgeline/surge"
# How long a surge that is over still accounts for evidence that it left behind.
_REMEMBERED = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class _Crisis:
    """One episode as last said. `keys` are the raised keys that it accounts for."""

    data: SurgeData
    keys: set[str]
    cleared_at: datetime | None = None


class SurgeWatch:
    """All keys of one surge worker."""

    def __init__(
        self, centre: Centre, known_day: Callable[[date], str | None] | None = None
    ) -> None:
        """`known_day` names the days that are not plain ones, such as national holidays."""
        self._lateness = centre.alerts.lateness
        self._keys = Keys(centre, known_day)
        self._open: list[_Crisis] = []
        self._past: list[_Crisis] = []
        self._silent: int | None = None
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
        frontier = self._frontier(now)
        second = int(pulse.second.timestamp())
        if second < frontier:
            self.too_late += 1
            return []
        return self._raised(pulse.key, now) if self._keys.observe(pulse, second, frontier) else []

    def tick(self, now: datetime) -> list[SurgeFact]:
        """What the passing of time changes: revisions that are due, surges that are over."""
        frontier = self._frontier(now)
        self._keys.settle(frontier)
        self._past = [past for past in self._past if now - _ended(past) < _REMEMBERED]
        if self._keys.silence(now) is not None:
            # Silence is not calm: nothing is over, and no number is new, until the feed is back.
            return []
        facts: list[SurgeFact] = []
        for crisis in list(self._open):
            over = self._over(crisis, frontier)
            due = crisis.data.next_update_due
            # Until something is heard after its end, the feed may have stopped, not the surge.
            if over is not None and over < self._keys.heard:
                facts.append(self._clear(crisis, over, now))
            elif (due is None or now >= due) and self._keys.detectors[crisis.data.key].raised:
                facts += self._narrow(crisis, now) or [self._revise(crisis, now)]
        return facts

    def feed(self, now: datetime) -> list[FeedSilent | FeedResumed]:
        """Whether the feed has fallen silent, or is back; said once each."""
        since = self._keys.silence(now)
        if since is None or (self._silent is not None and since != self._silent):
            resumed = self._silent
            self._silent = None
            return [self._feed_resumed(resumed, now)] if resumed is not None else []
        if self._silent is not None:
            return []
        self._silent = since
        return [self._feed_silent(since, now)]

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
        facts: Iterable[SurgeFact] = (),
    ) -> None:
        """Go on from checkpoints, and from the surges said so far (in the order of the log)."""
        self._keys.restore(event.data for event in checkpoints)
        episodes: dict[str, _Crisis] = {}
        for fact in facts:
            data = fact.data
            cleared_at = fact.time if isinstance(fact, SurgeCleared) else None
            known = episodes.get(data.episode)
            keys = {data.key, *data.also} | (known.keys if known else set())
            episodes[data.episode] = _Crisis(data=data, keys=keys, cleared_at=cleared_at)
        self._open = [crisis for crisis in episodes.values() if crisis.cleared_at is None]
        self._past = [crisis for crisis in episodes.values() if crisis.cleared_at is not None]

    def open(self) -> list[SurgeData]:
        """The surges that are on, as last said."""
        return [crisis.data for crisis in self._open]

    def _frontier(self, now: datetime) -> int:
        return int((now - self._lateness).timestamp())

    def _raised(self, key: str, now: datetime) -> list[SurgeFact]:
        """A key is in surge: a new crisis, or more evidence of one that is known."""
        crisis = self._account(key, now)
        if crisis is None:
            return [self._declare(key, now)]
        if crisis.cleared_at is not None:
            return []
        if key not in crisis.keys:
            crisis.keys.add(key)
            renamed = self._narrow(crisis, now)
            if renamed:
                return renamed
        raises = crisis.data.tier == "watch" and self._keys.tier(key) == "alert"
        if raises or (key == crisis.data.key and grown(crisis.data, self.rise(key, now))):
            return self._narrow(crisis, now) or [self._revise(crisis, now)]
        return []

    def _account(self, key: str, now: datetime) -> _Crisis | None:
        """The crisis that a raised key belongs to, if one is known."""
        begun = datetime.fromtimestamp(self.rise(key, now).start, UTC)
        # A surge that is over accounts for evidence that began before its end.
        known = [*self._open, *(past for past in self._past if begun < _ended(past))]
        for crisis in known:
            if key in crisis.keys:
                return crisis
        excesses = [self._excess_of(crisis, now) for crisis in known]
        worth, watch = self._keys.rules.mixture.worth, self.thresholds.watch
        if not known or not explained(self._keys.excess(key, now), excesses, worth, watch):
            return None
        return max(zip(known, excesses, strict=True), key=lambda pair: pair[1].contacts)[0]

    def _declare(self, trigger: str, now: datetime) -> SurgeDeclared:
        known = [self._excess_of(crisis, now) for crisis in self._open]
        taken = set().union(*(crisis.keys for crisis in self._open))
        left = {
            key: residual(self._keys.excess(key, now), known)
            for key in self._keys.detectors
            if key not in taken
        }
        key = most_specific(left[trigger], left.values(), self._keys.rules.mixture.worth)
        return self._begin(key, {key, trigger}, now)

    def _begin(self, key: str, keys: set[str], now: datetime) -> SurgeDeclared:
        episode = derived_id("surge", key, self.rise(key, now).start)
        evidence = self._keys.evidence(key, keys, now, self._others(None, now))
        data = describe(evidence, episode, now)
        self._open.append(_Crisis(data=data, keys=keys))
        return SurgeDeclared(
            id=derived_id(episode, "declared", 0), source=SOURCE, subject=key, time=now, data=data
        )

    def _narrow(self, crisis: _Crisis, now: datetime) -> list[SurgeFact]:
        """A crisis seen at a broad level takes the name of the parts that turn out to be it."""
        others = [other for other in (*self._open, *self._past) if other is not crisis]
        taken = set().union(*(other.keys for other in others))
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

    def _revise(self, crisis: _Crisis, now: datetime, key: str | None = None) -> SurgeRevised:
        old = crisis.data
        others = self._others(crisis, now)
        evidence = self._keys.evidence(key or old.key, crisis.keys, now, others)
        crisis.data = describe(evidence, old.episode, now, old)
        return SurgeRevised(
            id=derived_id(old.episode, "revised", crisis.data.revision),
            source=SOURCE,
            subject=crisis.data.key,
            time=now,
            data=crisis.data,
        )

    def _over(self, crisis: _Crisis, frontier: int) -> int | None:
        """When the crisis ended, judged on counts that can no longer change."""
        named = self._keys.detectors[crisis.data.key]
        if named.raised:
            return named.closed_at(frontier)
        # Named by another key's alarm without one of its own: over when that one is.
        ends = [self._keys.detectors[key].closed_at(frontier) for key in crisis.keys]
        return None if None in ends else max(end for end in ends if end is not None)

    def _clear(self, crisis: _Crisis, over: int, now: datetime) -> SurgeCleared:
        self._open.remove(crisis)
        old = crisis.data
        crisis.cleared_at = now
        crisis.data = msgspec.structs.replace(
            old,
            cleared_at=datetime.fromtimestamp(over, UTC),
            next_update_due=None,
            revision=old.revision + 1,
            sentence=sentences.closing(old),
        )
        self._past.append(crisis)
        return SurgeCleared(
            id=derived_id(old.episode, "cleared", crisis.data.revision),
            source=SOURCE,
            subject=old.key,
            time=now,
            data=crisis.data,
        )

    def _others(self, crisis: _Crisis | None, now: datetime) -> list[Excess]:
        return [self._excess_of(other, now) for other in self._open if other is not crisis]

    def _excess_of(self, crisis: _Crisis, now: datetime) -> Excess:
        current = self._keys.excess(crisis.data.key, now)
        if crisis.cleared_at is None:
            return current
        return replace(current, contacts=crisis.data.observed - crisis.data.expected)

    def _feed_silent(self, since: int, now: datetime) -> FeedSilent:
        begun = datetime.fromtimestamp(since, UTC)
        expected = self._keys.plan.would_be(since, int(now.timestamp()))
        data = FeedData(
            silent_since=begun,
            expected=round(expected, 1),
            sentence=sentences.silence(expected, now - begun),
        )
        id_ = derived_id("feed-silent", since)
        return FeedSilent(id=id_, source=SOURCE, subject=TOTAL, time=now, data=data)

    def _feed_resumed(self, since: int, now: datetime) -> FeedResumed:
        begun = datetime.fromtimestamp(since, UTC)
        back = datetime.fromtimestamp(self._keys.heard - 1, UTC)
        expected = self._keys.plan.would_be(since, self._keys.heard - 1)
        data = FeedData(
            silent_since=begun,
            expected=round(expected, 1),
            resumed_at=back,
            sentence=sentences.resumed(expected, back - begun),
        )
        id_ = derived_id("feed-resumed", since)
        return FeedResumed(id=id_, source=SOURCE, subject=TOTAL, time=now, data=data)


def _ended(crisis: _Crisis) -> datetime:
    """When it was over; one that is on ends after everything."""
    return crisis.data.cleared_at or datetime.max.replace(tzinfo=UTC)
