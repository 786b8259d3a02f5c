"""A caller is sealed once, and known again however often they ring."""

from services.intake.callers import Callers
from services.numbers import Pseudonyms
from services.sealing import Sealer

SEALER = Sealer({"s1": bytes(32)})
NUMBER = "+821097531864"


def test_a_caller_of_late_is_the_same_and_another_writing_is_the_same_person() -> None:
    callers = Callers(Pseudonyms({"p1": bytes(32)}), SEALER, "KR")
    first, again, written = (
        callers.known(text) for text in ("010-9753-1864", "010-9753-1864", NUMBER)
    )
    assert first is again
    assert first is not None
    assert written is not None
    assert first.bare == written.bare
    assert {SEALER.open(one.sealed.sealed or "") for one in (first, written)} == {NUMBER.encode()}


def test_who_withholds_their_number_is_nobody() -> None:
    callers = Callers(Pseudonyms({"p1": bytes(32)}), SEALER, "KR")
    assert [callers.known(text) for text in ("withheld", "119", " ")] == [None, None, None]
