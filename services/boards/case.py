"""What is the evidence for one surge, and what came of it?

Facts go in, the whole case comes out: the same facts give the same case while the surge is on,
after it, and in the printed report. Nothing here reads, sends or asks for the time.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from services.boards.levels import SurgeFact
from services.boards.poisson import middle
from streams.domain.centre import Centre
from streams.domain.detection.expected import Expected
from streams.domain.staffing.staffing import ALL_POOLS
from streams.events.baselines import BaselineLearned
from streams.events.callbacks import CallbackChanged, CallbackData
from streams.events.callouts import CalloutChanged, CalloutData, OfferChanged, OfferData
from streams.events.demand import PulseCounted, PulseData
from streams.events.envelope import CloudEvent
from streams.events.surges import (
    EventPlanned,
    SeatsData,
    SeatsNeeded,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)
from streams.known_days import known_days

MINUTE: Final = timedelta(minutes=1)
BEFORE: Final = timedelta(minutes=30)
AFTER: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=24)
CLEARED: Final = "cleared"
V = TypeVar("V", CalloutData, OfferData, CallbackData)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the detector said at a moment: declared, revised or cleared."""

    at: datetime
    kind: str
    data: SurgeData


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Who was counted since the estimated start, and who was not.

    `withheld` are a part of the people: without a number nobody can tell whether they rang before.
    Redials and reconnects are people who had been counted already.
    """

    people: int
    withheld: int
    redials: int
    reconnects: int


class MinuteOfCalls(msgspec.Struct, frozen=True, kw_only=True):
    """People in one minute, those who tried again, and the expected band."""

    at: datetime
    people: int
    again: int
    low: int
    high: int


class SeatsAt(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of the whole centre at a moment."""

    at: datetime
    staffed: int
    needed: int
    low: int
    high: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call-out for this surge, in numbers of people and messages."""

    ref: str
    pool: str
    state: str
    seats: int
    started_at: datetime | None
    started_by: str
    people: dict[str, int]
    arrived: int
    messages: dict[str, dict[str, int]]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the log has about one surge."""

    episode: str
    at: datetime
    is_over: bool
    surge: SurgeData
    findings: tuple[Finding, ...]
    counted: Counted
    minutes: tuple[MinuteOfCalls, ...]
    seats: tuple[SeatsAt, ...]
    callouts: tuple[Asked, ...]
    callbacks: dict[str, int]
    read_up_to: dict[str, dict[int, int]]


class Dossier:
    """Gathers what belongs to one episode."""

    def __init__(self, centre: Centre, episode: str) -> None:
        self.episode = episode
        self._expected = Expected(centre, known_days(centre.region))
        self._findings: dict[int, Finding] = {}
        self._pulses: dict[tuple[int, datetime], PulseData] = {}
        self._seats: dict[datetime, SeatsData] = {}
        self._callouts: dict[str, CalloutData] = {}
        self._offers: dict[str, OfferData] = {}
        self._callbacks: dict[str, CallbackData] = {}
        self.offsets: dict[str, dict[int, int]] = {}

    @property
    def surge(self) -> SurgeData | None:
        """What was said of the episode last."""
        last = max(self._findings, default=None)
        return None if last is None else self._findings[last].data

    @property
    def is_over(self) -> bool:
        """Whether the episode was cleared."""
        return any(finding.kind == CLEARED for finding in self._findings.values())

    def observe(self, event: CloudEvent) -> None:
        """Take a fact; those of other episodes and keys change nothing."""
        match event:
            case SurgeDeclared() | SurgeRevised() | SurgeCleared():
                self._find(event)
            case PulseCounted():
                self._count(event.data)
            case SeatsNeeded() if event.data.pool == ALL_POOLS:
                self._seats[event.time] = event.data
            case BaselineLearned():
                self._expected.learn(event.data)
            case EventPlanned():
                self._expected.plan(event.data)
            case CalloutChanged() if event.data.need.episode == self.episode:
                _keep_newest(self._callouts, event.data)
            case OfferChanged():
                _keep_newest(self._offers, event.data)
            case CallbackChanged():
                _keep_newest(self._callbacks, event.data)
            case _:
                pass

    def case(self, now: datetime) -> Case | None:
        """The case as of this moment of the centre's clock; None when there is no such episode."""
        surge = self.surge
        if surge is None:
            return None
        ends = min((surge.cleared_at or now) + AFTER, now, surge.started_at + LONGEST)
        begins = surge.started_at - BEFORE
        return Case(
            episode=self.episode,
            at=now,
            is_over=self.is_over,
            surge=surge,
            findings=tuple(self._findings[n] for n in sorted(self._findings)),
            counted=self._counted(surge, ends),
            minutes=self._minutes(surge.key, begins, ends),
            seats=tuple(
                _seats_at(at, plan)
                for at, plan in sorted(self._seats.items())
                if begins <= at <= ends
            ),
            callouts=tuple(self._asked(callout) for callout in self._callouts.values()),
            callbacks=self._called_back(surge, ends),
            read_up_to=self.offsets,
        )

    def _find(self, event: SurgeFact) -> None:
        data = event.data
        if data.episode != self.episode:
            return
        kind = {SurgeDeclared: "declared", SurgeCleared: CLEARED}.get(type(event), "revised")
        self._findings[data.revision] = Finding(at=event.time, kind=kind, data=data)

    def _count(self, pulse: PulseData) -> None:
        surge = self.surge
        if surge is None or pulse.key != surge.key:
            return
        name = pulse.partition, pulse.second
        known = self._pulses.get(name)
        if known is None or known.revision <= pulse.revision:
            self._pulses[name] = pulse

    def _counted(self, surge: SurgeData, ends: datetime) -> Counted:
        since = surge.started_at
        until = surge.cleared_at or ends
        pulses = [pulse for pulse in self._pulses.values() if since <= pulse.second <= until]
        return Counted(
            people=sum(pulse.first_attempts for pulse in pulses),
            withheld=sum(pulse.withheld for pulse in pulses),
            redials=sum(pulse.redials for pulse in pulses),
            reconnects=sum(pulse.reconnects for pulse in pulses),
        )

    def _minutes(self, key: str, begins: datetime, ends: datetime) -> tuple[MinuteOfCalls, ...]:
        people, again = Counter[datetime](), Counter[datetime]()
        for pulse in self._pulses.values():
            minute = pulse.second.replace(second=0, microsecond=0)
            people[minute] += pulse.first_attempts
            again[minute] += pulse.redials + pulse.reconnects
        first = begins.replace(second=0, microsecond=0)
        count = max(1, (ends - first) // MINUTE + 1)
        minutes = (first + index * MINUTE for index in range(count))
        return tuple(self._minute(key, at, people[at], again[at]) for at in minutes)

    def _minute(self, key: str, at: datetime, people: int, again: int) -> MinuteOfCalls:
        low, high = middle(self._expected.rate(key, at) / 60)
        return MinuteOfCalls(at=at, people=people, again=again, low=low, high=high)

    def _asked(self, callout: CalloutData) -> Asked:
        offers = [offer for offer in self._offers.values() if offer.callout == callout.id]
        messages: dict[str, Counter[str]] = {}
        for offer in offers:
            for attempt in offer.attempts:
                messages.setdefault(attempt.kind, Counter())[attempt.state] += 1
        return Asked(
            ref=callout.ref,
            pool=callout.need.pool,
            state=callout.state,
            seats=sum(quota.seats for quota in callout.need.quotas),
            started_at=callout.started_at,
            started_by="" if callout.started_by is None else callout.need.raised_by,
            people=dict(Counter(offer.state for offer in offers)),
            arrived=sum(offer.arrived_at is not None for offer in offers),
            messages={kind: dict(states) for kind, states in messages.items()},
        )

    def _called_back(self, surge: SurgeData, ends: datetime) -> dict[str, int]:
        """What became of the promises made to those who rang in this time, by outcome."""
        kind, _, name = surge.key.partition(":")
        since, until = surge.started_at, surge.cleared_at or ends
        return dict(
            Counter(
                promise.outcome or "open"
                for promise in self._callbacks.values()
                if since <= promise.origin <= until
                and (kind not in _PLACE or _PLACE[kind](promise) == name)
            )
        )


_PLACE: Final[dict[str, Callable[[CallbackData], str | None]]] = {
    "country": lambda promise: promise.country,
    "queue": lambda promise: promise.queue,
}


def _keep_newest(known: dict[str, V], data: V) -> None:
    if data.id not in known or known[data.id].version < data.version:
        known[data.id] = data


def _seats_at(at: datetime, plan: SeatsData) -> SeatsAt:
    return SeatsAt(
        at=at,
        staffed=plan.staffed,
        needed=plan.needed,
        low=plan.needed_low,
        high=plan.needed_high,
    )


def encode(case: Case) -> bytes:
    """As JSON."""
    return msgspec.json.encode(case)


def scores(case: Case) -> Mapping[datetime, float]:
    """The statistic over its threshold at each finding: 1 is where an alert is declared."""
    return {
        finding.at: finding.data.statistic / finding.data.threshold
        for finding in case.findings
        if finding.data.threshold
    }
