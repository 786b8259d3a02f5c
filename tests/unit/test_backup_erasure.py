"""Is somebody who was erased in no old backup either?"""

import msgspec

from services.backup import Kept
from services.cli.backup_erasure import without_caller, without_person
from streams.domain.callbacks.callback import Change
from streams.events.callbacks import CallbackChanged, CallbackData
from streams.events.codec import decode, encode
from streams.events.people import Person, Shift
from streams.kafka import Outgoing
from tests.support.callback_book import book_with, dialling
from tests.support.callbacks import at, caller_key, wanted
from tests.support.people import Log, people_of, person, shift
from tests.support.people import at as on


def kept(state: CallbackData) -> Kept:
    event = Change(name="requested", state=state, at=at(0)).event()
    return Kept("callbacks", 0, state.id.encode(), encode(event))


def read(one: Kept) -> CallbackData:
    event = decode(one.value)
    assert isinstance(event, CallbackChanged)
    return event.data


def test_a_caller_is_taken_out_of_every_record_and_others_stay_as_they_are() -> None:
    book = book_with(wanted("r1", 1, at(0)), wanted("r2", 2, at(1)))
    callback, claim, _ = dialling(book, 2)
    book.connected(callback, claim, at(3))
    before = [kept(state) for state in book.all()]
    other = Kept("centre", 0, b"1", b"a centre file")
    mine, theirs, last = without_caller([*before, other], {caller_key(1)}, at(9))
    assert (read(mine).outcome, read(mine).outcome_reason) == ("withdrawn", "erased")
    assert (read(mine).caller.sealed, read(mine).caller.key_id) == (None, "erased")
    assert (theirs, last) == (before[1], other)
    assert without_caller([mine, theirs, last], {caller_key(1)}, at(10)) == [mine, theirs, last]


async def test_somebody_who_could_be_called_out_goes_with_their_shifts_and_nobody_else() -> None:
    log = Log()
    people = people_of(log=log)
    known: list[Person | Shift] = [person("a"), person("ab"), shift(on(11, 8), name="s1")]
    known.append(msgspec.structs.replace(shift(on(12, 8), name="s2"), person="a"))
    await people._write([one for one in known if isinstance(one, Person)], "imported")
    await people.put_shifts([one for one in known if isinstance(one, Shift)])
    records = [_kept(one) for one in log.records]
    left = [one.key for one in without_person(records, "a")]
    assert left == [b"person/ab", b"shift/s1"]


def _kept(one: Outgoing) -> Kept:
    return Kept("people", 0, one.key or b"", one.value or b"")
