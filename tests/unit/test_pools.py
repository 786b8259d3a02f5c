"""Who sits where, who is called first, and that nobody is called in and sent home by turns."""

import random
from datetime import UTC, datetime, timedelta

from streams.domain.centre import Pool
from streams.domain.staffing.pools import (
    Help,
    HelpPolicy,
    activation,
    can_lend,
    efficiency,
    helps_first,
    may_go,
    nearest_first,
    observe,
    release,
    seated_by_lane,
    split,
    to_call_in,
)
from streams.events.surges import SeatsData

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
POLICY = HelpPolicy()
LANES = {"queue:main": 90.0, "queue:english": 10.0}
HOUSE = Pool(name="house", seats=20, languages=("ko", "en"), queues=("main", "english"))
NEAR = Pool(
    name="near", seats=10, languages=("ko",), queues=("main",), call_up=timedelta(minutes=20)
)
FAR = Pool(name="far", seats=30, languages=("ko", "en"), call_up=timedelta(minutes=60))
POOLS = (FAR, NEAR, HOUSE)


def folded(state: Help, staffed: int, needed: int, high: int, minutes: float = 0.0) -> Help:
    return observe(
        state,
        needed=needed,
        needed_high=high,
        staffed=staffed,
        now=NOW + timedelta(minutes=minutes),
        policy=POLICY,
    )


def test_who_is_soon_there_for_most_of_the_demand_comes_first() -> None:
    assert [pool.name for pool in nearest_first(POOLS, LANES)] == ["house", "near", "far"]
    assert efficiency(NEAR, LANES) == 0.9
    english = {"queue:english": 10.0}
    assert [pool.name for pool in nearest_first(POOLS, english)] == ["house", "far", "near"]
    mostly_english = {"queue:main": 10.0, "queue:english": 40.0}
    assert [pool.name for pool in nearest_first(POOLS, mostly_english)] == ["house", "far", "near"]


def test_a_language_that_surges_needs_people_who_speak_it() -> None:
    assert efficiency(NEAR, {"language:en": 50.0}) == 0.0
    assert efficiency(FAR, {"language:en": 50.0}) == 1.0


def test_a_pool_lends_only_what_its_own_work_can_spare() -> None:
    assert can_lend(FAR, staffed=0, own_erlangs=0.0) == 30
    assert can_lend(FAR, staffed=0, own_erlangs=16.0) == 30 - 16 - 8
    assert can_lend(FAR, staffed=28, own_erlangs=16.0) == 2
    assert can_lend(FAR, staffed=0, own_erlangs=40.0) == 0


def test_the_first_pool_is_the_nearest_that_has_someone_left() -> None:
    assert helps_first(POOLS, LANES, {}, {}) == "house"
    assert helps_first(POOLS, LANES, {"house": 20}, {}) == "near"
    assert helps_first(POOLS, LANES, {"house": 20}, {"near": 4.0}) == "near"
    assert helps_first(POOLS, LANES, {"house": 20}, {"near": 9.0}) == "far"
    assert helps_first(POOLS, LANES, {"house": 20, "near": 10, "far": 30}, {}) is None


def seated(need: int, lanes: dict[str, float], pools: tuple[Pool, ...]) -> dict[str, int]:
    """Seats by pool."""
    by_lane = seated_by_lane(need, lanes, pools)
    return {pool: sum(taken.values()) for pool, taken in by_lane.items()}


def test_the_lane_that_few_can_take_is_seated_first() -> None:
    assert seated(29, LANES, (HOUSE, NEAR)) == {"house": 20, "near": 9}
    # Sixty would be 6 English and 54 others, for 30 people: the English keep their six.
    assert seated(60, LANES, (HOUSE, NEAR)) == {"house": 20, "near": 10}
    # Demand that is all English cannot be seated with those who do not speak it.
    assert seated(30, {"queue:english": 1.0}, (HOUSE, NEAR)) == {"house": 20, "near": 0}


def test_the_parts_of_a_need_are_the_whole() -> None:
    assert split(41, LANES) == {"queue:english": 4, "queue:main": 37}
    assert split(1, LANES) == {"queue:english": 0, "queue:main": 1}
    assert split(5, {}) == {}


def seats_said(*, needed: int, high: int, staffed: int) -> SeatsData:
    return SeatsData(
        pool="all",
        needed=needed,
        needed_low=needed,
        needed_high=high,
        staffed=staffed,
        available=0,
        gap=max(0, needed - staffed),
        offered_load_erlangs=1.0,
        reason="",
    )


def test_who_is_missing_at_the_median_is_called_in_until_nine_in_ten_is_covered() -> None:
    assert to_call_in(seats_said(needed=20, high=26, staffed=18)) == 8
    # Nobody is missing at the median: nobody is woken for the 90 % value alone.
    assert to_call_in(seats_said(needed=20, high=26, staffed=20)) == 0


def test_help_is_asked_for_below_the_median_need_and_until_nine_in_ten_is_covered() -> None:
    asking = folded(Help(), staffed=19, needed=20, high=26)
    assert asking.asking
    assert folded(asking, staffed=24, needed=20, high=26).asking
    assert not folded(asking, staffed=26, needed=20, high=26).asking
    assert not folded(Help(), staffed=20, needed=20, high=26).asking


def test_helpers_may_go_only_after_the_hold_and_the_farthest_first() -> None:
    staffed = {"house": 20, "near": 10, "far": 10}
    spare = folded(Help(), staffed=40, needed=15, high=20)
    assert spare.spare_since == NOW
    assert may_go(spare, 20, staffed, POOLS, NOW + timedelta(minutes=9), POLICY) == {}
    later = folded(spare, staffed=40, needed=15, high=20, minutes=10)
    going = may_go(later, 20, staffed, POOLS, NOW + timedelta(minutes=10), POLICY)
    assert going == {"far": 10, "near": 7}


def test_the_house_s_own_rota_is_not_sent_home() -> None:
    spare = Help(spare_since=NOW - timedelta(hours=1))
    assert may_go(spare, 5, {"house": 20}, POOLS, NOW, POLICY) == {}


def test_too_few_for_a_moment_starts_the_hold_anew() -> None:
    spare = folded(Help(), staffed=40, needed=15, high=20)
    tight = folded(spare, staffed=40, needed=30, high=38, minutes=5)
    assert tight.spare_since is None
    again = folded(tight, staffed=40, needed=15, high=20, minutes=6)
    assert again.spare_since == NOW + timedelta(minutes=6)


def test_letting_go_all_who_may_never_asks_for_help_again() -> None:
    for high in range(1, 200):
        assert release(high, POLICY) > activation(high)


def test_noise_around_the_need_neither_asks_nor_releases_by_turns() -> None:
    """Demand hovers around 22 to 26 seats, with 24 people there, for eight hours of minutes."""
    chance = random.Random(1)
    state, asked, changes = Help(), False, 0
    staffed = {"house": 20, "near": 4}
    for minute in range(480):
        needed = 24 + chance.randint(-2, 2)
        state = folded(state, 24, needed, needed + 6, minute)
        changes += state.asking != asked
        asked = state.asking
        moment = NOW + timedelta(minutes=minute)
        assert may_go(state, needed + 6, staffed, POOLS, moment, POLICY) == {}
    assert changes == 1
