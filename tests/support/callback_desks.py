"""What do counselors do with the callback list, and what do they say twice?

They ask for the next one, dial, talk, report, fall silent, give up while it rings, and repeat what
they said when the answer was lost. Whose turn it is they know in the words of the rule.
"""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from streams.domain.callbacks.callback import HELD, RefusedError, in_flight
from streams.domain.callbacks.dial import first_rung
from streams.domain.callbacks.duties import HandOverText, duty
from streams.domain.callbacks.lease import Claim, check
from streams.domain.callbacks.order import Wish
from streams.events.callbacks import CallbackData
from tests.support.callback_lines import LAGS, RULES, CallbackLines

AGENTS = ("kim", "lee", "park")
URGENCIES = ("life_at_risk", "high", "normal", "low")
LANGUAGES = (None, "ko", "en")
REPORTED = {"fail": "no_answer", "fail_of_ours": "technical"}


class CallbackDesks(CallbackLines):
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
        verb=st.sampled_from(("fail", "fail", "fail_of_ours", "silent", "talk", "later")),
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
        if verb == "later" and dial in self.phone.dials:
            self.phone.pick_up(dial)
            self.a_report_is_made("talk", state.id, claim)
        elif dial in self.phone.dials:
            self.phone.end(dial, "completed" if verb == "talk" else "no_answer")
        if verb == "later" or verb.startswith("fail"):
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

    @rule(agent=st.sampled_from(AGENTS), seldom=st.integers(1, 5))
    def it_still_rings_when_the_promise_is_too_old(self, agent: str, seldom: int) -> None:
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=True, lag=False)
        state = self.book.held_by(agent)
        if state is not None and state.state == "dialling" and seldom == 1:
            self.now = max(self.now, state.expires_at)
            self.the_sweeper_looks(lag=False)

    @rule(agent=st.sampled_from(AGENTS))
    def the_night_falls_in_seoul(self, agent: str) -> None:
        night = self.now.replace(hour=13, minute=30)
        self.now = max(self.now, night)
        self.an_agent_asks_for_the_next(agent=agent, language=None, dials=False, lag=False)

    # Within

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
                self.now < state.promised_by - RULES.near_deadline,
                URGENCIES.index(state.urgency),
                state.origin,
                state.id,
            )
        )
        return due[0] if due else None
