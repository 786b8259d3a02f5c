"""Whatever comes, in whatever order: is nobody lost, nobody on the list twice, nobody rung twice?

The machine plays callers, the tally with its repeats, agents who fall silent, two dispatchers that
hear the log late, a phone system, a clock that jumps, and a Redis that loses what the log has not
yet. After each step the promises of the list are checked against what is simple to say of them.
"""

from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from services.adapters.memory import MemoryPhone
from services.ports import DialOrder
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import HELD, Change, RefusedError, in_flight, is_open
from streams.domain.callbacks.duties import (
    AskAboutDial,
    CancelDial,
    Duty,
    PlaceDial,
    TakeOffHold,
    duty,
)
from streams.domain.callbacks.lease import Claim, check
from streams.domain.callbacks.order import NEAR_DEADLINE, Wish
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed
from tests.support.callbacks import at, served, wanted

POLICY = OverflowPolicy()
AGENTS = ("kim", "lee", "park")
CALLERS = st.integers(1, 4)
URGENCIES = ("life_at_risk", "high", "normal", "low")
LANGUAGES = (None, "ko", "en")
# Mostly the log follows at once and everybody hears of it; now and then it does not.
LAGS = st.sampled_from((False, False, False, False, True))


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


class CallbackMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = at()
        self.book = CallbackBook(POLICY, epoch=1)
        self.log: list[Change] = []
        self.outbox: list[Change] = []
        self.unheard: list[tuple[str, Claim]] = []
        self.claims: list[tuple[str, Claim]] = []
        self.facts: list[CallbackWanted | CallerServed] = []
        self.read = 0
        self.committed = 0
        self.phone = MemoryPhone()
        self.dispatchers = (Dispatcher(), Dispatcher())
        self.settled: dict[str, int] = {}
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
        lag: bool,
    ) -> None:
        self._someone_needs(caller, urgency, language, waits=waits, late=late, again=again)
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
            arrived=mine[-1].data.request.arrived_at if request != contact else when,
        )
        self.facts.append(fact)

    @precondition(lambda self: self.facts)
    @rule(data=st.data(), early=st.booleans())
    def someone_is_answered_live(self, data: st.DataObject, early: bool) -> None:
        known = [f for f in self.facts if isinstance(f, CallbackWanted)]
        fact = data.draw(st.sampled_from(known))
        caller = int(fact.data.caller.key, 16)
        answer = served(fact.data.request.id, caller, self.now, f"s{len(self.facts)}")
        if early:
            self.facts.insert(max(self.read, len(self.facts) - 1), answer)
        else:
            self.facts.append(answer)
        self.phone.answer(fact.data.contact)

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
        self.book = CallbackBook(POLICY, epoch=highest + 1)
        for state in sorted(self._on_the_log().values(), key=is_open):
            self.book.load(state)
        for fact in self.facts[: self.committed]:
            if isinstance(fact, CallerServed) and self.book.of_request(fact.data.request) is None:
                self.book.load_served(fact.data.request, fact.time)
        self.outbox, self.unheard = [], []
        self.read = self.committed

    # Time

    @rule(seconds=st.sampled_from((-90, 1, 20, 130, 700, 4000, 20_000)))
    def the_clock_jumps(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(lag=LAGS)
    def the_sweeper_looks(self, lag: bool) -> None:
        for state in list(self.book.all()):
            self.book.lease_ran_out(state.id, self.now)
            self.book.expire(state.id, self.now)
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
                self.book.start_dial(after.id, claim, self.now)
        self._post(lag=lag)

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        verb=st.sampled_from(
            ("renew", "dial", "dial", "talk", "complete", "fail", "fail", "give_up", "later")
        ),
        lag=LAGS,
    )
    def a_holder_does_something(self, data: st.DataObject, verb: str, lag: bool) -> None:
        callback, claim = data.draw(st.sampled_from(self.claims[-4:]))
        try:
            self._do(verb, callback, claim)
        except RefusedError:
            assert not self.book.take_changes()
        self._post(lag=lag)

    def _do(self, verb: str, callback: str, claim: Claim) -> None:
        book, now = self.book, self.now
        state = book.get(callback)
        if verb == "renew":
            book.renew(callback, claim, now)
        elif verb == "dial":
            book.start_dial(callback, claim, now)
        elif verb == "talk":
            # An agent says "connected" when there is somebody on the line.
            if state and in_flight(state) and self._is_on_the_line(state.attempts[-1].id):
                book.connected(callback, claim, now)
        elif verb == "complete":
            if state and state.state == "connected":
                self.phone.end(state.attempts[-1].id, "completed")
            book.complete(callback, claim, "advised", now)
        elif verb == "fail":
            book.fail(callback, claim, "no_answer", now)
        elif verb == "give_up":
            book.withdraw(callback, claim, "wrong_number", now)
        else:
            book.reschedule(callback, claim, now + timedelta(minutes=20), now)

    def _is_on_the_line(self, dial: str) -> bool:
        return dial in self.phone.dials and self.phone.dials[dial].condition == "connected"

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
        self.dispatchers[which].view = self._on_the_log()

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
                self.book.call_withdrawn(state.id, todo.contact, answer, self.now)
        elif isinstance(todo, PlaceDial):
            self._place(dispatcher, state, todo.dial, crash=crash)
        elif isinstance(todo, CancelDial):
            answer = now_(self.phone.cancel(todo.dial))
            status = now_(self.phone.dial_status(todo.dial))
            if not crash and (answer != "too_late" or status.condition == "ended"):
                self.book.dial_ended(state.id, todo.dial, self.now)
        else:
            self._ask(state, todo, crash=crash)

    def _place(
        self, dispatcher: Dispatcher, state: CallbackData, dial: str, *, crash: bool
    ) -> None:
        order = DialOrder(
            dial=dial, callback=state.id, token=state.token, agent="", number=state.caller.key
        )
        status = now_(self.phone.dial(order))
        dispatcher.placed.add(dial)
        if status.condition == "ended" and not crash:
            self.book.phone_says(state.id, dial, "ended", status.outcome, self.now)

    def _ask(self, state: CallbackData, todo: AskAboutDial, *, crash: bool) -> None:
        status = now_(self.phone.dial_status(todo.dial))
        if status.condition == "unknown" and now_(self.phone.cancel(todo.dial)) == "too_late":
            return
        if not crash:
            self.book.phone_says(state.id, todo.dial, status.condition, status.outcome, self.now)

    # What must hold

    @invariant()
    def nobody_has_two_open_callbacks(self) -> None:
        open_ = Counter(state.caller.key for state in self.book.all() if is_open(state))
        on_the_log = Counter(s.caller.key for s in self._on_the_log().values() if is_open(s))
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
    def nobody_is_rung_after_the_end_was_confirmed(self) -> None:
        for state in self._on_the_log().values():
            if not is_open(state) and not in_flight(state):
                rings = self.phone.rings[state.id]
                assert self.settled.setdefault(state.id, rings) == rings

    @invariant()
    def a_dial_is_made_only_when_the_log_has_it(self) -> None:
        ordered = {a.id for change in self.log for a in change.state.attempts}
        made = {dial for dial, made in self.phone.dials.items() if made.order is not None}
        assert made <= ordered

    @invariant()
    def versions_have_no_gap_and_tokens_never_fall(self) -> None:
        seen: dict[str, CallbackData] = {}
        for change in self.log:
            before = seen.get(change.state.id)
            assert change.state.version == (before.version if before else 0) + 1
            assert before is None or change.state.token >= before.token
            assert before is None or change.state.origin <= before.origin
            seen[change.state.id] = change.state

    @invariant()
    def one_holder_at_most(self) -> None:
        for state in self.book.all():
            holders = {claim for callback, claim in self.claims if callback == state.id}
            assert sum(self._is_valid(state, claim) for claim in holders) <= 1

    def teardown(self) -> None:
        """Nobody was lost: with all facts read and written, every wish has its callback."""
        while self.read < len(self.facts):
            self.the_projector_reads(5, lag=True)
        self.the_relay_writes()
        on_the_log = self._on_the_log().values()
        answered_for = {request.id for state in on_the_log for request in state.requests}
        wishes = {f.data.request.id for f in self.facts if isinstance(f, CallbackWanted)}
        assert answered_for == wishes

    # Within

    def _post(self, *, lag: bool) -> None:
        self.outbox += self.book.take_changes()
        if not lag:
            self.the_relay_writes()
            self.a_dispatcher_hears_the_log(0)
            self._first_dispatcher_works()

    def _first_dispatcher_works(self) -> None:
        first = self.dispatchers[0]
        for state in list(first.view.values()):
            todo = duty(state, self.now, first.placed)
            if todo is not None:
                self._do_duty(first, state, todo, crash=False)
        self.outbox += self.book.take_changes()

    def _on_the_log(self) -> dict[str, CallbackData]:
        return {change.state.id: change.state for change in self.log}

    def _is_valid(self, state: CallbackData, claim: Claim) -> bool:
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


CallbackMachine.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestCallbackMachine = CallbackMachine.TestCase
