"""Whatever comes, in whatever order: is nobody lost, nobody on the list twice, nobody rung twice?

`tests/support/callback_world.py` plays what can happen. After each step the promises of the list
are checked against what is simple to say of them; at the end of each play everything comes to
rest, and then nobody may be forgotten.
"""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant

from streams.domain.callbacks.callback import WAITING, in_flight, is_open
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed
from tests.support.callback_lines import POLICY, RULES
from tests.support.callback_world import CallbackWorld

# Every step that a callback may take from one record to the next (docs/callbacks.md).
STEPS = {
    "requested": {"requested", "due", "closed"},
    "due": {"requested", "due", "leased", "closed"},
    "leased": {"leased", "requested", "due", "dialling", "closed"},
    "dialling": {"dialling", "connected", "requested", "due", "closed"},
    "connected": {"connected", "requested", "due", "closed"},
    "closed": {"closed"},
}
OF_THE_CALLER = {"no_answer", "busy", "voicemail", "rejected", "dropped"}


class CallbackMachine(CallbackWorld):
    def __init__(self) -> None:
        super().__init__()
        self.rings_at_the_end: dict[str, int] = {}
        self.checked = 0
        self.seen: dict[str, CallbackData] = {}

    @invariant()
    def nobody_has_two_open_callbacks(self) -> None:
        open_ = Counter(state.caller.key for state in self.book.all() if is_open(state))
        on_the_log = Counter(s.caller.key for s in self.on_the_log().values() if is_open(s))
        assert not [key for key, count in (open_ | on_the_log).items() if count > 1]

    @invariant()
    def nobody_is_rung_twice_at_once(self) -> None:
        ringing = Counter(
            dial.order.number
            for dial in self.phone.dials.values()
            if dial.order is not None and dial.condition in ("ringing", "connected")
        )
        assert not [number for number, count in ringing.items() if count > 1]

    @invariant()
    def one_dial_of_a_callback_at_most_may_be_under_way(self) -> None:
        for state in self.book.all():
            assert sum(attempt.ended_at is None for attempt in state.attempts) <= 1

    @invariant()
    def what_rings_is_never_thought_to_be_over(self) -> None:
        for dial_id, dial in self.phone.dials.items():
            if dial.condition == "ringing" and dial.order is not None:
                state = self.on_the_log()[dial.order.callback]
                [attempt] = [one for one in state.attempts if one.id == dial_id]
                assert attempt.ended_at is None

    @invariant()
    def nobody_is_rung_after_the_end_was_confirmed(self) -> None:
        for state in self.on_the_log().values():
            if not is_open(state) and all(a.ended_at is not None for a in state.attempts):
                rings = self.phone.rings[state.id]
                assert self.rings_at_the_end.setdefault(state.id, rings) == rings

    @invariant()
    def a_dial_is_made_only_when_the_log_has_it(self) -> None:
        ordered = [a.id for state in self.on_the_log().values() for a in state.attempts]
        made = {dial for dial, made in self.phone.dials.items() if made.order is not None}
        assert made <= set(ordered)
        assert len(ordered) == len(set(ordered))

    @invariant()
    def each_record_follows_from_the_one_before(self) -> None:
        for change in self.log[self.checked :]:
            before, after = self.seen.get(change.state.id), change.state
            assert after.version == (before.version if before else 0) + 1
            if before is not None:
                assert after.state in STEPS[before.state]
                assert after.origin <= before.origin
                given = change.name == "leased" or after.epoch > before.epoch
                assert after.token == before.token + given
                assert after.text is None or len(before.attempts) > 0
                assert before.text in (None, "owed") or after.text == before.text
                assert before.state in {*WAITING, "closed"} or after.outcome != "expired"
            if change.name == "leased":
                self._is_rightly_given(after)
            self._ends_for_a_reason(after)
            self.seen[after.id] = after
        self.checked = len(self.log)

    def _is_rightly_given(self, state: CallbackData) -> None:
        """Not to a sleeper: in their own night only urgent ones, or who asked lately."""
        assert state.lease_until is not None
        given = state.lease_until - POLICY.lease
        assert state.due_at <= given < state.expires_at
        local = given.astimezone(ZoneInfo(state.caller_tz or "UTC"))
        asked = [state.requested_at, *(one.arrived_at for one in state.requests)]
        asked += [state.agreed_at] if state.agreed_at else []
        awake = given < max(asked) + RULES.quiet_after
        urgent = state.urgency in ("life_at_risk", "high")
        assert awake or urgent or 8 <= local.hour < 22

    def _ends_for_a_reason(self, state: CallbackData) -> None:
        tried = sum(attempt.outcome in OF_THE_CALLER for attempt in state.attempts)
        assert tried <= POLICY.attempts
        assert state.outcome != "unreachable" or tried == POLICY.attempts or tried >= 30
        latest = max(state.requested_at, *(one.arrived_at for one in state.requests))
        if state.outcome == "expired":
            assert state.closed_at is not None
            assert state.closed_at >= latest + POLICY.expiry
        if state.outcome_reason == "answered_live":
            assert any(self._is_about(fact, state, latest) for fact in self.answered)

    def _is_about(self, fact: CallerServed, state: CallbackData, latest: datetime) -> bool:
        mine = fact.data.request in {one.id for one in state.requests}
        return (mine or fact.data.caller_key == state.caller.key) and fact.time >= latest

    @invariant()
    def the_place_in_line_is_the_first_arrival_of_all_it_answers_for(self) -> None:
        for state in self.book.all():
            assert state.origin == min(request.arrived_at for request in state.requests)

    @invariant()
    def who_waits_is_in_nobodys_hands(self) -> None:
        waiting = [state for state in self.book.all() if state.state in WAITING]
        assert not [s.id for s in waiting if s.agent is not None or s.lease_until is not None]
        # Of a dial that is not over somebody said how it went, or it would block the callback.
        assert not [s.id for s in waiting if in_flight(s) and s.attempts[-1].outcome is None]

    @invariant()
    def one_holder_at_most_and_never_by_a_lease_of_an_earlier_life(self) -> None:
        for state in self.book.all():
            holders = {claim for callback, claim in self.claims if callback == state.id}
            valid = [claim for claim in holders if self.is_valid(state, claim)]
            assert len(valid) <= 1
            assert all(claim.epoch == self.book.epoch for claim in valid)

    @invariant()
    def no_more_customers_are_rung_first_than_may_be(self) -> None:
        first = [
            state.id
            for state in self.book.all()
            if state.attempts
            and state.attempts[-1].ended_at is None
            and state.attempts[-1].first == "customer"
        ]
        assert len(first) <= RULES.customer_first_at_once

    @invariant()
    def one_text_at_most_and_only_after_an_unanswered_attempt(self) -> None:
        texted = Counter(order.callback for order in self.phone.texts.values())
        for callback, count in texted.items():
            outcomes = {attempt.outcome for attempt in self.on_the_log()[callback].attempts}
            assert count == 1
            assert "no_answer" in outcomes

    def teardown(self) -> None:
        """All comes to rest: nobody was lost, nothing rings for nothing, nothing waits for ever."""
        self.settle()
        states = self.on_the_log().values()
        answered_for = {request.id for state in states for request in state.requests}
        wishes = {f.data.request.id for f in self.facts if isinstance(f, CallbackWanted)}
        assert answered_for == wishes
        self._nothing_rings_for_nothing()
        self._who_was_answered_is_not_waited_for()
        self._nothing_waits_for_ever()

    def _nothing_rings_for_nothing(self) -> None:
        for dial_id, dial in self.phone.dials.items():
            if dial.condition == "ringing" and dial.order is not None:
                state = self.on_the_log()[dial.order.callback]
                assert (is_open(state), state.attempts[-1].id) == (True, dial_id)

    def _who_was_answered_is_not_waited_for(self) -> None:
        for state in self.on_the_log().values():
            latest = max(state.requested_at, *(one.arrived_at for one in state.requests))
            mine = {one.id for one in state.requests}
            later = [f for f in self.answered if f.data.request in mine and f.time >= latest]
            assert not (later and state.state in WAITING)

    def _nothing_waits_for_ever(self) -> None:
        self.now += timedelta(days=3)
        for _ in range(3):
            self.the_sweeper_looks(lag=False)
            self.settle()
        for state in self.on_the_log().values():
            assert state.state in ("dialling", "connected", "closed")
            if is_open(state):
                dial = self.phone.dials[state.attempts[-1].id]
                assert dial.condition in ("ringing", "connected")


CallbackMachine.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestCallbackMachine = CallbackMachine.TestCase
