"""Callers, a tally that repeats itself, silent agents, two dispatchers, a phone system, a Redis.

What can happen around the callback list, as rules that a state machine plays in any order: facts
late, early and twice, over the desks and the lines of the rooms beside this file. What must hold
meanwhile is said by the tests.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from streams.domain.callbacks.callback import in_flight, is_open
from streams.events.callbacks import CallbackWanted, CallerServed
from tests.support.callback_desks import LANGUAGES, URGENCIES, CallbackDesks
from tests.support.callback_lines import LAGS
from tests.support.callbacks import served, wanted

CALLERS = st.integers(1, 4)
ZONES = st.sampled_from((None, "Asia/Seoul", "America/Los_Angeles"))


class CallbackWorld(CallbackDesks):
    @initialize()
    def some_callers_gave_up(self) -> None:
        for caller in (1, 2, 3):
            self._someone_needs(caller, "normal", None, waits=False, late=caller, again=False)
        self.the_projector_reads(5, lag=False)

    @rule(
        caller=CALLERS,
        urgency=st.sampled_from(URGENCIES),
        language=st.sampled_from(LANGUAGES),
        waits=st.booleans(),
        late=st.integers(0, 30),
        again=st.booleans(),
        zone=ZONES,
        lag=LAGS,
    )
    def someone_needs_a_callback(
        self,
        caller: int,
        urgency: str,
        language: str | None,
        waits: bool,
        late: int,
        again: bool,
        zone: str | None,
        lag: bool,
    ) -> None:
        self._someone_needs(
            caller, urgency, language, waits=waits, late=late, again=again, zone=zone
        )
        if not lag:
            self.the_projector_reads(9, lag=False)

    def _someone_needs(
        self,
        caller: int,
        urgency: str,
        language: str | None,
        *,
        waits: bool,
        late: int,
        again: bool,
        zone: str | None = None,
    ) -> None:
        self.requests += 1
        before = [f for f in self.facts if isinstance(f, CallbackWanted)]
        mine = [f for f in before if f.data.caller.key.endswith(f"{caller:x}")]
        contact = f"c{self.requests}"
        request = mine[-1].data.request.id if again and mine else contact
        when = self.now - timedelta(minutes=late)
        if waits:
            self.phone.hold(contact)
        fact = wanted(
            request,
            caller,
            when,
            contact=contact,
            urgency=urgency,
            language=language,
            still_waiting=waits,
            caller_tz=zone,
            arrived=mine[-1].data.request.arrived_at if request != contact else when,
        )
        self.facts.append(fact)

    @precondition(lambda self: self.facts)
    @rule(data=st.data(), ago=st.sampled_from((0, 0, 40)), lag=LAGS)
    def someone_is_answered_live(self, data: st.DataObject, ago: int, lag: bool) -> None:
        known = [f for f in self.facts if isinstance(f, CallbackWanted)]
        fact = data.draw(st.sampled_from(known[-5:]))
        self.facts.append(self._answer(fact, ago))
        if not ago:
            self.phone.answer(fact.data.contact)
        if not lag:
            self.the_projector_reads(9, lag=False)

    @rule(caller=CALLERS)
    def an_answer_is_heard_of_before_the_wish(self, caller: int) -> None:
        self._someone_needs(caller, "normal", None, waits=False, late=5, again=False)
        wish = self.facts.pop()
        assert isinstance(wish, CallbackWanted)
        self.facts += [self._answer(wish, 0), wish]

    def _answer(self, fact: CallbackWanted, ago: int) -> CallerServed:
        caller = int(fact.data.caller.key, 16)
        when = self.now - timedelta(minutes=ago)
        return served(fact.data.request.id, caller, when, f"s{len(self.facts)}")

    @precondition(lambda self: self.facts)
    @rule(data=st.data())
    def the_tally_repeats_itself(self, data: st.DataObject) -> None:
        self.facts.append(data.draw(st.sampled_from(self.facts)))

    # Whole stories, which single steps would seldom tell

    @rule(caller=CALLERS)
    def an_agent_takes_a_waiting_call_before_we_do(self, caller: int) -> None:
        self._someone_needs(caller, "normal", None, waits=True, late=3, again=False)
        self.phone.answer(f"c{self.requests}")
        self.the_projector_reads(9, lag=False)

    @rule(caller=CALLERS)
    def someone_who_waits_for_us_calls_again_and_holds(self, caller: int) -> None:
        for waits in (False, True):
            self._someone_needs(caller, "normal", None, waits=waits, late=1, again=False)
        self.settle()
        state = self.book.of_request(f"c{self.requests}")
        assert state is not None
        # A dial that is given up must end first; a promise that is kept by then takes nobody off.
        if is_open(state) and not in_flight(state):
            assert self.phone.calls[f"c{self.requests}"] != "waiting"
