"""What the detector and the staffing model say."""

from datetime import datetime
from typing import Literal

import msgspec

from streams.events.commands import Role
from streams.events.envelope import CloudEvent, Data

Tier = Literal["watch", "alert"]
Ended = Literal["dismissed", "closed"]


class SurgeData(Data, frozen=True, kw_only=True):
    """One episode of one key. Rates are contacts per hour; ratios are observed over expected.

    `episode` is the same for every event of one surge; `started_at` is the estimated onset;
    `declared_at` is the centre's clock at the decision; `observed` first attempts were counted
    since `started_at` where `expected` were; ratio_low..ratio_high is the 90 % interval;
    `statistic` and `threshold` are the evidence at the decision; `sentence` says it in words.

    An episode is declared once, as a watch or at once as an alert; a revision may raise its tier
    (`alerted_at` is then set) and may give it a more specific `key`: fold by `episode`.
    `revision` counts the episode's facts from 0. `covers` is the share of the whole excess that
    this key holds, and `also` names the other keys that the same surge has raised.

    What people in command ordered stands in roles and times: who declared it (no role: the
    detector did; `ratio_said` is how many times the usual they expect), who acknowledged it
    first, until when it is not over (`held_until`), who `ended` it and how; what is left of it
    is not declared again before `quiet_until`. `orders` are the ids of the orders obeyed.
    `usual_per_hour` is what is expected of the key at present, as learned.
    """

    episode: str
    key: str
    tier: Tier
    started_at: datetime
    declared_at: datetime
    observed: int
    expected: float
    ratio: float
    ratio_low: float
    ratio_high: float
    rate_per_hour: float
    rate_low: float
    rate_high: float
    statistic: float
    threshold: float
    sentence: str
    cleared_at: datetime | None = None
    next_update_due: datetime | None = None
    alerted_at: datetime | None = None
    revision: int = 0
    covers: float | None = None
    also: tuple[str, ...] = ()
    declared_by: Role | None = None
    ratio_said: float | None = None
    acknowledged_by: Role | None = None
    acknowledged_at: datetime | None = None
    held_until: datetime | None = None
    ended: Ended | None = None
    ended_by: Role | None = None
    quiet_until: datetime | None = None
    orders: tuple[str, ...] = ()
    usual_per_hour: float | None = None


class SurgeDeclared(CloudEvent, frozen=True, kw_only=True, tag="surgeline.surge.declared.v1"):
    data: SurgeData


class SurgeRevised(CloudEvent, frozen=True, kw_only=True, tag="surgeline.surge.revised.v1"):
    data: SurgeData


class SurgeCleared(CloudEvent, frozen=True, kw_only=True, tag="surgeline.surge.cleared.v1"):
    data: SurgeData


class PlannedData(Data, frozen=True, kw_only=True):
    """A planned event: `ratio` times the usual is expected of a key, and that is no surge.

    `event` is the id of the order; it counts from `begins_at`, or from when it was ordered if
    that is later, until `ends_at`, or until it was called off. `orders` are the ids obeyed.
    """

    event: str
    key: str
    begins_at: datetime
    ends_at: datetime
    ratio: float
    title: str
    planned_by: Role
    called_off_at: datetime | None = None
    called_off_by: Role | None = None
    orders: tuple[str, ...] = ()


class EventPlanned(CloudEvent, frozen=True, kw_only=True, tag="surgeline.surge.planned.v1"):
    data: PlannedData


class FeedData(Data, frozen=True, kw_only=True):
    """The whole feed has been silent since `silent_since`, where `expected` contacts would be.

    Silence is not calm: while it lasts nothing is learned, and no surge is called over.
    """

    silent_since: datetime
    expected: float
    sentence: str
    resumed_at: datetime | None = None


class FeedSilent(CloudEvent, frozen=True, kw_only=True, tag="surgeline.feed.silent.v1"):
    data: FeedData


class FeedResumed(CloudEvent, frozen=True, kw_only=True, tag="surgeline.feed.resumed.v1"):
    data: FeedData


class SeatsData(Data, frozen=True, kw_only=True):
    """Seats of one pool: what the rate needs, what is staffed, and how sure that is.

    `pool` is a pool's name, or "all". `needed` is the median and needed_low..needed_high the 90 %
    interval, once the load has settled at the present rate; `staffed` the people signed in now.
    `horizon` has (minutes ahead, median, upper end of the 90 % interval) on the way there from
    what is in the house now. `release` helpers may go home. `reason` says in words which rate,
    handle time and target gave the number.

    `skills` has (median, upper end) by queue, language or skill: of a pool, the seats it gives to
    each. Of "all" only: `first` is the pool to call in first while help is needed; handle_seconds
    and patience_seconds are in use.
    """

    pool: str
    episode: str | None = None
    needed: int
    needed_low: int
    needed_high: int
    staffed: int
    available: int
    gap: int
    offered_load_erlangs: float
    reason: str
    horizon: tuple[tuple[int, int, int], ...] = ()
    first: str | None = None
    release: int = 0
    skills: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    handle_seconds: float | None = None
    patience_seconds: float | None = None


class SeatsNeeded(CloudEvent, frozen=True, kw_only=True, tag="surgeline.seats.needed.v1"):
    data: SeatsData


WaitMethod = Literal["none", "queue_length", "head_of_line"]
WaitUnknown = Literal["nobody_staffed", "line_not_moving"]


class WaitData(Data, frozen=True, kw_only=True):
    """How long who joins a queue now will wait, as it may be said to callers.

    Half wait at most p50_seconds, nine in ten at most p90_seconds; with too little to go on both
    are left out and `unknown` says why. What was said never grows unless `volume_has_risen` is
    said with it. `ahead` people wait already, for `servers` counselors.
    """

    queue: str
    p50_seconds: float | None = None
    p90_seconds: float | None = None
    method: WaitMethod | None = None
    unknown: WaitUnknown | None = None
    volume_has_risen: bool = False
    ahead: int = 0
    servers: int = 0


class WaitEstimated(CloudEvent, frozen=True, kw_only=True, tag="surgeline.wait.estimated.v1"):
    data: WaitData
