"""One person, one pseudonym, however their number was written; and no number anywhere else."""

import pytest

from services.numbers import Pseudonyms, caller_number, mask, normalise, number_of
from streams.errors import InvalidEventError

PSEUDONYMS = Pseudonyms({"p1": bytes(32)})


@pytest.mark.parametrize(
    "text",
    [
        "+821012345678",
        "+82 10-1234-5678",
        "010-1234-5678",
        "01012345678",
        "+82 (0)10 1234 5678",
        "tel:+82-10-1234-5678",
        "010１２３４５６７８",
        "00700 82 10 1234 5678",
    ],
)
def test_every_way_of_writing_a_number_is_the_same_number(text: str) -> None:
    assert normalise(text, "KR") == "+821012345678"


def test_a_national_number_is_read_as_one_of_the_centres_region() -> None:
    assert normalise("090-1234-5678", "JP") == "+819012345678"


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+821012345678", "Asia/Seoul"),
        ("+12125550123", "America/New_York"),
        ("+905321234567", "Europe/Istanbul"),
        ("+18005550123", None),
        ("+79261234567", None),
    ],
)
def test_a_prefix_names_a_time_zone_where_it_belongs_to_one_only(
    number: str, zone: str | None
) -> None:
    assert number_of(number, "KR") == (number, zone)


@pytest.mark.parametrize("text", ["withheld", "WITHHELD", "anonymous", "", "  ", "restricted"])
def test_a_withheld_number_is_none(text: str) -> None:
    assert caller_number(text, "KR") is None


@pytest.mark.parametrize("text", ["119", "112", "02", "1345"])
def test_a_short_number_that_many_share_counts_as_withheld(text: str) -> None:
    assert caller_number(text, "KR") is None


@pytest.mark.parametrize(
    "text", ["hello", "+", "+999 12345678", "0" * 40, "1" * 65, "sip:anna@example.org", "\x00"]
)
def test_what_is_not_a_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        caller_number(text, "KR")
    assert (caught.value.reason, caught.value.field) == ("invalid", "data.caller")
    assert text not in caught.value.detail or len(text) == 1


def test_a_pseudonym_is_stable_and_names_its_secret() -> None:
    first, again = PSEUDONYMS.key_of("+821012345678"), PSEUDONYMS.key_of("+821012345678")
    assert first == again
    assert (len(first[0]), first[1]) == (32, "p1")


def test_another_number_or_another_secret_gives_another_pseudonym() -> None:
    here = PSEUDONYMS.key_of("+821012345678")[0]
    other_number = PSEUDONYMS.key_of("+821012345679")[0]
    other_secret = Pseudonyms({"p2": bytes([1]) * 32}).key_of("+821012345678")[0]
    assert len({here, other_number, other_secret}) == 3


def test_a_pseudonym_tells_nothing_of_the_number() -> None:
    assert "12345678" not in PSEUDONYMS.key_of("+821012345678")[0]


def test_a_masked_number_keeps_the_country_and_four_digits() -> None:
    assert mask("+821012345678") == "+82 ••••5678"
