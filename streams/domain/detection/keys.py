"""What is known of every key of the centre: where its detector stands, and what is expected?"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from streams.domain.centre import AlertPolicy, Centre
from streams.domain.detection.alert import Evidence
from streams.domain.detection.checkpoint import (
    baseline_data,
    level_data,
    restore_baseline,
    restore_shared,
    standing_data,
    standing_of,
    with_shared,
)
from streams.domain.detection.counts import Counts
from streams.domain.detection.detector import Detector
from streams.domain.detection.incidents import IncidentRule
from streams.domain.detection.level import Level
from streams.domain.detection.mixture import Mixture, Rise
from streams.domain.detection.occasions import Window
from streams.domain.detection.outage import Outages
from streams.domain.detection.packing import RATIOS, pack, unpack
from streams.domain.detection.plan import TOTAL, Plan
from streams.domain.detection.quiet import QuietKeys
from streams.domain.detection.rollups import Excess, residual
from streams.domain.detection.standing import Rules, Thresholds
from streams.events.baselines import BaselineData, DetectorData
from streams.events.demand import PulseData
from streams.events.surges import Tier

WEEKS_A_YEAR = 8766 / 168
NEVER = Thresholds(watch=math.inf, alert=math.inf)
# Contacts of the last seconds may still be on their way to us.
_ON_ITS_WAY = 10
# Keys that the centre file does not name: so many are watched at once, the rest are put away
# while they are quiet, and so many are remembered in all.
_ACTIVE_KEYS = 2000
_QUIET_KEYS = 1_000_000
_QUIET_SECONDS = 600
# A third of the cost of calling the class.
_new = tuple.__new__


def thresholds(contacts_a_year: float, policy: AlertPolicy) -> Thresholds:
    """The statistic's two thresholds: baseline contacts per accepted false alarm."""
    return Thresholds(
        watch=contacts_a_year / (policy.watch_per_week * WEEKS_A_YEAR),
        alert=contacts_a_year / policy.alert_per_year,
    )


class Keys:
    """The detectors of all keys, and the feed that they share."""

    def __init__(
        self, centre: Centre, known_day: Callable[[date], str | None] | None = None
    ) -> None:
        policy = centre.alerts
        self.outages = Outages()
        self.plan = Plan(centre, self.outages, known_day)
        self.rules = Rules(
            mixture=Mixture(policy.ratios, policy.kappa),
            thresholds=thresholds(self.plan.per_year, policy),
            distinct_callers=policy.distinct_callers,
            incidents=IncidentRule(
                weight=policy.incident_weight, window=int(policy.incident_window.total_seconds())
            ),
        )
        # A key without a baseline of its own spends none of the budget: it can name a surge, but
        # not raise one.
        self._naming = replace(self.rules, thresholds=NEVER)
        self.detectors: dict[str, Detector] = {}
        self.quiet = QuietKeys()
        self.heard = 0
        self._hour = -1
        # The second at which the next hour begins; 0 while that is not known.
        self._next_hour = 0

    def observe(self, pulse: PulseData, second: int, frontier: int) -> bool:
        """Take one pulse; True when it is news."""
        detector = self.detectors.get(pulse.key) or self._begin(pulse.key)
        if detector is None:
            return False
        self._turn(frontier)
        if detector.due <= frontier:
            detector.settle(frontier)
        weighs = pulse.incidents and self.rules.incidents.is_on
        incidents = tuple(sorted(pulse.incidents.items())) if weighs else ()
        repeats = pulse.redials, pulse.reconnects
        said = (pulse.first_attempts, *repeats, pulse.withheld, pulse.revision, incidents)
        counts = _new(Counts, said)
        if pulse.key == TOTAL:
            self._listen(detector, second)
        if not detector.observe(second, pulse.partition, counts):
            return False
        self.heard = max(self.heard, second + 1)
        return True

    def detector(self, key: str) -> Detector | None:
        """The detector of a key, also of one that nothing was heard of yet."""
        return self.detectors.get(key) or self._begin(key)

    def lately(self, key: str, now: datetime) -> tuple[float, float]:
        """Contacts of a key in the time that is not settled, and how many were expected in it."""
        detector = self.detectors.get(key)
        until = max(self.heard, int(now.timestamp()) - _ON_ITS_WAY)
        return detector.lately(until) if detector else (0.0, 0.0)

    def expect(self, event: str, window: Window) -> None:
        """Take a planned event; what is not settled is judged by it."""
        if self.plan.occasions.plan(event, window) and window.begin < self.heard:
            self._refold()

    def settle(self, frontier: int) -> None:
        """Make final what lies before `frontier`."""
        self.plan.occasions.forget(frontier)
        self._turn(frontier)
        for detector in self.detectors.values():
            if detector.due <= frontier:
                detector.settle(frontier)
        if len(self.detectors) > _ACTIVE_KEYS and len(self.rules.mixture.ratios) == RATIOS:
            self._put_away(frontier)

    def expected(self, key: str, at: datetime) -> float:
        """First attempts per hour expected of a key; 0 when nothing is known of it."""
        level = self._level(key)
        return level.rate(int(at.timestamp())) if level else 0.0

    def _level(self, key: str) -> Level | None:
        detector = self.detectors.get(key)
        return detector.expected if detector else self.plan.level(key) or self.plan.newcomer(key)

    def rise(self, key: str, now: datetime) -> Rise:
        """What has come since the key's likeliest start, and what was expected in that time."""
        detector = self.detectors.get(key)
        # What happened in the last seconds may still be on its way.
        until = max(self.heard, int(now.timestamp()) - _ON_ITS_WAY)
        return detector.rise(until) if detector else Rise(until, 0.0, 0.0)

    def _usual_since(self, key: str, start: int, now: datetime) -> float:
        level = self._level(key)
        end = max(self.heard, int(now.timestamp()) - _ON_ITS_WAY, start + self.rules.width)
        return level.mass(start, end) if level else 0.0

    def raised(self, key: str) -> bool:
        """True while the key is in surge by its own numbers."""
        return key in self.detectors and self.detectors[key].raised

    def tier(self, key: str) -> Tier:
        """The tier that a key's evidence has reached."""
        return self.detectors[key].tier

    def excess(self, key: str, now: datetime) -> Excess:
        """A key's contacts beyond expectation."""
        evidence = self.detectors[key].evidence if key in self.detectors else 0.0
        return self._excess(key, self.rise(key, now), evidence)

    def raised_since(self, key: str) -> int | None:
        """The second since when a key is in surge, on settled counts."""
        settled = self.detectors[key].settled if key in self.detectors else None
        return settled.episode.watched if settled and settled.episode else None

    def settled_excess(self, key: str, frontier: int) -> Excess:
        """The same on settled counts alone, whatever else was heard so far."""
        known = self.detectors[key]
        settled = Detector(known.expected, known.rules, known.settled)
        return self._excess(key, settled.rise(frontier), settled.evidence)

    def _excess(self, key: str, rise: Rise, evidence: float) -> Excess:
        return Excess(
            key=key,
            contacts=rise.calls - rise.mass,
            share=self.plan.share(key),
            mass=rise.mass,
            evidence=evidence,
        )

    def evidence(
        self, key: str, keys: set[str], now: datetime, others: Sequence[Excess] = ()
    ) -> Evidence:
        """The case for a surge named `key` that has raised `keys`, beside `others` that are on."""
        alarmed = [raised for raised in sorted(keys) if self.raised(raised)]
        loud = any(self.tier(raised) == "alert" for raised in alarmed)
        strongest = max((self.detectors[raised].evidence for raised in alarmed), default=0.0)
        limits = self.rules.thresholds
        left = [residual(self.excess(other, now), others).contacts for other in alarmed]
        whole = max(left, default=0.0)
        own = self.excess(key, now).contacts
        rise = self.rise(key, now)
        if rise.calls < self.rules.distinct_callers and alarmed:
            # The key that names it has yet to hear of the last caller: the alarm's calls, beside
            # what is usual for the name that is said.
            source = max(alarmed, key=lambda other: self.detectors[other].evidence)
            rise = self.rise(source, now)
            rise = rise._replace(mass=self._usual_since(key, rise.start, now))
        return Evidence(
            key=key,
            tier="alert" if loud else "watch",
            rise=rise,
            rate_now=self.expected(key, now),
            statistic=strongest,
            threshold=limits.alert if loud else limits.watch,
            covers=min(1.0, own / whole) if whole > 0 else 1.0,
            also=tuple(other for other in alarmed if other != key),
        )

    def telling(self) -> list[str]:
        """The keys that are in surge, and those that would be if they had a budget."""
        watch = self.rules.thresholds.watch
        return [
            key
            for key, detector in self.detectors.items()
            if detector.raised or detector.evidence >= watch
        ]

    def silence(self, now: datetime) -> int | None:
        """The first silent second, while the whole feed is silent."""
        total = self.detectors.get(TOTAL)
        until = int(now.timestamp())
        since = total.silence_before(until + 1) if total is not None else None
        return since if since is not None and self.plan.silent(since, until) else None

    def checkpoint(self, frontier: int) -> list[DetectorData | BaselineData]:
        """What is settled, key by key; the same whoever writes it down."""
        self._turn(frontier)
        until = datetime.fromtimestamp(frontier, UTC)
        written: list[DetectorData | BaselineData] = []
        for key, detector in self.detectors.items():
            detector.settle(frontier)
            if detector.settled is not None:
                written.append(standing_data(key, detector.settled, until))
                data = baseline_data(key, detector, until)
                if key == TOTAL:
                    data = with_shared(data, self.plan.force, self.outages)
                written.append(data)
        for key, raw in self.quiet.items():
            standing, learned = unpack(raw)
            written.append(standing_data(key, standing, until))
            written.append(level_data(key, learned, until))
        return written

    def restore(self, written: Iterable[DetectorData | BaselineData]) -> None:
        """Go on from what was written down."""
        for data in written:
            detector = self.detectors.get(data.key) or self._begin(data.key)
            if detector is None:
                continue
            if isinstance(data, DetectorData):
                detector.settled = standing_of(data)
                self.heard = max(self.heard, data.heard + 1)
            else:
                restore_baseline(data, detector)
                restore_shared(data, self.plan.force, self.outages)
            if data.key == TOTAL:
                # The hours up to there have turned; those after it turn one by one, as they would
                # have without the restart.
                settled = int(data.settled_until.timestamp())
                self._hour = max(self._hour, detector.expected.calendar.slot(settled))

    def _turn(self, frontier: int) -> None:
        """When an hour is over, all learn from it at once, whichever is heard of first."""
        if frontier < self._next_hour:
            return
        total = self.plan.level(TOTAL)
        slot = total.calendar.slot(frontier) if total is not None else -1
        if total is None or slot <= self._hour:
            return
        self._next_hour = total.calendar.begins(slot + 1)
        known, self._hour = self._hour, slot
        ordered = sorted(self.detectors.items(), key=lambda item: item[0] == TOTAL)
        for _, detector in ordered:
            detector.settle(frontier)
        # Contacts were heard of in the next two hours at most, if more have passed unnoticed.
        steps = {known + 1, known + 2, slot} if 0 <= known < slot - 1 else {slot}
        for step in sorted(steps):
            self.outages.horizon = total.calendar.begins(step)
            for _, detector in reversed(ordered):
                detector.expected.recent(step)
        self.outages.horizon = None
        self.plan.force.turn(slot)

    def _begin(self, key: str) -> Detector | None:
        """A detector for a key heard of for the first time, while there is room for it."""
        if key in self.plan:
            level = self.plan.level(key)
            rules = self.rules
        elif len(self.detectors) + len(self.quiet) < _QUIET_KEYS or key in self.quiet:
            level = self.plan.newcomer(key)
            rules = self._naming
        else:
            return None
        if level is None:
            return None
        settled = None
        raw = self.quiet.take(key)
        if raw is not None:
            settled, level.learned = unpack(raw)
        self.detectors[key] = Detector(level, rules, settled)
        return self.detectors[key]

    def _put_away(self, frontier: int) -> None:
        """Keep the keys that nothing was heard of for a while as a few bytes each."""
        for key, detector in list(self.detectors.items()):
            settled = detector.settled
            if key in self.plan or settled is None or not detector.idle:
                continue
            quiet = detector.expected.mass(settled.scores.at, frontier)
            long_ago = settled.heard < frontier - _QUIET_SECONDS
            if long_ago and self.rules.mixture.is_over(settled.scores, quiet):
                self.quiet.put(key, pack(settled, detector.expected.learned))
                del self.detectors[key]

    def _listen(self, total: Detector, second: int) -> None:
        """Whether the feed had stopped before this second, or had not stopped after all."""
        changed = self.outages.remove(second, second + 1)
        begin, after = total.silence_before(second), total.heard_after(second)
        for low, high in ((begin, second), (second + 1, after)):
            if low is not None and high is not None and self.plan.silent(low, high):
                self.outages.add(low, high)
                changed = True
        if changed:
            self._refold()

    def _refold(self) -> None:
        for detector in self.detectors.values():
            detector.refold()
