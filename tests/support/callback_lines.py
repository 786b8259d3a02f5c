"""What happens to the list, to the log, to Redis, and at the phone system, whoever asks for it?

The ground on which a state machine plays the callback list: a log that may lag behind the list, a
Redis that loses what the log has not yet, two dispatchers that look at the log now and then, a
phone system that knows dials and calls, and a clock that jumps.
"""

from collections.abc import Coroutine
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from services.adapters.memory import MemoryPhone
from services.ports import DialOrder, DialStatus, TextOrder
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import WAITING, Change, in_flight, is_open
from streams.domain.callbacks.duties import (
    AskAboutDial,
    CancelDial,
    Duty,
    HandOverText,
    PlaceDial,
    TakeOffHold,
    duty,
)
from streams.domain.callbacks.lease import Claim
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed
from tests.support.callbacks import at

POLICY = OverflowPolicy()
RULES = CallbackPolicy(
    quiet_hours=(time(22), time(8)),
    customer_first_at_once=1,
    near_deadline=timedelta(hours=2),
)
MOST_DUTIES = 100
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


class CallbackLines(RuleBasedStateMachine):
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

    # The log and Redis

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
        waiting = [state for state in self.book.all() if state.state in WAITING]
        assert not [s.id for s in waiting if s.quiet_from and s.quiet_from <= self.now]
        self._post(lag=lag)

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
