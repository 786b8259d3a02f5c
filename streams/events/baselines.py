"""What the detector remembers for weeks: learned baselines, and where each key stands.

Both are on the compacted topic `baselines`, a record a key and kind. Only settled counts go into
them (older than the allowed lateness), so that any two workers write the same.
"""

from datetime import datetime

import msgspec

from streams.events.envelope import CloudEvent, Data


class WeekState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the centre file's week is multiplied by, hour by hour, and on known days.

    `unseen` is for a known day that nothing has been learned of.
    """

    hours: tuple[float, ...]
    days: dict[str, float] = {}
    unseen: float = 1.0


class WeeksState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The week before, and the one in force from week `since` of the epoch on.

    Which week holds is decided up to week `decided`.
    """

    before: WeekState
    now: WeekState
    since: int = 0
    decided: int = -1


class SeasonState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The plain week: contacts and exposure of each hour of the week, and of the known days.

    `leaning` is what hours lean on, and how many contacts that weighs. `in_force` is what
    detection goes by while more is learned; without it, what is known holds at once.
    """

    counts: tuple[float, ...]
    exposure: tuple[float, ...]
    level_seen: float = 0.0
    level_expected: float = 0.0
    learned_hours: int = 0
    upto: int | None = None
    days: dict[str, tuple[float, float]] = {}
    leaning: tuple[float, ...] | None = None
    leaning_weight: float = 0.0
    in_force: WeeksState | None = None


class BaselineData(Data, frozen=True, kw_only=True):
    """A key's level: `seen` contacts where its pattern alone gave `expected`, up to hour `slot`.

    `slot` counts hours from the epoch; `levels` are those of the latest two hours. The key
    "total" carries what all keys share: the season, its last hour, and recent outages.
    """

    key: str
    settled_until: datetime
    seen: float = 0.0
    expected: float = 0.0
    slot: int | None = None
    hour_slot: int = -1
    hour_count: int = 0
    hour_frozen: bool = False
    pending: tuple[tuple[int, float, bool], ...] = ()
    levels: tuple[tuple[int, float], ...] = ()
    season: SeasonState | None = None
    season_pending: tuple[tuple[int, float, bool], ...] = ()
    outages: tuple[tuple[int, int], ...] = ()


class BaselineLearned(CloudEvent, frozen=True, kw_only=True, tag="surgeline.baseline.learned.v1"):
    data: BaselineData


class EpisodeState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key's open surge in the detector's own terms; seconds are of the epoch."""

    start: int
    watched: int
    alerted: int | None = None
    calls: float
    mass: float
    fall: float
    evidence: float


class DetectorData(Data, frozen=True, kw_only=True):
    """A key's settled state, to be gone on from bit by bit.

    `incidents` has the latest second of each place and topic that was reported lately.
    """

    key: str
    settled_until: datetime
    at: int
    heard: int
    scores: tuple[float, ...]
    calls: float
    mass: float
    runs: tuple[tuple[int, float, float], ...]
    identified: float = 0.0
    repeats: float = 0.0
    incidents: tuple[tuple[str, int], ...] = ()
    episode: EpisodeState | None = None


class DetectorCheckpointed(
    CloudEvent, frozen=True, kw_only=True, tag="surgeline.detector.checkpointed.v1"
):
    data: DetectorData
