"""The ledger finds what is planted, and nothing in a clean log."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.domain.contacts.ledger import Ledger
from streams.domain.contacts.outcomes import RequestOutcome
from streams.events.callbacks import CallbackChanged
from streams.events.contacts import ContactEvent
from streams.events.demand import QueueCounts, QueueData
from tests.support.calls import CENTRE, after, event
from tests.support.promises import changed, dial, promise

STORY: tuple[ContactEvent, ...] = (
    event("arrived", "c1", 0, "ann"),
    event("answered", "c1", 5),
    event("arrived", "c2", 1, "bob"),
    event("abandoned", "c2", 61),
    event("arrived", "c3", 2),
    event("abandoned", "c3", 30),
    event("arrived", "c4", 90, "cat"),
    event("arrived", "c5", 95, "dan"),
    event("deflected", "c5", 96, reason="prompt"),
)
KEPT = (
    changed(promise("cb", "c2", who="bob")),
    changed(promise("cb", "c2", who="bob", version=2, state="leased", agent="a1"), "leased"),
    changed(
        promise("cb", "c2", who="bob", version=3, outcome="completed", closed_at=after(99)),
        "completed",
    ),
)


def promised(events: Sequence[ContactEvent] = STORY, now: float = 97) -> list[OverflowFact]:
    book = ContactBook(CENTRE, 0)
    for offset, one in enumerate(events):
        book.observe(one, offset)
    return book.tick(after(now))


def ledger(
    events: Sequence[ContactEvent] = STORY,
    facts: Sequence[OverflowFact] | None = None,
    callbacks: Sequence[CallbackChanged] = KEPT,
) -> Ledger:
    made = Ledger(CENTRE)
    for offset, one in enumerate(events):
        made.record(0, offset)
        made.contact(one, 0, offset)
    for fact in promised(events) if facts is None else facts:
        made.overflow(fact)
    for offset, changed_to in enumerate(callbacks):
        made.callback(changed_to, 0, offset)
    made.settle({0: after(97)})
    return made


def found(made: Ledger) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in made.findings()]


def test_a_clean_log_has_one_outcome_for_everyone_and_no_finding() -> None:
    made = ledger()
    assert made.findings() == []
    assert dict(made.outcomes()) == {
        "c1": RequestOutcome("answered_live"),
        "c2": RequestOutcome("callback_completed"),
        "c3": RequestOutcome("lost", "no_number"),
        "c4": RequestOutcome("waiting"),
        "c5": RequestOutcome("deflected"),
    }
    assert made.shares().requests == made.contacts == 5


def test_a_lost_contact_is_named() -> None:
    made = ledger(facts=[], callbacks=[])
    assert found(made) == [("no_outcome", "c2"), ("not_promised", "c2")]
    assert made.shares().unaccounted == 1


def test_a_wish_for_which_no_callback_was_made_is_found() -> None:
    assert found(ledger(callbacks=[])) == [("promise_without_callback", "c2")]


def test_who_asked_again_after_the_callback_was_closed_needs_another() -> None:
    again = (*STORY, event("arrived", "c6", 7200, "bob"), event("abandoned", "c6", 7260))
    facts = [*promised(), *_later_facts(again, 7300)]
    made = ledger(again, facts)
    assert found(made) == [("promise_without_callback", "c6")]
    second = changed(promise("cb2", "c2", who="bob", contact="c6", requested_at=after(7260)))
    assert found(ledger(again, facts, (*KEPT, second))) == []


def _later_facts(events: Sequence[ContactEvent], now: float) -> list[OverflowFact]:
    book = ContactBook(CENTRE, 0)
    for offset, one in enumerate(events[: len(STORY)]):
        book.observe(one, offset)
    book.tick(after(97))
    for offset, one in enumerate(events[len(STORY) :]):
        book.observe(one, len(STORY) + offset)
    return book.tick(after(now))[1:]  # the first is cat, who waits too long meanwhile


def test_two_open_callbacks_for_one_caller_are_found() -> None:
    double = changed(promise("other", "c9", who="bob"))
    assert found(ledger(callbacks=[KEPT[0], double])) == [("two_open_callbacks", "cb")]


def test_a_caller_who_was_served_must_not_be_rung() -> None:
    events = (*STORY, event("arrived", "c6", 70, "bob"), event("answered", "c6", 80))
    assert found(ledger(events, callbacks=KEPT[:1])) == [("served_but_open", "c6")]


@pytest.mark.parametrize(
    ("attempts", "kind"),
    [
        ((dial("d1", 60), dial("d2", 70)), "two_dials"),
        ((dial("d1", 60, 90), dial("d2", 70, 95)), "two_dials"),
        ((dial("d1", 60, 70), dial("d2", 70)), None),
    ],
)
def test_two_dials_at_once_are_found(attempts: Any, kind: str | None) -> None:
    dialling = changed(promise("cb", "c2", who="bob", attempts=attempts))
    assert {finding.kind for finding in ledger(callbacks=[dialling]).findings()} == (
        {kind} if kind else set()
    )


def test_two_callbacks_that_ring_one_person_at_once_are_found() -> None:
    one = promise("cb", "c2", who="bob", outcome="completed", attempts=(dial("d1", 60, 90),))
    two = promise("cb2", "c2", who="bob", outcome="expired", attempts=(dial("d2", 80, 95),))
    assert found(ledger(callbacks=[changed(one), changed(two)])) == [("two_dials", "cb")]


def test_a_promise_that_was_kept_twice_is_found() -> None:
    twice = changed(promise("cb", "c2", who="bob", version=4, outcome="completed"), "completed")
    assert found(ledger(callbacks=[*KEPT, twice])) == [("completed_twice", "cb")]


def test_a_closed_promise_that_opens_again_is_found() -> None:
    again = changed(promise("cb", "c2", who="bob", version=4), "failed")
    assert found(ledger(callbacks=[*KEPT, again])) == [("reopened", "cb")]


def test_a_version_that_says_two_things_is_found() -> None:
    other = replace(KEPT[1], data=replace(KEPT[1].data, agent="a2"))
    assert found(ledger(callbacks=[*KEPT, other])) == [("version_conflict", "cb")]


def test_a_record_sent_twice_is_no_finding() -> None:
    assert found(ledger(callbacks=[*KEPT, *KEPT])) == []


def test_a_version_gap_is_found() -> None:
    assert found(ledger(callbacks=[KEPT[0], KEPT[2]])) == [("version_gap", "cb")]
    assert found(ledger(callbacks=KEPT[1:])) == [("version_gap", "cb")]


def test_versions_that_may_have_been_compacted_away_are_no_gap() -> None:
    made = ledger(callbacks=[])
    made.callback(KEPT[0], 0, 4)
    made.callback(KEPT[2], 0, 6)
    assert found(made) == []


def test_a_gap_in_the_contacts_is_found() -> None:
    made = ledger()
    made.record(0, len(STORY) + 1)
    assert found(made) == [("offset_gap", "contacts/0")]


def test_a_contact_answered_by_two_counselors_in_one_leg_is_found() -> None:
    events = (*STORY, event("answered", "c1", 6, agent="a2"))
    assert found(ledger(events)) == [("answered_twice", "c1")]


def test_a_contact_on_two_partitions_is_found() -> None:
    made = ledger()
    made.contact(event("completed", "c1", 50), 3, 0)
    kinds = [kind for kind, _ in found(made)]
    assert "two_partitions" in kinds
    assert "recount_differs" in kinds


def test_counts_that_are_not_the_recount_are_found() -> None:
    made = ledger()
    right = QueueData(partition=0, offset=len(STORY) - 1, counts=made.counts(0))
    assert made.counts_differ(right) is None
    day = next(iter(right.counts))
    wrong = {day: {"main": replace(right.counts[day]["main"], answered_live=7)}}
    finding = made.counts_differ(replace(right, counts=wrong))
    assert finding is not None
    assert "answered_live is said to be 7 and is 1" in finding.detail


def test_a_queue_that_the_counts_leave_out_is_found() -> None:
    made = ledger()
    day = next(iter(made.counts(0)))
    silent = QueueData(partition=0, offset=len(STORY) - 1, counts={day: {}})
    assert made.counts_differ(silent) is not None
    invented = {day: {**made.counts(0)[day], "english": QueueCounts(requests=1, waiting=1)}}
    assert made.counts_differ(replace(silent, counts=invented)) is not None


def test_only_people_of_the_asked_time_are_judged() -> None:
    made = ledger()
    assert [contact for contact, _ in made.outcomes(after(90))] == ["c4", "c5"]


def test_refused_events_are_counted_and_change_nothing() -> None:
    events = (*STORY, event("arrived", "c1", 3, "ann", id="c1:arrived:0:1"))
    made = ledger(events, promised(STORY))
    assert (made.refused, made.findings()) == (1, [])
