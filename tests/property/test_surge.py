"""State, counts and episodes do not depend on how contacts reached us."""

import itertools
import random
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.detection.surge import SurgeWatch
from streams.events.baselines import BaselineLearned, DetectorCheckpointed
from streams.events.codec import encode
from streams.events.demand import PulseData
from tests.support.pulses import EXAMPLE, QUAKE, at, crisis, plain, pulses

# Across the full hour, where the baseline changes and an hour is learned.
BEGIN = 3000
LATENESS = EXAMPLE.alerts.lateness
SOON = LATENESS - timedelta(seconds=1)

# (second, partition, key) of contacts; many close together, so that surges begin and end.
contact = st.tuples(
    st.one_of(st.integers(0, 1500), st.integers(700, 760)),
    st.integers(0, 3),
    st.sampled_from(["total", "queue:main", "country:JP"]),
    st.integers(0, 1),
)
contacts = st.lists(contact, min_size=1, max_size=60)


def state(watch: SurgeWatch) -> list[bytes]:
    """Everything that is settled long after, to the last bit."""
    written = watch.checkpoints(at(BEGIN + 7200))
    return sorted(encode(event) for event in written)


def cumulative(found: list[tuple[int, int, str, int]]) -> list[PulseData]:
    """A pulse after each contact, cumulative for its key, partition and second."""
    counts: dict[tuple[int, int, str], tuple[int, int]] = {}
    pulses = []
    for second, partition, key, redial in found:
        first, redials = counts.get((second, partition, key), (0, 0))
        first, redials = (first, redials + 1) if redial else (first + 1, redials)
        counts[second, partition, key] = first, redials
        pulses.append(
            PulseData(
                key=key,
                partition=partition,
                second=at(BEGIN + second),
                first_attempts=first,
                redials=redials,
                revision=first + redials,
            )
        )
    return pulses


def heard_in_order(found: list[tuple[int, int, str, int]]) -> SurgeWatch:
    watch = SurgeWatch(EXAMPLE)
    for pulse in cumulative(sorted(found)):
        watch.observe(pulse, pulse.second)
    return watch


@settings(max_examples=25, deadline=None)
@given(contacts, st.data())
def test_any_order_within_the_lateness_ends_in_the_same_bits(
    found: list[tuple[int, int, str, int]], data: st.DataObject
) -> None:
    pulses = cumulative(sorted(found))
    late = [data.draw(st.integers(0, int(SOON.total_seconds()))) for _ in pulses]
    arrivals = sorted(
        (
            (pulse.second + timedelta(seconds=delay), n)
            for n, (pulse, delay) in enumerate(zip(pulses, late, strict=True))
        )
    )
    watch = SurgeWatch(EXAMPLE)
    for moment, number in arrivals:
        watch.observe(pulses[number], moment)
        if number % 7 == 0:
            watch.tick(moment)
    assert state(watch) == state(heard_in_order(found))


@settings(max_examples=25, deadline=None)
@given(contacts, st.lists(st.integers(1, 20), min_size=1))
def test_whatever_is_said_at_once_ends_in_the_same_bits(
    found: list[tuple[int, int, str, int]], sizes: list[int]
) -> None:
    # Within the lateness, so that nothing comes too late however much is said at once.
    found = [(second % 500, partition, key, redial) for second, partition, key, redial in found]
    pulses = cumulative(sorted(found))
    watch = SurgeWatch(EXAMPLE)
    begun = 0
    for size in itertools.cycle(sizes):
        at_once = pulses[begun : begun + size]
        if not at_once:
            break
        watch.observe_all(at_once, at_once[-1].second)
        begun += size
    assert state(watch) == state(heard_in_order(found))


@settings(max_examples=20, deadline=None)
@given(contacts, st.data())
def test_repeats_change_nothing(
    found: list[tuple[int, int, str, int]], data: st.DataObject
) -> None:
    pulses = cumulative(sorted(found))
    watch = SurgeWatch(EXAMPLE)
    for number, pulse in enumerate(pulses):
        watch.observe(pulse, pulse.second)
        earlier = pulses[data.draw(st.integers(0, number))]
        assert watch.observe(earlier, pulse.second) == []
    assert state(watch) == state(heard_in_order(found))


@settings(max_examples=20, deadline=None)
@given(contacts)
def test_any_split_over_partitions_ends_in_the_same_bits(
    found: list[tuple[int, int, str, int]],
) -> None:
    together = [(second, 0, key, redial) for second, _, key, redial in found]
    assert state(heard_in_order(found)) == state(heard_in_order(together))


@settings(max_examples=20, deadline=None)
@given(contacts, st.integers(0, 3000))
def test_a_restart_from_checkpoints_ends_in_the_same_bits(
    found: list[tuple[int, int, str, int]], stop: int
) -> None:
    pulses = cumulative(sorted(found))
    watch = SurgeWatch(EXAMPLE)
    facts = []
    now = at(BEGIN + stop)
    for pulse in pulses:
        if pulse.second <= now:
            facts += watch.observe(pulse, pulse.second)
    facts += watch.tick(now)
    again = SurgeWatch(EXAMPLE)
    again.restore(watch.checkpoints(now), facts)
    # The worker hears again what was not settled, and then the rest.
    for pulse in pulses:
        if pulse.second >= now - LATENESS:
            again.observe(pulse, max(now, pulse.second))
    assert state(again) == state(heard_in_order(found))


# A new plain week is put in force a day after the beginning: two hours either side of it, with
# hours of quiet between them long enough to be outages.
WEEK_TURNS = 24 * 3600
around = st.lists(
    st.tuples(
        st.integers(-7200, 14_400),
        st.integers(0, 3),
        st.sampled_from(["queue:main", "country:JP", "topic:unheard-of"]),
        st.just(0),
    ),
    min_size=1,
    max_size=40,
)


@cache
def taught() -> tuple[DetectorCheckpointed | BaselineLearned, ...]:
    """What a watch knows after five weeks in which every hour was as busy as any other."""
    watch = SurgeWatch(EXAMPLE)
    begin = WEEK_TURNS - 5 * 7 * 86_400
    for second in range(begin, WEEK_TURNS - 4 * 3600, 600):
        pulse = PulseData(key="total", partition=0, second=at(second), first_attempts=4)
        watch.observe(pulse, pulse.second)
    return tuple(watch.checkpoints(at(WEEK_TURNS - 3 * 3600)))


def going_on() -> SurgeWatch:
    watch = SurgeWatch(EXAMPLE)
    watch.restore(taught())
    return watch


def after(watch: SurgeWatch) -> list[bytes]:
    return sorted(encode(event) for event in watch.checkpoints(at(WEEK_TURNS + 8 * 3600)))


def at_the_turn(found: list[tuple[int, int, str, int]]) -> list[PulseData]:
    """Each contact counts for its key and for the total."""
    both = [(WEEK_TURNS - BEGIN + s, p, k, r) for s, p, key, r in found for k in (key, "total")]
    return cumulative(sorted(both))


@settings(max_examples=25, deadline=None)
@given(around, st.data())
def test_a_learned_week_is_put_in_force_alike_in_any_order_of_arrival(
    found: list[tuple[int, int, str, int]], data: st.DataObject
) -> None:
    pulses = at_the_turn(found)
    inorder, shuffled = going_on(), going_on()
    for pulse in pulses:
        inorder.observe(pulse, pulse.second)
    late = [data.draw(st.integers(0, int(SOON.total_seconds()))) for _ in pulses]
    arrivals = sorted(
        (pulse.second + timedelta(seconds=delay), n)
        for n, (pulse, delay) in enumerate(zip(pulses, late, strict=True))
    )
    for moment, number in arrivals:
        shuffled.observe(pulses[number], moment)
        shuffled.observe(pulses[data.draw(st.integers(0, number))], moment)
        if number % 3 == 0:
            shuffled.tick(moment)
            shuffled.checkpoints(moment)
    assert after(shuffled) == after(inorder)


@settings(max_examples=25, deadline=None)
@given(around, st.integers(-7200, 14_400))
def test_a_learned_week_goes_on_over_a_restart(
    found: list[tuple[int, int, str, int]], stop: int
) -> None:
    pulses = at_the_turn(found)
    once, before, again = going_on(), going_on(), SurgeWatch(EXAMPLE)
    for pulse in pulses:
        once.observe(pulse, pulse.second)
    now = at(WEEK_TURNS + stop)
    facts = []
    for pulse in pulses:
        if pulse.second <= now:
            facts += before.observe(pulse, pulse.second)
    facts += before.tick(now)
    again.restore(before.checkpoints(now), facts)
    for pulse in pulses:
        if pulse.second >= now - LATENESS:
            again.observe(pulse, max(now, pulse.second))
    assert after(again) == after(once)


def test_the_learned_week_of_these_tests_is_not_the_files() -> None:
    plain, watch = SurgeWatch(EXAMPLE), going_on()
    moments = [at(WEEK_TURNS + hour * 3600) for hour in range(24)]
    factors = [watch.expected("total", m) / plain.expected("total", m) for m in moments]
    assert max(factors) > 1.2 * min(factors)


def names(seed: int, lateness: float) -> list[str]:
    """What the surges of a small quake are called in the end, when contacts come late."""
    rng, chance = random.Random(seed), random.Random(seed + 1000)
    quake = [(second + 1800, keys) for second, keys in crisis(QUAKE, lambda _: 15, 3600, rng, 15)]
    late = [
        (pulse.second + timedelta(seconds=chance.uniform(0, lateness)), number, pulse)
        for number, pulse in enumerate(pulses(sorted(plain(2 * 3600, rng) + quake)))
    ]
    watch = SurgeWatch(EXAMPLE)
    ticks, last = iter(range(0, 3 * 3600, 10)), {}
    tick = next(ticks)
    for moment, _, pulse in sorted(late, key=lambda arrival: arrival[:2]):
        facts = []
        while at(tick) < moment:
            facts += watch.tick(at(tick))
            tick = next(ticks)
        facts += watch.observe(pulse, moment)
        last.update({fact.data.episode: fact.data.key for fact in facts})
    last.update({data.episode: data.key for data in watch.open()})
    return sorted(last.values())


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_what_a_surge_is_called_in_the_end_does_not_depend_on_what_came_late(seed: int) -> None:
    # Each of these was declared under a name that arrival decided.
    assert names(seed, 590) == names(seed, 2) == names(seed, 0.1)
    assert len(names(seed, 0.1)) == 1
