"""Contacts of a made-up centre as pulses, for tests of detection."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.domain.detection.surge import SurgeFact, SurgeWatch
from streams.events.demand import PulseData
from streams.events.surges import SurgeDeclared

EXAMPLE: Centre = load_centre(Path(__file__).parents[2] / "centre.toml")
# A Wednesday, 09:00 in Seoul.
START = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
Keys = tuple[str, ...]
Contact = tuple[int, Keys]
QUAKE: Keys = ("total", "queue:main", "channel:voice", "country:JP", "topic:disaster")
DOMESTIC: Keys = ("total", "queue:main", "channel:voice", "language:ko")


def at(second: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=second)


def arrivals(
    rate: Callable[[float], float], seconds: int, rng: random.Random, highest: float
) -> Iterator[int]:
    """Seconds of a Poisson stream whose rate per hour at a second is `rate`, by thinning."""
    moment = 0.0
    while (moment := moment + rng.expovariate(highest / 3600)) < seconds:
        if rng.random() * highest < rate(moment):
            yield int(moment)


def plain(seconds: int, rng: random.Random) -> list[Contact]:
    """What the example centre expects, each contact with keys in the usual proportions."""
    watch = SurgeWatch(EXAMPLE)
    shares: dict[str, list[tuple[str, float]]] = {}
    total = EXAMPLE.baseline("total")
    assert total is not None
    for base in EXAMPLE.baselines:
        kind = base.key.partition(":")[0]
        if kind != "total":
            shares.setdefault(kind, []).append((base.key, sum(base.week) / sum(total.week)))

    def keys() -> Keys:
        chosen = ["total"]
        for options in shares.values():
            left = rng.random()
            for key, share in options:
                left -= share
                if left < 0:
                    chosen.append(key)
                    break
        return tuple(chosen)

    rate = [watch.expected("total", at(hour * 3600)) for hour in range(seconds // 3600 + 1)]
    stream = arrivals(lambda second: rate[int(second // 3600)], seconds, rng, max(rate))
    return [(second, keys()) for second in stream]


def crisis(
    keys: Keys, rate: Callable[[float], float], seconds: int, rng: random.Random, highest: float
) -> list[Contact]:
    """Contacts of one crisis, all with the same keys."""
    return [(second, keys) for second in arrivals(rate, seconds, rng, highest)]


def pulses(contacts: Iterable[Contact]) -> list[PulseData]:
    """One pulse per key and second, in the order of time."""
    counts: dict[tuple[int, str], int] = {}
    for second, keys in contacts:
        for key in keys:
            counts[second, key] = counts.get((second, key), 0) + 1
    return [
        PulseData(key=key, partition=0, second=at(second), first_attempts=count)
        for (second, key), count in sorted(counts.items())
    ]


def play(
    watch: SurgeWatch, contacts: Sequence[Contact], seconds: int, every: int = 10
) -> list[SurgeFact]:
    """Hear the contacts as they come, with a tick every few seconds."""
    facts: list[SurgeFact] = []
    waiting = pulses(contacts)
    waiting.reverse()
    for second in range(0, seconds, every):
        while waiting and waiting[-1].second < at(second + every):
            pulse = waiting.pop()
            facts += watch.observe(pulse, pulse.second + timedelta(milliseconds=100))
        facts += watch.tick(at(second + every))
    return facts


def alerts(facts: Iterable[SurgeFact]) -> list[str]:
    """The episodes that reached the tier of an alert, in order."""
    return list(dict.fromkeys(f.data.episode for f in facts if f.data.tier == "alert"))


def declared(facts: Iterable[SurgeFact]) -> list[SurgeDeclared]:
    """The declarations."""
    return [fact for fact in facts if isinstance(fact, SurgeDeclared)]
