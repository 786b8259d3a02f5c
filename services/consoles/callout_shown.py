"""How does a page see a call-out? The API's answer with its times read and its sums made."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.consoles.api import moment

CURVE_WIDTH: Final = 600
CURVE_HEIGHT: Final = 140
# Over this a page must say that the first messages take long (paging.md, 8.1).
SLOW_SECONDS: Final = 60.0
PROPOSED: Final = frozenset({"draft", "previewed"})
GOING: Final = frozenset({"running", "paused", "filled"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """One call-out."""

    id: str
    state: str
    drill: bool
    ref: str
    pool: str
    reason: str
    by: str
    starts: datetime
    ends: datetime
    confirm_by: datetime | None
    unconfirmed: str
    second_for: str
    second_until: datetime | None
    started_at: datetime | None
    filled_at: datetime | None
    look_at: datetime | None
    now: datetime
    tier: int
    mark: str
    lifted: tuple[Row, ...]
    full_half: datetime | None
    full_most: datetime | None
    told: Row

    @property
    def proposed(self) -> bool:
        """Nothing was sent yet."""
        return self.state in PROPOSED

    @property
    def going(self) -> bool:
        """It can still be steered."""
        return self.state in GOING

    @property
    def short(self) -> int:
        """How many seats the forecast does not see filled."""
        told = self.told
        missing: float = told["needed"] - told["accepted"] - told["expected"]
        return max(0, round(missing))

    @property
    def since(self) -> timedelta:
        """How long it has been going on."""
        return self.now - self.started_at if self.started_at else timedelta()


def callout_of(told: Row) -> Callout:
    """From the API's answer."""
    raw = told["callout"]
    need = raw["need"]
    now = moment(told["now"])
    forecast = raw.get("forecast") or {}
    starts, ends = moment(need["start"]), moment(need["end"])
    if now is None or starts is None or ends is None:
        raise ValueError("a call-out has its times")
    return Callout(
        id=raw["id"],
        state=raw["state"],
        drill=bool(raw.get("drill")),
        ref=raw["ref"],
        pool=need["pool"],
        reason=need.get("reason", ""),
        by=need["raised_by"],
        starts=starts,
        ends=ends,
        confirm_by=moment(need.get("confirm_by")),
        unconfirmed=need.get("unconfirmed", "drop"),
        second_for=raw.get("second_for") or "",
        second_until=moment(raw.get("second_until")),
        started_at=moment(raw.get("started_at")),
        filled_at=moment(raw.get("filled_at")),
        look_at=moment(raw.get("look_at")),
        now=now,
        tier=raw.get("tier", 1),
        mark=_nearest(raw["policy"]),
        lifted=tuple(raw.get("lifted") or ()),
        full_half=moment(forecast.get("half")),
        full_most=moment(forecast.get("most")),
        told=told,
    )


def _nearest(policy: Row) -> str:
    """Where the slider stands."""
    if policy.get("rule") == "blast":
        return "all"
    marks = {"few": 0.0, "fewer": 0.25, "balanced": 0.5, "faster": 0.75}
    speed = float(policy.get("speed", 0.5))
    return min(marks, key=lambda mark: abs(marks[mark] - speed))


def by_reason(others: Iterable[Row]) -> list[tuple[str, datetime | None, list[str]]]:
    """Who is not asked: the reason, until when it holds, and the people it holds for."""
    found: dict[tuple[str, datetime | None], list[str]] = {}
    for one in others:
        found.setdefault((one["reason"], moment(one["until"])), []).append(one["person"])
    return [(why, until, people) for (why, until), people in found.items()]


def providers_are_slow(seconds: dict[str, float | None]) -> bool:
    """Whether it takes more than a minute until the first messages are out."""
    return any(one is not None and one > SLOW_SECONDS for one in seconds.values())


def seen(people: list[Row], tier: int, state: str) -> list[Row]:
    """Those of a tier and a state; 0 and "" are any. "paged" is everybody who was contacted."""
    return [
        one
        for one in people
        if (not tier or one["tier"] == tier)
        and (
            not state
            or one["state"] == state
            or (state == "paged" and one["asked_at"] is not None)
            or (state == "seated" and one["seat"] is not None)
        )
    ]


@dataclass(frozen=True, slots=True)
class Curve:
    """Seats over time, drawn: the line of yeses, and the height of the need."""

    path: str
    need: float
    width: int = CURVE_WIDTH
    height: int = CURVE_HEIGHT


def curve(callout: Callout, people: Iterable[Row]) -> Curve | None:
    """From the start until now; None before anything was sent."""
    if callout.started_at is None:
        return None
    until = max(callout.since.total_seconds(), 1.0)
    yeses = sorted(
        max(0.0, (at - callout.started_at).total_seconds())
        for one in people
        if one["seat"] is not None and (at := moment(one["accepted_at"])) is not None
    )
    top = max(callout.told["needed"], len(yeses), 1) * 1.1
    points = [f"M0 {CURVE_HEIGHT}"]
    for count, seconds in enumerate(yeses, 1):
        x = CURVE_WIDTH * min(1.0, seconds / until)
        points.append(f"H{x:.1f}V{CURVE_HEIGHT * (1 - count / top):.1f}")
    points.append(f"H{CURVE_WIDTH}")
    return Curve("".join(points), CURVE_HEIGHT * (1 - callout.told["needed"] / top))


def ways(attempts: Iterable[Row]) -> list[tuple[str, str, int]]:
    """The messages to somebody: kind, state, and how many of that sort."""
    counted = Counter((one["kind"], one["state"]) for one in attempts)
    return [(kind, state, count) for (kind, state), count in counted.items()]
