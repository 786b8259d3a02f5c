"""What a text message says: digits, never a carrier's word."""

import pytest

from services.callout.answering.digits import OPT_OUT, Said, understand


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1", Said("accept")),
        ("2", Said("decline")),
        ("3", Said("later")),
        ("9", Said("withdraw")),
        ("1 47", Said("accept", "47")),
        ("147", Said("accept", "47")),
        ("1-47", Said("accept", "47")),
        (" 1.47. ", Said("accept", "47")),
        ("47 2", Said("decline", "47")),
        ("１　４７", Said("accept", "47")),
        ("1\n47", "nothing"),
    ],
)
def test_digits_are_an_answer(body: str, said: object) -> None:
    assert understand(body) == said


@pytest.mark.parametrize(
    "body", ["", "yes please", "I come at 1", "4", "47", "11 o'clock", "1 47 9", "예", "1" * 500]
)
def test_a_sentence_is_never_guessed_at(body: str) -> None:
    assert understand(body) == "nothing"


@pytest.mark.parametrize("word", sorted(OPT_OUT))
def test_a_carriers_word_is_an_opt_out_and_no_answer(word: str) -> None:
    assert understand(word.lower()) == "opt_out"
    assert understand(f" {word}. ") == "opt_out"


@pytest.mark.parametrize("word", ["start", "UNSTOP", "Yes"])
def test_yes_is_an_opt_in_at_the_carriers_and_no_acceptance(word: str) -> None:
    assert understand(word) == "opt_in"


def test_opt_out_inside_a_sentence_is_none() -> None:
    assert understand("please cancel my seat") == "nothing"
