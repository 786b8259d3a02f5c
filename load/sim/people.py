"""Who is calling, and what will they do?

Everything a person does is drawn from their own seeded chance, so that the same person behaves
alike under another policy, and a comparison compares policies and not luck.
"""

import itertools
import math
import random
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from load.scenario import Callers, Mix, Scenario, Shares
from streams.events.contacts import Caller

Served = Literal["live", "callback"]
_NUMBERS = 30_000_000
# Coprime with the count above: a walk that meets every number once, so no two people share one.
_STRIDE = 7_654_321


@dataclass(slots=True, eq=False)
class Person:
    """One person with one wish for help. `number` is None when it is withheld."""

    index: int
    source: str
    number: str | None
    chance: random.Random
    language: str
    queue: str
    channel: str
    urgency: str
    country: str | None
    topic: str | None
    abroad: bool
    accepts_callback: bool
    first_called: float
    calls: int = 0
    on_the_phone: bool = False
    promised: bool = False
    served: Served | None = None
    served_at: float | None = None
    gave_up: bool = False
    contacts: list[str] = field(default_factory=list)
    # What is said of them in each report; put together for the first.
    known: dict[str, Any] | None = None
    pseudonym: Caller | None = None

    @property
    def settled(self) -> bool:
        """Nothing more will come of this person by themselves."""
        return self.served is not None


def number_of(index: int, salt: int) -> str:
    """A number of our own making, different for every person of a run."""
    return f"+8210{20_000_000 + (index * _STRIDE + salt) % _NUMBERS:08d}"


def pick(shares: Shares, chance: random.Random) -> str | None:
    """One of the names by its share; None for what the shares leave open."""
    draw = chance.random()
    for name, share in shares.items():
        draw -= share
        if draw < 0:
            return name
    return None


def lognormal(mean: float, variation: float, chance: random.Random) -> float:
    """A lognormal draw with this mean and squared coefficient of variation."""
    sigma2 = math.log1p(variation)
    return chance.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2))


def after_median(median: float, sigma: float, chance: random.Random) -> float:
    """A lognormal draw with this median."""
    return median * math.exp(sigma * chance.gauss(0.0, 1.0))


class Behaviour:
    """What people do next, by the scenario's caller model."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._patience = callers.patience.total_seconds()
        self._announcement = callers.announcement_after.total_seconds()
        self._redial_after = callers.redials_after.total_seconds()
        self._reconnect_after = callers.reconnects_after.total_seconds()

    def patience(self, person: Person) -> float:
        """Seconds this person will hold: exponential, with a spike after the announcement."""
        seconds = person.chance.expovariate(1 / self._patience)
        leaves = person.chance.random() < self._callers.hangs_up_at_announcement
        if leaves and seconds > self._announcement:
            return self._announcement + person.chance.uniform(0.5, 3.0)
        return seconds

    def redials_in(self, person: Person) -> float | None:
        """Seconds until the next try after hanging up or a busy tone; None when they give up."""
        if person.calls > self._callers.redials_at_most:
            return None
        if person.chance.random() >= self._callers.redials:
            return None
        return self._again(person)

    def calls_though_promised_in(self, person: Person) -> float | None:
        """Seconds until someone with a promise calls all the same; None when they wait."""
        if person.chance.random() >= self._callers.calls_though_promised:
            return None
        return self._again(person)

    def calls_back_in(self, person: Person) -> float | None:
        """Seconds until someone who missed our ring calls; None when they do not."""
        if person.chance.random() >= self._callers.calls_back_when_missed:
            return None
        return self._again(person)

    def reconnects_in(self, person: Person) -> float | None:
        """Seconds until someone who was helped calls about it again."""
        if person.calls > self._callers.redials_at_most:
            return None
        if person.chance.random() >= self._callers.reconnects:
            return None
        return after_median(self._reconnect_after, 0.7, person.chance)

    def answers_our_ring(self, person: Person) -> bool:
        """Whether they pick up when we call."""
        callers = self._callers
        likely = callers.answers_callback_abroad if person.abroad else callers.answers_callback
        return person.chance.random() < likely

    def _again(self, person: Person) -> float:
        return after_median(self._redial_after, self._callers.redials_spread, person.chance)


class Population:
    """Makes the people of a run, in the order they first call."""

    def __init__(self, scenario: Scenario, *, seed: int, salt: int = 0) -> None:
        self._scenario = scenario
        self._seed = seed
        self._salt = salt
        self._count = 0
        # Several populations of one run share the numbers among them: each takes every n-th.
        self.indexes = itertools.count()
        self._of_source: Counter[str] = Counter()
        self._by_number: dict[str, Person] = {}

    def someone(self, source: str, mix: Mix, at: float) -> Person:
        """A new person who calls for the first time at `at`."""
        callers = self._scenario.callers
        nth = self._of_source[source]
        self._of_source[source] += 1
        chance = random.Random(f"{self._seed}/{source}/{nth}")
        index, self._count = next(self.indexes), self._count + 1
        language = pick(mix.language, chance) or "ko"
        withheld = chance.random() < callers.withheld
        person = Person(
            index=index,
            source=source,
            number=None if withheld else number_of(index, self._salt),
            chance=chance,
            language=language,
            queue=self._scenario.queues.get(language, "main"),
            channel=pick(mix.channel, chance) or "voice",
            urgency=pick(mix.urgency, chance) or "normal",
            country=pick(mix.country, chance),
            topic=pick(mix.topic, chance),
            abroad=chance.random() < callers.abroad,
            accepts_callback=chance.random() < callers.accepts_callback,
            first_called=at,
        )
        if person.number:
            self._by_number[person.number] = person
        return person

    def with_number(self, number: str) -> Person | None:
        """Who answers to this number."""
        return self._by_number.get(number)

    def number(self, index: int) -> str:
        """The number of the person with this index."""
        return number_of(index, self._salt)

    def __len__(self) -> int:
        return self._count


def salt_of(run: str) -> int:
    """A shift of the numbers, so that two runs on one log are not the same callers."""
    return zlib.crc32(run.encode()) % _NUMBERS
