"""What intake remembers: which events were here, and where each contact's events meet."""

from datetime import UTC, datetime, timedelta

from services.intake.keys import KEPT_HOURS, ContactKeys
from services.intake.repeats import Repeats
from streams.events.codec import decode
from streams.events.control import ContactKeyed

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def test_an_event_that_is_stored_is_a_repeat_when_it_comes_again() -> None:
    repeats = Repeats()
    first = repeats.see(b"id", b"content")
    repeats.written([b"id"])
    assert (first, repeats.see(b"id", b"content")) == ("new", "repeated")


def test_an_event_whose_fate_is_unknown_is_written_again() -> None:
    repeats = Repeats()
    assert [repeats.see(b"id", b"content") for _ in range(2)] == ["new", "new"]


def test_an_id_with_other_content_differs_even_before_the_first_is_stored() -> None:
    repeats = Repeats()
    repeats.see(b"id", b"content")
    assert repeats.see(b"id", b"other") == "differs"


def test_an_event_refused_for_certain_leaves_its_id_free() -> None:
    repeats = Repeats()
    repeats.see(b"id", b"content")
    repeats.unwritten([b"id"])
    assert repeats.see(b"id", b"other") == "new"


def test_a_stored_event_is_not_forgotten_because_its_copy_was_refused() -> None:
    repeats = Repeats()
    repeats.see(b"id", b"content")
    repeats.written([b"id"])
    repeats.unwritten([b"id"])
    assert repeats.see(b"id", b"content") == "repeated"


def test_the_oldest_are_forgotten_first() -> None:
    repeats = Repeats(kept=2)
    for name in (b"1", b"2", b"3"):
        repeats.see(name, b"content")
        repeats.written([name])
    assert [repeats.see(name, b"content") for name in (b"3", b"2", b"1")] == [
        "repeated",
        "repeated",
        "new",
    ]


def test_the_first_decision_about_a_contact_holds() -> None:
    keys = ContactKeys()
    decided = [keys.decide("c1", caller, NOON) for caller in (None, "anna", "bora")]
    assert decided == ["c1", "c1", "c1"]


def test_a_decision_is_written_until_the_broker_has_it() -> None:
    keys = ContactKeys()
    keys.decide("c1", "anna", NOON)
    before = [decode(record.value or b"") for record in keys.to_write(["c1", "c2"], NOON)]
    keys.written(["c1"])
    assert [(e.data.contact, e.data.key) for e in before if isinstance(e, ContactKeyed)] == [
        ("c1", "anna")
    ]
    assert keys.to_write(["c1"], NOON) == []


def test_a_contact_is_remembered_for_as_long_as_the_topic_keeps_it_and_no_longer() -> None:
    keys = ContactKeys()
    keys.decide("c1", "anna", NOON)
    still = keys.decide("c1", None, NOON + timedelta(hours=KEPT_HOURS))
    keys.decide("c2", None, NOON + timedelta(hours=KEPT_HOURS + 1))
    forgotten = keys.decide("c1", None, NOON + timedelta(hours=KEPT_HOURS + 1))
    assert (still, forgotten, len(keys)) == ("anna", "c1", 2)
