"""Which of several providers carries the next message?

GOV.UK Notify's rules: each provider of a kind has points, 100 together, and is chosen in proportion
to them. One that errs loses ten to the others, at most once a minute; so does one that delivers
slowly, at most once in five minutes, unless all are slow: then the phones are at fault and moving
would help nobody. After a quiet quarter of an hour the points drift back to where they rest.
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

ALL_POINTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPolicy:
    """When points move, and how many."""

    step: int = 10
    errors: int = 50
    errors_within: timedelta = timedelta(seconds=60)
    pause_after_errors: timedelta = timedelta(minutes=1)
    slow_share: float = 0.15
    slow_after: timedelta = timedelta(minutes=5)
    slow_within: timedelta = timedelta(minutes=15)
    pause_after_slow: timedelta = timedelta(minutes=5)
    quiet: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Move:
    """Points went from one provider, or back to it."""

    provider: str
    points: int
    why: Literal["errors", "slow", "rested"]


@dataclass(slots=True)
class _Record:
    resting: int
    points: int
    errors: deque[datetime] = field(default_factory=deque)
    sent: dict[str, datetime] = field(default_factory=dict)
    took: deque[tuple[datetime, timedelta]] = field(default_factory=deque)


class Weights:
    """The points of all providers of one kind. Time and chance are handed in."""

    def __init__(self, resting: Mapping[str, int], policy: WeightPolicy | None = None) -> None:
        self._policy = policy or WeightPolicy()
        shares = in_points(resting)
        self._records = {name: _Record(points, points) for name, points in shares.items()}
        self._moved_at: datetime | None = None

    def points(self) -> dict[str, int]:
        """The points of each provider as they are."""
        return {name: record.points for name, record in self._records.items()}

    def resting(self) -> dict[str, int]:
        """The points of each provider when nothing is wrong."""
        return {name: record.resting for name, record in self._records.items()}

    def choose(self, draw: float, avoid: Collection[str] = ()) -> str | None:
        """A provider by its points; `draw` is from 0 to below 1. None when all are avoided.

        Providers without points are chosen only when there is no other.
        """
        open_to_us = {name: r.points for name, r in self._records.items() if name not in avoid}
        total = sum(open_to_us.values())
        if not total:
            return next(iter(open_to_us), None)
        place = draw * total
        for name, points in open_to_us.items():
            place -= points
            if place < 0:
                return name
        return next(reversed(open_to_us))

    def failed(self, name: str, now: datetime) -> Move | None:
        """An error of the provider's making: refused by its server, or no answer at all."""
        errors = self._records[name].errors
        errors.append(now)
        _forget(errors, now - self._policy.errors_within)
        if len(errors) < self._policy.errors or self._moved_within(
            self._policy.pause_after_errors, now
        ):
            return None
        return self._take_from(name, now, "errors")

    def sent(self, name: str, attempt: str, now: datetime) -> None:
        """The provider took a message; from now on its delivery is awaited."""
        self._records[name].sent.setdefault(attempt, now)

    def delivered(self, name: str, attempt: str, now: datetime) -> None:
        """The message arrived. Repeated and unknown receipts change nothing."""
        record = self._records[name]
        when = record.sent.pop(attempt, None)
        if when is not None:
            record.took.append((when, now - when))

    def gave_up(self, name: str, attempt: str) -> bool:
        """The message will never arrive, and not because the provider is slow.

        False when nothing was awaited: a repeated receipt, or another router's message.
        """
        return self._records[name].sent.pop(attempt, None) is not None

    def tick(self, now: datetime) -> list[Move]:
        """What waiting does: points of slow providers move, resting points come back."""
        slow = {name for name in self._records if self._is_slow(name, now)}
        if slow and len(slow) < len(self._records):
            if self._moved_within(self._policy.pause_after_slow, now):
                return []
            moves = [self._take_from(name, now, "slow") for name in sorted(slow)]
            return [move for move in moves if move is not None]
        if self._moved_at is None or self._moved_within(self._policy.quiet, now):
            return []
        return self._drift(now)

    def _drift(self, now: datetime) -> list[Move]:
        records = self._records
        high = max(records, key=lambda name: records[name].points - records[name].resting)
        low = min(records, key=lambda name: records[name].points - records[name].resting)
        step = min(
            self._policy.step,
            records[high].points - records[high].resting,
            records[low].resting - records[low].points,
        )
        if step <= 0:
            self._moved_at = None
            return []
        records[high].points -= step
        records[low].points += step
        self._moved_at = now
        return [Move(low, records[low].points, "rested")]

    def _take_from(self, name: str, now: datetime, why: Literal["errors", "slow"]) -> Move | None:
        loser = self._records[name]
        others = [record for other, record in self._records.items() if other != name]
        step = min(self._policy.step, loser.points)
        if not others or not step:
            return None
        loser.points -= step
        # Remainders go to the first, so that the points stay 100 together.
        for index, other in enumerate(others):
            other.points += step // len(others) + (index < step % len(others))
        self._moved_at = now
        return Move(name, loser.points, why)

    def _is_slow(self, name: str, now: datetime) -> bool:
        record = self._records[name]
        oldest = now - self._policy.slow_within
        _forget_pairs(record.took, oldest)
        record.sent = {a: when for a, when in record.sent.items() if when >= oldest}
        took = [delay for _, delay in record.took]
        # What has not arrived yet is slow as soon as its time is over, and not counted before.
        waiting = [now - when for when in record.sent.values()]
        late = sum(delay > self._policy.slow_after for delay in (*took, *waiting))
        known = len(took) + sum(delay > self._policy.slow_after for delay in waiting)
        return known > 0 and late / known >= self._policy.slow_share

    def _moved_within(self, pause: timedelta, now: datetime) -> bool:
        return self._moved_at is not None and now - self._moved_at < pause


def in_points(weights: Mapping[str, float]) -> dict[str, int]:
    """Weights as whole points, 100 together; the largest remainders get what is left over."""
    total = sum(weights.values())
    exact = {name: ALL_POINTS * weight / total for name, weight in weights.items()}
    points = {name: int(share) for name, share in exact.items()}
    left = ALL_POINTS - sum(points.values())
    for name in sorted(exact, key=lambda name: points[name] - exact[name])[:left]:
        points[name] += 1
    return points


def _forget(moments: deque[datetime], before: datetime) -> None:
    while moments and moments[0] <= before:
        moments.popleft()


def _forget_pairs(pairs: deque[tuple[datetime, timedelta]], before: datetime) -> None:
    while pairs and pairs[0][0] <= before:
        pairs.popleft()
