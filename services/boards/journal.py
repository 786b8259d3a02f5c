"""What was decided lately, in an order and at a pace that a person can read?

Single callbacks and sign-ins are gathered into five minutes of centre time; keys that go up
together are one line. Everything is derived from facts and their times, so that a restart tells
the same story.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.boards.levels import Change
from services.boards.snapshot import Decision, Title
from streams.events.callbacks import CallbackData
from streams.events.callouts import CalloutData, CalloutState
from streams.events.centre import CentreData
from streams.events.surges import PlannedData, SeatsData, SurgeData

GATHER: Final = timedelta(minutes=5)
TOGETHER: Final = timedelta(minutes=2)
KEEP: Final = 60
RISE: Final = 0.2
# What a call-out has come to, when it is told; the rest is between it and those it asks.
TOLD_OF: Final[tuple[CalloutState, ...]] = ("running", "paused", "filled", "expired", "cancelled")
DECLARED: Final = ("surge_declared", "people_declared")
FIRST: Final = ("clock", "event", "people", "watch", "surge", "seats")


@dataclass(slots=True)
class _Entry:
    at: datetime
    kind: str
    number: int = 0
    of: int = 0
    expected: float = 0.0
    names: list[Title] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    by: str = ""
    until: datetime | None = None


class Journal:
    """The latest decisions, oldest first inside."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._told_short = 0

    def latest(self, since: datetime | None, until: datetime, count: int) -> tuple[Decision, ...]:
        """The newest first, of those that the centre's clock has room for.

        A rehearsal plays on another day: what was decided before it began, or is left of another
        one, is no part of what happens now.
        """
        told = [e for e in self._entries if e.at <= until and (since is None or e.at >= since)]
        chosen = told[-count:]
        raised = [entry for entry in told if entry.kind in DECLARED][-1:]
        if raised and raised[0] not in chosen:
            chosen = [*raised, *chosen[1:]]
        return tuple(
            Decision(
                at=entry.at,
                kind=entry.kind,
                number=entry.number,
                of=entry.of,
                names=tuple(entry.names),
                expected=entry.expected,
                counts=dict(entry.counts),
                by=entry.by,
                until=entry.until,
            )
            for entry in reversed(chosen)
        )

    def level(self, data: SurgeData, title: Title, change: Change, at: datetime) -> None:
        """An episode went up or down, or was named more narrowly."""
        if _by_people(data, change) or change.before == change.after == "normal":
            return
        if change.before != change.after:
            up = change.after != "normal"
            kind = f"{change.after}_declared" if up else f"{change.before}_cleared"
            when = at if up else data.cleared_at or at
        elif change.key_before != change.key:
            kind, when = f"{change.after}_narrowed", at
        else:
            return
        joined = self._near(kind, when, TOGETHER)
        if joined is not None:
            joined.names.append(title)
            return
        self._add(_Entry(when, kind, number=data.observed, expected=data.expected, names=[title]))

    def people(self, data: SurgeData, title: Title, was: SurgeData | None, at: datetime) -> None:
        """What people in command ordered about an episode since it was last spoken of."""
        names = [title]
        if data.declared_by and (was is None or was.declared_by is None):
            by, until = data.declared_by, data.held_until
            self._add(_Entry(at, "people_declared", names=names, by=by, until=until))
        elif data.held_until and was is not None and was.held_until != data.held_until:
            self._add(_Entry(at, "people_extended", names=names, until=data.held_until))
        if data.acknowledged_at and data.acknowledged_by and not (was and was.acknowledged_at):
            seen = data.acknowledged_at, data.acknowledged_by
            self._add(_Entry(seen[0], "people_acknowledged", names=names, by=seen[1]))
        if data.ended and data.ended_by and data.cleared_at and not (was and was.ended):
            kind, until = f"people_{data.ended}", data.quiet_until
            self._add(_Entry(data.cleared_at, kind, names=names, by=data.ended_by, until=until))

    def planned(self, data: PlannedData, title: Title, at: datetime) -> None:
        """An event was planned, or called off."""
        off = data.called_off_by
        kind = "event_called_off" if off else "event_planned"
        entry = _Entry(at, kind, names=[Title(data.title, data.title), title])
        entry.by, entry.expected, entry.until = off or data.planned_by, data.ratio, data.begins_at
        self._add(entry)

    def centre(self, data: CentreData, at: datetime) -> None:
        """Another centre file was put in force; the first one is where everything began."""
        if data.previous:
            kind = "centre_rolled_back" if data.rolled_back else "centre_applied"
            self._add(_Entry(at, kind, names=[Title(data.version, data.version)]))

    def callout(
        self, before: CalloutData | None, after: CalloutData, title: Title, at: datetime
    ) -> None:
        """A call-out began to ask people, was held, or came to its end."""
        was = before.state if before is not None else None
        if after.drill or after.state == was or after.state not in TOLD_OF:
            return
        began = after.state == "running" and was == "paused"
        kind = "callout_resumed" if began else f"callout_{after.state}"
        seats = sum(quota.seats for quota in after.need.quotas)
        self._add(_Entry(at, kind, number=seats, names=[title]))

    def seats(self, data: SeatsData, at: datetime) -> None:
        """The centre's plan moved enough to be told: short, notably shorter, or covered again."""
        short = max(0, data.needed - data.staffed)
        if short > self._told_short * (1 + RISE) and short > self._told_short + 1:
            self._add(_Entry(at, "seats_asked", number=data.needed, of=data.staffed))
        elif short == 0 and self._told_short:
            self._add(_Entry(at, "seats_covered", number=data.staffed, of=data.needed))
        else:
            return
        self._told_short = short

    def callback(self, before: CallbackData | None, after: CallbackData) -> None:
        """A promise was made, or came to its end."""
        if before is None:
            self._count("promised", after.requested_at)
        if after.outcome and after.closed_at and (before is None or before.outcome is None):
            self._count(after.outcome, after.closed_at)

    def signed_in(self, at: datetime, title: Title) -> None:
        """A counselor took a seat."""
        self._gather("signed_in", at, [title]).number += 1

    def clock(self, at: datetime, speed: float) -> None:
        """A rehearsal or replay declared its clock."""
        self._add(_Entry(at, "clock_declared", expected=speed))

    def _count(self, name: str, at: datetime) -> None:
        entry = self._gather("callbacks", at, [])
        entry.counts[name] = entry.counts.get(name, 0) + 1

    def _gather(self, kind: str, at: datetime, names: list[Title]) -> _Entry:
        """The entry of these five minutes, which carries the time of its latest part."""
        for entry in reversed(self._entries):
            if entry.at < at - 2 * GATHER:
                break
            if entry.kind == kind and entry.names == names and _bin(entry.at) == _bin(at):
                if at > entry.at:
                    self._entries.remove(entry)
                    entry.at = at
                    self._add(entry)
                return entry
        return self._add(_Entry(at, kind, names=names))

    def _near(self, kind: str, at: datetime, within: timedelta) -> _Entry | None:
        for entry in reversed(self._entries):
            if entry.kind == kind and abs(at - entry.at) <= within:
                return entry
        return None

    def _add(self, entry: _Entry) -> _Entry:
        place = bisect_right([_place(other) for other in self._entries], _place(entry))
        self._entries.insert(place, entry)
        del self._entries[:-KEEP]
        return entry


def _by_people(data: SurgeData, change: Change) -> bool:
    """Whether the level went up or down because people said so: told as their decision."""
    if change.after == "normal":
        return data.ended is not None
    return change.was is None and data.declared_by is not None


def _place(entry: _Entry) -> tuple[datetime, int, str]:
    """Topics are read side by side: at the same moment causes come before what they cause."""
    kind = entry.kind.rpartition("_")[0]
    return entry.at, FIRST.index(kind) if kind in FIRST else len(FIRST), entry.kind


def _bin(at: datetime) -> int:
    return int(at.timestamp() // GATHER.total_seconds())
