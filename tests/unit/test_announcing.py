"""What is said about the wait in each queue, from counselors and queues as they report."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.centre_file import load_centre
from streams.domain.staffing.announcing import Announcer
from streams.domain.staffing.house import House
from streams.events.agents import AgentState, AgentStateChanged, AgentStateData
from streams.events.demand import QueueCounts, QueueData
from streams.events.surges import WaitData

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    return House(load_centre(Path(__file__).parents[2] / "centre.toml"))


@pytest.fixture
def announcer(house: House) -> Announcer:
    return Announcer(load_centre(Path(__file__).parents[2] / "centre.toml"), house)


def sign_in(house: House, count: int, state: AgentState, pool: str = "counselors") -> None:
    for number in range(count):
        name = f"{pool}-{number}"
        data = AgentStateData(agent=name, pool=pool, state=state)
        house.agent(AgentStateChanged(id=name, source="t", subject=name, time=NOW, data=data))


def report(
    house: House, *, queue: str = "main", partition: int = 0, waiting: int = 0, answered: int = 0,
    gave_up: int = 0, waits_since: datetime | None = None,
) -> None:  # fmt: skip
    counts = QueueCounts(
        waiting=waiting,
        answered=answered,
        abandoned=gave_up,
        oldest_waiting_since=waits_since,
        answered_after=(0, 0, 0, answered),
        abandoned_after=(0, 0, 0, 0, 0, 0, gave_up),
    )
    house.queues(QueueData(partition=partition, offset=1, counts={"2026-11-24": {queue: counts}}))


def said(announcer: Announcer, minutes: float) -> dict[str, WaitData]:
    told = announcer.tick(NOW + timedelta(minutes=minutes))
    return {fact.data.queue: fact.data for fact in told}


def test_nobody_signed_in_is_unknown(announcer: Announcer) -> None:
    assert said(announcer, 0)["main"].unknown == "nobody_staffed"


def test_free_counselors_are_no_wait(house: House, announcer: Announcer) -> None:
    sign_in(house, 3, "available")
    main = said(announcer, 0)["main"]
    assert (main.p90_seconds, main.method, main.unknown) == (0.0, "none", None)


def test_a_line_that_has_not_moved_is_unknown_until_it_has(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 10, "on_contact")
    report(house, waiting=5, answered=100)
    assert said(announcer, 0)["main"].unknown == "line_not_moving"
    report(house, waiting=5, answered=112)
    assert said(announcer, 1)["main"].unknown is None


def test_what_left_the_line_long_ago_does_not_show_that_it_moves(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 10, "on_contact")
    report(house, waiting=5, answered=100)
    said(announcer, 0)
    report(house, waiting=5, answered=112)
    for minute in range(1, 11):
        said(announcer, minute)
    assert said(announcer, 12)["main"].unknown == "line_not_moving"


def test_patience_decides_the_method_once_enough_have_given_up(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 10, "on_contact")
    report(house)
    said(announcer, 0)
    report(house, waiting=20, answered=20, gave_up=29, waits_since=NOW - timedelta(minutes=2))
    assert said(announcer, 1)["main"].method == "head_of_line"
    report(house, waiting=20, answered=20, gave_up=30, waits_since=NOW - timedelta(minutes=2))
    assert said(announcer, 2)["main"].method == "queue_length"


def test_queues_that_share_counselors_are_one_line(house: House, announcer: Announcer) -> None:
    sign_in(house, 10, "on_contact")
    sign_in(house, 5, "on_contact", pool="volunteers")
    report(house, queue="main", partition=0, waiting=7)
    report(house, queue="english", partition=1, waiting=2)
    told = said(announcer, 0)
    assert {(data.ahead, data.servers) for data in told.values()} == {(9, 15)}


def test_volunteers_alone_cannot_take_the_english_line(house: House, announcer: Announcer) -> None:
    sign_in(house, 5, "available", pool="volunteers")
    told = said(announcer, 0)
    assert told["english"].unknown == "nobody_staffed"
    assert told["main"].method == "none"


def test_a_longer_wait_is_said_with_the_mark_and_a_shorter_one_without(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 10, "on_contact")
    report(house)
    said(announcer, 0)
    report(house, waiting=10, answered=20, gave_up=40)
    first = said(announcer, 1)["main"]
    report(house, waiting=60, answered=20, gave_up=40)
    longer = said(announcer, 2)["main"]
    report(house, waiting=4, answered=20, gave_up=40)
    shorter = said(announcer, 3)["main"]
    assert (first.volume_has_risen, longer.volume_has_risen) == (False, True)
    assert longer.p90_seconds is not None
    assert shorter.p90_seconds is not None
    assert shorter.p90_seconds < longer.p90_seconds
    assert not shorter.volume_has_risen


def test_silence_in_between_does_not_hide_that_the_wait_has_grown(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 10, "available")
    assert said(announcer, 0)["main"].p90_seconds == 0.0
    sign_in(house, 10, "on_contact")
    report(house, waiting=20)
    assert said(announcer, 1)["main"].unknown == "line_not_moving"
    report(house, waiting=20, answered=20)
    assert said(announcer, 2)["main"].volume_has_risen


def test_waits_are_said_again_only_after_a_pause_and_when_changed(
    house: House, announcer: Announcer
) -> None:
    sign_in(house, 3, "available")
    assert said(announcer, 0).keys() == {"main", "english"}
    report(house, waiting=50)
    assert said(announcer, 0.05) == {}
    assert said(announcer, 0.1).keys() == {"main", "english"}
    assert said(announcer, 0.3) == {}
