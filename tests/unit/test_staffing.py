"""Seats asked for follow the surges and the people signed in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.centre_file import load_centre
from streams.domain.centre import Centre, ServiceTarget
from streams.domain.erlang import erlang_a
from streams.domain.sizing import seats_required
from streams.domain.staffing import SeatPlanner
from streams.events.agents import AgentState, AgentStateChanged, AgentStateData
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
    assert said(planner)["all"].needed == calm.needed


def test_a_watch_asks_for_nobody(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.tick(NOW)
    assert planner.observe(declared("watch"), NOW) == []


def test_people_signed_in_close_the_gap_and_the_nearest_pool_is_asked_first(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(declared(), NOW)
    for number in range(20):
        planner.observe(agent(f"a{number}", "available", NOW), NOW)
    plans = said(planner)
    assert plans["all"].staffed == 20
    assert plans["all"].gap == plans["all"].needed - 20
    assert plans["counselors"].needed == 24
    assert plans["volunteers"].needed == plans["all"].needed - 24


def test_repeats_and_late_states_change_nothing(centre: Centre) -> None:
    planner = SeatPlanner(centre)
    planner.observe(agent("a", "available", NOW), NOW)
    assert planner.observe(agent("a", "available", NOW), NOW) == []
    assert planner.observe(agent("a", "offline", NOW - timedelta(minutes=1)), NOW) == []
    assert said(planner)["counselors"].staffed == 1
