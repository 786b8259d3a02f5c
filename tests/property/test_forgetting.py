"""A book that forgets says the same, over days, as one that keeps everything."""

import random

import pytest

from streams.domain.contacts.contact import ContactBook
from streams.events.contacts import ContactEvent
from tests.support.calls import CENTRE, after, event

HOURS = 3600


def three_days(seed: int) -> list[ContactEvent]:
    """Callers who redial after minutes, hours and a day; calls without an end; long letters."""
    chance = random.Random(seed)
    events = []
    for number in range(300):
        name, start = f"c{number}", chance.uniform(0, 72 * HOURS)
        who = chance.choice([f"caller-{chance.randrange(60)}-", "ann", None])
        events.append(event("arrived", name, start, who))
        at = start + chance.choice([2, 20, 400, 3 * HOURS])
        end = chance.choice(["abandoned", "answered", "deflected", None])
        if end:
            events.append(event(end, name, at))
        if end == "answered" and chance.random() < 0.8:
            events.append(event("completed", name, at + chance.choice([100, 5 * HOURS])))
    return sorted(events, key=lambda one: one.time)


@pytest.mark.parametrize("seed", range(8))
def test_forgetting_changes_no_count_and_no_promise(seed: int) -> None:
    forgetful = ContactBook(CENTRE, 0)
    keeper = ContactBook(CENTRE, 0, forgets=False)
    for offset, one in enumerate(three_days(seed)):
        forgetful.observe(one, offset)
        keeper.observe(one, offset)
        if offset % 3 == 0:
            assert forgetful.tick(one.time) == keeper.tick(one.time)
            assert forgetful.counts() == keeper.counts()
    assert forgetful.tick(after(75 * HOURS)) == keeper.tick(after(75 * HOURS))
    assert forgetful.counts() == keeper.counts()
    assert len(forgetful) < len(keeper) * 0.75
