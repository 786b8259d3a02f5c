"""Is somebody who is asked by one call-out left alone by another they had put off?"""

from datetime import timedelta

from streams.domain.callout import answering, asking, life
from streams.domain.callout.book import SILENT, CalloutBook
from streams.domain.callout.offers import moved
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer
from tests.support.callout_people import POLICY, START, need, person, ready

LATER = START + timedelta(minutes=70)


def two_call_outs() -> tuple[CalloutBook, str, str]:
    """One person was silent to the first for seventy minutes, and is asked by the second."""
    book = CalloutBook(1)
    ids = []
    for key, now in (("one", START), ("two", LATER)):
        wanted = need(1, key=key)
        callout = life.open_need(book, wanted, POLICY, now)
        life.start(book, callout.id, POLICY, "kim", now, unseen=True)
        asking.look(book, callout.id, ready([person(1)], wanted), now)
        ids.append(callout.id)
        if key == "one":
            [offer] = book.offers_of(callout.id)
            book.put(moved(offer, "no_answer"), LATER)
    first, second = ids
    return book, first, second


def asked_by(book: CalloutBook) -> list[str]:
    return [one.callout for one in book.offers.values() if one.state in SILENT]


def test_later_to_the_first_does_not_ask_again_while_the_second_asks() -> None:
    book, first, second = two_call_outs()
    [offer] = book.offers_of(first)
    later = GivenAnswer(key="k", kind="later", at=LATER, channel="sms")
    said = answering.answer(book, offer.id, later, Verdict(ok=True), LATER)
    assert (said.kind, asked_by(book)) == ("thanks", [second])
    assert book.offers[offer.id].answers[-1].kind == "later"


def test_asking_once_more_leaves_out_whom_the_other_call_out_asks() -> None:
    book, first, second = two_call_outs()
    assert life.rewind(book, first, "kim", LATER) == 0
    assert asked_by(book) == [second]
