"""Which keys are at watch or in a surge, since when, and how was it over the last hour?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.boards.snapshot import Headline, KeyLevel, Level, Title
from streams.events.surges import SurgeCleared, SurgeData, SurgeDeclared, SurgeRevised

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared
RANK: Final[dict[Level, int]] = {"normal": 0, "watch": 1, "surge": 2}
# Which key names a surge best when several are up: where it is says more than that there is one.
KINDS: Final = ("country", "topic", "queue", "language", "channel", "total")
KEEP: Final = timedelta(hours=48)


@dataclass(slots=True)
class Span:
    """A key was at this level from `since` until `until` (None: still is)."""

    level: Level
    since: datetime
    until: datetime | None = None


class Levels:
    """The episodes of every key, as the detector declares, revises and clears them."""

    def __init__(self) -> None:
        self._active: dict[str, SurgeData] = {}
        self._spans: dict[str, list[Span]] = {}
        self.last_cleared_at: datetime | None = None
        self.transitions: dict[tuple[Level, Level], int] = {}

    def observe(self, fact: SurgeFact) -> tuple[Level, Level]:
        """Take a fact; the key's level (before, after)."""
        data = fact.data
        before = self.level(data.key)
        if isinstance(fact, SurgeCleared):
            self._clear(data)
        else:
            after: Level = "surge" if data.tier == "alert" else "watch"
            self._active[data.key] = data
            if before != after:
                self._begin(data.key, after, data.declared_at)
        now = self.level(data.key)
        if before != now:
            self.transitions[before, now] = self.transitions.get((before, now), 0) + 1
        return before, now

    def level(self, key: str) -> Level:
        """The key's level now."""
        data = self._active.get(key)
        if data is None:
            return "normal"
        return "surge" if data.tier == "alert" else "watch"

    def active(self, titles: "Titles") -> tuple[KeyLevel, ...]:
        """Every key that is not normal, the most telling first."""
        found = [self._key_level(data, titles) for data in self._active.values()]
        return tuple(sorted(found, key=_telling))

    def headline(self, active: tuple[KeyLevel, ...]) -> Headline:
        """The level of the whole centre, named after the key that says most."""
        if not active:
            return Headline(level="normal", last_cleared_at=self.last_cleared_at)
        worst = active[0]
        return Headline(
            level=worst.level,
            key=worst,
            others=sum(1 for other in active if other.level == worst.level) - 1,
            last_cleared_at=self.last_cleared_at,
        )

    def strip(self, key: str, until: datetime, cell: timedelta, count: int) -> tuple[int, ...]:
        """The highest level in each of the last `count` cells of time, oldest first."""
        start = until - count * cell
        cells = [(start + i * cell, start + (i + 1) * cell) for i in range(count)]
        spans = self._spans.get(key, ())
        return tuple(_highest(spans, since, end) for since, end in cells)

    def _clear(self, data: SurgeData) -> None:
        was = self._active.pop(data.key, None)
        at = data.cleared_at or data.declared_at
        spans = self._spans.get(data.key, [])
        if spans and spans[-1].until is None:
            spans[-1].until = at
        if was and was.tier == "alert":
            self.last_cleared_at = max(self.last_cleared_at or at, at)

    def _begin(self, key: str, level: Level, at: datetime) -> None:
        spans = self._spans.setdefault(key, [])
        if spans and spans[-1].until is None:
            spans[-1].until = at
        spans[:] = [span for span in spans if span.until is None or span.until > at - KEEP]
        spans.append(Span(level, at))

    def _key_level(self, data: SurgeData, titles: "Titles") -> KeyLevel:
        level = self.level(data.key)
        spans = self._spans.get(data.key)
        return KeyLevel(
            key=data.key,
            title=titles.of(data.key),
            level=level,
            episode=data.episode,
            started_at=data.started_at,
            declared_at=spans[-1].since if spans else data.declared_at,
            observed=data.observed,
            expected=data.expected,
            ratio=data.ratio,
            ratio_low=data.ratio_low,
            ratio_high=data.ratio_high,
            rate_per_hour=data.rate_per_hour,
            score=data.statistic / data.threshold if data.threshold else 0.0,
            sentence=data.sentence,
        )


class Titles:
    """What a key is called in both languages."""

    def __init__(self, known: dict[str, Title]) -> None:
        self._known = known

    def of(self, key: str) -> Title:
        """The key's title; a key without one is called by its own name."""
        name = key.partition(":")[2] or key
        return self._known.get(key) or Title(name, name)


def _telling(level: KeyLevel) -> tuple[int, int, float]:
    kind = level.key.partition(":")[0]
    place = KINDS.index(kind) if kind in KINDS else len(KINDS)
    return -RANK[level.level], place, -level.ratio


def _highest(spans: Iterable[Span], since: datetime, end: datetime) -> int:
    found = (
        RANK[span.level]
        for span in spans
        if span.since < end and (span.until is None or span.until > since)
    )
    return max(found, default=0)
