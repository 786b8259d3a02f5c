"""Does a message say what it must, in few enough characters?"""

import pytest

from services.callout.wording import language_of, subject_of, text_of
from streams.domain.callout import asking, life
from streams.domain.callout.book import CalloutBook
from streams.events.callouts import CalloutData, OfferData
from tests.support.callout_people import POLICY, at, need, person, ready

TITLES = {"ko": "영사콜센터", "en": "Consular call centre"}
ONE_SMS = {"en": 160, "ko": 70}


def asked(*, drill: bool) -> tuple[CalloutData, OfferData]:
    book = CalloutBook(1)
    callout = life.open_need(book, need(1), POLICY, at(), drill=drill)
    life.start(book, callout.id, POLICY, "kim", at(), unseen=True)
    [offer] = asking.look(book, callout.id, ready([person(1)], callout.need), at())
    return book.callout(callout.id), offer


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_fits_one_text_message_and_says_when_and_how_to_answer(language: str) -> None:
    callout, offer = asked(drill=False)
    text = text_of(callout, offer, "ask", language, "Asia/Seoul", TITLES[language], "")
    assert len(text) <= ONE_SMS[language]
    assert all(part in text for part in ("13:00-19:00", "02.03.", callout.ref, "1 ", "2 "))


@pytest.mark.parametrize("purpose", ["ask", "seated", "reminder", "stand_down"])
@pytest.mark.parametrize(("language", "word"), [("ko", "[훈련]"), ("en", "DRILL")])
def test_every_message_of_a_drill_says_so_before_anything_else(
    purpose: str, language: str, word: str
) -> None:
    callout, offer = asked(drill=True)
    text = text_of(callout, offer, purpose, language, "UTC", TITLES[language], "")  # type: ignore[arg-type]
    assert (text.startswith(word), subject_of(callout, language).startswith(word)) == (True, True)


def test_people_are_written_to_in_a_language_of_theirs_or_in_english() -> None:
    assert [language_of(known) for known in (("fr", "ko"), ("en",), ("nl",), ())] == [
        "ko",
        "en",
        "en",
        "en",
    ]


def test_no_message_holds_a_word_that_carriers_take_for_an_opt_out() -> None:
    callout, offer = asked(drill=True)
    words = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
    said = text_of(callout, offer, "ask", "en", "UTC", TITLES["en"], "remote")
    assert not words & set(said.upper().replace(".", " ").replace(",", " ").split())
