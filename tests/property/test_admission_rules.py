"""Whatever else holds: a life at risk waits, and nothing flaps."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.admission.gates import Ceiling, Debt, Line, ceiling, is_long
from streams.domain.admission.rules import Promise, Question, Situation, decide
from streams.domain.centre import AdmissionPolicy, OverflowPolicy
from streams.domain.contacts.rule_table import RuleTable
from streams.events.surges import WaitData
from tests.support.admission import ago, line
from tests.support.calls import CENTRE, NOON

waits = st.none() | st.builds(
    WaitData,
    queue=st.just("main"),
    p50_seconds=st.floats(0, 1e5),
    p90_seconds=st.floats(0, 1e6),
    method=st.sampled_from(["none", "queue_length", "head_of_line"]),
    servers=st.integers(0, 50),
    ahead=st.integers(0, 400),
)
unknown = st.builds(
    WaitData, queue=st.just("main"), unknown=st.sampled_from(["nobody_staffed", "line_not_moving"])
)
minutes = st.floats(-60, 600)
lines = st.builds(
    Line,
    wait=waits | unknown,
    waiting=st.integers(0, 400),
    head_since=st.none() | minutes.map(ago),
)
promises = st.builds(
    Promise,
    id=st.just("cb-1"),
    origin=minutes.map(ago),
    promised_by=minutes.map(lambda m: ago(m) + timedelta(hours=4)),
    reason=st.sampled_from(["abandoned", "waited_too_long", "asked", "closed_hours"]),
)
situations = st.builds(
    Situation,
    line=lines,
    open=st.booleans(),
    long=st.booleans(),
    ceiling=st.sampled_from([None, "list_full", "promise_out_of_reach"]),
    registering=st.booleans(),
    promise=st.none() | promises,
    handle_seconds=st.none() | st.floats(1, 3600),
    patience_seconds=st.none() | st.floats(1, 3600),
)
policies = st.builds(
    AdmissionPolicy,
    most_waiting=st.integers(0, 200),
)
callers = st.sampled_from([None, "ann"])


@given(situation=situations, policy=policies, caller=callers, by_topic=st.booleans())
def test_a_life_at_risk_is_never_offered_a_callback_nor_turned_away(
    situation: Situation, policy: AdmissionPolicy, caller: str | None, by_topic: bool
) -> None:
    table = RuleTable(OverflowPolicy(life_at_risk_topics=("disaster",)))
    situation = replace(situation, table=table)
    asked = Question(
        queue="main",
        contact="c-1",
        caller=caller,
        topic="disaster" if by_topic else None,
        urgency="normal" if by_topic else "life_at_risk",
    )
    told = decide(replace(CENTRE, admission=policy), situation, asked, NOON)
    assert (told.decision, told.position) == ("queue", 1)


@given(situation=situations, policy=policies, caller=callers)
def test_nobody_is_promised_what_cannot_be_promised_nor_put_behind_the_line(
    situation: Situation, policy: AdmissionPolicy, caller: str | None
) -> None:
    asked = Question(queue="main", contact="c-1", caller=caller)
    told = decide(replace(CENTRE, admission=policy), situation, asked, NOON)
    may_promise = caller and situation.registering and not situation.ceiling
    assert told.decision != "offer_callback" or may_promise or situation.promise
    assert told.decision != "deflect" or situation.promise is None
    assert told.position is None or 1 <= told.position <= situation.line.waiting + 1


@given(p50=st.floats(0, 10_000), began=st.booleans(), times=st.integers(2, 20))
def test_a_constant_wait_never_flaps(p50: float, began: bool, times: int) -> None:
    states = [began]
    for _ in range(times):
        states.append(is_long(states[-1], line(p50), NOON, CENTRE))
    assert len(set(states[1:])) == 1


@given(around=st.lists(st.floats(145, 179), min_size=2), began=st.booleans())
def test_a_wait_that_swings_within_the_band_changes_nothing(
    around: list[float], began: bool
) -> None:
    states = [began]
    for p50 in around:
        states.append(is_long(states[-1], line(p50), NOON, CENTRE))
    assert set(states) == {began}


@given(pending=st.lists(st.integers(0, 3000), min_size=2), band=st.floats(0, 0.9))
def test_offers_turn_only_where_a_limit_was_crossed(pending: list[int], band: float) -> None:
    centre = replace(CENTRE, admission=AdmissionPolicy(most_pending=1000, hysteresis=band))
    states: list[Ceiling | None] = [None]
    for count in pending:
        states.append(ceiling(states[-1], Debt(pending=count), NOON, centre))
    for (before, after), count in zip(pairwise(states), pending, strict=True):
        if (before, after) == (None, "list_full"):
            assert count > 1000
        if (before, after) == ("list_full", None):
            assert count < 1000 * (1 - band)
