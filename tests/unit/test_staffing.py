"""Seats asked for follow the surges and the people signed in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from streams.centre_file import load_centre
from streams.domain.centre import Centre, ServiceTarget
from streams.domain.staffing.erlang import erlang_a
from streams.domain.staffing.sizing import seats_required
from streams.domain.staffing.staffing import SeatPlanner
from streams.events.agents import AgentState, AgentStateChanged, AgentStateData
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.surges import SeatsData, SurgeCleared, SurgeData, SurgeDeclared, Tier

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture
def centre() -> Centre:
    return load_centre(Path(__file__).parents[2] / "centre.toml")


def surge_data(*, tier: Tier = "alert", cleared_at: datetime | None = None) -> SurgeData:
    return SurgeData(
        episode="e1",
        key="country:JP",
        tier=tier,
        started_at=NOW,
        declared_at=NOW,
        observed=30,
        expected=1.0,
        ratio=30.0,
        ratio_low=21.0,
        ratio_high=40.0,
        rate_per_hour=300.0,
        rate_low=210.0,
        rate_high=400.0,
        statistic=2e6,
        threshold=1e6,
        sentence="30 calls where 1.0 were expected",
        cleared_at=cleared_at,
    )


def declared(tier: Tier = "alert") -> SurgeDeclared:
    return SurgeDeclared(
        id="1", source="test", subject="country:JP", time=NOW, data=surge_data(tier=tier)
    )


def agent(
    name: str, state: AgentState, at: datetime, pool: str = "counselors"
) -> AgentStateChanged:
    data = AgentStateData(agent=name, pool=pool, state=state)
    return AgentStateChanged(id=f"{name}{at}", source="test", subject=name, time=at, data=data)


def queues(counts: QueueCounts) -> QueuesMeasured:
    data = QueueData(partition=0, offset=1, counts={"2026-11-24": {"main": counts}})
    return QueuesMeasured(id="q", source="test", subject="contacts-0", time=NOW, data=data)


def said(planner: SeatPlanner) -> dict[str, SeatsData]:
    return dict(planner._said)


@pytest.mark.parametrize("rate", [5.0, 27.0, 270.0, 1534.0])
def test_one_seat_fewer_would_break_a_promise(rate: float) -> None:
    target = ServiceTarget()
    seats = seats_required(rate, target)
    service, patience = 1 / target.handle_time.total_seconds(), 1 / target.patience.total_seconds()

    def keeps(servers: int) -> bool:
        steady = erlang_a(servers, rate / 3600, service, patience)
        return steady.abandoned <= 0.02 and steady.answered_within(15) >= 0.9

    assert keeps(seats)
    assert not keeps(seats - 1)


def test_a_surge_raises_the_need_with_a_range_and_its_end_lowers_it(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.tick(NOW)
    calm = said(planner)["all"]
    planner.observe(declared(), NOW)
    surge = said(planner)["all"]
    assert calm.needed < surge.needed_low < surge.needed < surge.needed_high
    assert surge.episode == "e1"
    cleared = SurgeCleared(
        id="2", source="test", subject="country:JP", time=NOW, data=surge_data(cleared_at=NOW)
    )
    planner.observe(cleared, NOW)
    assert said(planner)["all"] == calm


def test_a_watch_asks_for_nobody(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.tick(NOW)
    assert planner.observe(declared("watch"), NOW) == []


def test_people_signed_in_close_the_gap_and_the_nearest_pool_is_asked_first(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(declared(), NOW)
    for number in range(20):
        planner.observe(agent(f"a{number}", "available", NOW), NOW)
    planner.tick(NOW)
    plans = said(planner)
    assert plans["all"].staffed == 20
    assert plans["all"].gap == plans["all"].needed - 20
    assert plans["counselors"].needed == 24
    assert plans["volunteers"].needed == plans["all"].needed - 24


def test_repeats_and_late_states_change_nothing(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(agent("a", "available", NOW), NOW)
    assert planner.tick(NOW) != []
    planner.observe(agent("a", "available", NOW), NOW)
    planner.observe(agent("a", "offline", NOW - timedelta(minutes=1)), NOW)
    assert planner.tick(NOW) == []
    assert said(planner)["counselors"].staffed == 1


def test_the_way_there_starts_at_what_is_in_the_house_and_leads_to_what_is_needed(
    centre: Centre,
) -> None:
    planner = SeatPlanner(centre)
    data = msgspec.structs.replace(
        surge_data(), started_at=NOW - timedelta(minutes=2), observed=12, expected=0.4
    )
    planner.observe(SurgeDeclared(id="1", source="t", subject="k", time=NOW, data=data), NOW)
    whole = said(planner)["all"]
    minutes, medians, highs = zip(*whole.horizon, strict=True)
    assert minutes == (0, 15, 30, 60, 120)
    assert medians[0] < medians[1] <= whole.needed
    assert medians[3] == pytest.approx(whole.needed, abs=2)
    assert all(low <= high for low, high in zip(medians, highs, strict=True))


def test_seats_are_said_by_queue_and_the_parts_are_the_whole(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(declared(), NOW)
    whole = said(planner)["all"]
    assert whole.skills.keys() == {"queue:main", "queue:english"}
    assert sum(middle for middle, _ in whole.skills.values()) == whole.needed
    assert sum(high for _, high in whole.skills.values()) == whole.needed_high


def test_a_surge_of_the_english_line_asks_nobody_who_cannot_take_it(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    data = msgspec.structs.replace(surge_data(), key="queue:english")
    planner.observe(
        SurgeDeclared(id="1", source="test", subject="queue:english", time=NOW, data=data), NOW
    )
    plans = said(planner)
    assert plans["counselors"].needed == 24
    assert plans["volunteers"].needed < plans["all"].needed - 24


def test_an_alert_that_covers_half_of_the_excess_asks_for_all_of_it(centre: Centre) -> None:
    def load(covers: float) -> float:
        planner = SeatPlanner(centre)
        data = msgspec.structs.replace(surge_data(), covers=covers)
        planner.observe(SurgeDeclared(id="1", source="t", subject="k", time=NOW, data=data), NOW)
        return said(planner)["all"].offered_load_erlangs

    planner = SeatPlanner(centre)
    planner.tick(NOW)
    calm = said(planner)["all"].offered_load_erlangs
    assert load(0.5) - calm == pytest.approx(2 * (load(1.0) - calm), abs=0.2)


def test_people_who_wait_are_work_in_the_house(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.tick(NOW)
    calm = said(planner)["all"]
    planner.observe(queues(QueueCounts(requests=60, contacts=60, waiting=60)), NOW)
    planner.tick(NOW + timedelta(seconds=5))
    busy = said(planner)["all"]
    assert busy.horizon[0][1] > 60 > calm.horizon[0][1]
    assert busy.needed == calm.needed


def test_handle_time_learned_from_the_queues_sizes_the_seats(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.tick(NOW)
    before = said(planner)["all"]
    counts = QueueCounts(
        requests=400, contacts=400, answered=400, handled=400, handle_seconds_sum=400 * 540.0
    )
    planner.observe(queues(counts), NOW)
    planner.tick(NOW + timedelta(seconds=5))
    after = said(planner)["all"]
    assert before.handle_seconds == 270.0
    assert after.handle_seconds == 520.0
    assert after.needed > before.needed


def test_what_only_time_changes_is_not_said_at_every_tick(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(declared(), NOW)
    assert planner.tick(NOW + timedelta(seconds=1)) == []
    assert planner.tick(NOW + timedelta(minutes=5)) != []


def test_the_pool_to_call_first_is_named_while_help_is_needed(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    for number in range(24):
        planner.observe(agent(f"a{number}", "available", NOW), NOW)
    planner.tick(NOW)
    assert said(planner)["all"].first is None
    planner.observe(declared(), NOW)
    assert said(planner)["all"].first == "volunteers"
    for number in range(15):
        planner.observe(agent(f"v{number}", "available", NOW, "volunteers"), NOW)
    planner.tick(NOW)
    assert said(planner)["all"].first is None


def test_volunteers_may_go_when_the_surge_has_been_over_for_a_while(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    for number in range(24):
        planner.observe(agent(f"a{number}", "available", NOW), NOW)
    for number in range(15):
        planner.observe(agent(f"v{number}", "available", NOW, "volunteers"), NOW)
    planner.observe(declared(), NOW)
    cleared = SurgeCleared(
        id="2", source="test", subject="country:JP", time=NOW, data=surge_data(cleared_at=NOW)
    )
    planner.observe(cleared, NOW)
    assert said(planner)["volunteers"].release == 0
    planner.tick(NOW + timedelta(minutes=11))
    assert said(planner)["volunteers"].release > 0
    assert said(planner)["counselors"].release == 0
