"""Does a call-out page add up what the service says, and would the demo see a broken one?"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.cli.play.callouts import SEATS, CallOut
from services.cli.play.proof_of_calls import prove_call_out
from services.consoles.callout_shown import (
    by_reason,
    callout_of,
    curve,
    providers_are_slow,
    seen,
    ways,
)

START = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)


def told(**more: Any) -> dict[str, Any]:
    need = {
        "pool": "reserve",
        "start": (START + timedelta(minutes=30)).isoformat(),
        "end": (START + timedelta(hours=6)).isoformat(),
        "raised_by": "manager",
        "quotas": [{"seats": 4}],
    }
    callout = {
        "id": "c1",
        "state": "running",
        "ref": "47",
        "need": need,
        "policy": {"speed": 0.8},
        "started_at": START.isoformat(),
    }
    return {
        "callout": callout,
        "now": (START + timedelta(minutes=10)).isoformat(),
        "needed": 4,
        "accepted": 2,
        "expected": 0.6,
    } | more


def offer(person: str, **more: Any) -> dict[str, Any]:
    return {
        "person": person,
        "state": "delivered",
        "tier": 1,
        "seat": None,
        "accepted_at": None,
        "asked_at": START.isoformat(),
        "attempts": [],
    } | more


def test_what_the_forecast_does_not_see_filled_is_said() -> None:
    callout = callout_of(told())
    assert (callout.short, callout.mark, callout.since) == (1, "faster", timedelta(minutes=10))
    assert callout_of(told(expected=2.0)).short == 0


def test_when_it_will_be_full_is_read_from_the_forecast_on_the_log() -> None:
    before = told()
    half = START + timedelta(minutes=14)
    after = told()
    after["callout"] = after["callout"] | {"forecast": {"half": half.isoformat()}}
    shown = [callout_of(one) for one in (before, after)]
    assert [(one.full_half, one.full_most) for one in shown] == [(None, None), (half, None)]


def test_the_curve_rises_by_one_at_each_yes_that_has_a_seat() -> None:
    people = [
        offer("p1", seat=1, accepted_at=(START + timedelta(minutes=5)).isoformat()),
        offer("p2", accepted_at=(START + timedelta(minutes=6)).isoformat()),
    ]
    drawn = curve(callout_of(told()), people)
    assert drawn is not None
    assert drawn.path == "M0 140H300.0V108.2H600"


def test_a_number_of_the_funnel_is_a_list_of_people() -> None:
    people = [offer("p1"), offer("p2", tier=2), offer("p3", state="queued", asked_at=None)]
    assert [p["person"] for p in seen(people, 1, "delivered")] == ["p1"]
    assert [p["person"] for p in seen(people, 0, "paged")] == ["p1", "p2"]


def test_who_is_not_asked_is_gathered_by_the_reason_and_its_end() -> None:
    until = (START + timedelta(hours=1)).isoformat()
    others: list[dict[str, Any]] = [
        {"person": "p1", "reason": "leave", "until": until},
        {"person": "p2", "reason": "skill", "until": None},
        {"person": "p3", "reason": "leave", "until": until},
    ]
    leave_ends = START + timedelta(hours=1)
    assert by_reason(others) == [("leave", leave_ends, ["p1", "p3"]), ("skill", None, ["p2"])]


def test_messages_of_one_kind_and_state_are_counted_and_slow_providers_are_named() -> None:
    attempts = [{"kind": "sms", "state": "sent"}, {"kind": "sms", "state": "sent"}]
    assert ways(attempts) == [("sms", "sent", 2)]
    assert [providers_are_slow({"sms": s}) for s in (59.0, 61.0, None)] == [False, True, False]


class Watched(CallOut):
    """A call-out as it stood at the end, and what the provider counted."""

    async def look(self) -> None:
        """It stands as it does."""

    async def ledger(self) -> dict[str, Any]:
        """See `CallOut`."""
        return cast("dict[str, Any]", self.shown["ledger"])


def ended(people: list[dict[str, Any]], twice: int = 0, accepted: int = SEATS) -> Watched:
    shown = {
        "callout": {"filled_at": START.isoformat()},
        "needed": SEATS,
        "accepted": accepted,
        "arrived": accepted,
        "people": people,
        "ledger": {
            "attempts": 40,
            "people": 35,
            "must_be_zero": {"attempts_sent_twice": twice},
        },
    }
    stage: Any = SimpleNamespace()
    client: Any = None
    return Watched(stage, client, lambda _text, _style: None, "c1", shown)


@pytest.mark.parametrize(
    ("call_out", "expected"),
    [
        (ended([]), [True, True, True]),
        (ended([], accepted=SEATS - 1), [False, True, True]),
        (ended([], twice=1), [True, False, True]),
        (ended([offer("p1", state="stood_down")]), [True, True, False]),
    ],
    ids=["all held", "a seat empty", "a message twice", "somebody not told"],
)
async def test_the_demo_notices_what_went_wrong_with_its_call_out(
    call_out: CallOut, expected: list[bool]
) -> None:
    assert [check.holds for check in await prove_call_out(call_out)] == expected
