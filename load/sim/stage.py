"""How is a scenario set up: who calls first and when, who is at the phones from when to when?"""

import heapq
import random
from collections.abc import Callable, Iterable, Iterator

from load.scenario import Mix, Response, Scenario, Shares
from load.sim.agenda import Agenda
from load.sim.arrivals import (
    Piece,
    arrival_times,
    burst_pieces,
    week_pieces,
    with_silences,
)
from load.sim.hall import Hall
from load.sim.people import Population
from load.sim.reports import Listener
from streams.domain.centre import Centre
from streams.errors import WrongSettingError

Source = tuple[str, Mix, list[Piece]]
# Seconds since the start, a number that settles ties, the source's name, and who they are.
FirstCall = tuple[float, int, str, Mix]
BASE = "base"


def sources_of(scenario: Scenario, centre: Centre) -> list[Source]:
    """The independent streams of first calls: everyday callers, and each burst."""
    length = scenario.length.total_seconds()
    base = scenario.base
    mix = base.mix or everyday_mix(centre)
    if base.per_hour is not None:
        everyday = [Piece(0.0, length, base.per_hour * base.scale / 3600)]
        everyday = [piece for piece in everyday if piece.rate > 0]
    else:
        week = _week(centre, "total")
        everyday = week_pieces(week, scenario.starts, length, centre.timezone, base.scale)
    everyday = with_silences(everyday, base.silences)
    bursts = [(burst.name, burst.mix, burst_pieces(burst, length)) for burst in scenario.bursts]
    return [(BASE, mix, everyday), *bursts]


def everyday_mix(centre: Centre) -> Mix:
    """The shares that the centre's own baselines imply."""
    total = sum(_week(centre, "total")) or 1.0
    shares: dict[str, Shares] = {"language": {}, "country": {}, "topic": {}, "channel": {}}
    for baseline in centre.baselines:
        kind, _, name = baseline.key.partition(":")
        if kind in shares:
            shares[kind][name] = sum(baseline.week) / total
    return Mix(**shares)


def set_up(
    scenario: Scenario,
    centre: Centre,
    listener: Listener,
    new_id: Callable[[], str],
    *,
    seed: int | None = None,
    salt: int = 0,
    first_calls: Iterable[FirstCall] | None = None,
    make: Callable[..., Hall] = Hall,
) -> Hall:
    """A hall at second 0 with everything that will happen by itself on its agenda.

    `first_calls`, in order of time, take the place of those that the scenario would draw.
    """
    check_against(scenario, centre)
    chosen = scenario.seed if seed is None else seed
    population = Population(scenario, seed=chosen, salt=salt)
    hall = make(scenario, centre, Agenda(), population, listener, new_id)
    hall.agenda.at(scenario.length.total_seconds(), hall.close_lines)
    _staff(scenario, hall)
    if first_calls is None:
        first_calls = _merged(scenario, centre, chosen)
    _first_calls(hall, iter(first_calls))
    return hall


def answer_the_call(hall: Hall, response: Response, people: int) -> None:
    """So many people of the response come in: the first after its delay, then one by one."""
    gap = response.over.total_seconds() / max(1, people)
    for nth in range(people):
        delay = response.after.total_seconds() + nth * gap
        hall.agenda.after(delay, lambda: _sit_down(hall, response.pool))


def check_against(scenario: Scenario, centre: Centre) -> None:
    """A scenario may name only the pools and queues that the centre has."""
    pools = {pool.name for pool in centre.pools}
    queues = {queue.name for queue in centre.queues}
    named = {staff.pool for staff in scenario.staff}
    named |= {response.pool for response in scenario.response}
    if scenario.callout is not None:
        named.add(scenario.callout.joins)
    wrong = sorted(named - pools) + sorted(set(scenario.queues.values()) - queues)
    if wrong:
        raise WrongSettingError(
            f"scenario {scenario.name} names {wrong}, but the centre has the pools "
            f"{sorted(pools)} and the queues {sorted(queues)}"
        )


def _sit_down(hall: Hall, pool: str) -> None:
    if len(hall.roster.signed_in()) < hall.desk.phones:
        hall.sign_in(pool)


def _staff(scenario: Scenario, hall: Hall) -> None:
    for entry in scenario.staff:
        for _ in range(entry.people):
            at = entry.at.total_seconds()
            hall.agenda.at(at, lambda pool=entry.pool: _sit_down(hall, pool))  # type: ignore[misc]
            if entry.until is not None:
                until = entry.until.total_seconds()
                hall.agenda.at(until, lambda pool=entry.pool: hall.sign_out(pool))  # type: ignore[misc]


def _merged(scenario: Scenario, centre: Centre, seed: int) -> Iterator[FirstCall]:
    streams = []
    for nth, (name, mix, pieces) in enumerate(sources_of(scenario, centre)):
        chance = random.Random(f"{seed}/arrivals/{name}")
        streams.append(_labelled(nth, name, mix, arrival_times(pieces, chance)))
    return heapq.merge(*streams, key=lambda first: first[:2])


def _labelled(nth: int, name: str, mix: Mix, times: Iterator[float]) -> Iterator[FirstCall]:
    for at in times:
        yield at, nth, name, mix


def _first_calls(hall: Hall, arrivals: Iterator[FirstCall]) -> None:
    """One arrival is on the agenda at a time, so that a year costs no memory."""
    upcoming = next(arrivals, None)
    if upcoming is None:
        return
    at, _, source, mix = upcoming

    def ring() -> None:
        _first_calls(hall, arrivals)
        hall.call(hall.population.someone(source, mix, at))

    hall.agenda.at(at, ring)


def _week(centre: Centre, key: str) -> tuple[float, ...]:
    for baseline in centre.baselines:
        if baseline.key == key:
            return baseline.week
    raise WrongSettingError(f"the centre has no baseline for {key}")
