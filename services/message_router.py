"""Which provider carries this message, and when is it its turn?

The choice comes first and is written down by whoever sends, then the turn is waited for, then the
message goes: so a message whose sender died is known to be at one provider and no other.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from services.message_ports import Accepted, Outcome, Provider, Receipt, Refused
from streams.domain.sending.bucket import Bucket
from streams.domain.sending.weights import Move, WeightPolicy, Weights, in_points
from streams.events.people import MethodKind

# The fractional parts of its multiples lie evenly between 0 and 1, from the first few on: weights
# hold without a lucky draw, and a test's choices are the same every time.
_GOLDEN: Final = 0.6180339887498949
# A provider's fault; a wrong number or an opted-out person is not.
_OURS: Final = frozenset({"bad_address", "opted_out", "blocked", "too_long", "client"})


class Draw(Protocol):
    """Where the next choice falls, from 0 to below 1."""

    def __call__(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Route:
    """A provider, its resting weight among those of its kind (None: by its rate), its burst."""

    provider: Provider
    weight: float | None = None
    burst: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One provider and kind, for the console and the metrics."""

    provider: str
    kind: MethodKind
    points: int
    resting: int
    per_second: float
    backlog_seconds: float
    errors: int


class Router:
    """All providers of this centre."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        draw: Draw | None = None,
        policy: WeightPolicy | None = None,
        on_move: Callable[[Move], None] = lambda _: None,
    ) -> None:
        self._now = now
        self._draw = draw or _even_draws()
        self._on_move = on_move
        self._providers = {route.provider.name: route.provider for route in routes}
        self._errors = dict.fromkeys(self._providers, 0)
        self._buckets = {
            route.provider.name: Bucket(route.provider.per_second, route.burst) for route in routes
        }
        self._weights: dict[MethodKind, Weights] = {
            kind: Weights(_resting(routes, kind), policy)
            for kind in sorted({kind for route in routes for kind in route.provider.kinds})
        }

    @property
    def providers(self) -> Mapping[str, Provider]:
        """Every provider by its name."""
        return self._providers

    def choose(self, kind: MethodKind, avoid: Collection[str] = ()) -> Provider | None:
        """Who carries the next message of this kind; None when nobody (else) does."""
        weights = self._weights.get(kind)
        name = weights.choose(self._draw(), avoid) if weights is not None else None
        return self._providers[name] if name is not None else None

    def reserve(self, name: str) -> float:
        """Take the next turn at a provider; how many seconds away it is."""
        return self._buckets[name].reserve(self._now()).total_seconds()

    def note(self, name: str, kind: MethodKind, attempt: str, outcome: Outcome) -> None:
        """What came of handing a message over."""
        now, weights = self._now(), self._weights[kind]
        if isinstance(outcome, Accepted):
            weights.sent(name, attempt, now)
            return
        if isinstance(outcome, Refused) and outcome.reason in _OURS:
            return
        if isinstance(outcome, Refused) and outcome.reason == "rate_limited":
            self._hold_off(name, outcome.retry_after_seconds)
        self._errors[name] += 1
        self._tell(weights.failed(name, now))

    def receipt(self, receipt: Receipt, kind: MethodKind) -> None:
        """A provider's report, which tells how fast it delivers.

        Timed by when it was heard: the centre's clock may be a rehearsal's, a provider's is true.
        """
        weights, now = self._weights.get(kind), self._now()
        if weights is None or receipt.provider not in weights.points():
            return
        if receipt.state == "delivered":
            weights.delivered(receipt.provider, receipt.attempt, now)
        elif receipt.state in ("failed", "undeliverable"):
            awaited = weights.gave_up(receipt.provider, receipt.attempt)
            if awaited and receipt.state == "failed":
                self._errors[receipt.provider] += 1
                self._tell(weights.failed(receipt.provider, now))

    def tick(self) -> None:
        """To be called every few seconds."""
        for weights in self._weights.values():
            for move in weights.tick(self._now()):
                self._tell(move)

    def lines(self) -> list[Line]:
        """Everything there is to see: weights, limits, how long the line is."""
        now = self._now()
        return [
            Line(
                provider=name,
                kind=kind,
                points=points,
                resting=weights.resting()[name],
                per_second=self._providers[name].per_second,
                backlog_seconds=self._buckets[name].backlog(now).total_seconds(),
                errors=self._errors[name],
            )
            for kind, weights in self._weights.items()
            for name, points in weights.points().items()
        ]

    def seconds_for(self, kind: MethodKind, count: int) -> float:
        """How long so many messages of a kind take if they are sent now, by the limits alone."""
        weights = self._weights.get(kind)
        if weights is None:
            return float("inf")
        now = self._now()
        shares = in_points({name: points or 1e-9 for name, points in weights.points().items()})
        return max(
            (
                self._buckets[name].backlog(now)
                + self._buckets[name].time_for(-(-count * share // 100))
            ).total_seconds()
            for name, share in shares.items()
            if share
        )

    async def stop(self) -> None:
        """Close every provider's connections."""
        for provider in self._providers.values():
            await provider.stop()

    def _hold_off(self, name: str, seconds: float) -> None:
        self._buckets[name].hold_off(self._now(), timedelta(seconds=seconds or 1.0))

    def _tell(self, move: Move | None) -> None:
        if move is not None:
            self._on_move(move)


def _resting(routes: Sequence[Route], kind: MethodKind) -> dict[str, int]:
    weights = {
        route.provider.name: route.provider.per_second if route.weight is None else route.weight
        for route in routes
        if kind in route.provider.kinds
    }
    return in_points(weights)


def _even_draws() -> Draw:
    place = 0.0

    def draw() -> float:
        nonlocal place
        place = (place + _GOLDEN) % 1.0
        return place

    return draw
