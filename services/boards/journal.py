"""What was decided lately, in an order and at a pace that a person can read?

Single callbacks and sign-ins are gathered into five minutes of centre time; keys that go up
together are one line. Everything is derived from facts and their times, so that a restart tells
the same story.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.boards.promises import Promise
from services.boards.snapshot import Decision, Level, Title
from streams.events.callbacks import CallbackData
from streams.events.surges import SeatsData, SurgeData

GATHER: Final = timedelta(minutes=5)
TOGETHER: Final = timedelta(minutes=2)
KEEP: Final = 60
RISE: Final = 0.2

_OUTCOMES: Final = {
    "completed": "callbacks_completed",
    "reached_us_first": "callbacks_reached_us_first",
    "withdrawn": "callbacks_withdrawn",
    "expired": "callbacks_expired",
    "unreachable": "callbacks_unreachable",
}


@dataclass(slots=True)
class _Entry:
    at: datetime
    kind: str
    number: int = 0
    of: int = 0
    expected: float = 0.0
    names: list[Title] = field(default_factory=list)


class Journal:
    """The latest decisions, oldest first inside."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._asked: dict[str, int] = {}

    def latest(self, count: int) -> tuple[Decision, ...]:
        """The newest first."""
        return tuple(
            Decision(
                at=entry.at,
                kind=entry.kind,
                number=entry.number,
                of=entry.of,
                names=tuple(entry.names),
                expected=entry.expected,
            )
            for entry in reversed(self._entries[-count:])
        )

    def level(self, data: SurgeData, title: Title, before: Level, after: Level) -> None:
        """A key went up or down."""
        if before == after:
            return
        if after == "normal":
            kind = "watch_cleared" if before == "watch" else "surge_cleared"
            at = data.cleared_at or data.declared_at
        else:
            kind, at = f"{after}_declared", data.declared_at
        joined = self._near(kind, at, TOGETHER)
        if joined is not None:
            joined.names.append(title)
            return
        self._add(_Entry(at, kind, number=data.observed, expected=data.expected, names=[title]))

    def seats(self, data: SeatsData, at: datetime, title: Title) -> None:
        """A pool's plan moved enough to be told: short, notably shorter, or covered again."""
        short = max(0, data.needed - data.staffed)
        told = self._asked.get(data.pool, 0)
        if short > told * (1 + RISE) and short > told + 1:
            self._asked[data.pool] = short
            self._add(_Entry(at, "seats_asked", number=data.needed, of=data.staffed, names=[title]))
        elif short == 0 and told:
            self._asked[data.pool] = 0
            self._add(
                _Entry(at, "seats_covered", number=data.staffed, of=data.needed, names=[title])
            )

    def callback(self, data: CallbackData, before: Promise | None, after: Promise) -> None:
        """A promise was made, or came to its end."""
        if before is None:
            self._gather("callbacks_promised", data.requested_at)
        ended = _OUTCOMES.get(after.outcome or "")
        if ended and data.closed_at and (before is None or before.outcome != after.outcome):
            self._gather(ended, data.closed_at)

    def signed_in(self, at: datetime, title: Title) -> None:
        """A counselor took a seat."""
        self._gather("signed_in", at, title)

    def clock(self, at: datetime, speed: float) -> None:
        """A rehearsal or replay declared its clock."""
        self._add(_Entry(at, "clock_declared", expected=speed))

    def _gather(self, kind: str, at: datetime, title: Title | None = None) -> None:
        names = [title] if title else []
        for entry in reversed(self._entries):
            if entry.at < at - 2 * GATHER:
                break
            if entry.kind == kind and entry.names == names and _bin(entry.at) == _bin(at):
                entry.number += 1
                return
        self._add(_Entry(at, kind, number=1, names=names))

    def _near(self, kind: str, at: datetime, within: timedelta) -> _Entry | None:
        for entry in reversed(self._entries):
            if entry.kind == kind and abs(at - entry.at) <= within:
                return entry
        return None

    def _add(self, entry: _Entry) -> None:
        place = bisect_right([other.at for other in self._entries], entry.at)
        self._entries.insert(place, entry)
        del self._entries[:-KEEP]


def _bin(at: datetime) -> int:
    return int(at.timestamp() // GATHER.total_seconds())
