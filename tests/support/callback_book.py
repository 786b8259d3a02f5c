"""A callback list in memory, and an agent who works it."""

from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import Wish
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackWanted
from tests.support.callbacks import at

POLICY = OverflowPolicy()
KIM = Wish(agent="kim")


def book_with(*facts: CallbackWanted) -> CallbackBook:
    """A list with these wishes on it."""
    book = CallbackBook(POLICY)
    for fact in facts:
        book.wanted(fact, fact.time)
    book.take_changes()
    return book


def lease(book: CallbackBook, minutes: float, agent: str = "kim") -> tuple[str, Claim]:
    """The agent takes whatever is first."""
    state = book.first_for(Wish(agent=agent), at(minutes))
    assert state is not None
    state = book.lease(state.id, agent, at(minutes))
    return state.id, Claim(agent=agent, epoch=state.epoch, token=state.token)


def dialling(book: CallbackBook, minutes: float) -> tuple[str, Claim, str]:
    """Kim takes whatever is first and orders the dial."""
    callback, claim = lease(book, minutes)
    dial = book.start_dial(callback, claim, at(minutes)).attempts[-1].id
    return callback, claim, dial
