"""What kind of centre is this? The policies that `centre.toml` sets, as frozen values.

Read and checked by `streams/centre_file.py`; everything that decides gets its policy from here.
Durations are `timedelta`, rates are contacts per hour, shares run from 0 to 1.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from streams.domain.callout.policy import CalloutPolicy
from streams.domain.people.policy import PeoplePolicy

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """People who share skills. `call_up` is how long it takes until they sit at a desk."""

    name: str
    seats: int
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()
    call_up: timedelta = timedelta(0)
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Contacts waiting for the same kind of work.

    `hours` is "always" or "HH:MM-HH:MM" in `timezone`; `answers_out_of_hours_of` names the
    missions whose out-of-hours calls are taken in here.
    """

    name: str
    title_ko: str
    title_en: str
    hours: str = "always"
    answers_out_of_hours_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """An overseas mission: its country and its own local time."""

    name: str
    country: str
    title_ko: str
    title_en: str
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """`share` of contacts answered within `within`; at most `abandoned` of them give up."""

    share: float = 0.9
    within: timedelta = timedelta(seconds=15)
    abandoned: float = 0.02
    short_abandon: timedelta = timedelta(seconds=5)
    handle_time: timedelta = timedelta(minutes=4, seconds=30)
    patience: timedelta = timedelta(minutes=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Expected first attempts per hour of one surge key, by hour of the week (local time).

    `week` has 168 values, Monday 00:00 first.
    """

    key: str
    week: tuple[float, ...]

    def rate_at(self, moment: datetime, zone: ZoneInfo) -> float:
        """Contacts per hour expected at a moment, by the centre's local hour of the week."""
        local = moment.astimezone(zone)
        return self.week[local.weekday() * 24 + local.hour]

    def per_year(self) -> float:
        """Contacts expected in a year."""
        return sum(self.week) / 168 * 8766


MOST_LATENESS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """Two tiers from one statistic. The budgets hold over all keys and roll-ups together.

    Contacts may be heard of up to `lateness` after they came; what is older no longer changes
    anything. It is no longer than `MOST_LATENESS`: so far back a restart reads pulses again.

    Further reports of one incident (the same place and topic, within `incident_window` of the last)
    weigh `incident_weight` of a person; with 1 they are people like any others.
    """

    alert_per_year: float = 1.0
    watch_per_week: float = 1.0
    kappa: float = 1.3
    ratios: tuple[float, ...] = (2.0, 3.5, 7.0, 15.0, 40.0)
    distinct_callers: int = 8
    lateness: timedelta = timedelta(minutes=10)
    incident_weight: float = 1.0
    incident_window: timedelta = timedelta(minutes=10)
    redial_window: timedelta = timedelta(minutes=60)


Occasion = Literal[
    "waited_past", "abandoned", "queue_full", "closed_hours", "key_pressed", "asked_elsewhere"
]
Measure = Literal["callback", "deflect", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowRule:
    """What becomes of a contact to which `when` happened; a condition left empty fits everyone.

    `prompt` is what to play when it is deflected. `after` is how long it may wait before that is
    too long; None is the centre's `wait_limit`. `skills` are what its callback will need.
    """

    when: Occasion
    then: Measure = "callback"
    queues: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    prompt: str = ""
    after: timedelta | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowPolicy:
    """When a caller becomes a callback, and how the promise is kept.

    The first of `rules` that fits decides; whom none fits is rung back. Contacts about
    `life_at_risk_topics` are treated like those of that urgency, here and at admission: no rule
    turns them away. `zones` are the time zones of countries in which there is no mission.
    """

    wait_limit: timedelta = timedelta(minutes=3)
    promise: timedelta = timedelta(hours=4)
    expiry: timedelta = timedelta(hours=24)
    attempts: int = 3
    retry_after: timedelta = timedelta(minutes=10)
    lease: timedelta = timedelta(minutes=2)
    max_wait_without_end: timedelta = timedelta(hours=2)
    blocked_numbers: tuple[str, ...] = ("119", "112", "911", "110", "999")
    life_at_risk_topics: tuple[str, ...] = ()
    rules: tuple[OverflowRule, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPolicy:
    """How the list is worked: who stays for callers, whom we may ring, when, and who goes first.

    The share `reserve` of the agents on duty is kept free for calls that come in, one agent fewer
    for every `reserve_falls_every` callbacks that are due (0: it never falls). Nobody is rung in
    `quiet_hours` of their own time (begin, end), unless their urgency is in `quiet_override` or
    they asked less than `quiet_after` ago: who calls at night is awake. `timezone` is the centre's,
    for whom nothing better is known. After `text_after` unanswered attempts a text message is
    handed over, once (0: never). At most `customer_first_at_once` dials ring the caller before the
    agent, and none while anybody is on hold (0: always the agent first). Countries are of numbers,
    two letters; an empty `countries_allowed` allows every one that is not denied. A promise goes
    ahead of all but life at risk when it is `near_deadline` from being broken.
    """

    reserve: float = 0.1
    reserve_falls_every: int = 20
    quiet_hours: tuple[time, time] | None = None
    quiet_after: timedelta = timedelta(hours=2)
    quiet_override: tuple[str, ...] = ("life_at_risk", "high")
    timezone: ZoneInfo = UTC_ZONE
    text_after: int = 1
    customer_first_at_once: int = 0
    own_numbers: tuple[str, ...] = ()
    countries_allowed: tuple[str, ...] = ()
    countries_denied: tuple[str, ...] = ()
    near_deadline: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """When an arriving contact is offered a callback; the wait that is too long is `overflow`'s.

    A rule that began ends only `hysteresis` below its limit, so that a wait near the limit does
    not offer and refuse by turns. No new promise is offered while more than `most_pending` are
    open, or when the last of them would be kept later than `most_drain`: a promise nobody can
    keep is worse than none. More than `most_waiting` do not wait at a time (0: no limit).
    """

    hysteresis: float = 0.2
    most_pending: int = 1000
    most_drain: timedelta = timedelta(hours=4)
    most_waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The whole centre file, checked."""

    name: str
    title_ko: str
    title_en: str
    timezone: ZoneInfo
    region: str
    languages: tuple[str, ...]
    pools: tuple[Pool, ...]
    queues: tuple[Queue, ...]
    missions: tuple[Mission, ...] = ()
    target: ServiceTarget = field(default_factory=ServiceTarget)
    baselines: tuple[Baseline, ...] = ()
    alerts: AlertPolicy = field(default_factory=AlertPolicy)
    overflow: OverflowPolicy = field(default_factory=OverflowPolicy)
    callbacks: CallbackPolicy = field(default_factory=CallbackPolicy)
    admission: AdmissionPolicy = field(default_factory=AdmissionPolicy)
    people: PeoplePolicy = field(default_factory=PeoplePolicy)
    callout: CalloutPolicy = field(default_factory=CalloutPolicy)
    skills: tuple[tuple[str, tuple[str, ...]], ...] = ()
    version: str = ""

    def skill_of(self, key: str) -> str | None:
        """The skill that a surge key needs, where some pool has it: that of its topic."""
        topic = key.removeprefix("topic:")
        if topic == key:
            return None
        had = {skill for pool in self.pools for skill in pool.skills}
        return next((skill for skill, of in self.skills if topic in of and skill in had), None)

    def queue(self, name: str) -> Queue | None:
        """The queue of that name, if the centre has it."""
        return next((queue for queue in self.queues if queue.name == name), None)

    def baseline(self, key: str) -> Baseline | None:
        """What is expected of a surge key, if the centre file says so."""
        return next((baseline for baseline in self.baselines if baseline.key == key), None)
