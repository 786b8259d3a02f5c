"""Counts, pulses and promises follow from the set of events, whatever order they came in."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.events.contacts import ContactEvent
from streams.events.demand import PulseData
from tests.support.calls import CENTRE, after, event

END = 90 * 60  # less than the time after which a contact is settled
Pulses = dict[tuple[str, datetime], PulseData]


@st.composite
def contacts(draw: st.DrawFn, number: int) -> list[ContactEvent]:
    """What was reported of one contact: any subset of a life, some of it contradictory."""
    name = f"c{number}"
    who = draw(st.sampled_from(["ann", "bob", "ann", None]))
    start = draw(st.integers(0, END))
    said = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "queue": st.sampled_from(["main", "english"]),
                "country": st.sampled_from(["JP", "US"]),
                "urgency": st.sampled_from(["normal", "low", "life_at_risk"]),
                "consent_callback": st.booleans(),
                "channel": st.sampled_from(["voice", "email"]),
            },
        )
    )
    kinds = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ["queued", "offered", "answered", "completed", "abandoned", "deflected"]
                ),
                st.integers(0, 900),
                st.sampled_from([1, 1, 1, 2]),
                st.sampled_from(["inbound", "inbound", "inbound", "consult"]),
            ),
            max_size=5,
        )
    )
    events = [event("arrived", name, start, who, **said)]
    for index, (kind, delay, leg, leg_kind) in enumerate(kinds):
        extra: dict[str, Any] = {"leg": leg, "leg_kind": leg_kind, "id": f"{name}-{index}"}
        if kind == "deflected":
            extra["reason"] = draw(
                st.sampled_from(["full", "closed", "prompt", "moved_to_callback"])
            )
        if draw(st.booleans()):
            extra |= said
        knows_caller = draw(st.booleans())
        events.append(event(kind, name, start + delay, who if knows_caller else None, **extra))
    return events[draw(st.integers(0, 1)) :] or events


@st.composite
def days(draw: st.DrawFn) -> list[ContactEvent]:
    count = draw(st.integers(1, 7))
    return [one for number in range(count) for one in draw(contacts(number))]


def final(pulses: Sequence[PulseData]) -> Pulses:
    latest = {
        (pulse.key, pulse.second): msgspec.structs.replace(pulse, revision=0) for pulse in pulses
    }
    return {
        place: pulse
        for place, pulse in latest.items()
        if pulse.first_attempts or pulse.redials or pulse.reconnects
    }


def told_at_once(events: Sequence[ContactEvent], end: float) -> tuple[Any, Pulses, Any]:
    book = ContactBook(CENTRE, 3)
    pulses: list[PulseData] = []
    for offset, one in enumerate(events):
        book.observe(one, offset)
        if offset % 3 == 0:
            pulses += book.take_pulses()
    facts = book.tick(after(end))
    pulses += book.take_pulses()
    return book.counts(), final(pulses), [(fact.id, fact.data) for fact in facts]


@given(days(), st.randoms(use_true_random=False), st.integers(0, 4 * 3600))
@settings(max_examples=100, deadline=None)
def test_order_and_repeats_change_nothing(
    events: list[ContactEvent], chance: random.Random, later: int
) -> None:
    shuffled = events + chance.choices(events, k=len(events) // 2)
    chance.shuffle(shuffled)
    in_order = sorted(events, key=lambda one: one.time)
    end = END + 900 + later
    assert told_at_once(shuffled, end) == told_at_once(in_order, end)


@given(days(), st.randoms(use_true_random=False), st.lists(st.integers(0, 30), max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_book_that_is_refilled_from_the_log_is_the_book_that_was_lost(
    events: list[ContactEvent], chance: random.Random, ticks: list[int]
) -> None:
    lost = ContactBook(CENTRE, 3)
    facts: list[OverflowFact] = []
    live = sorted(events, key=lambda one: one.time)
    for index in range(len(live) - 1):  # some reports overtake others
        if chance.random() < 0.3:
            live[index], live[index + 1] = live[index + 1], live[index]
    for offset, one in enumerate(live):
        lost.observe(one, offset)
        if offset in ticks:
            facts += lost.tick(one.time)
    facts += lost.tick(after(END + 900))
    refilled = ContactBook(CENTRE, 3)
    chance.shuffle(live)
    for offset, one in enumerate(live):
        refilled.observe_again(one, offset)
    refilled.pass_silently(after(END + 900))
    for fact in facts:
        refilled.remember(fact)
    assert refilled.tick(after(END + 900)) == []
    assert refilled.counts() == lost.counts()
    assert len({fact.id for fact in facts}) == len(facts)


@given(days(), st.randoms(use_true_random=False), st.integers(0, 30), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_what_comes_after_a_silent_refill_is_counted_and_told_as_without_it(
    events: list[ContactEvent], chance: random.Random, known: int, pause: int
) -> None:
    chance.shuffle(events)
    lived, refilled = ContactBook(CENTRE, 3), ContactBook(CENTRE, 3)
    for offset, one in enumerate(events[:known]):
        lived.observe(one, offset)
        refilled.observe_again(one, offset)
        if offset % pause == 0:
            refilled.pass_silently(one.time)
    lived.take_pulses()
    refilled.pass_silently(after(END + 900))
    assert refilled.take_pulses() == []
    assert refilled.counts("") == lived.counts("")
    for offset, one in enumerate(events[known:], known):
        lived.observe(one, offset)
        refilled.observe(one, offset)
    assert refilled.tick(after(END + 900)) == lived.tick(after(END + 900))
    assert refilled.take_pulses() == lived.take_pulses()
    assert refilled.counts() == lived.counts()


@given(days(), st.lists(st.integers(0, 30), max_size=8))
@settings(max_examples=100, deadline=None)
def test_everyone_is_counted_in_exactly_one_place(
    events: list[ContactEvent], ticks: list[int]
) -> None:
    book = ContactBook(CENTRE, 3)
    for offset, one in enumerate(events):
        book.observe(one, offset)
        if offset in ticks:
            book.tick(one.time)
    counts = [row for queues in book.counts("").values() for row in queues.values()]
    for row in counts:
        known = row.waiting + row.answered_live + row.handed_over + row.deflected
        assert row.requests == known + sum(row.lost.values())
        assert row.contacts == row.requests + row.redials + row.reconnects
    callers_own = {one.subject for one in events if one.data.leg_kind == "inbound"}
    assert sum(row.contacts for row in counts) == len(callers_own)
