"""Who is never rung back?"""

import pytest

from services.callbacks.dialable import NO_NUMBER, UNREADABLE, Dialable
from services.never_dialled import BLOCKED, COUNTRY, EMERGENCY, OWN, PREMIUM, Refusal
from services.sealing import Sealer
from streams.domain.callbacks.callback import RefusedError
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.contacts import Caller

SEALER = Sealer({"s1": b"k" * 32})


def caller(number: str | None) -> Caller:
    sealed = SEALER.seal(number.encode()) if number is not None else None
    return Caller(key="0" * 32, key_id="p1", sealed=sealed)


@pytest.mark.parametrize("number", ["+82119", "+82112", "+1911", "+44999", "+49112"])
def test_emergency_services_are_never_rung_back_whatever_the_centre_file_says(number: str) -> None:
    assert Dialable(SEALER, []).refusal(caller(number)) == EMERGENCY


def test_what_the_centre_file_blocks_is_never_rung_back() -> None:
    dialable = Dialable(SEALER, OverflowPolicy().blocked_numbers)
    assert dialable.refusal(caller("+82110")) == BLOCKED


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+19005551234", PREMIUM),
        ("+448715551234", PREMIUM),
        ("+8223210404", OWN),
        ("+82232100000", None),
        ("+84912345678", None),
        ("+821012345678", None),
        ("+18765551234", COUNTRY),
    ],
)
def test_each_number_that_is_not_rung_has_its_reason(number: str, reason: Refusal | None) -> None:
    rules = CallbackPolicy(own_numbers=("0232100404", "+8223210404"), countries_denied=("JM",))
    assert Dialable(SEALER, [], rules).refusal(caller(number)) == reason


def test_with_a_list_of_countries_no_other_is_rung() -> None:
    dialable = Dialable(SEALER, [], CallbackPolicy(countries_allowed=("KR", "VN")))
    asked = [dialable.refusal(caller(n)) for n in ("+821012345678", "+84912345678", "+81312345678")]
    assert asked == [None, None, COUNTRY]


def test_a_landline_gets_no_text_and_a_blocked_number_neither() -> None:
    dialable = Dialable(SEALER, OverflowPolicy().blocked_numbers)
    numbers = ("+821012345678", "+82221001190", "+82119")
    assert [dialable.text_number(caller(n)) for n in numbers] == ["+821012345678", None, None]


@pytest.mark.parametrize("number", ["+821012345678", "+82221001190", "+14155550911"])
def test_a_number_that_only_ends_like_one_is_rung(number: str) -> None:
    dialable = Dialable(SEALER, OverflowPolicy().blocked_numbers)
    assert (dialable.refusal(caller(number)), dialable.number(caller(number))) == (None, number)


def test_a_whole_range_is_blocked_by_its_beginning() -> None:
    dialable = Dialable(SEALER, ["+82060"])
    assert [dialable.refusal(caller(n)) for n in ("+820601234567", "+82101234567")] == [
        BLOCKED,
        None,
    ]


def test_without_a_number_or_its_key_nobody_can_be_rung() -> None:
    other = Sealer({"s2": b"o" * 32}).seal(b"+821012345678")
    dialable = Dialable(SEALER, [])
    refusals = [
        dialable.refusal(caller(None)),
        dialable.refusal(Caller(key="0" * 32, key_id="p1", sealed=other)),
    ]
    with pytest.raises(RefusedError) as refused:
        dialable.number(caller(None))
    assert (refusals, refused.value.reason) == ([NO_NUMBER, UNREADABLE], "no_number")
