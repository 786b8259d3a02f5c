"""A queue with impatient callers, event by event: how long would a patient one wait?"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One who found everybody busy: when, how long an endless patience would have waited, how
    many were ahead, and how long the first of them had waited by then. Seconds.
    """

    arrived: float
    wait: float
    ahead: int
    head_wait: float


@dataclass
class _Watcher:
    arrived: float
    ahead: set[int]
    ahead_at_first: int
    head_wait: float


def waits_of_an_infinitely_patient(  # noqa: C901 - one loop over three kinds of event
    rate: Callable[[float], float],
    highest_rate: float,
    servers: int,
    handle: float,
    patience: float,
    *,
    hours: float,
    rng: random.Random,
) -> list[Seen]:
    """Each arrival that finds everyone busy.

    Rates are arrivals a second; arrivals are thinned from `highest_rate`. The watched person
    takes nobody's place: it waits until those ahead have left and one more counselor is free.
    """
    numbers = itertools.count()
    events: list[tuple[float, int, str, int]] = []

    def plan(moment: float, kind: str, who: int) -> None:
        heapq.heappush(events, (moment, next(numbers), kind, who))

    line: list[int] = []
    watchers: list[_Watcher] = []
    seen: list[Seen] = []
    joined: dict[int, float] = {}
    busy = 0
    plan(rng.expovariate(highest_rate), "arrival", 0)
    while events:
        now, _, kind, who = heapq.heappop(events)
        if kind == "arrival":
            if now > hours * 3600:
                continue
            plan(now + rng.expovariate(highest_rate), "arrival", who + 1)
            if rng.random() > rate(now) / highest_rate:
                continue
            if busy < servers:
                busy += 1
                plan(now + rng.expovariate(1 / handle), "free", who)
            else:
                head_wait = now - joined[line[0]] if line else 0.0
                watchers.append(_Watcher(now, set(line), len(line), head_wait))
                joined[who] = now
                line.append(who)
                plan(now + rng.expovariate(1 / patience), "gives_up", who)
            continue
        if kind == "gives_up":
            leaving = who if who in line else None
        else:
            done = [watcher for watcher in watchers if not watcher.ahead]
            seen += [Seen(w.arrived, now - w.arrived, w.ahead_at_first, w.head_wait) for w in done]
            watchers = [watcher for watcher in watchers if watcher.ahead]
            leaving = line[0] if line else None
            if leaving is None:
                busy -= 1
            else:
                plan(now + rng.expovariate(1 / handle), "free", leaving)
        if leaving is not None:
            line.remove(leaving)
            for watcher in watchers:
                watcher.ahead.discard(leaving)
    return seen
