"""Which surges are there, since when, how large, and are they over?

One detector per key finds rises; this module makes one episode of each crisis, whatever number
of keys it raises, and says what changes: declared once, revised as evidence grows (the tier may
rise from watch to alert, the key may become a more specific one), cleared once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from streams.domain import sentences
from streams.domain.alert import Evidence, describe, grown
from streams.domain.centre import AlertPolicy, Centre
from streams.domain.detector import Counts, Detector, Rules, Thresholds
from streams.domain.mixture import Mixture, Rise
from streams.domain.outage import Outages
from streams.domain.plan import TOTAL, Plan
from streams.domain.rollups import Excess, explained, most_specific, narrower, residual
from streams.events.codec import derived_id
from streams.events.demand import PulseData
from streams.events.surges import SurgeCleared, SurgeData, SurgeDeclared, SurgeRevised, Tier

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared

SOURCE = "/surgeline/surge"
WEEKS_A_YEAR = 8766 / 168
# How long a surge that is over still accounts for evidence that it left behind.
_REMEMBERED = timedelta(hours=24)
_ON_ITS_WAY = 10
_MOST_KEYS = 2000
NEVER = Thresholds(watch=math.inf, alert=math.inf)


def thresholds(contacts_a_year: float, policy: AlertPolicy) -> Thresholds:
    """The statistic's two thresholds: baseline contacts per accepted false alarm."""
    return Thresholds(
        watch=contacts_a_year / (policy.watch_per_week * WEEKS_A_YEAR),
        alert=contacts_a_year / policy.alert_per_year,
    )


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
        self._policy = centre.alerts
        self._outages = Outages()
        self._plan = Plan(centre, self._outages, known_day)
        self._rules = Rules(
            mixture=Mixture(self._policy.ratios, self._policy.kappa),
            thresholds=thresholds(self._plan.per_year, self._policy),
            distinct_callers=self._policy.distinct_callers,
        )
        # A key without a baseline of its own spends none of the budget: it can name a surge, but
        # not raise one.
        self._silent_rules = replace(self._rules, thresholds=NEVER)
        self._detectors: dict[str, Detector] = {}
        self._open: list[_Crisis] = []
        self._past: list[_Crisis] = []
        self._heard = 0
        self.too_late = 0

    @property
    def thresholds(self) -> Thresholds:
        """Where watch and alert begin."""
        return self._rules.thresholds

    def expected(self, key: str, at: datetime) -> float:
        """First attempts per hour expected of a key; 0 when nothing is known of it."""
        detector = self._detectors.get(key)
        level = detector.expected if detector else self._plan.level(key)
        return level.rate(int(at.timestamp())) if level else 0.0

    def observe(self, pulse: PulseData, now: datetime) -> list[SurgeFact]:
        """Take one pulse: the same again changes nothing, and an alarm does not wait."""
        frontier = self._frontier(now)
        second = int(pulse.second.timestamp())
        if second < frontier:
            self.too_late += 1
            return []
        detector = self._detectors.get(pulse.key) or self._begin_key(pulse.key)
        if detector is None:
            return []
        detector.settle(frontier)
        counts = Counts(
            pulse.first_attempts, pulse.redials, pulse.reconnects, pulse.withheld, pulse.revision
        )
        if pulse.key == TOTAL:
            self._listen(detector, second)
        if not detector.observe(second, pulse.partition, counts):
            return []
        self._heard = max(self._heard, second + 1)
        return self._raised(pulse.key, now) if detector.raised else []

    def tick(self, now: datetime) -> list[SurgeFact]:
        """What the passing of time changes: revisions that are due, surges that are over."""
        frontier = self._frontier(now)
        for detector in self._detectors.values():
            detector.settle(frontier)
        self._past = [past for past in self._past if now - _ended(past) < _REMEMBERED]
        facts: list[SurgeFact] = []
        for crisis in list(self._open):
            over = self._over(crisis, frontier)
            due = crisis.data.next_update_due
            if over is not None:
                facts.append(self._clear(crisis, over, now))
            elif (due is None or now >= due) and self._detectors[crisis.data.key].raised:
                facts.append(self._revise(crisis, now))
        return facts

    def open(self) -> list[SurgeData]:
        """The surges that are on, as last said."""
        return [crisis.data for crisis in self._open]

    def rise(self, key: str, now: datetime) -> Rise:
        """What has come since the key's likeliest start, and what was expected in that time."""
        detector = self._detectors.get(key)
        # What happened in the last seconds may still be on its way.
        until = max(self._heard, int(now.timestamp()) - _ON_ITS_WAY)
        return detector.rise(until) if detector else Rise(until, 0.0, 0.0)

    def _begin_key(self, key: str) -> Detector | None:
        """A detector for a key heard of for the first time, while there is room for it."""
        known = key in self._plan
        if not known and len(self._detectors) >= _MOST_KEYS:
            return None
        level = self._plan.level(key)
        if level is None:
            return None
        rules = self._rules if known else self._silent_rules
        self._detectors[key] = Detector(level, rules)
        return self._detectors[key]

    def _listen(self, total: Detector, second: int) -> None:
        """Whether the feed had stopped before this second, or had not stopped after all."""
        changed = self._outages.remove(second, second + 1)
        begin, after = total.silence_before(second), total.heard_after(second)
        for low, high in ((begin, second), (second + 1, after)):
            if low is not None and high is not None and self._plan.silent(low, high):
                self._outages.add(low, high)
                changed = True
        if changed:
            for detector in self._detectors.values():
                detector.refold()

    def _frontier(self, now: datetime) -> int:
        return int((now - self._policy.lateness).timestamp())

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
        raises = crisis.data.tier == "watch" and self._tier(key) == "alert"
        if raises or (key == crisis.data.key and grown(crisis.data, self.rise(key, now))):
            return [self._revise(crisis, now)]
        return []

    def _account(self, key: str, now: datetime) -> _Crisis | None:
        """The crisis that a raised key belongs to, if one is known."""
        for crisis in (*self._open, *self._past):
            if key in crisis.keys:
                return crisis
        begun = datetime.fromtimestamp(self.rise(key, now).start, UTC)
        known = [*self._open, *(past for past in self._past if begun < _ended(past))]
        excesses = [self._excess_of(crisis, now) for crisis in known]
        if not known or not explained(self._excess(key, now), excesses):
            return None
        return max(zip(known, excesses, strict=True), key=lambda pair: pair[1].contacts)[0]

    def _declare(self, trigger: str, now: datetime) -> SurgeDeclared:
        known = [self._excess_of(crisis, now) for crisis in self._open]
        taken = set().union(*(crisis.keys for crisis in self._open))
        left = {
            key: residual(self._excess(key, now), known)
            for key in self._detectors
            if key not in taken
        }
        key = most_specific(left[trigger], left.values())
        return self._begin(key, {key, trigger}, now)

    def _begin(self, key: str, keys: set[str], now: datetime) -> SurgeDeclared:
        episode = derived_id("surge", key, self.rise(key, now).start)
        data = describe(self._evidence(key, keys, now), episode, now)
        self._open.append(_Crisis(data=data, keys=keys))
        return SurgeDeclared(
            id=derived_id(episode, "declared", 0), source=SOURCE, subject=key, time=now, data=data
        )

    def _narrow(self, crisis: _Crisis, now: datetime) -> list[SurgeFact]:
        """A crisis seen at a broad level takes the name of the parts that turn out to be it."""
        others = [other for other in (*self._open, *self._past) if other is not crisis]
        taken = set().union(*(other.keys for other in others))
        raised = [
            self._excess(key, now)
            for key, detector in self._detectors.items()
            if detector.raised and key not in taken
        ]
        parts = narrower(self._excess(crisis.data.key, now), raised)
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
        evidence = self._evidence(key or old.key, crisis.keys, now)
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
        named = self._detectors[crisis.data.key]
        if named.raised:
            return named.closed_at(frontier)
        # Named by another key's alarm without one of its own: over when that one is.
        ends = [self._detectors[key].closed_at(frontier) for key in crisis.keys]
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

    def _tier(self, key: str) -> Tier:
        return self._detectors[key].tier

    def _excess(self, key: str, now: datetime) -> Excess:
        rise = self.rise(key, now)
        share = self._plan.share(key)
        return Excess(key=key, contacts=rise.calls - rise.mass, share=share)

    def _excess_of(self, crisis: _Crisis, now: datetime) -> Excess:
        current = self._excess(crisis.data.key, now)
        if crisis.cleared_at is None:
            return current
        last = crisis.data.observed - crisis.data.expected
        return Excess(key=current.key, contacts=last, share=current.share)

    def _evidence(self, key: str, keys: set[str], now: datetime) -> Evidence:
        alarmed = [raised for raised in sorted(keys) if self._detectors[raised].raised]
        tier: Tier = (
            "alert" if any(self._tier(raised) == "alert" for raised in alarmed) else "watch"
        )
        strongest = max(self._detectors[raised].evidence for raised in alarmed) if alarmed else 0.0
        limits = self._rules.thresholds
        whole = max((self._excess(other, now).contacts for other in alarmed), default=0.0)
        own = self._excess(key, now).contacts
        return Evidence(
            key=key,
            tier=tier,
            rise=self.rise(key, now),
            rate_now=self.expected(key, now),
            statistic=strongest,
            threshold=limits.alert if tier == "alert" else limits.watch,
            covers=min(1.0, own / whole) if whole > 0 else 1.0,
            also=tuple(other for other in alarmed if other != key),
        )


def _ended(crisis: _Crisis) -> datetime:
    return crisis.cleared_at or datetime.max.replace(tzinfo=UTC)
