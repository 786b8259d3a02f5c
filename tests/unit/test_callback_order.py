"""Whose turn is it, and who may take it?"""

from datetime import datetime
from typing import Any

import pytest

from services.callbacks.items import ceil_ms, floor_ms
from streams.domain.callbacks.callback import new_callback
from streams.domain.callbacks.order import Wish, fits, lane, place, score, why_here
from streams.domain.callbacks.switches import ALL_ON, may_dial, may_register, turn
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackData
from tests.support.callbacks import at, wanted

POLICY = OverflowPolicy()


def waiting(name: str, arrived: datetime, **data: Any) -> CallbackData:
    return new_callback(wanted(name, 1, arrived, **data), name, POLICY).state


def test_life_at_risk_then_promises_near_their_deadline_then_urgency_then_arrival() -> None:
    now = at(240)
    states = [
        waiting("low", at(100), urgency="low"),
        waiting("normal late", at(102)),
        waiting("normal early", at(101)),
        waiting("high", at(200), urgency="high"),
        waiting("near its deadline", at(10)),
        waiting("low near its deadline", at(5), urgency="low"),
        waiting("life at risk", at(239), urgency="life_at_risk"),
    ]
    in_order = [state.id for state in sorted(states, key=lambda state: place(state, now))]
    assert in_order == [
        "life at risk",
        "near its deadline",
        "low near its deadline",
        "high",
        "normal early",
        "normal late",
        "low",
    ]


def test_a_promise_moves_up_fifteen_minutes_before_its_deadline() -> None:
    state = waiting("r", at(0))
    assert (why_here(state, at(224.9)), why_here(state, at(225))) == (
        "arrival",
        "promise_near_deadline",
    )


def test_a_microsecond_earlier_is_earlier_in_every_class() -> None:
    first, second = (
        waiting("a", at(0)),
        waiting("b", datetime.fromisoformat("2026-03-02T09:00:00.000001Z")),
    )
    assert [score(second, near=near) - score(first, near=near) for near in (True, False)] == [1, 1]


def test_every_score_is_a_whole_number_that_a_double_holds() -> None:
    state = waiting("r", datetime.fromisoformat("2040-12-31T23:59:59.999999Z"), urgency="low")
    assert int(float(score(state, near=False))) == score(state, near=False)


@pytest.mark.parametrize(
    ("wish", "fitting"),
    [
        (Wish(agent="a"), True),
        (Wish(agent="a", languages=frozenset({"en"})), True),
        (Wish(agent="a", languages=frozenset({"ko"})), False),
        (Wish(agent="a", skills=frozenset({"crisis", "general"})), True),
        (Wish(agent="a", skills=frozenset({"general"})), False),
    ],
)
def test_who_speaks_the_language_and_has_the_skills_may_take_it(wish: Wish, fitting: bool) -> None:
    state = waiting("r", at(0), language="en-GB", skills=("crisis",))
    assert fits(lane(state), wish, ()) is fitting


def test_a_queue_whose_dialling_is_off_is_given_to_nobody() -> None:
    name = lane(waiting("r", at(0)))
    closed = [fits(name, Wish(agent="a"), off) for off in (["main"], ["*"], ["english"])]
    assert closed == [False, False, True]


def test_redis_never_thinks_something_is_due_before_the_domain_does() -> None:
    due = datetime.fromisoformat("2026-03-02T09:00:00.000500Z")
    just_before = datetime.fromisoformat("2026-03-02T09:00:00.000499Z")
    assert int(ceil_ms(due)) > int(floor_ms(just_before))


def test_a_switch_is_for_one_queue_or_for_all_and_says_who_turned_it() -> None:
    off = turn(ALL_ON, "dialling", "main", on=False, by="lead-1", reason="lines down")
    assert off is not None
    everywhere = turn(off, "registering", "*", on=False, by="lead-2", reason="flood")
    assert everywhere is not None
    assert (
        may_dial(off, "main"),
        may_dial(off, "english"),
        may_register(everywhere, "english"),
        everywhere.version,
        everywhere.by,
        turn(everywhere, "registering", "*", on=False, by="x", reason="again"),
    ) == (False, True, False, 2, "lead-2", None)
