"""Who is free, and who waits, as the callbacks service sees it?"""

from datetime import datetime
from pathlib import Path
from typing import Any

from services.callbacks.floor import PhoneFloor
from streams.centre_file import load_centre
from streams.domain.callbacks.release import Floor
from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.callbacks import CallbackData
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from tests.support.callback_book import book_with, dialling, lease
from tests.support.callbacks import at, wanted

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")


def agent(name: str, state: Any, minutes: float = 0, pool: str = "counselors") -> AgentStateChanged:
    return AgentStateChanged(
        id=f"{name}/{minutes}",
        source="phone",
        subject=name,
        time=at(minutes),
        data=AgentStateData(agent=name, pool=pool, state=state),
    )


def queues(partition: int, **waiting: tuple[int, datetime | None]) -> QueuesMeasured:
    counts = {
        name: QueueCounts(requests=count, waiting=count, oldest_waiting_since=since)
        for name, (count, since) in waiting.items()
    }
    return QueuesMeasured(
        id="q",
        source="surgeline/tally",
        subject=str(partition),
        time=at(),
        data=QueueData(partition=partition, offset=1, counts={"2026-03-02": counts}),
    )


def floor_of(*facts: object) -> PhoneFloor:
    floor = PhoneFloor(CENTRE)
    for fact in facts:
        floor.observe(fact)
    return floor


def in_hand(agent_name: str) -> CallbackData:
    book = book_with(wanted("r1", 1, at(0)))
    lease(book, 1, agent_name)
    [state] = book.all()
    return state


def test_without_any_agent_reported_nothing_is_known_and_nothing_held_back() -> None:
    assert floor_of(queues(0, main=(3, at(0)))).around("kim", "main") is None


def test_those_who_answer_the_same_queues_count_and_of_each_the_latest_state() -> None:
    floor = floor_of(
        agent("kim", "available"),
        agent("lee", "available", 5),
        agent("lee", "on_contact", 3),
        agent("park", "wrap_up"),
        agent("choi", "offline"),
        agent("vol", "available", pool="volunteers"),
    )
    floor.count_due(7)
    # Volunteers answer the main queue, and so do counselors: they stand in for each other.
    assert floor.around("kim", "main") == Floor(on_duty=4, free_beside=2, due=7)


def test_a_line_that_the_agent_does_not_answer_is_not_theirs() -> None:
    waiting = queues(0, english=(4, at(0)))
    floor = floor_of(agent("vol", "available", pool="volunteers"), waiting)
    assert floor.around("vol", "main") == Floor(on_duty=1, free_beside=0)


def test_the_line_is_all_partitions_together_and_the_latest_of_each() -> None:
    floor = floor_of(
        agent("kim", "available"),
        queues(0, main=(9, at(-9))),
        queues(0, main=(2, at(4)), english=(1, at(2))),
        queues(1, main=(3, at(3))),
    )
    assert floor.around("kim", "main") == Floor(
        on_duty=1, free_beside=0, waiting=6, oldest_since=at(2)
    )


def test_an_agent_with_a_callback_in_hand_is_not_free_whatever_the_phone_still_says() -> None:
    floor = floor_of(agent("kim", "available"), agent("lee", "available"))
    floor.note(in_hand("lee"))
    held = floor.around("kim", "main")
    book = book_with(wanted("r1", 1, at(0)))
    [given_back] = book.all()
    floor.note(given_back)
    assert (held, floor.around("kim", "main")) == (
        Floor(on_duty=2, free_beside=0),
        Floor(on_duty=2, free_beside=1),
    )


def test_dials_that_ring_the_caller_first_count_until_they_are_over() -> None:
    floor = PhoneFloor(CENTRE)
    book = book_with(wanted("r1", 1, at(0)))
    callback, claim = lease(book, 1)
    floor.note(book.start_dial(callback, claim, at(1), "customer"))
    under_way = floor.customer_first_under_way
    state = book.fail(callback, claim, "no_answer", at(2))
    floor.note(state)
    not_known_to_be_over = floor.customer_first_under_way
    ended = book.dial_ended(callback, state.attempts[-1].id, at(3))
    assert ended is not None
    floor.note(ended)
    assert (under_way, not_known_to_be_over, floor.customer_first_under_way) == (1, 1, 0)


def test_dials_that_ring_the_agent_first_do_not_count() -> None:
    floor = PhoneFloor(CENTRE)
    book = book_with(wanted("r1", 1, at(0)))
    dialling(book, 1)
    floor.begin(book.all())
    assert floor.customer_first_under_way == 0
