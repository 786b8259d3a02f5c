"""What happens in this crisis: who calls when, who answers, and what must hold at the end?

One file, several readers: the simulation in virtual time, the scripted phone system, the demo and
the tests. Times are counted from the scenario's start, rates are people an hour, shares run from
0 to 1. A field that is not known is an error that names the nearest known one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from load.reading import read_table
from streams.events.people import MethodKind

FOLDER = Path(__file__).parent / "scenarios"
Shares = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Who these callers are. What a table leaves open (shares below 1) is not known of them."""

    language: Shares = field(default_factory=dict)
    country: Shares = field(default_factory=dict)
    topic: Shares = field(default_factory=dict)
    channel: Shares = field(default_factory=dict)
    urgency: Shares = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The everyday callers: the centre file's own week (times `scale`), or a flat `per_hour`."""

    scale: float = 1.0
    per_hour: float | None = None
    mix: Mix | None = None
    silences: tuple["Silence", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """From `at` on, for as long as it `lasts`, only this share of everyday callers gets through.

    A blackout, a cut cable: people need us, and the phones stay still.
    """

    at: timedelta
    lasts: timedelta
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """More callers from `at` on: a linear `rise` to the peak, a `hold`, then a decay by halves.

    A main shock, an aftershock, a broadcast of the number: each is one burst, and bursts add up.
    `says` is what whoever tells the story says when it begins.
    """

    name: str
    says: str = ""
    at: timedelta
    peak_per_hour: float
    rise: timedelta = timedelta(0)
    hold: timedelta = timedelta(0)
    halves_every: timedelta = timedelta(0)
    ends: timedelta | None = None
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """How people behave. Defaults are those of the guide's caller model (4.4)."""

    patience: timedelta = timedelta(seconds=380)
    announcement_after: timedelta = timedelta(seconds=60)
    hangs_up_at_announcement: float = 0.05
    redials: float = 0.65
    redials_after: timedelta = timedelta(minutes=2)
    redials_spread: float = 1.0
    redials_at_most: int = 6
    reconnects: float = 0.1
    reconnects_after: timedelta = timedelta(minutes=20)
    accepts_callback: float = 0.6
    answers_callback: float = 0.7
    answers_callback_abroad: float = 0.5
    abroad: float = 0.3
    calls_though_promised: float = 0.1
    calls_back_when_missed: float = 0.3
    withheld: float = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """How the phones and the people at them work; who is rung back picks up within a time.

    Nobody who is called in sits down where all `phones` are taken. While callers wait, at most
    `rings_back_first` people look at the callback list before they take the next call; the others
    ring back only when nobody is on hold for them.
    """

    talk: timedelta = timedelta(seconds=220)
    talk_variation: float = 1.5
    exponential: bool = False
    wrap_up: timedelta = timedelta(seconds=30)
    greeting: timedelta = timedelta(seconds=4)
    ring: timedelta = timedelta(seconds=3)
    ring_unanswered: float = 0.01
    picks_up_from: timedelta = timedelta(seconds=4)
    picks_up_to: timedelta = timedelta(seconds=18)
    lines: int = 10_000
    phones: int = 10_000
    calls_back: bool = True
    kept_free: int = 2
    rings_back_first: int = 0
    asks_every: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """`people` of a pool are signed in from `at` until `until` (or to the end)."""

    pool: str
    people: int
    at: timedelta = timedelta(0)
    until: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Who comes when seats are asked for: the first after `after`, the rest within `over`."""

    pool: str
    people: int
    after: timedelta
    over: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """Who is at home and can be asked to come when seats are missing.

    They are asked on `asked_by` and answer as people do there, unless `yes_share` says otherwise;
    who says yes sits down `call_up` later. A manager lets the call-out go `confirmed_after` the
    first alarm.
    """

    people: int
    joins: str = "counselors"
    call_up: timedelta = timedelta(minutes=45)
    asked_by: MethodKind = "voice"
    yes_share: float | None = None
    confirmed_after: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """A phone system with a dirty line: repeats, latecomers, hang-ups that are never told.

    For the time of `adapter_away_for` it tells nothing, and then everything at once. And one that
    takes commands badly: not carried out, carried out with the answer lost, carried out or answered
    late (wall time), carried out twice. These are shares of the commands.
    """

    repeated: float = 0.0
    late: float = 0.0
    late_at_most: timedelta = timedelta(seconds=300)
    hang_ups_lost: float = 0.0
    adapter_away_at: timedelta | None = None
    adapter_away_for: timedelta = timedelta(0)
    commands_failed: float = 0.0
    commands_lost: float = 0.0
    commands_late: float = 0.0
    commands_late_at_most: timedelta = timedelta(seconds=8)
    commands_doubled: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What must hold when it is over; a bar that is absent is not judged.

    Two bars speak of history, played without the platform: `live_share` of the people who called,
    `answered_share` of the calls, each give or take its `_within`. The rest are the platform's.
    """

    # Calibration: the hall alone, as the record has it.
    live_share: float | None = None
    live_share_within: float | None = None
    answered_share: float | None = None
    answered_share_within: float | None = None
    # Detection; durations and calls count from a burst's first call.
    declarations_at_most: int | None = None
    declarations_at_least: int | None = None
    false_declarations_at_most: int | None = None
    declared_within: timedelta | None = None
    declared_within_calls: int | None = None
    # People; shares of those who called.
    lost_at_most: float | None = None
    live_at_least: float | None = None
    helped_at_least: float | None = None
    helped_within_1h_at_least: float | None = None
    # Of the calls, on the day on which it is least.
    calls_answered_at_least: float | None = None
    oldest_promise_at_most: timedelta | None = None
    recovered_within: timedelta | None = None
    double_dials_at_most: int = 0
    audit_clean: bool = True
    # The run itself: offered against achieved arrivals, and how fast the platform was (wall time).
    achieved_at_least: float | None = None
    dropped_at_most: int | None = None
    intake_p99_within: timedelta | None = None
    shown_within: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The whole file, checked. `speed` is event seconds in a second of wall time."""

    name: str
    title_en: str
    title_ko: str
    sources: tuple[str, ...]
    starts: datetime
    length: timedelta
    seed: int = 1
    speed: float = 1.0
    queues: dict[str, str] = field(default_factory=dict)
    base: Base = field(default_factory=Base)
    bursts: tuple[Burst, ...] = ()
    callers: Callers = field(default_factory=Callers)
    desk: Desk = field(default_factory=Desk)
    staff: tuple[Staff, ...] = ()
    response: tuple[Response, ...] = ()
    callout: Callout | None = None
    faults: Faults = field(default_factory=Faults)
    verdict: Verdict = field(default_factory=Verdict)


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read a scenario by its file, or by its name among those that ship with the project."""
    path = Path(name_or_path)
    if not path.suffix:
        path = FOLDER / f"{name_or_path}.toml"
    return read_table(Scenario, path)


def scenario_names() -> list[str]:
    """The scenarios that ship with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
