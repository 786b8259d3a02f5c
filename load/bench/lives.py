"""Which contact events would a crisis bring, in the order in which they reach the log?

Most lives are whole: arrived, queued, offered to one who does not pick up, offered again, answered,
completed. Many give up and ring again. Some reports come twice, some come late. The same seed
gives the same events.
"""

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from streams.events.codec import encode
from streams.events.contacts import (
    AbandonedData,
    AnsweredData,
    ArrivedData,
    Caller,
    CompletedData,
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactOffered,
    ContactQueued,
    OfferedData,
    QueuedData,
)
from streams.topics import CONTACTS, partition_of

EVENTS_A_CONTACT: Final = 6
SOURCE: Final = "/phone/bench"
_KINDS: Final[dict[str, tuple[Any, Any]]] = {
    "arrived": (ContactArrived, ArrivedData),
    "queued": (ContactQueued, QueuedData),
    "offered": (ContactOffered, OfferedData),
    "answered": (ContactAnswered, AnsweredData),
    "completed": (ContactCompleted, CompletedData),
    "abandoned": (ContactAbandoned, AbandonedData),
}
_BY_AGENT: Final = frozenset({"offered", "answered", "completed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How people behave, and how well it is reported. Shares are of contacts or of events.

    `people` is how many there are in all; without it every first call is another person's.
    """

    per_second: float = 1000.0
    people: int | None = None
    gives_up: float = 0.25
    rings_again: float = 0.5
    withheld: float = 0.05
    reported_twice: float = 0.02
    reported_late: float = 0.02
    queues: tuple[tuple[str, float], ...] = (("main", 0.8), ("english", 0.2))
    countries: tuple[str, ...] = ("KR", "KR", "KR", "JP", "US", "CN", "VN")
    topics: tuple[str, ...] = ("disaster", "disaster", "disaster", "medical", "passport")


@dataclass(frozen=True, slots=True)
class Report:
    """One event as it goes on the log; `at` is when it gets there, `key` decides the partition."""

    at: datetime
    key: str
    value: bytes

    @property
    def partition(self) -> int:
        """Where intake would put it."""
        return partition_of(self.key, CONTACTS)


class _Person:
    """Who calls, and about what. Nobody reports the same person differently."""

    __slots__ = ("country", "key", "known")

    def __init__(self, rng: random.Random, crowd: Crowd, contact: str) -> None:
        self.key = contact
        caller = None
        if rng.random() >= crowd.withheld:
            who = rng.randrange(crowd.people) if crowd.people else rng.getrandbits(128)
            self.key = f"{who:032x}"
            caller = Caller(key=self.key, key_id="p1", sealed=f"s1.{rng.getrandbits(220):055x}")
        names, weights = zip(*crowd.queues, strict=True)
        queue = rng.choices(names, weights)[0]
        self.known: dict[str, Any] = {
            "queue": queue,
            "caller": caller,
            "language": "en" if queue == "english" else "ko",
            "country": rng.choice(crowd.countries),
            "topic": rng.choice(crowd.topics),
        }


class Lives:
    """An endless crowd; `reports` gives what the phone system says of it."""

    def __init__(self, begin: datetime, seed: int = 1, crowd: Crowd | None = None) -> None:
        self._begin = begin
        self._crowd = crowd or Crowd()
        self._rng = random.Random(seed)
        self._name = f"c{seed}"
        self._coming: list[tuple[float, int, Report]] = []
        self._again: list[tuple[float, int, _Person]] = []
        self._count = 0
        self._order = itertools.count()

    def reports(self) -> Iterator[Report]:
        """Every event, by the moment at which it reaches the log."""
        now = 0.0
        contacts_a_second = self._crowd.per_second / EVENTS_A_CONTACT
        while True:
            now += self._rng.expovariate(contacts_a_second)
            self._call(now)
            while self._coming[0][0] <= now:
                yield heapq.heappop(self._coming)[2]

    def _call(self, now: float) -> None:
        self._count += 1
        contact = f"{self._name}-{self._count}"
        if self._again and self._again[0][0] <= now:
            person = heapq.heappop(self._again)[2]
        else:
            person = _Person(self._rng, self._crowd, contact)
        life = _life(self._rng, self._crowd)
        for number, (kind, after) in enumerate(life):
            for heard in self._heard(now + after):
                report = self._report(contact, number, kind, person, now + after, heard)
                heapq.heappush(self._coming, (heard, next(self._order), report))
        kind, after = life[-1]
        if kind == "abandoned" and self._rng.random() < self._crowd.rings_again:
            back = now + after + self._rng.expovariate(1 / 60)
            heapq.heappush(self._again, (back, self._count, person))

    def _heard(self, happened: float) -> list[float]:
        """When its report comes in, and comes in again."""
        rng, crowd = self._rng, self._crowd
        late = rng.random() < crowd.reported_late
        first = happened + (rng.uniform(2, 90) if late else rng.uniform(0, 0.1))
        twice = rng.random() < crowd.reported_twice
        return [first, first + rng.uniform(0, 5)] if twice else [first]

    def _report(
        self, contact: str, number: int, kind: str, person: _Person, at: float, heard: float
    ) -> Report:
        event, data = _KINDS[kind]
        more: dict[str, Any] = {"agent": f"a{self._count % 40}"} if kind in _BY_AGENT else {}
        said = event(
            id=f"{contact}-{number}",
            source=SOURCE,
            subject=contact,
            time=self._begin + timedelta(seconds=at),
            recordedtime=self._begin + timedelta(seconds=heard),
            partitionkey=person.key,
            data=data(**person.known, **more),
        )
        return Report(said.recordedtime, person.key, encode(said))


def _life(rng: random.Random, crowd: Crowd) -> list[tuple[str, float]]:
    """What happens to one contact, and how many seconds after it arrived."""
    queued = rng.uniform(0.2, 2.0)
    rung = queued + rng.expovariate(1 / 20)
    if rng.random() < crowd.gives_up:
        left = rung + rng.uniform(0, 60)
        return [("arrived", 0.0), ("queued", queued), ("offered", rung), ("abandoned", left)]
    answered = rung + rng.uniform(10, 25)
    return [
        ("arrived", 0.0),
        ("queued", queued),
        ("offered", rung),
        ("offered", answered - rng.uniform(2, 6)),
        ("answered", answered),
        ("completed", answered + rng.expovariate(1 / 240)),
    ]
