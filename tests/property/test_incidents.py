"""One incident that is reported many times weighs the same in whatever order the reports come."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.contacts.contact import ContactBook
from streams.domain.detection.incidents import MOST, IncidentRule, weighed
from streams.domain.detection.surge import SurgeWatch
from streams.events.codec import encode
from streams.events.demand import PulseData
from tests.support.calls import CENTRE, after, event
from tests.support.pulses import EXAMPLE, at

RULE = IncidentRule(weight=0.2, window=600)
BEGIN = 3000
LATENESS = int(EXAMPLE.alerts.lateness.total_seconds())


def weighing(weight: float) -> SurgeWatch:
    return SurgeWatch(replace(EXAMPLE, alerts=replace(EXAMPLE.alerts, incident_weight=weight)))


# (second, partition, token) of single reports.
report = st.tuples(st.integers(0, 900), st.integers(0, 2), st.sampled_from(["a", "b", "c", ""]))
reports = st.lists(report, min_size=1, max_size=50)


def pulses(found: list[tuple[int, int, str]]) -> list[PulseData]:
    """Cumulative for each second and partition, one after each report."""
    counts: dict[tuple[int, int], list[str]] = {}
    told = []
    for second, partition, token in found:
        known = counts.setdefault((second, partition), [])
        known.append(token)
        incidents = {name: known.count(name) for name in sorted(set(known) - {""})}
        told.append(
            PulseData(
                key="total",
                partition=partition,
                second=at(BEGIN + second),
                first_attempts=len(known),
                revision=len(known),
                incidents=incidents,
            )
        )
    return told


def state(watch: SurgeWatch) -> list[bytes]:
    return sorted(encode(written) for written in watch.checkpoints(at(BEGIN + 7200)))


@settings(max_examples=30, deadline=None)
@given(reports, st.data())
def test_reports_in_any_order_weigh_the_same(
    found: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    told = pulses(sorted(found))
    late = [data.draw(st.integers(0, LATENESS - 1)) for _ in told]
    arrivals = sorted(
        (pulse.second + timedelta(seconds=delay), number)
        for number, (pulse, delay) in enumerate(zip(told, late, strict=True))
    )
    soon, later = weighing(0.2), weighing(0.2)
    for pulse in told:
        soon.observe(pulse, pulse.second)
    for moment, number in arrivals:
        later.observe(told[number], moment)
    assert state(soon) == state(later)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 200)), min_size=1, max_size=300))
def test_the_memory_of_incidents_is_bounded_and_no_report_weighs_more_than_one(
    found: list[tuple[int, int]],
) -> None:
    memory: tuple[tuple[str, int], ...] = ()
    for second, number in sorted(found):
        memory, less = weighed(memory, second, ((str(number), 2),), RULE)
        assert 0.8 - 1e-9 <= less <= 1.6 + 1e-9
        assert len(memory) <= MOST
        assert all(last >= second - RULE.window for _, last in memory)


def incidents(told: list[PulseData]) -> dict[tuple[str, datetime], dict[str, int]]:
    """The last word on each key and second in which somebody called."""
    last = {(pulse.key, pulse.second): pulse for pulse in told}
    return {place: pulse.incidents for place, pulse in last.items() if pulse.first_attempts}


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 1))
def test_the_tally_counts_incidents_the_same_whatever_it_heard_first(
    order: list[int], switched: int
) -> None:
    centre = replace(CENTRE, alerts=replace(CENTRE.alerts, incident_weight=0.2 + switched))
    events = []
    for n in range(4):
        place = "tower" if n % 2 else "bridge"
        events += [
            event("arrived", f"c{n}", n, f"caller-{n}", topic="incident", place=place),
            event("queued", f"c{n}", n + 1, f"caller-{n}"),
            event("answered", f"c{n}", n + 30, f"caller-{n}", place="elsewhere"),
        ]
    book, counted, told = ContactBook(centre, 0), ContactBook(centre, 0), []
    for offset, number in enumerate([*order, *order]):  # all of it twice
        book.observe(events[number], offset)
        if offset % 5 == 0:
            book.tick(after(60))
            told += book.take_pulses()
    for offset, one in enumerate(events):
        counted.observe(one, offset)
    for each in (book, counted):
        each.tick(after(60))
    told += book.take_pulses()
    assert incidents(told) == incidents(counted.take_pulses())
    assert sum(sum(found.values()) for found in incidents(told).values()) == 16 * (1 - switched)


def test_forty_reports_of_one_place_are_a_surge_only_where_they_are_not_weighed_down() -> None:
    def declared(weight: float, places: int) -> bool:
        watch, rng = weighing(weight), random.Random(1)
        found = sorted((rng.randrange(600), 0, f"p{n % places}") for n in range(40))
        return any(watch.observe(pulse, pulse.second) for pulse in pulses(found))

    assert declared(1.0, 1)
    assert declared(0.1, 40)
    assert not declared(0.1, 1)
