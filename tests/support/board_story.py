"""The facts of one afternoon as the tally, the detector, the planner and the callback service
would put them on the log: calm, an earthquake in Japan, a surge, callbacks worked off.

The same seed gives the same afternoon. What it amounts to is counted here as well, apart from the
board, so that the two can be compared.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streams.domain.staffing.horizon import AHEAD
from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.callbacks import CallbackChanged, CallbackData, Request
from streams.events.codec import encode
from streams.events.contacts import Caller
from streams.events.demand import PulseCounted, PulseData, QueueCounts, QueueData, QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import (
    SeatsData,
    SeatsNeeded,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
    WaitData,
    WaitEstimated,
)
from streams.kafka import Outgoing
from streams.topics import AGENTS, CALLBACKS, PULSES, QUEUES, SEATS, SURGES, Topic, partition_of

CALM = timedelta(minutes=60)
DECLARED_AFTER = timedelta(seconds=9)
COUNTRIES = ("JP", "CN", "VN", "US", None)
NUMBERLESS_EVERY = 31


@dataclass
class Told:
    """What the afternoon amounts to, counted while it is told."""

    people: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    callbacks: Counter[str] = field(default_factory=Counter)


class Story:
    """An afternoon that ends at `end`; facts come out as records, in the order of their times."""

    def __init__(self, end: datetime, *, surge: timedelta, seed: int = 7, day: str) -> None:
        self.end = end
        self.began = end - surge
        self.start = self.began - CALM
        self.day = day
        self.told = Told()
        self._random = random.Random(seed)
        self._counts: dict[str, int] = {"requests": 0}
        self.waiting_since: datetime | None = None
        self._lost: Counter[str] = Counter()
        self._handed: list[tuple[str, datetime]] = []

    def records(self) -> Iterator[Outgoing]:
        """Everything, minute by minute."""
        yield from self._sign_in("counselors", 9, self.start)
        yield _seats(self.start, "all", 9, (8, 9, 9), 9)
        for queue in ("main", "english"):
            yield _wait(self.start, queue, 0, 4)
        moment = self.start
        while moment < self.end:
            yield from self._minute(moment)
            moment += timedelta(minutes=1)

    def _minute(self, minute: datetime) -> Iterator[Outgoing]:
        since = (minute - self.began).total_seconds() / 60
        surging = since >= 0
        people = self._people(0.85 + (19 * min(1.0, (since + 1) / 6) if surging else 0))
        for index in range(people):
            at = minute + timedelta(seconds=self._random.randrange(60))
            japan = surging and self._random.random() < 0.88
            country = "JP" if japan else self._random.choice(COUNTRIES)
            yield from self._call(at, country, surging and index % 3 != 0, since)
        if surging:
            yield from self._respond(minute, since)
        yield self._queues(minute + timedelta(seconds=59), surging)

    def _people(self, mean: float) -> int:
        return sum(self._random.random() < mean / 40 for _ in range(40))

    def _call(
        self, at: datetime, country: str | None, overflows: bool, since: float
    ) -> Iterator[Outgoing]:
        number = self._counts["requests"] = self._counts["requests"] + 1
        keys = ["total", *([f"country:{country}"] if country else [])]
        redials = int(overflows and self._random.random() < 0.4)
        for key in keys:
            self.told.people[key] += 1
            pulse = _pulse(key, number, at, redials)
            yield _record(PULSES, pulse, partition=partition_of(key, PULSES))
        if not overflows:
            self.told.requests["answered_live"] += 1
        elif number % NUMBERLESS_EVERY == 0:
            self.told.requests["lost"] += 1
            self._lost["no_number"] += 1
        else:
            self._handed.append((f"r{number}", at))
            yield from self._promise(f"r{number}", at, country, since)

    def _promise(
        self, request: str, at: datetime, country: str | None, since: float
    ) -> Iterator[Outgoing]:
        promised = min(at + timedelta(minutes=3), self.end)
        yield _record(CALLBACKS, _callback(request, at, country, 1, None, promised))
        kept = since < 18 and self._random.random() < 0.75
        done = promised + timedelta(minutes=self._random.randrange(4, 20))
        if not kept or done > self.end:
            self.told.requests["callback_open"] += 1
            self.told.callbacks["open"] += 1
            return
        outcome = self._random.choices(
            ["completed", "reached_us_first", "unreachable"], [12, 2, 1]
        )[0]
        bucket = {"completed": "callback_completed", "reached_us_first": "answered_live"}
        self.told.requests[bucket.get(outcome, "lost")] += 1
        self.told.callbacks[outcome] += 1
        yield _record(CALLBACKS, _callback(request, at, country, 2, outcome, done))

    def _respond(self, minute: datetime, since: float) -> Iterator[Outgoing]:
        if since == 0:
            yield _surge(SurgeDeclared, self.began, minute + DECLARED_AFTER, 11, 1.1, 0)
            yield _seats(minute + DECLARED_AFTER, "all", 9, (38, 46, 55), 46)
            yield _seats(minute + DECLARED_AFTER, "counselors", 9, (24, 24, 24), 24)
            yield _wait(minute + DECLARED_AFTER, "main", 250, 570, risen=True)
            yield _wait(minute + DECLARED_AFTER, "english", None, None)
        elif since % 4 == 0:
            people = int(4 + since * 19)
            yield _surge(SurgeRevised, self.began, minute, people, 0.5 + since * 0.5, int(since))
        if since in (7, 12, 16):
            yield from self._sign_in("counselors", 5, minute)
        if since in (18, 21):
            yield from self._sign_in("volunteers", 5, minute)

    def _sign_in(self, pool: str, people: int, at: datetime) -> Iterator[Outgoing]:
        for index in range(people):
            agent = f"{pool}-{at:%H%M}-{index}"
            data = AgentStateData(agent=agent, pool=pool, state="on_contact", languages=("ko",))
            event = AgentStateChanged(
                id=f"{agent}-in", source="/phone", subject=agent, time=at, data=data
            )
            yield _record(AGENTS, event, key=agent)

    def _queues(self, at: datetime, surging: bool) -> Outgoing:
        waiting = self._random.randrange(28, 44) if surging else 0
        told = self.told.requests
        live = told["answered_live"] - self.told.callbacks["reached_us_first"]
        lost = dict(self._lost)
        handed = len(self._handed)
        counts = QueueCounts(
            requests=live + handed + sum(lost.values()) + waiting,
            waiting=waiting,
            answered_live=live,
            handed_over=handed,
            lost=lost,
            contacts=live + handed * 2 + waiting,
            redials=handed,
            answered=live,
            answered_in_target=int(live * (0.62 if surging else 0.97)),
            abandoned=handed // 2,
            oldest_waiting_since=at - timedelta(seconds=192) if waiting else None,
        )
        self.waiting_since = counts.oldest_waiting_since
        self.told.requests["waiting"] = waiting
        data = QueueData(partition=0, offset=-1, counts={self.day: {"main": counts}})
        event = QueuesMeasured(
            id=f"q-{at.isoformat()}", source="/tally", subject="0", time=at, data=data
        )
        return _record(QUEUES, event, key="0")


def cleared(story: Story, at: datetime) -> Outgoing:
    """The end of the story's surge."""
    return _surge(SurgeCleared, story.began, at, 300, 12.0, 1000)


def _record(
    topic: Topic, event: CloudEvent, *, key: str | None = None, partition: int | None = None
) -> Outgoing:
    name = key or event.subject
    return Outgoing(topic=topic, value=encode(event), key=name.encode(), partition=partition)


def _pulse(key: str, number: int, at: datetime, redials: int) -> PulseCounted:
    # A later pulse of the same partition and second would replace this one: each is its own.
    data = PulseData(key=key, partition=number, second=at, first_attempts=1, redials=redials)
    return PulseCounted(id=f"p-{key}-{number}", source="/tally", subject=key, time=at, data=data)


def _callback(
    request: str,
    at: datetime,
    country: str | None,
    version: int,
    outcome: str | None,
    when: datetime,
) -> CallbackChanged:
    data = CallbackData(
        id=f"cb-{request}",
        version=version,
        state="closed" if outcome else "due",
        requests=(Request(id=request, arrived_at=at, queue="main"),),
        origin=at,
        reason="waited_too_long",
        queue="main",
        caller=Caller(key="0" * 32, key_id="p1"),
        country=country,
        contact=request,
        requested_at=when if version == 1 else min(at + timedelta(minutes=3), when),
        promised_by=at + timedelta(hours=4),
        due_at=at,
        expires_at=at + timedelta(hours=24),
        outcome=outcome,  # type: ignore[arg-type]
        closed_at=when if outcome else None,
    )
    return CallbackChanged(
        id=f"{data.id}-{version}",
        source="/callbacks",
        subject=data.id,
        time=when,
        change="completed" if outcome else "requested",
        data=data,
    )


def _surge(
    kind: type[SurgeDeclared] | type[SurgeRevised] | type[SurgeCleared],
    began: datetime,
    at: datetime,
    observed: int,
    expected: float,
    revision: int,
) -> Outgoing:
    ratio = observed / expected
    data = SurgeData(
        episode="ep-1",
        key="country:JP",
        tier="alert",
        started_at=began,
        declared_at=began + DECLARED_AFTER,
        observed=observed,
        expected=expected,
        ratio=ratio,
        ratio_low=ratio * 0.7,
        ratio_high=ratio * 1.4,
        rate_per_hour=ratio * 4.1,
        rate_low=ratio * 3,
        rate_high=ratio * 5,
        statistic=9.0e6,
        threshold=1.2e6,
        sentence=f"{observed} calls where {expected} were expected",
        cleared_at=at if kind is SurgeCleared else None,
        revision=revision,
        also=("total", "queue:main", "topic:disaster"),
    )
    event = kind(id=f"ep-1-{revision}", source="/surge", subject=data.key, time=at, data=data)
    return _record(SURGES, event)


def _seats(
    at: datetime, pool: str, staffed: int, spread: tuple[int, int, int], needed: int
) -> Outgoing:
    low, middle, high = spread
    data = SeatsData(
        pool=pool,
        needed=middle,
        needed_low=low,
        needed_high=high,
        staffed=staffed,
        available=0,
        gap=max(0, needed - staffed),
        offered_load_erlangs=20.0,
        reason="268 contacts an hour, handled in 4.5 min each",
        horizon=_horizon(staffed, middle, high),
        first="volunteers" if pool == "all" and middle > staffed else None,
        handle_seconds=270.0 if pool == "all" else None,
        patience_seconds=380.0 if pool == "all" else None,
    )
    event = SeatsNeeded(id=f"s-{pool}-{at}", source="/staffing", subject=pool, time=at, data=data)
    return _record(SEATS, event, key=pool)


def _horizon(now: int, middle: int, high: int) -> tuple[tuple[int, int, int], ...]:
    """From those who are busy now towards what is needed in the end, half of the rest each step."""
    left = [(middle - now) // 2**step for step in range(4)]
    ways = [(middle - rest, high - rest) for rest in left]
    moments = zip(AHEAD, [*ways, (middle, high)], strict=True)
    return tuple((at, *way) for at, way in moments)


def _wait(
    at: datetime, queue: str, p50: float | None, p90: float | None, *, risen: bool = False
) -> Outgoing:
    data = WaitData(
        queue=queue,
        p50_seconds=p50,
        p90_seconds=p90,
        method=None if p50 is None else "queue_length",
        unknown="nobody_staffed" if p50 is None else None,
        volume_has_risen=risen,
    )
    event = WaitEstimated(
        id=f"w-{queue}-{at}", source="/staffing", subject=queue, time=at, data=data
    )
    return _record(SEATS, event, key=f"wait/{queue}")
