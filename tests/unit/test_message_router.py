"""The router: who carries it, whose turn it is, and what everyone can see of that."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

import pytest

from services.message_ports import (
    Accepted,
    Found,
    Message,
    Outcome,
    Receipt,
    Refused,
    Unknown,
)
from services.message_router import Route, Router
from streams.events.people import MethodKind
from tests.support.paging import Clock


class Carrier:
    """A provider that is never asked to carry anything here."""

    can_find = True
    drills = True

    def __init__(self, name: str, kind: MethodKind = "sms", per_second: float = 10.0) -> None:
        self.name = name
        self.kinds: frozenset[MethodKind] = frozenset({kind})
        self.per_second = per_second

    async def send(self, message: Message) -> Outcome:
        return Accepted(message.attempt)

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        del attempt, to, since, known
        return None

    async def stop(self) -> None:
        return None


def router(*routes: Route, clock: Clock | None = None) -> Router:
    return Router(routes, now=clock or Clock())


def chosen(router: Router, count: int, kind: MethodKind = "sms") -> Counter[str]:
    names = [router.choose(kind) for _ in range(count)]
    return Counter(provider.name for provider in names if provider is not None)


def test_without_weights_each_carries_by_its_own_rate() -> None:
    two = router(Route(Carrier("a", per_second=30)), Route(Carrier("b", per_second=10)))
    assert chosen(two, 1000)["a"] == pytest.approx(750, abs=5)


def test_with_weights_each_carries_by_its_weight() -> None:
    two = router(Route(Carrier("a"), weight=80), Route(Carrier("b"), weight=20))
    assert chosen(two, 100)["a"] == pytest.approx(80, abs=2)


def test_a_kind_that_nobody_carries_has_no_provider() -> None:
    assert router(Route(Carrier("a"))).choose("voice") is None
    assert router().choose("sms") is None


def test_kinds_are_weighed_apart() -> None:
    clock = Clock()
    three = router(
        Route(Carrier("a")), Route(Carrier("b")), Route(Carrier("v", "voice")), clock=clock
    )
    for _ in range(60):
        three.note("a", "sms", "1", Unknown())
    points = {line.provider: line.points for line in three.lines()}
    assert points == {"a": 40, "b": 60, "v": 100}


@pytest.mark.parametrize("reason", ["bad_address", "opted_out", "blocked", "too_long", "client"])
def test_a_wrong_number_is_no_fault_of_the_provider(reason: str) -> None:
    two = router(Route(Carrier("a")), Route(Carrier("b")))
    refused = Refused(reason, permanent=True)  # type: ignore[arg-type]
    for _ in range(60):
        two.note("a", "sms", "1", refused)
    assert {line.points for line in two.lines()} == {50}


def test_every_turn_at_a_provider_waits_for_the_one_before() -> None:
    one = router(Route(Carrier("a", per_second=1.0)))
    assert [one.reserve("a") for _ in range(3)] == [0.0, 1.0, 2.0]
    assert one.lines()[0].backlog_seconds == 3.0


def test_who_asks_us_to_slow_down_is_left_alone_for_as_long_as_it_said() -> None:
    one = router(Route(Carrier("a")))
    one.note("a", "sms", "1", Refused("rate_limited", permanent=False, retry_after_seconds=7.0))
    assert one.reserve("a") == 7.0


def test_the_time_that_a_call_out_takes_is_known_before_it_is_sent() -> None:
    two = router(Route(Carrier("a", per_second=1.0)), Route(Carrier("b", per_second=1.0)))
    assert two.seconds_for("sms", 100) == 49.0
    assert two.seconds_for("voice", 1) == float("inf")


def test_a_receipt_tells_how_fast_a_provider_delivers() -> None:
    clock = Clock()
    two = router(Route(Carrier("a")), Route(Carrier("b")), clock=clock)
    for n in range(10):
        two.note("a", "sms", f"a{n}", Accepted("r"))
        two.note("b", "sms", f"b{n}", Accepted("r"))
        two.receipt(_delivered("b", f"b{n}"), "sms")
    clock.forward(minutes=6)
    for n in range(10):
        two.receipt(_delivered("a", f"a{n}"), "sms")
    two.tick()
    assert {line.provider: line.points for line in two.lines()} == {"a": 40, "b": 60}


def test_a_message_that_failed_on_the_way_counts_once_and_only_where_it_was_sent() -> None:
    two = router(Route(Carrier("a")), Route(Carrier("b")))
    failed = Receipt(attempt="1", provider="a", reference="r", state="failed")
    two.receipt(failed, "sms")
    assert two.lines()[0].errors == 0
    two.note("a", "sms", "1", Accepted("r"))
    two.receipt(failed, "sms")
    two.receipt(failed, "sms")
    assert two.lines()[0].errors == 1


def test_a_receipt_of_somebody_unknown_changes_nothing() -> None:
    two = router(Route(Carrier("a")), Route(Carrier("b")))
    two.receipt(_delivered("c", "1"), "sms")
    assert {line.points for line in two.lines()} == {50}


def _delivered(provider: str, attempt: str) -> Receipt:
    return Receipt(attempt=attempt, provider=provider, reference="r", state="delivered")
