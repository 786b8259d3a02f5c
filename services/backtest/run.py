"""Which surges would have been declared, had this file been watched as it came?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.backtest.moments import LocalBins
from services.backtest.ratebook import Book, Stretches
from services.backtest.reading import Row
from streams.domain.detection.mixture import Mixture, Scores
from streams.domain.detection.standing import (
    Episode,
    Expectation,
    Rules,
    Standing,
    Thresholds,
    advance,
    closes_at,
    fold_bin,
)

WEEKS_A_YEAR = 8766 / 168
# Seconds that are folded in one go: what comes after the beginning of a surge is not needed.
_STRETCH = 200


@dataclass(slots=True)
class Found:
    """An episode: as it was when declared, and as it is now or was at its end."""

    key: str
    declared: Episode
    declared_at: int
    last: Episode
    closed_at: int | None = None


class Recorder(Protocol):
    """What wants to see every step, for the plots."""

    def step(
        self, key: str, second: int, contacts: float, expected: Expectation, scores: Scores
    ) -> None:
        """Contacts of a key at a second, and the scores after them."""

    def declared(self, key: str, second: int) -> None:
        """A surge of a key was declared."""


@dataclass(slots=True)
class _Key:
    name: str
    expected: Stretches
    scores: Scores
    second: int
    contacts: int = 0
    # Seconds before that one that are not folded yet, and the contacts in each.
    seconds: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    episode: Episode | None = None
    found: Found | None = None


@dataclass(slots=True)
class Run:
    """The detector over a file. `budget` is the false alarms a year that are accepted."""

    mixture: Mixture
    budget: float
    distinct_callers: int
    redial_window: int
    recorder: Recorder | None = None
    book: Book | None = None
    contacts: int = 0
    redials: int = 0
    too_late: int = 0
    first: int | None = None
    last: int = 0
    found: list[Found] = field(default_factory=list)
    keys: dict[str, _Key] = field(default_factory=dict)
    _rules: Rules | None = None
    _per_year: float = -1.0
    _callers: dict[str, int] = field(default_factory=dict)
    _pruned: int = 0
    _waiting: list[_Key] = field(default_factory=list)

    @property
    def threshold(self) -> float:
        """Contacts expected a year, per false alarm accepted."""
        return self.book.per_year / self.budget if self.book else 0.0

    def in_surge(self, key: str) -> bool:
        """Whether a key (or with "", any) is in surge at this point of the file."""
        if key:
            return self.keys[key].episode is not None
        return any(entry.episode is not None for entry in self.keys.values())

    def contacts_in_order(self, rows: Sequence[Row]) -> None:
        """Take a block of contacts; what is older than what was taken before is too late."""
        keys, book = self.keys, self._book()
        ends = book.ends
        # The reader holds rows back as long as they may be overtaken: what is older is too late.
        edge = self.last
        for second, name, caller in rows:
            if second < edge:
                self.too_late += 1
                continue
            if caller and self._redial(caller, second):
                self.redials += 1
                continue
            key = keys.get(name)
            if key is None:
                # One key more may raise everyone's threshold.
                self._fold_waiting()
                key = self._begin(name, second)
            elif second == key.second:
                key.contacts += 1
                continue
            elif key.second < ends:
                if not key.seconds:
                    self._waiting.append(key)
                key.seconds.append(key.second)
                key.counts.append(key.contacts)
            else:
                # An hour is over for all keys: what comes from now on is judged by other rates.
                self._fold_waiting()
                self._fold(key, key.second, key.contacts)
                ends = book.ends
            key.second = second
            key.contacts = 1
        self._fold_waiting()
        if rows:
            self.last = max(self.last, rows[-1][0])

    def counts_in_order(self, bins: Iterable[tuple[int, int, str, float]], width: int) -> None:
        """Take counts per bin, as (begin, end, key, contacts)."""
        book = self._book()
        for begin, end, name, contacts in bins:
            self.first = begin if self.first is None else self.first
            if end <= self.last - width:
                self.too_late += 1
                continue
            self.contacts += round(contacts)
            key = self.keys.get(name) or self._begin(name, begin)
            # A row of two hours, where the clock was put back, is learned as two ordinary ones.
            book.count(begin, name, contacts * width / (end - begin))
            if not book.ready(begin):
                key.scores = self.mixture.begin(end)
            else:
                rules = self._limits(end - begin)
                standing = Standing(key.scores, key.episode)
                standing = fold_bin(standing, begin, contacts, key.expected, rules)
                key.scores = standing.scores
                self._note(key, standing.episode, end, end)
                if self.recorder:
                    self.recorder.step(name, begin, contacts, key.expected, key.scores)
            self.last = max(self.last, end)

    def finish(self) -> None:
        """Fold what is still open, and see which surges ended before the file did."""
        for key in self.keys.values():
            if key.contacts:
                self._fold(key, key.second, key.contacts)
                key.contacts = 0
            if key.episode is not None and key.found is not None:
                standing = Standing(key.scores, key.episode)
                key.found.closed_at = closes_at(standing, self.last, key.expected, self._limits(1))

    def _fold_waiting(self) -> None:
        for key in self._waiting:
            self._fold_many(key, key.seconds, key.counts)
            key.seconds, key.counts = [], []
        self._waiting.clear()

    def _fold_many(self, key: _Key, seconds: list[int], counts: list[int]) -> None:
        """Seconds of one hour of the book, in stretches without a surge or the beginning of one."""
        # The first may close the key's last hour, and so change what is expected.
        self._fold(key, seconds[0], counts[0])
        book, done = self._book(), 1
        while done < len(seconds):
            if key.episode is None and self.recorder is None and book.ready(seconds[done]):
                far = done + _STRETCH
                done += self._walk(key, seconds[done:far], counts[done:far])
                if done == far:
                    continue
            if done < len(seconds):
                self._fold(key, seconds[done], counts[done])
                done += 1

    def _walk(self, key: _Key, seconds: list[int], counts: list[int]) -> int:
        masses = key.expected.masses(key.scores.at, seconds)
        limit = self._limits(1).thresholds.watch
        key.scores, done = self.mixture.walk(key.scores, seconds, counts, masses, limit)
        if done:
            contacts = sum(counts[:done])
            self.contacts += contacts
            self._book().count(seconds[0], key.name, contacts)
        return done

    def _fold(self, key: _Key, second: int, contacts: int) -> None:
        self.contacts += contacts
        rules = self._rules
        book = self.book
        if book is None or rules is None or book.per_year != self._per_year:
            book = self._book()
            rules = self._limits(1)
        if book.learns:
            book.count(second, key.name, contacts)
            if not book.ready(second):
                key.scores = self.mixture.begin(second)
                return
        before = key.scores
        key.scores, episode = advance(before, key.episode, second, contacts, key.expected, rules)
        if episode is not key.episode:
            ended = second
            if key.episode is not None and (episode is None or episode.start != key.episode.start):
                quiet = Standing(before, key.episode)
                ended = closes_at(quiet, second, key.expected, rules) or second
            self._note(key, episode, second, ended)
        if self.recorder:
            self.recorder.step(key.name, second, contacts, key.expected, key.scores)

    def _note(self, key: _Key, episode: Episode | None, second: int, ended: int) -> None:
        """Keep what changed: a surge declared, gone on, or over."""
        before, key.episode = key.episode, episode
        over = before is not None and (episode is None or episode.watched != before.watched)
        if over and key.found is not None:
            key.found.closed_at = ended
            key.found = None
        if episode is None:
            return
        if key.found is None:
            key.found = Found(key.name, episode, second, episode)
            self.found.append(key.found)
            if self.recorder:
                self.recorder.declared(key.name, second)
        key.found.last = episode

    def _begin(self, name: str, second: int) -> _Key:
        self.first = second if self.first is None else min(self.first, second)
        expected = self._book().expectation(name, second)
        key = self.keys[name] = _Key(name, expected, self.mixture.begin(second), second)
        return key

    def _book(self) -> Book:
        if self.book is None:
            raise RuntimeError("a run needs a book of expectations")
        return self.book

    def _limits(self, width: int) -> Rules:
        """The rules at the threshold that the budget and the contacts so far give."""
        per_year = self._book().per_year
        if self._rules is None or per_year != self._per_year or self._rules.width != width:
            threshold = per_year / self.budget
            self._per_year = per_year
            self._rules = Rules(
                mixture=self.mixture,
                thresholds=Thresholds(watch=threshold, alert=threshold),
                distinct_callers=self.distinct_callers,
                width=width,
            )
        return self._rules

    def _redial(self, caller: str, second: int) -> bool:
        """The same caller within the window is the same person's wish for help."""
        callers = self._callers
        before = callers.get(caller)
        callers[caller] = second
        if second - self._pruned > self.redial_window:
            self._pruned = second
            limit = second - self.redial_window
            self._callers = {who: at for who, at in callers.items() if at >= limit}
        return before is not None and second - before <= self.redial_window


def bins_of(
    rows: Iterable[tuple[object, str, float]], local: LocalBins
) -> Iterable[tuple[int, int, str, float]]:
    """Rows of counts as stretches of time; looks one row ahead for the repeated hour."""
    waiting: dict[str, tuple[object, float, bool]] = {}
    for label, key, count in rows:
        before = waiting.get(key)
        again = False
        if before is not None:
            again = before[0] == label
            yield _bin(before, key, local, repeated=again or before[2])
        waiting[key] = label, count, again
    for key, last in waiting.items():
        yield _bin(last, key, local, repeated=last[2])


def _bin(
    row: tuple[object, float, bool], key: str, local: LocalBins, *, repeated: bool
) -> tuple[int, int, str, float]:
    label, count, again = row
    begin, end = local.stretch(label, repeated=repeated, again=again)  # type: ignore[arg-type]
    return begin, end, key, count
