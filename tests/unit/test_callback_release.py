"""Is a callback given to a free agent, or is the agent kept for those who call?"""

from datetime import datetime
from typing import Any

import pytest

from streams.domain.callbacks.callback import new_callback
from streams.domain.callbacks.dial import first_rung
from streams.domain.callbacks.release import Floor, held_back, overtakes, reserve
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData
from tests.support.callbacks import at, wanted

RULES = CallbackPolicy(reserve=0.2, reserve_falls_every=10)
NOW = at(60)


def waiting(arrived: datetime, **data: Any) -> CallbackData:
    return new_callback(wanted("r", 1, arrived, **data), "r", OverflowPolicy()).state


@pytest.mark.parametrize(
    ("on_duty", "due", "kept"),
    [(20, 0, 4), (20, 9, 4), (20, 10, 3), (20, 39, 1), (20, 40, 0), (20, 500, 0), (4, 0, 0)],
)
def test_the_reserve_is_a_share_of_those_on_duty_and_falls_as_the_list_grows(
    on_duty: int, due: int, kept: int
) -> None:
    assert reserve(Floor(on_duty=on_duty, free_beside=9, due=due), RULES) == kept


def test_a_reserve_that_never_falls_stays() -> None:
    rules = CallbackPolicy(reserve=0.2, reserve_falls_every=0)
    assert reserve(Floor(on_duty=20, free_beside=9, due=900), rules) == 4


@pytest.mark.parametrize(("free_beside", "given"), [(5, True), (4, True), (3, False), (0, False)])
def test_no_more_are_given_out_than_there_are_free_agents_beyond_the_reserve(
    free_beside: int, given: bool
) -> None:
    floor = Floor(on_duty=20, free_beside=free_beside)
    assert (held_back(waiting(at(0)), floor, NOW, RULES) is None) is given


def test_who_asks_in_vain_is_told_how_many_are_free_and_how_many_are_kept() -> None:
    held = held_back(waiting(at(0)), Floor(on_duty=20, free_beside=2), NOW, RULES)
    assert str(held) == "held back for callers: 3 free, reserve 4"


def test_a_promise_near_its_deadline_and_a_life_at_risk_do_not_wait_for_free_agents() -> None:
    floor = Floor(on_duty=20, free_beside=0)
    near = held_back(waiting(at(0)), floor, at(226), RULES)
    risk = held_back(waiting(at(59), urgency="life_at_risk"), floor, NOW, RULES)
    assert (near, risk) == (None, None)


def on_hold(since: float, waiting_: int = 3, free_beside: int = 0) -> Floor:
    return Floor(on_duty=4, free_beside=free_beside, waiting=waiting_, oldest_since=at(since))


@pytest.mark.parametrize(
    ("floor", "urgency", "held"),
    [
        (on_hold(since=20), "normal", True),
        (on_hold(since=20), "low", True),
        (on_hold(since=40), "normal", False),
        (on_hold(since=20), "high", False),
        (on_hold(since=20, waiting_=2, free_beside=2), "normal", False),
        (on_hold(since=20, waiting_=2, free_beside=1), "normal", True),
    ],
)
def test_nobody_on_hold_is_overtaken_by_a_callback_that_came_later(
    floor: Floor, urgency: str, held: bool
) -> None:
    found = held_back(waiting(at(30), urgency=urgency), floor, NOW, RULES)
    assert (found is not None and found.reason == "callers_waiting") is held


def test_who_asks_while_others_wait_is_told_how_many() -> None:
    found = held_back(waiting(at(30)), on_hold(since=20), NOW, RULES)
    assert str(found) == "held back for callers waiting: 3 on hold, 1 free, reserve 0"


def test_an_overtaking_that_a_deadline_allows_is_seen_as_one() -> None:
    state, floor = waiting(at(30)), on_hold(since=20)
    assert (held_back(state, floor, at(260), RULES), overtakes(state, floor)) == (None, True)


@pytest.mark.parametrize(
    ("at_once", "under_way", "on_hold_", "first"),
    [
        (0, 0, 0, "agent"),
        (3, 0, 0, "customer"),
        (3, 2, 0, "customer"),
        (3, 3, 0, "agent"),
        (3, 0, 1, "agent"),
    ],
)
def test_the_agent_is_rung_first_under_load_and_past_the_limit(
    at_once: int, under_way: int, on_hold_: int, first: str
) -> None:
    rules = CallbackPolicy(customer_first_at_once=at_once)
    assert first_rung(rules, under_way, on_hold_) == first
