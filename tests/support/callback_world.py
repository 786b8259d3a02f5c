"""Callers, a tally that repeats itself, silent agents, two dispatchers, a phone system, a Redis.

What can happen around the callback list, as rules that a state machine plays in any order: facts
late, early and twice, crashes between the log and the phone system, a clock that jumps, and a
Redis that loses what the log has not yet. What must hold meanwhile is said by the tests.
"""

from collections.abc import Coroutine
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.adapters.memory import MemoryPhone
from services.ports import DialOrder, DialStatus, TextOrder
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import HELD, Change, RefusedError, in_flight, is_open
from streams.domain.callbacks.dial import first_rung
from streams.domain.callbacks.duties import (
    AskAboutDial,
    CancelDial,
    Duty,
    HandOverText,
    PlaceDial,
    TakeOffHold,
    duty,
)
from streams.domain.callbacks.lease import Claim, check
from streams.domain.callbacks.order import NEAR_DEADLINE, Wish
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed
from tests.support.callbacks import at, served, wanted

POLICY = OverflowPolicy()
RULES = CallbackPolicy(quiet_hours=(time(22), time(8)), customer_first_at_once=1)
MOST_DUTIES = 100
AGENTS = ("kim", "lee", "park")
CALLERS = st.integers(1, 4)
URGENCIES = ("life_at_risk", "high", "normal", "low")
ZONES = st.sampled_from((None, "Asia/Seoul", "America/Los_Angeles"))
LANGUAGES = (None, "ko", "en")
# Mostly the log follows at once and everybody hears of it; now and then it does not.
LAGS = st.sampled_from((False, False, False, False, True))


REPORTED = {"fail": "no_answer", "fail_of_ours": "technical"}


def now_(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The answer of a phone system that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the phone system in memory waited")


class Dispatcher:
    """Tells the phone system what the log said when it last looked."""

    def __init__(self) -> None:
        self.view: dict[str, CallbackData] = {}
        self.placed: set[str] = set()


class CallbackWorld(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = at()
        self.book = CallbackBook(POLICY, epoch=1, rules=RULES)
        self.log: list[Change] = []
        self.outbox: list[Change] = []
        self.unheard: list[tuple[str, Claim]] = []
        self.claims: list[tuple[str, Claim]] = []
        self.facts: list[CallbackWanted | CallerServed] = []
        self.read = 0
        self.committed = 0
        self.phone = MemoryPhone()
        self.dispatchers = (Dispatcher(), Dispatcher())
        self.answered: list[CallerServed] = []
        self.requests = 0

    # The tally

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

    @rule(how_many=st.integers(1, 5), lag=LAGS)
    def the_projector_reads(self, how_many: int, lag: bool) -> None:
        for fact in self.facts[self.read : self.read + how_many]:
            if isinstance(fact, CallbackWanted):
                self.book.wanted(fact, self.now)
            else:
                self.book.served(fact, self.now)
                self.answered.append(fact)
            self.read += 1
        self._post(lag=lag)

    # The log and Redis

    @rule()
    def the_relay_writes(self) -> None:
        self.log += self.outbox
        self.claims += self.unheard
        self.outbox, self.unheard = [], []
        self.committed = self.read

    @rule()
    def redis_is_lost(self) -> None:
        highest = max((change.state.epoch for change in self.log), default=0)
        self.book = CallbackBook(POLICY, epoch=highest + 1, rules=RULES)
        for state in sorted(self.on_the_log().values(), key=is_open):
            self.book.load(state)
        for fact in self.facts[: self.committed]:
            if isinstance(fact, CallerServed):
                mine = self.book.of_request(fact.data.request)
                if mine is None or not is_open(mine):
                    self.book.load_served(fact.data.request, fact.time)
        self.outbox, self.unheard = [], []
        self.read = self.committed

    # Time

    @rule(seconds=st.sampled_from((-90, 1, 20, 130, 700, 700, 4000, 20_000, 40_000)))
    def the_clock_jumps(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(lag=LAGS)
    def the_sweeper_looks(self, lag: bool) -> None:
        for state in list(self.book.all()):
            self.book.lease_ran_out(state.id, self.now)
            self.book.expire(state.id, self.now)
            self.book.postpone(state.id, self.now)
        self._post(lag=lag)

    # Agents

    @rule(
        agent=st.sampled_from(AGENTS),
        language=st.sampled_from(LANGUAGES),
        dials=st.booleans(),
        lag=LAGS,
    )
    def an_agent_asks_for_the_next(
        self, agent: str, language: str | None, dials: bool, lag: bool
    ) -> None:
        speaks = None if language is None else frozenset({language})
        wish = Wish(agent=agent, languages=speaks)
        held = self.book.held_by(agent)
        state = held or self.book.first_for(wish, self.now)
        assert held is not None or state == self._first(language)
        if state is not None:
            after = self.book.lease(state.id, agent, self.now)
            claim = Claim(agent=agent, epoch=after.epoch, token=after.token)
            self.unheard.append((after.id, claim))
            if dials and after.state == "leased" and not after.on_hold:
                self.book.start_dial(after.id, claim, self.now, self._first_rung())
        self._post(lag=lag)

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        verb=st.sampled_from(
            (
                "renew",
                "dial",
                "dial",
                "talk",
                "complete",
                "fail",
                "fail",
                "fail_of_ours",
                "give_up",
                "later",
            )
        ),
        lag=LAGS,
    )
    def a_holder_does_something(self, data: st.DataObject, verb: str, lag: bool) -> None:
        callback, claim = data.draw(st.sampled_from(self.claims[-4:]))
        self.a_report_is_made(verb, callback, claim)
        self._post(lag=lag)

    def a_report_is_made(self, verb: str, callback: str, claim: Claim) -> None:
        """Whatever a desk says; what is refused must have changed nothing."""
        try:
            self._do(verb, callback, claim)
        except RefusedError:
            assert not self.book.take_changes()
        else:
            self._say_it_again(verb, callback, claim)

    def _do(self, verb: str, callback: str, claim: Claim) -> None:
        book, now = self.book, self.now
        state = book.get(callback)
        if verb == "renew":
            book.renew(callback, claim, now)
        elif verb == "dial":
            book.start_dial(callback, claim, now, self._first_rung())
        elif verb == "talk":
            # An agent says "connected" when there is somebody on the line.
            if state and in_flight(state) and self._is_on_the_line(state.attempts[-1].id):
                book.connected(callback, claim, now)
        elif verb == "complete":
            if state and state.state == "connected":
                self.phone.end(state.attempts[-1].id, "completed")
            book.complete(callback, claim, "advised", now)
        elif verb.startswith("fail"):
            book.fail(callback, claim, REPORTED[verb], now)
        elif verb == "give_up":
            book.withdraw(callback, claim, "wrong_number", now)
        else:
            if state and state.state == "connected":
                self.phone.end(state.attempts[-1].id, "completed")
            later = now + timedelta(minutes=20)
            assert book.reschedule(callback, claim, later, now).due_at == later

    def _say_it_again(self, verb: str, callback: str, claim: Claim) -> None:
        """The answer was lost on its way: whoever reports an end reports it twice."""
        if verb not in ("complete", "fail", "fail_of_ours", "give_up", "renew", "dial"):
            return
        before = self.book.take_changes()
        if verb in ("complete", "give_up") or (before and before[-1].name == "failed"):
            self._do(verb, callback, claim)
            assert not self.book.take_changes()
        self.outbox += before

    def _first_rung(self) -> Any:
        under_way = sum(
            in_flight(state) and state.attempts[-1].first == "customer" for state in self.book.all()
        )
        return first_rung(RULES, under_way, 0)

    def _is_on_the_line(self, dial: str) -> bool:
        return dial in self.phone.dials and self.phone.dials[dial].condition == "connected"

    # Whole stories, which single steps would seldom tell

    @rule(
        agent=st.sampled_from(AGENTS),
        verb=st.sampled_from(("fail", "fail", "fail_of_ours", "silent", "talk")),
        crash=st.sampled_from((False, False, True)),
    )
    def an_attempt_is_made(self, agent: str, verb: str, crash: bool) -> None:
        self.now += timedelta(minutes=11)
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=True, lag=False)
        state = self.book.held_by(agent)
        if state is None or state.state != "dialling":
            return
        claim = Claim(agent=agent, epoch=state.epoch, token=state.token)
        dial = state.attempts[-1].id
        if dial in self.phone.dials:
            self.phone.end(dial, "completed" if verb == "talk" else "no_answer")
        if verb.startswith("fail"):
            self.a_report_is_made(verb, state.id, claim)
        if crash:
            self._a_text_is_sent_and_forgotten(state.id)
        self._post(lag=False)

    @rule(agent=st.sampled_from(AGENTS))
    def a_desk_gives_up_while_it_rings_and_nobody_cancels_yet(self, agent: str) -> None:
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=True, lag=False)
        state = self.book.held_by(agent)
        if state is not None and state.state == "dialling":
            claim = Claim(agent=agent, epoch=state.epoch, token=state.token)
            self.a_report_is_made("fail", state.id, claim)
        self.now += timedelta(minutes=11)
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=True, lag=True)

    def _a_text_is_sent_and_forgotten(self, callback: str) -> None:
        state = self.book.get(callback)
        todo = duty(state, self.now) if state is not None else None
        if state is not None and isinstance(todo, HandOverText):
            self._text(state, todo, crash=True)

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

    @rule(agent=st.sampled_from(AGENTS))
    def the_night_falls_in_seoul(self, agent: str) -> None:
        night = self.now.replace(hour=13, minute=30)
        self.now = max(self.now, night)
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=False, lag=False)

    # The phone system

    @precondition(lambda self: self.phone.dials)
    @rule(data=st.data(), how=st.sampled_from(("pick_up", "no_answer", "completed")))
    def something_happens_to_a_dial(self, data: st.DataObject, how: str) -> None:
        dial = data.draw(st.sampled_from(sorted(self.phone.dials)))
        if how == "pick_up":
            self.phone.pick_up(dial)
        else:
            self.phone.end(dial, how)

    @rule(which=st.sampled_from((0, 1)))
    def a_dispatcher_hears_the_log(self, which: int) -> None:
        self.dispatchers[which].view = self.on_the_log()

    @precondition(lambda self: any(dispatcher.view for dispatcher in self.dispatchers))
    @rule(data=st.data(), crash=st.sampled_from((False, False, True)), lag=LAGS)
    def a_dispatcher_does_its_duty(self, data: st.DataObject, crash: bool, lag: bool) -> None:
        busy = [
            (dispatcher, state, todo)
            for dispatcher in self.dispatchers
            for state in dispatcher.view.values()
            if (todo := duty(state, self.now, dispatcher.placed))
        ]
        if not busy:
            return
        dispatcher, state, todo = data.draw(st.sampled_from(busy))
        self._do_duty(dispatcher, state, todo, crash=crash)
        if crash:
            dispatcher.placed.clear()
        self._post(lag=lag)

    def _do_duty(
        self, dispatcher: Dispatcher, state: CallbackData, todo: Duty, *, crash: bool
    ) -> None:
        if isinstance(todo, TakeOffHold):
            answer = now_(self.phone.withdraw(todo.contact, state.id))
            if not crash:
                before = self.book.get(state.id)
                asked = before is not None and todo.contact in before.on_hold
                after = self.book.call_withdrawn(state.id, todo.contact, answer, self.now)
                assert not (asked and answer == "answered" and after and is_open(after))
        elif isinstance(todo, PlaceDial):
            self._place(dispatcher, state, todo.dial, crash=crash)
        elif isinstance(todo, CancelDial):
            answer = now_(self.phone.cancel(todo.dial))
            status = now_(self.phone.dial_status(todo.dial))
            if not crash and (answer != "too_late" or status.condition == "ended"):
                self.book.dial_ended(state.id, todo.dial, self.now)
        elif isinstance(todo, HandOverText):
            self._text(state, todo, crash=crash)
        else:
            self._ask(state, todo, crash=crash)

    def _text(self, state: CallbackData, todo: HandOverText, *, crash: bool) -> None:
        order = TextOrder(
            text=todo.text,
            callback=state.id,
            template="could_not_reach_you",
            language=None,
            number=state.caller.key,
        )
        answer = now_(self.phone.hand_over(order))
        if not crash:
            self.book.text_told(state.id, answer, self.now)

    def _place(
        self, dispatcher: Dispatcher, state: CallbackData, dial: str, *, crash: bool
    ) -> None:
        if self._another_rings(dispatcher, state):
            return
        order = DialOrder(
            dial=dial, callback=state.id, token=state.token, agent="", number=state.caller.key
        )
        status = now_(self.phone.dial(order))
        dispatcher.placed.add(dial)
        if status.condition == "ended" and not crash:
            self.book.phone_says(state.id, dial, "ended", status.outcome, self.now)

    def _another_rings(self, dispatcher: Dispatcher, state: CallbackData) -> bool:
        """As the service's dispatcher: an earlier callback of this caller may still be rung."""
        return any(
            other.caller.key == state.caller.key and other.id != state.id and in_flight(other)
            for other in dispatcher.view.values()
        )

    def _ask(self, state: CallbackData, todo: AskAboutDial, *, crash: bool) -> None:
        status = now_(self.phone.dial_status(todo.dial))
        if status.condition == "unknown" and now_(self.phone.cancel(todo.dial)) == "too_late":
            return
        if not crash:
            self._hear(state, todo.dial, status)

    def _hear(self, state: CallbackData, dial: str, status: DialStatus) -> None:
        before = self.book.get(state.id)
        last = before.attempts[-1] if before is not None and in_flight(before) else None
        news = last is not None and last.id == dial and last.outcome is None
        told = status.condition, status.outcome
        after = self.book.phone_says(state.id, dial, *told, self.now)
        # They talked: whoever fell silent, nobody rings again.
        assert not (news and told == ("ended", "completed") and after and is_open(after))

    # Within

    def _post(self, *, lag: bool) -> None:
        self.outbox += self.book.take_changes()
        if not lag:
            self.the_relay_writes()
            self.a_dispatcher_hears_the_log(0)
            self._first_dispatcher_works()

    def _first_dispatcher_works(self) -> int:
        first = self.dispatchers[0]
        found = [(s, t) for s in first.view.values() if (t := duty(s, self.now, first.placed))]
        for state, todo in found:
            self._do_duty(first, state, todo, crash=False)
        changes = self.book.take_changes()
        self.outbox += changes
        return len(changes)

    def on_the_log(self) -> dict[str, CallbackData]:
        return {change.state.id: change.state for change in self.log}

    def settle(self) -> None:
        """Everything is read, written, told to the phone system and answered."""
        while self.read < len(self.facts):
            self.the_projector_reads(9, lag=True)
        self.the_relay_writes()
        for _ in range(MOST_DUTIES):
            self.a_dispatcher_hears_the_log(0)
            if not self._first_dispatcher_works():
                return
            self.the_relay_writes()
        raise AssertionError("the dispatcher never comes to rest")

    def is_valid(self, state: CallbackData, claim: Claim) -> bool:
        try:
            check(state, claim, self.book.epoch)
        except RefusedError:
            return False
        return True

    def _first(self, language: str | None) -> CallbackData | None:
        """Whose turn it is, in the words of the rule."""
        due = [
            state
            for state in self.book.all()
            if state.state == "due"
            and state.state not in HELD
            and not state.on_hold
            and not in_flight(state)
            and state.due_at <= self.now < state.expires_at
            and (state.quiet_from is None or self.now < state.quiet_from)
            and (language is None or state.language in (None, language))
        ]
        due.sort(
            key=lambda state: (
                state.urgency != "life_at_risk",
                self.now < state.promised_by - NEAR_DEADLINE,
                URGENCIES.index(state.urgency),
                state.origin,
                state.id,
            )
        )
        return due[0] if due else None
