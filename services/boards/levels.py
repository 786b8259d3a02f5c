"""Which keys are at watch or in a surge, since when, and how was it over the last hour?"""

from collections import Counter
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

    key: str
    level: Level
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a fact changed: the episode's key and level, before and after; `was` is what had been
    said of it before, None at first.
    """

    key_before: str | None
    before: Level
    key: str
    after: Level
    was: SurgeData | None = None


class Levels:
    """Every episode as the detector declares, revises and clears it.

    An episode may take a narrower key as evidence grows (from the main queue to one country), so
    spans belong to episodes and remember which key they were under.
    """

    def __init__(self) -> None:
        self._open: dict[str, SurgeData] = {}
        self._revisions: dict[str, int] = {}
        self.known: dict[str, SurgeData] = {}
        self._spans: dict[str, list[Span]] = {}
        self.last_cleared_at: datetime | None = None
        self.transitions: Counter[tuple[str, str]] = Counter()

    def observe(self, fact: SurgeFact) -> Change | None:
        """Take a fact; None when it is a repeat."""
        data = fact.data
        if self._revisions.get(data.episode, -1) >= data.revision:
            return None
        self._revisions[data.episode] = data.revision
        self.known[data.episode] = data
        was = self._open.pop(data.episode, None)
        before = level_of(was)
        after = "normal" if isinstance(fact, SurgeCleared) else level_of(data)
        if after != "normal":
            self._open[data.episode] = data
        elif before == "surge":
            at = data.cleared_at or data.declared_at
            self.last_cleared_at = max(self.last_cleared_at or at, at)
        self._mark(data, after, fact.time)
        if before != after:
            self.transitions[before, after] += 1
        return Change(was.key if was else None, before, data.key, after, was)

    def level(self, key: str) -> Level:
        """The key's level now."""
        levels = (level_of(data) for data in self._open.values() if key in _keys(data))
        return max(levels, key=lambda level: RANK[level], default="normal")

    def active(self, titles: "Titles") -> tuple[KeyLevel, ...]:
        """Every open episode, the most telling first."""
        found = [self._key_level(data, titles) for data in self._open.values()]
        return tuple(sorted(found, key=_telling))

    def episodes(self) -> tuple[SurgeData, ...]:
        """What the detector last said of every open episode."""
        return tuple(self._open.values())

    def headline(self, active: tuple[KeyLevel, ...]) -> Headline:
        """The level of the whole centre, named after the episode that says most."""
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
        spans = [span for spans in self._spans.values() for span in spans if span.key == key]
        return tuple(_highest(spans, since, end) for since, end in cells)

    def _mark(self, data: SurgeData, level: Level, at: datetime) -> None:
        spans = self._spans.setdefault(data.episode, [])
        since = at if spans else since_of(data)
        wanted = () if level == "normal" else _keys(data)
        for span in spans:
            if span.until is None and (span.key not in wanted or span.level != level):
                span.until = data.cleared_at or at
        going_on = {span.key for span in spans if span.until is None}
        spans += [Span(key, level, since) for key in wanted if key not in going_on]
        self._forget(at - KEEP)

    def _forget(self, before: datetime) -> None:
        old = [
            episode
            for episode, spans in self._spans.items()
            if all(span.until is not None and span.until < before for span in spans)
        ]
        for episode in old:
            del self._spans[episode]

    def _key_level(self, data: SurgeData, titles: "Titles") -> KeyLevel:
        return KeyLevel(
            key=data.key,
            title=titles.of(data.key),
            level=level_of(data),
            episode=data.episode,
            started_at=data.started_at,
            declared_at=since_of(data),
            observed=data.observed,
            expected=data.expected,
            ratio=data.ratio,
            ratio_low=data.ratio_low,
            ratio_high=data.ratio_high,
            rate_per_hour=data.rate_per_hour,
            score=data.statistic / data.threshold if data.threshold else 0.0,
            sentence=data.sentence,
            declared_by=data.declared_by or "",
        )


def level_of(data: SurgeData | None) -> Level:
    """The level that an open episode's tier means."""
    if data is None:
        return "normal"
    return "surge" if data.tier == "alert" else "watch"


def since_of(data: SurgeData) -> datetime:
    """When the episode reached the tier it has."""
    return data.alerted_at or data.declared_at if data.tier == "alert" else data.declared_at


def _keys(data: SurgeData) -> tuple[str, ...]:
    """The key that names the episode, and the others that the same rise has raised."""
    return data.key, *data.also


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
