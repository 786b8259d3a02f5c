"""Who is never rung back?"""

import pytest

from services.callbacks.dialable import BLOCKED, NO_NUMBER, UNREADABLE, Dialable
from services.sealing import Sealer
from streams.domain.callbacks.callback import RefusedError
from streams.domain.centre import OverflowPolicy
from streams.events.contacts import Caller

SEALER = Sealer({"s1": b"k" * 32})


def caller(number: str | None) -> Caller:
    sealed = SEALER.seal(number.encode()) if number is not None else None
    return Caller(key="0" * 32, key_id="p1", sealed=sealed)


@pytest.mark.parametrize("number", ["+82119", "+82112", "+1911", "+44999", "+82110"])
def test_emergency_services_are_never_rung_back(number: str) -> None:
    dialable = Dialable(SEALER, OverflowPolicy().blocked_numbers)
    assert dialable.refusal(caller(number)) == BLOCKED


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
