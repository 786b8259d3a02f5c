"""What does everyone who looks at the board see at one moment?

One frozen value, made once and shared by all viewers, by `/v1/board.json` and by `/metrics`. It
carries the offsets it reflects, so that a recount of the log up to them gives the same numbers.
Times are aware and in UTC; the page puts them into zones.
"""

from datetime import datetime
from typing import Literal

import msgspec

from streams.domain.staffing.service_state import ServiceState
from streams.events.surges import WaitUnknown

Level = Literal["normal", "watch", "surge"]
Group = Literal["queues", "callbacks", "surges", "seats", "arrivals"]
GROUPS: tuple[Group, ...] = ("queues", "callbacks", "surges", "seats", "arrivals")
WaitNotKnown = WaitUnknown | Literal["not_heard"]


class Title(msgspec.Struct, frozen=True):
    """A name in both languages."""

    ko: str
    en: str


class KeyLevel(msgspec.Struct, frozen=True, kw_only=True):
    """One key that is not normal now, with its evidence as the detector last gave it."""

    key: str
    title: Title
    level: Level
    episode: str
    started_at: datetime
    declared_at: datetime
    observed: int
    expected: float
    ratio: float
    ratio_low: float
    ratio_high: float
    rate_per_hour: float
    score: float
    sentence: str
    declared_by: str = ""


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The one sentence: how bad, for whom, since when. `key` is None when all is normal."""

    level: Level
    key: KeyLevel | None = None
    others: int = 0
    last_cleared_at: datetime | None = None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the service in the words of NENA i3, or None while it is not known.

    `reason` has the numbers it goes by, `rule` the rule that gave it as a sentence.
    """

    state: ServiceState | None
    title: Title
    reason: Title
    rule: str


class QueueWait(msgspec.Struct, frozen=True, kw_only=True):
    """How long who joins a queue now will wait: half at most p50, nine in ten at most p90.

    Both are None when that is not known, and then `unknown` says why. What was said to callers
    only ever grows with `volume_has_risen`. `ahead` people wait already.
    """

    queue: str
    title: Title
    p50_seconds: float | None = None
    p90_seconds: float | None = None
    unknown: WaitNotKnown | None = None
    volume_has_risen: bool = False
    ahead: int = 0


class InTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Answered within the target, of all whose wait has ended or outlived it (see tallies)."""

    answered_in_target: int
    judged: int
    share: float | None
    target_share: float
    target_seconds: float


class PoolSeats(msgspec.Struct, frozen=True, kw_only=True):
    """One pool: who is signed in, what is needed (None while no plan was heard).

    `release` of its helpers may go home.
    """

    pool: str
    staffed: int
    available: int
    needed: int | None = None
    needed_low: int | None = None
    needed_high: int | None = None
    release: int = 0


class SeatsAhead(msgspec.Struct, frozen=True, kw_only=True):
    """Seats needed so many minutes from now: the median, and the upper end of the 90 % interval."""

    minutes: int
    needed: int
    needed_high: int


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """Call-outs that go on: of `seats` so many are `taken`; full as likely before `half` as after,
    nine in ten by `most`. None is not known, or not within two hours.
    """

    seats: int
    taken: int
    half: datetime | None
    most: datetime | None


class Seats(msgspec.Struct, frozen=True, kw_only=True):
    """All pools together; `short` is what is missing against the median need.

    `coming` have said yes to a call-out and are not here yet; `filling` is how those go on.
    `ahead` is the way to that need. While help is needed `first` is the pool to call in first;
    `release` helpers may go home. The handle time and the patience are those in use.
    """

    staffed: int
    available: int
    needed: int | None
    needed_low: int | None
    needed_high: int | None
    short: int
    reason: str
    pools: tuple[PoolSeats, ...]
    ahead: tuple[SeatsAhead, ...] = ()
    first: str | None = None
    release: int = 0
    coming: int = 0
    filling: Filling | None = None
    handle_seconds: float | None = None
    patience_seconds: float | None = None


class Callbacks(msgspec.Struct, frozen=True, kw_only=True):
    """Promises not yet kept; and those given out though somebody on hold was there before."""

    open: int
    overdue: int
    oldest_promise: datetime | None
    by_state: dict[str, int]
    out_of_turn: int = 0


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One of the exhaustive shares: people and their part of a hundred."""

    name: str
    people: int
    percent: int


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Where everyone who asked for help on `day` is now; the parts add up to `total`."""

    day: str
    total: int
    parts: tuple[Share, ...]
    lost_reasons: dict[str, int]


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """People per minute of event time, oldest first; the last minute is not over yet.

    `low`..`high` is where all but one minute in a thousand fall (on either side) when demand is as
    the centre file expects.
    """

    start: datetime
    first_attempts: tuple[int, ...]
    repeats: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    expected_per_hour: float


class MissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mission's country: people in the last ten minutes against plan, and its level over time.

    `strip` has one level for each five minutes, oldest first: 0 normal, 1 watch, 2 surge.
    """

    key: str
    title: Title
    timezone: str
    people: int
    expected: float
    level: Level
    strip: tuple[int, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Something the system or people decided; the words are put to it by `words.decision`.

    `by` is the role of whoever ordered it, never a name; "" is the system's own decision.
    """

    at: datetime
    kind: str
    number: int = 0
    of: int = 0
    names: tuple[Title, ...] = ()
    expected: float = 0.0
    counts: dict[str, int] = {}
    by: str = ""
    until: datetime | None = None


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How old a group of numbers is, in wall seconds.

    `age` is the time since the numbers were known to reflect everything on the log (None: not
    yet); `newest` is when the newest fact in them was written.
    """

    age: float | None
    newest: datetime | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The board at one moment."""

    seq: int
    wall: datetime
    at: datetime
    zone: str
    speed: float
    rehearsal: bool
    centre: Title
    centre_version: str
    headline: Headline
    service: Service
    levels: tuple[KeyLevel, ...]
    waiting: int
    waiting_expected: int
    longest_waiting_since: datetime | None
    longest_wait_seconds: float | None
    wait_limit_seconds: float
    waits: tuple[QueueWait, ...]
    in_target: InTarget
    seats: Seats
    callbacks: Callbacks
    shares: Shares
    abandoned_target: float
    arrivals: Arrivals
    missions: tuple[MissionRow, ...]
    decisions: tuple[Decision, ...]
    ages: dict[str, Freshness]
    offsets: dict[str, dict[str, int]]


_encoder = msgspec.json.Encoder()


def encode(snapshot: Snapshot) -> bytes:
    """As JSON, in one line."""
    return _encoder.encode(snapshot)
