"""Those of the eighteen complaints (docs/callbacks.md) that admission settles, by their number."""

import ast
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.admission.answers import wire
from services.admission.state import State, Told
from streams.domain.admission.rules import Question
from streams.domain.centre import Baseline
from streams.domain.contacts.contact import ContactBook
from streams.events.callbacks import CallbackWanted, CallbackWantedData
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.events.surges import WaitEstimated
from tests.support.admission import wait
from tests.support.broker import ROOT
from tests.support.calls import CENTRE, NOON, after, caller, event
from tests.support.promises import changed, promise

CONTACT = Question(queue="main", contact="c-1", caller=caller("ann").key)


def fact(kind: type, data: Any) -> Any:
    return kind(id="f", source="surgeline/test", subject="s", time=NOON, data=data)


def line(people: int, since: datetime) -> Any:
    counts = QueueCounts(waiting=people, oldest_waiting_since=since if people else None)
    data = QueueData(partition=0, offset=0, counts={"2026-03-11": {"main": counts}})
    return fact(QueuesMeasured, data)


def test_complaint_09_the_wait_told_is_of_the_line_now_not_of_last_weeks_half_hour() -> None:
    quiet_weeks = Baseline(key="total", week=(0.1,) * 168)
    told = []
    for centre in (CENTRE, replace(CENTRE, baselines=(quiet_weeks,))):
        state = State(centre)
        state.observe(fact(WaitEstimated, wait(900.0)))
        told.append(state.ask(CONTACT, NOON).answer.wait)
    assert told[0] == told[1]
    assert told[0].p50 == 900.0  # type: ignore[union-attr]


def test_complaint_09_a_wait_that_nobody_can_tell_is_called_unknown() -> None:
    state = State(CENTRE)
    state.observe(fact(WaitEstimated, wait(None, unknown="line_not_moving")))
    told = wire(state.ask(CONTACT, NOON))
    assert (told["wait"], told["reason"]) == ({"unknown": "line_not_moving"}, "wait_unknown")


reports = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 900), st.booleans()), min_size=2, max_size=12
)


@given(reports=reports, promised=st.booleans())
def test_complaint_11_the_place_told_to_one_caller_never_goes_backwards(
    reports: list[tuple[int, int, bool]], promised: bool
) -> None:
    state, places = State(CENTRE), list[int]()
    if promised:
        state.observe(changed(promise("cb-1", "r-1", caller=caller("ann"), origin=NOON)))
    for minute, (people, head_age, long) in enumerate(reports):
        now = NOON + timedelta(minutes=minute)
        state.observe(line(people, now - timedelta(seconds=head_age)))
        state.observe(fact(WaitEstimated, wait(900.0 if long else 10.0)))
        places.append(state.ask(CONTACT, now).answer.position or 0)
    assert places == sorted(places, reverse=True)


def test_complaint_11_who_waits_moves_up_as_those_before_them_are_served() -> None:
    state = State(CENTRE)
    state.observe(line(40, NOON - timedelta(minutes=10)))
    first = state.ask(CONTACT, NOON).answer.position
    # Five minutes later forty wait again, but the first of them came after this caller did.
    state.observe(line(40, NOON + timedelta(minutes=1)))
    later = state.ask(CONTACT, NOON + timedelta(minutes=5)).answer.position
    assert (first, later) == (41, 1)


def test_complaint_11_another_contact_is_told_its_own_place() -> None:
    state = State(CENTRE)
    state.observe(line(3, NOON - timedelta(minutes=1)))
    state.ask(CONTACT, NOON)
    state.observe(line(40, NOON - timedelta(minutes=1)))
    other = replace(CONTACT, contact="c-2", caller=None)
    assert state.ask(other, NOON).answer.position == 41


def test_complaint_12_reports_that_come_minutes_late_give_the_promise_its_true_times() -> None:
    reports = [
        event("arrived", "c1", 0, "ann"),
        event("queued", "c1", 5),
        event("abandoned", "c1", 65),
    ]
    promises: list[CallbackWantedData] = []
    times: list[datetime] = []
    for order in (reports, reports[::-1]):
        book = ContactBook(CENTRE, 4)
        for offset, one in enumerate(order):
            book.observe(one, offset)
        [wanted] = book.tick(after(900))
        assert isinstance(wanted, CallbackWanted)
        promises.append(wanted.data)
        times.append(wanted.time)
    assert promises[0] == promises[1]
    assert promises[0].request.arrived_at == after(0)
    assert times == [after(65), after(65)]


def test_complaint_12_an_answer_says_how_old_what_it_stands_on_is() -> None:
    state = State(CENTRE)
    state.ages.polled(NOON, {})
    fresh: Told = state.ask(CONTACT, NOON + timedelta(seconds=1))
    late: Told = state.ask(CONTACT, NOON + timedelta(minutes=7))
    assert (wire(fresh)["stale"], wire(fresh)["as_of"]) == (False, "2026-03-11T03:00:00.000Z")
    assert (wire(late)["stale"], wire(late)["age_seconds"]) == (True, 420.0)


def test_complaint_14_what_answers_and_shows_numbers_cannot_ask_a_phone_system() -> None:
    outward = {
        "httpx",
        "aiohttp",
        "requests",
        "urllib.request",
        "socket",
        "services.adapters.phone_http",
    }
    found = {
        f"{file.relative_to(ROOT)}: {name}"
        for room in ("admission", "boards")
        for file in (ROOT / "services" / room).glob("*.py")
        for name in imported(file)
        if any(name == one or name.startswith(f"{one}.") for one in outward)
    }
    assert found == set()


def imported(file: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    return plain + [n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)]
