"""What admission keeps of the log: lines, promises, age."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.admission.ages import Age, Ages
from services.admission.lines import Lines, lines_of
from services.admission.promises import Promises
from services.admission.state import State
from streams.domain.admission.rules import Question
from streams.domain.centre import Pool
from streams.events.callbacks import SwitchesData, SwitchesSet
from streams.events.control import ClockData, ClockDeclared
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.surges import SeatsData, SeatsNeeded, WaitEstimated
from tests.support.admission import ago, wait
from tests.support.calls import CENTRE, NOON, caller
from tests.support.promises import changed, promise


def report(partition: int, offset: int = 0, **queues: tuple[int, float]) -> QueueData:
    """(people, minutes the first of them has waited) of each queue."""
    counts = {
        name: QueueCounts(waiting=people, oldest_waiting_since=ago(minutes) if people else None)
        for name, (people, minutes) in queues.items()
    }
    return QueueData(partition=partition, offset=offset, counts={"2026-03-11": counts})


def fact(kind: type, data: Any) -> Any:
    return kind(id="f", source="surgeline/test", subject="s", time=NOON, data=data)


def ask(state: State, who: str | None = "ann") -> tuple[str, str]:
    key = caller(who).key if who else None
    told = state.ask(Question(queue="main", contact=f"c-{who}", caller=key), NOON).answer
    return told.decision, told.reason


def test_the_parts_of_a_line_add_up_and_a_later_report_replaces_the_earlier() -> None:
    lines = Lines(CENTRE)
    for data in (report(0, main=(5, 3)), report(1, main=(2, 9)), report(0, main=(4, 2))):
        lines.observe(data)
    assert (lines.waiting("main"), lines.head_since("main"), lines.everyone()) == (6, ago(9), 6)


def test_a_line_that_was_served_is_empty() -> None:
    lines = Lines(CENTRE)
    lines.observe(report(0, main=(5, 3)))
    lines.observe(report(0, main=(0, 0)))
    assert (lines.waiting("main"), lines.head_since("main")) == (0, None)


def test_queues_that_share_counselors_are_one_line() -> None:
    lines = Lines(CENTRE)
    lines.observe(report(0, main=(5, 3), english=(2, 8)))
    assert (lines.waiting("english"), lines.head_since("main")) == (7, ago(8))


def test_queues_are_joined_through_any_chain_of_pools_and_otherwise_apart() -> None:
    pools = [
        Pool(name=name, seats=1, languages=("ko",), queues=served)
        for name, served in (("a", ("one", "two")), ("b", ("three",)), ("c", ("two", "four")))
    ]
    queues = tuple(replace(CENTRE.queues[0], name=n) for n in ("one", "two", "three", "four"))
    found = lines_of(replace(CENTRE, pools=tuple(pools), queues=queues))
    together = frozenset({"one", "two", "four"})
    alone = frozenset({"three"})
    assert found == {"one": together, "two": together, "four": together, "three": alone}


def test_a_closed_callback_is_no_longer_open_also_when_an_older_record_is_read_again() -> None:
    promises = Promises()
    first = promise("cb-1", "r-1")
    promises.observe(first)
    assert promises.of(caller("ann").key) is not None
    promises.observe(promise("cb-1", "r-1", version=2, outcome="completed"))
    promises.observe(first)
    assert (promises.of(caller("ann").key), len(promises)) == (None, 0)


def test_the_end_of_an_old_callback_leaves_the_new_one_of_the_same_caller_open() -> None:
    promises = Promises()
    promises.observe(promise("old", "r-1"))
    promises.observe(promise("new", "r-2"))
    promises.observe(promise("old", "r-1", version=2, outcome="expired"))
    found = promises.of(caller("ann").key)
    assert found is not None
    assert (found.id, len(promises)) == ("new", 1)


def test_a_callback_that_left_the_log_is_forgotten() -> None:
    promises = Promises()
    promises.observe(promise("cb-1", "r-1"))
    promises.forget("cb-1")
    assert (promises.of(caller("ann").key), len(promises)) == (None, 0)


def test_an_announced_wait_past_the_limit_begins_the_offers() -> None:
    state = State(CENTRE)
    answers = []
    for p50 in (100.0, 200.0, 150.0, 140.0):
        state.observe(fact(WaitEstimated, wait(p50)))
        answers.append(ask(state))
    assert answers == [
        ("queue", "short_wait"),
        ("offer_callback", "long_wait"),
        ("offer_callback", "long_wait"),
        ("queue", "short_wait"),
    ]


def test_the_switch_of_registering_is_obeyed_and_turned_back() -> None:
    state = State(CENTRE)
    state.observe(fact(WaitEstimated, wait(600.0)))
    state.observe(fact(SwitchesSet, SwitchesData(version=1, registering_off=("*",))))
    off = ask(state)
    state.observe(fact(SwitchesSet, SwitchesData(version=2, registering_off=("english",))))
    assert (off, ask(state)) == (("queue", "registering_off"), ("offer_callback", "long_wait"))


def test_offers_end_when_too_few_are_there_for_what_is_promised() -> None:
    state = State(CENTRE)
    state.observe(fact(WaitEstimated, wait(600.0)))
    for one in range(60):
        state.observe(changed(promise(f"cb-{one}", f"r-{one}", who=f"caller-{one}")))
    seats = SeatsData(
        pool="all", needed=9, needed_low=9, needed_high=9, staffed=1, available=0, gap=8,
        offered_load_erlangs=1, reason="", handle_seconds=300,
    )  # fmt: skip
    state.observe(fact(SeatsNeeded, seats))
    assert ask(state) == ("queue", "promise_out_of_reach")


def test_the_line_on_the_log_is_the_place_that_is_told() -> None:
    state = State(CENTRE)
    state.observe(fact(QueuesMeasured, report(0, main=(5, 1))))
    told = state.ask(Question(queue="main", contact="c-1"), NOON).answer
    assert (told.position, told.reason) == (6, "wait_unknown")


def test_hours_and_waits_are_judged_by_the_declared_clock() -> None:
    day_queue = replace(CENTRE.queues[0], hours="09:00-18:00")
    state = State(replace(CENTRE, queues=(day_queue,)))
    midnight = ClockData(wall=NOON, event=NOON + timedelta(hours=12), speed=50.0)
    assert ask(state) == ("queue", "wait_unknown")
    state.observe(fact(ClockDeclared, midnight))
    assert ask(state) == ("offer_callback", "closed_hours")


def test_a_record_that_was_read_before_is_known() -> None:
    state = State(CENTRE)
    assert [state.passed("queues", 0, offset) for offset in (0, 1, 1, 0, 2)] == [
        True, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("later", "seconds", "stale"), [(0, 0.0, False), (5, 5.0, False), (6, 6.0, True)]
)
def test_what_was_right_five_seconds_ago_is_fresh(
    later: float, seconds: float, stale: bool
) -> None:
    ages = Ages()
    ages.polled(NOON, {"queues": {0: 7}})
    age = ages.read({"queues": {0: 7}}, NOON + timedelta(seconds=later))
    assert (age, age.stale) == (Age(NOON, seconds), stale)


def test_what_is_on_the_log_and_not_yet_read_makes_the_state_old() -> None:
    ages = Ages()
    ages.polled(NOON, {"queues": {0: 7}})
    ages.polled(NOON + timedelta(seconds=1), {"queues": {0: 9}})
    assert ages.read({"queues": {0: 8}}, NOON + timedelta(seconds=9)) == Age(NOON, 9.0)


def test_a_log_that_was_never_read_to_its_end_leaves_the_state_stale() -> None:
    assert Ages().read({}, NOON).stale
