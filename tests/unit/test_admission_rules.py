"""Each rule of admission: who waits, who is offered a callback, who is turned away, and why."""

from dataclasses import replace

import pytest

from streams.domain.admission.gates import Ceiling, Line
from streams.domain.admission.rules import Answer, Situation, place_in_line
from streams.domain.centre import AdmissionPolicy, Occasion, OverflowPolicy, OverflowRule
from streams.domain.staffing.waits import Wait
from tests.support.admission import LONG, SHORT, ago, answer, line, promised
from tests.support.calls import NOON

ONE_MINUTE = Wait(p50=60.0, p90=120.0, method="queue_length")
TEN_MINUTES = Wait(p50=600.0, p90=1200.0, method="queue_length")


def test_a_short_wait_is_waited_at_the_end_of_the_line() -> None:
    assert answer(SHORT) == Answer(
        decision="queue", reason="short_wait", position=21, wait=ONE_MINUTE
    )


def test_a_long_wait_is_offered_a_callback_with_the_place_that_declining_keeps() -> None:
    assert answer(LONG) == Answer(
        decision="offer_callback",
        reason="long_wait",
        position=21,
        wait=TEN_MINUTES,
        prompt="callback_offer",
    )


def test_a_life_at_risk_waits_first_in_line_whatever_the_wait() -> None:
    told = answer(LONG, urgency="life_at_risk")
    assert (told.decision, told.reason, told.position) == ("queue", "life_at_risk", 1)


def test_who_is_first_in_line_hears_the_wait_of_the_first() -> None:
    # Ten counselors of 4.5 minutes: one is free every 27 s, half of the time within 19 s.
    told = answer(LONG, urgency="life_at_risk").wait
    assert isinstance(told, Wait)
    assert told.p50 == pytest.approx(18.7, abs=0.1)


def test_a_life_at_risk_waits_in_a_closed_and_full_queue_with_a_callback_open_and_no_number() -> (
    None
):
    policy = AdmissionPolicy(most_waiting=1)
    worst = replace(LONG, open=False, ceiling="list_full", registering=False, promise=promised(60))
    told = answer(worst, policy=policy, urgency="life_at_risk", caller=None)
    assert (told.decision, told.reason, told.position) == ("queue", "life_at_risk", 1)


def test_a_topic_of_the_centre_file_counts_as_life_at_risk() -> None:
    overflow = OverflowPolicy(life_at_risk_topics=("disaster",))
    told = answer(LONG, overflow=overflow, topic="disaster")
    assert (told.decision, told.reason) == ("queue", "life_at_risk")
    assert answer(LONG, topic="disaster").decision == "offer_callback"


def test_nobody_staffed_is_a_wait_without_end() -> None:
    unstaffed = replace(LONG, line=line(None, unknown="nobody_staffed", servers=0))
    told = answer(unstaffed)
    assert (told.decision, told.reason, told.wait) == (
        "offer_callback",
        "nobody_staffed",
        "nobody_staffed",
    )


def test_a_wait_that_cannot_be_told_is_waited_and_said_to_be_unknown() -> None:
    told = answer(replace(SHORT, line=line(None, unknown="line_not_moving")))
    assert (told.decision, told.reason, told.wait) == ("queue", "wait_unknown", "line_not_moving")


def test_before_anything_is_known_contacts_wait() -> None:
    told = answer(replace(SHORT, line=Line()))
    assert (told.decision, told.reason, told.position, told.wait) == (
        "queue",
        "wait_unknown",
        1,
        "not_estimated",
    )


@pytest.mark.parametrize("ceiling", ["list_full", "promise_out_of_reach"])
def test_past_a_ceiling_the_offer_is_withdrawn_and_the_caller_waits(ceiling: Ceiling) -> None:
    told = answer(replace(LONG, ceiling=ceiling))
    assert (told.decision, told.reason, told.prompt) == ("queue", ceiling, "long_wait")


def test_no_callback_is_offered_while_registering_is_off() -> None:
    told = answer(replace(LONG, registering=False))
    assert (told.decision, told.reason, told.prompt) == ("queue", "registering_off", "long_wait")


def test_a_withheld_number_cannot_be_rung_back_and_waits() -> None:
    told = answer(LONG, caller=None)
    assert (told.decision, told.reason, told.prompt) == ("queue", "no_number", "long_wait")


def test_a_number_that_is_never_dialled_is_offered_no_callback() -> None:
    told = answer(LONG, may_be_rung=False)
    assert (told.decision, told.reason, told.prompt) == ("queue", "never_dialled", "long_wait")


def test_whom_the_overflow_table_does_not_ring_back_is_offered_no_callback() -> None:
    rule = OverflowRule(when="waited_past", then="nothing", channels=("chat",))
    overflow = OverflowPolicy(rules=(rule,))
    chat = answer(LONG, overflow=overflow, channel="chat")
    assert (chat.decision, chat.reason) == ("queue", "ruled_out")
    assert answer(LONG, overflow=overflow).decision == "offer_callback"


@pytest.mark.parametrize(
    ("situation", "policy", "when"),
    [
        (replace(SHORT, open=False), None, "closed_hours"),
        (SHORT, AdmissionPolicy(most_waiting=1), "queue_full"),
    ],
)
def test_a_rule_that_deflects_names_the_prompt_to_play(
    situation: Situation, policy: AdmissionPolicy | None, when: Occasion
) -> None:
    rule = OverflowRule(when=when, then="deflect", prompt="try_the_app", topics=("visa",))
    overflow = OverflowPolicy(rules=(rule,))
    told = answer(situation, policy=policy, overflow=overflow, topic="visa")
    assert (told.decision, told.reason, told.prompt) == ("deflect", when, "try_the_app")
    other = answer(situation, policy=policy, overflow=overflow, topic="passport")
    assert other.decision == "offer_callback"


def test_no_rule_turns_a_life_at_risk_away() -> None:
    rule = OverflowRule(when="closed_hours", then="deflect", prompt="closed")
    overflow = OverflowPolicy(rules=(rule,), life_at_risk_topics=("disaster",))
    told = answer(replace(SHORT, open=False), overflow=overflow, topic="disaster")
    assert (told.decision, told.position) == ("queue", 1)


def test_when_volume_has_risen_callers_hear_why_the_wait_grew() -> None:
    told = answer(replace(SHORT, line=line(volume_has_risen=True)))
    assert (told.decision, told.prompt) == ("queue", "more_calls")


def test_a_closed_queue_offers_a_callback() -> None:
    told = answer(replace(SHORT, open=False))
    assert (told.decision, told.reason, told.position, told.wait) == (
        "offer_callback",
        "closed_hours",
        None,
        "closed",
    )


@pytest.mark.parametrize(
    ("known", "caller"),
    [
        (replace(SHORT, open=False, registering=False), "ann"),
        (replace(SHORT, open=False, ceiling="list_full"), "ann"),
        (replace(SHORT, open=False), None),
    ],
)
def test_a_closed_queue_that_can_promise_nothing_says_so(known: object, caller: object) -> None:
    told = answer(known, caller=caller)  # type: ignore[arg-type]
    assert (told.decision, told.reason, told.prompt) == ("deflect", "closed_hours", "closed")


def test_a_full_queue_offers_a_callback_even_when_the_wait_is_short() -> None:
    told = answer(SHORT, policy=AdmissionPolicy(most_waiting=20))
    assert (told.decision, told.reason) == ("offer_callback", "queue_full")


def test_a_full_queue_that_can_promise_nothing_turns_away() -> None:
    told = answer(replace(SHORT, registering=False), policy=AdmissionPolicy(most_waiting=20))
    assert (told.decision, told.reason, told.prompt) == ("deflect", "queue_full", "full")


def test_a_line_has_no_limit_unless_the_centre_sets_one() -> None:
    assert answer(replace(SHORT, line=line(waiting=100_000))).decision == "queue"


def test_who_has_an_open_callback_is_told_so_and_keeps_it() -> None:
    held = promised(60)
    told = answer(replace(LONG, promise=held))
    assert (told.reason, told.prompt, told.promise) == ("callback_open", "callback_open", held)


def test_who_has_an_open_callback_and_is_soon_the_turn_waits_in_the_old_place() -> None:
    # Came before everyone who waits now: the first place, and that is a matter of seconds.
    told = answer(replace(LONG, promise=promised(60)))
    assert (told.decision, told.position) == ("queue", 1)


def test_who_has_an_open_callback_late_in_a_long_line_is_offered_the_same_one() -> None:
    crowd = line(3000.0, waiting=300, head=30, ahead=300)
    told = answer(replace(LONG, line=crowd, promise=promised(2)))
    assert (told.decision, told.reason, told.position) == ("offer_callback", "callback_open", 281)


def test_an_open_callback_stands_when_no_new_one_could_be_promised() -> None:
    crowd = line(3000.0, waiting=300, head=30, ahead=300)
    known = replace(LONG, line=crowd, promise=promised(2), registering=False, ceiling="list_full")
    assert answer(known).reason == "callback_open"


def test_who_has_an_open_callback_hears_of_it_out_of_hours() -> None:
    told = answer(replace(SHORT, open=False, promise=promised(60)))
    assert (told.decision, told.reason, told.position) == ("offer_callback", "callback_open", None)


def test_who_hung_up_and_rings_again_has_the_old_place_in_line() -> None:
    crowd = line(3000.0, waiting=300, head=30, ahead=300)
    told = answer(replace(LONG, line=crowd, promise=promised(15, reason="abandoned")))
    assert (told.decision, told.reason, told.position, told.prompt) == (
        "queue",
        "place_resumed",
        151,
        "place_resumed",
    )


def test_a_place_ahead_of_the_line_never_hears_a_longer_wait_than_its_end() -> None:
    quick = replace(SHORT, line=line(5.0), promise=promised(1, reason="abandoned"))
    told = answer(quick).wait
    assert told == Wait(p50=5.0, p90=10.0, method="queue_length")


@pytest.mark.parametrize(
    ("came_before", "place"), [(60, 1), (30, 1), (20, 101), (10, 201), (0, 301), (-1, 301)]
)
def test_a_place_in_line_follows_from_the_first_arrival(came_before: float, place: int) -> None:
    crowd = line(3000.0, waiting=300, head=30)
    assert place_in_line(crowd, ago(came_before), NOON) == place


def test_in_an_empty_line_everyone_is_first() -> None:
    assert place_in_line(line(waiting=0), ago(5), NOON) == 1
