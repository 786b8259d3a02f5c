"""What must hold of seats whatever the demand: more never needs fewer, and parts fit the whole."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.centre import Pool, ServiceTarget
from streams.domain.staffing.histories import Range, Stretch, present_ratio
from streams.domain.staffing.horizon import loads_ahead
from streams.domain.staffing.pools import HelpPolicy, activation, release, seated_by_lane, split
from streams.domain.staffing.sizing import seats_for, seats_required

TARGET = ServiceTarget()
rates = st.floats(0.1, 3000)
lanes = st.dictionaries(
    st.sampled_from(["queue:main", "queue:english", "language:en", "language:ja"]),
    st.floats(0, 500),
    min_size=1,
)
pools = st.lists(
    st.builds(
        Pool,
        name=st.sampled_from(["a", "b", "c", "d"]),
        seats=st.integers(0, 60),
        languages=st.sampled_from([("ko",), ("ko", "en"), ("ja",)]),
        queues=st.sampled_from([(), ("main",), ("main", "english")]),
        call_up=st.sampled_from([timedelta(0), timedelta(minutes=20), timedelta(hours=1)]),
    ),
    min_size=1,
    unique_by=lambda pool: pool.name,
)
stretches = st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 200), st.floats(0.01, 20)), min_size=1, max_size=8
)


@given(rates, rates)
def test_more_contacts_never_need_fewer_seats(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert seats_for(low, TARGET) <= seats_for(high, TARGET)


@given(rates)
def test_a_rate_to_three_digits_needs_the_seats_of_the_rate(rate: float) -> None:
    exact = seats_required(rate, TARGET)
    assert abs(seats_for(rate, TARGET) - exact) <= 1 + 0.005 * exact


@given(st.integers(0, 200), lanes)
def test_the_lanes_parts_are_the_whole(need: int, rates: dict[str, float]) -> None:
    parts = split(need, rates)
    assert all(part >= 0 for part in parts.values())
    assert sum(parts.values()) == (need if sum(rates.values()) > 0 else 0)


@given(st.integers(0, 200), lanes)
def test_one_seat_more_in_all_is_never_one_fewer_for_a_lane(
    need: int, rates: dict[str, float]
) -> None:
    now, more = split(need, rates), split(need + 1, rates)
    assert all(now[lane] <= more[lane] for lane in rates)


@given(st.integers(0, 200), lanes, pools)
def test_no_pool_is_given_more_than_it_has_and_more_need_never_seats_fewer(
    need: int, rates: dict[str, float], all_pools: list[Pool]
) -> None:
    now, more = (
        {pool: sum(seats.values()) for pool, seats in taken.items()}
        for taken in (seated_by_lane(n, rates, all_pools) for n in (need, need + 1))
    )
    assert all(0 <= now[pool.name] <= pool.seats for pool in all_pools)
    assert sum(now.values()) <= need
    assert sum(now.values()) <= sum(more.values())


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_helpers_are_released_above_what_calls_them(needed_high: int, margin: float) -> None:
    assert activation(needed_high) < release(needed_high, HelpPolicy(margin=margin))


@given(stretches, st.integers(0, 600))
def test_a_range_contains_its_median(counts: list[tuple[int, int, float]], later: int) -> None:
    told, begin = [], 0.0
    for length, calls, expected in counts:
        told.append(Stretch(begin, begin + length, max(calls, 0.5), expected))
        begin += length
    ratio = present_ratio(told, begin + later)
    assert 0 < ratio.low < ratio.middle < ratio.high


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50), rates)
def test_loads_ahead_stay_in_order_and_between_now_and_the_settled_load(
    one: float, two: float, three: float, rate: float
) -> None:
    low, middle, high = sorted((one, two, three))
    here = Range(low=low, middle=middle, high=high)
    ahead = loads_ahead(here, lambda _: Range(low=rate, middle=rate, high=rate), 0.075)
    for load in ahead:
        assert load.low <= load.middle <= load.high
        assert min(low, rate * 0.075) - 1e-9 <= load.low
        assert load.high <= max(high, rate * 0.075) + 1e-9
    assert ahead[0] == here
