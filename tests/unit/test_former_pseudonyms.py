"""A change of the pseudonym key rings nobody twice; a change of the seal key needs no pause."""

import os

import msgspec

from services.callbacks.dialable import Dialable
from services.callbacks.facts import command_for
from services.callbacks.former import Former
from services.numbers import Pseudonyms
from services.sealing import Sealer
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.switches import ALL_ON
from streams.events.callbacks import CallbackWanted
from streams.events.contacts import Caller
from tests.support.callback_book import POLICY
from tests.support.callbacks import at, wanted

OLD, NEW = {"p1": os.urandom(32)}, {"p2": os.urandom(32)}
SEALER = Sealer({"s1": os.urandom(32)})
FORMER = Former(NEW | OLD, SEALER)
NUMBER, OTHER = "+821012345678", "+821087654321"


def asks(request: str, number: str, keys: dict[str, bytes], *, minute: float) -> CallbackWanted:
    fact = wanted(request, 1, at(minute))
    key, key_id = Pseudonyms(keys).key_of(number)
    caller = Caller(key=key, key_id=key_id, sealed=SEALER.seal(number.encode()))
    return msgspec.structs.replace(fact, data=msgspec.structs.replace(fact.data, caller=caller))


def take(book: CallbackBook, fact: CallbackWanted, former: Former | None, *, minute: float) -> str:
    command = command_for(fact, Dialable(SEALER, ()), lambda: ALL_ON, former)
    state = command.decide(None, book, at(minute))  # type: ignore[arg-type]
    assert state is not None
    return state.id


async def test_who_asks_again_after_a_change_of_key_joins_the_open_promise() -> None:
    book = CallbackBook(POLICY)
    first = take(book, asks("r1", NUMBER, OLD, minute=0), None, minute=0)
    again = take(book, asks("r2", NUMBER, NEW, minute=5), FORMER, minute=5)
    other = take(book, asks("r3", OTHER, NEW, minute=6), FORMER, minute=6)
    assert (again == first, other == first) == (True, False)


async def test_without_the_former_key_the_caller_would_be_promised_two() -> None:
    book = CallbackBook(POLICY)
    first = take(book, asks("r1", NUMBER, OLD, minute=0), None, minute=0)
    assert take(book, asks("r2", NUMBER, NEW, minute=5), Former(NEW, SEALER), minute=5) != first


def test_what_an_older_key_has_sealed_is_opened_and_known_as_old() -> None:
    keys = {"s1": os.urandom(32)}
    before = Sealer(keys).seal(b"+821012345678")
    after = Sealer({"s2": os.urandom(32)} | keys)
    assert after.open(before) == b"+821012345678"
    assert (after.is_current(before), after.is_current(after.seal(b"x"))) == (False, True)
