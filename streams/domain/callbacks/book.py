"""Which callback does a fact or a command touch, and what comes of it?

A book holds callbacks by id, by the requests they answer for, and the open one by caller. It is the
whole list in memory (tests, virtual time), or the few callbacks that a batch of commands touches,
loaded from Redis, changed here, and stored back in one step (the callbacks service). Every change
is kept in order until it is taken.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from streams.domain.callbacks import callback as life
from streams.domain.callbacks import dial as dials
from streams.domain.callbacks import forgetting, quiet, texting
from streams.domain.callbacks import lease as leases
from streams.domain.callbacks.callback import Change, RefusedError, WithdrawalAnswer
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import Wish, fits, lane, marked, may_be_leased, place
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import (
    CallbackData,
    CallbackWanted,
    CallerServed,
    FirstRung,
    Outcome,
    TextAnswer,
)
from streams.events.codec import derived_id

RULES: Final = CallbackPolicy()


class CallbackBook:
    """One open callback per caller; every command names the callback, or the fact finds it."""

    def __init__(
        self, policy: OverflowPolicy, epoch: int = 1, rules: CallbackPolicy = RULES
    ) -> None:
        self.policy = policy
        self.rules = rules
        self.epoch = epoch
        self._states: dict[str, CallbackData] = {}
        self._open: dict[str, str] = {}
        # Those that are not closed: the list is read at every question, the closed only grow.
        self._unfinished: dict[str, CallbackData] = {}
        self._of_request: dict[str, str] = {}
        self._served: dict[str, datetime] = {}
        self._news_served: dict[str, datetime] = {}
        self._changes: list[Change] = []

    def load(self, state: CallbackData) -> None:
        """Put a callback in, as the log or Redis has it."""
        self._states[state.id] = state
        for request in state.requests:
            self._of_request[request.id] = state.id
        if life.is_open(state):
            self._open[state.caller.key] = state.id
            self._unfinished[state.id] = state
            return
        self._unfinished.pop(state.id, None)
        if self._open.get(state.caller.key) == state.id:
            del self._open[state.caller.key]

    def load_request(self, request: str, callback_id: str) -> None:
        """Say which callback answers for a request, also when that callback is long gone."""
        self._of_request.setdefault(request, callback_id)

    def load_served(self, request: str, at: datetime) -> None:
        """Say that a request was answered live while no promise was open for it."""
        self._served[request] = at

    def get(self, callback_id: str) -> CallbackData | None:
        """The callback as it stands."""
        return self._states.get(callback_id)

    def of_request(self, request: str) -> CallbackData | None:
        """The callback that answers for a request."""
        callback_id = self._of_request.get(request)
        return self._states.get(callback_id) if callback_id else None

    def all(self) -> Iterator[CallbackData]:
        """Every callback in the book."""
        return iter(self._states.values())

    def take_changes(self) -> list[Change]:
        """What has changed since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def take_served(self) -> dict[str, datetime]:
        """Requests that were found to be answered live before any promise, since the last call."""
        served, self._news_served = self._news_served, {}
        return served

    # Facts from the tally

    def wanted(
        self, fact: CallbackWanted, now: datetime, refusal: tuple[Outcome, str] | None = None
    ) -> CallbackData | None:
        """Someone needs a callback. `refusal` is why none can be promised: closed with that reason.

        Returns the callback that answers for the request; None when that is long forgotten.
        """
        data = fact.data
        callback_id = self._of_request.get(data.request.id)
        state = self._states.get(callback_id) if callback_id else None
        if callback_id and state is None:
            return None
        new_id = derived_id("callback", data.request.id)
        if state is not None and not life.is_open(state):
            if not _asks_again(state, fact):
                return state
            new_id = derived_id("callback", data.request.id, data.contact)
            state = None
        # Whoever asks again may have another open callback meanwhile, for another request.
        known = state or self._open_of(data.caller.key)
        if known is not None:
            merged = self._keep(known, life.merge(known, fact, now, self.policy))
            at = self._served.get(data.request.id)
            return self._keep(merged, life.served(merged, at, now)) if at else merged
        return self._begin(fact, new_id, refusal)

    def served(self, fact: CallerServed, now: datetime) -> CallbackData | None:
        """A caller was answered live: their open promise is closed, whichever call it came from.

        When no promise is open for the request, that is remembered: the wish may come later.
        """
        data = fact.data
        mine = self.of_request(data.request)
        if mine is None or not life.is_open(mine):
            at = max(fact.time, self._served.get(data.request, fact.time))
            self._served[data.request] = self._news_served[data.request] = at
            mine = self._open_of(data.caller_key)
        if mine is None:
            return None
        return self._keep(mine, life.served(mine, fact.time, now))

    # Commands of the people at the desks

    def first_for(
        self, wish: Wish, now: datetime, closed_queues: Collection[str] = ()
    ) -> CallbackData | None:
        """The callback whose turn it is among those the agent can take."""
        able = (
            state
            for state in self._unfinished.values()
            if may_be_leased(state, now) and fits(lane(state), wish, closed_queues)
        )
        return min(able, key=lambda state: place(state, now), default=None)

    def held_by(self, agent: str) -> CallbackData | None:
        """The callback an agent holds: one at a time."""
        held = (s for s in self._unfinished.values() if s.agent == agent and s.state in life.HELD)
        return next(held, None)

    def lease(
        self, callback_id: str, agent: str, now: datetime, *, out_of_turn: str | None = None
    ) -> CallbackData:
        """Give it to the agent; to its holder, give it again."""
        state = self._must(callback_id)
        if state.agent == agent and state.state in life.HELD:
            return self._keep(state, leases.resume(state, self.epoch, now, self.policy))
        given = leases.lease(state, agent, self.epoch, now, self.policy, out_of_turn=out_of_turn)
        return self._keep(state, given)

    def renew(self, callback_id: str, claim: Claim, now: datetime) -> CallbackData:
        """The holder is still at it."""
        state = self._claimed(callback_id, claim)
        return self._keep(state, leases.renew(state, now, self.policy))

    def start_dial(
        self, callback_id: str, claim: Claim, now: datetime, first: FirstRung = "agent"
    ) -> CallbackData:
        """The holder wants the caller rung."""
        state = self._claimed(callback_id, claim)
        return self._keep(state, dials.start_dial(state, now, self.policy, first))

    def connected(self, callback_id: str, claim: Claim, now: datetime) -> CallbackData:
        """They are talking."""
        state = self._claimed(callback_id, claim)
        return self._keep(state, dials.connected(state, now, self.policy))

    def complete(self, callback_id: str, claim: Claim, result: str, now: datetime) -> CallbackData:
        """They talked, and the promise is kept."""
        state = self._must(callback_id)
        if _was_done_by(state, claim, "completed"):
            return state
        leases.check(state, claim, self.epoch)
        return self._keep(state, dials.complete(state, result, now))

    def fail(self, callback_id: str, claim: Claim, outcome: str, now: datetime) -> CallbackData:
        """The dial came to nothing, or there was none and the callback is given back."""
        state = self._must(callback_id)
        if _failed_before(state, claim, outcome):
            return state
        leases.check(state, claim, self.epoch)
        if state.state == "leased":
            return self._keep(state, leases.release(state, now))
        change = dials.failed(state, outcome, now, self.policy, dial_is_over=False)
        return self._keep(state, change)

    def reschedule(
        self, callback_id: str, claim: Claim | None, at: datetime, now: datetime
    ) -> CallbackData:
        """Another time was asked for; without a claim, only while nobody holds it."""
        state = self._must(callback_id)
        if state.state in life.WAITING and state.due_at == at:
            return state
        self._may_alter(state, claim)
        return self._keep(state, leases.reschedule(state, at, now, self.policy, self.rules))

    def withdraw(
        self,
        callback_id: str,
        claim: Claim | None,
        reason: str,
        now: datetime,
        *,
        override: bool = False,
    ) -> CallbackData:
        """No longer wanted; `override` lets a shift lead take it from its holder."""
        state = self._must(callback_id)
        if state.outcome == "withdrawn":
            return state
        if not override:
            self._may_alter(state, claim)
        elif not life.is_open(state):
            raise RefusedError("closed", f"the callback is closed: {state.outcome}")
        return self._keep(state, leases.withdraw(state, reason, now))

    def reveal_number(self, callback_id: str, claim: Claim, now: datetime) -> CallbackData:
        """The holder looks at the number: written down first."""
        state = self._claimed(callback_id, claim)
        return self._keep(state, leases.reveal_number(state, now))

    # Who was promised is forgotten, or sealed anew

    def erase(self, callback_id: str, now: datetime) -> CallbackData:
        """Nothing here may lead to the caller any more; an open promise is withdrawn."""
        state = self._must(callback_id)
        if life.is_open(state):
            state = self._keep(state, leases.withdraw(state, forgetting.ERASED, now))
        return self._keep(state, forgetting.erase(state, now))

    def reseal(self, callback_id: str, before: str, after: str, now: datetime) -> CallbackData:
        """The number is sealed with another key."""
        state = self._must(callback_id)
        return self._keep(state, forgetting.reseal(state, before, after, now))

    # What time and the phone system bring

    def lease_ran_out(self, callback_id: str, now: datetime) -> CallbackData | None:
        """A lease ended before any dial: due again. After a dial, the phone system is asked."""
        state = self._states.get(callback_id)
        if state is None or state.state != "leased":
            return state
        if state.lease_until is None or state.lease_until >= now:
            return state
        return self._keep(state, leases.release(state, now))

    def expire(self, callback_id: str, now: datetime) -> CallbackData | None:
        """Too old to be of use."""
        state = self._states.get(callback_id)
        return self._keep(state, life.expire(state, now)) if state else None

    def postpone(self, callback_id: str, now: datetime) -> CallbackData | None:
        """It is night where the caller is: due again in the morning."""
        state = self._states.get(callback_id)
        return self._keep(state, quiet.postpone(state, now)) if state else None

    def text_told(self, callback_id: str, answer: TextAnswer, now: datetime) -> CallbackData | None:
        """Whoever sends texts answered."""
        state = self._states.get(callback_id)
        return self._keep(state, texting.told(state, answer, now)) if state else None

    def call_withdrawn(
        self, callback_id: str, contact: str, answer: WithdrawalAnswer, now: datetime
    ) -> CallbackData | None:
        """The phone system answered the withdraw command."""
        state = self._states.get(callback_id)
        if state is None:
            return None
        return self._keep(state, life.call_withdrawn(state, contact, answer, now))

    def dial_ended(self, callback_id: str, dial: str, now: datetime) -> CallbackData | None:
        """The phone system confirmed that a given-up dial is over."""
        state = self._states.get(callback_id)
        return self._keep(state, dials.dial_ended(state, dial, now)) if state else None

    def phone_says(
        self, callback_id: str, dial: str, condition: str, outcome: str | None, now: datetime
    ) -> CallbackData | None:
        """The phone system answered a question about a dial, or refused one."""
        state = self._states.get(callback_id)
        if state is None:
            return None
        change = dials.phone_says(state, dial, condition, outcome, now, self.policy)
        return self._keep(state, change)

    def has_open(self, caller_key: str) -> bool:
        """Whether this caller was promised a callback that is still open."""
        return self._open_of(caller_key) is not None

    # Within

    def _begin(
        self, fact: CallbackWanted, callback_id: str, refusal: tuple[Outcome, str] | None
    ) -> CallbackData:
        made = life.new_callback(fact, callback_id, self.policy)
        state = self._keep(made.state, made)
        request = fact.data.request.id
        served_at = self._served.get(request)
        if served_at is not None and served_at >= fact.time:
            ended = life.close(state, "reached_us_first", "answered_live", fact.time)
            return self._keep(state, ended)
        if refusal is not None:
            outcome, reason = refusal
            return self._keep(state, life.close(state, outcome, reason, fact.time))
        return state

    def _open_of(self, caller_key: str) -> CallbackData | None:
        callback_id = self._open.get(caller_key)
        return self._states.get(callback_id) if callback_id else None

    def _must(self, callback_id: str) -> CallbackData:
        state = self._states.get(callback_id)
        if state is None:
            raise RefusedError("not_found", "there is no such callback")
        return state

    def _claimed(self, callback_id: str, claim: Claim) -> CallbackData:
        state = self._must(callback_id)
        leases.check(state, claim, self.epoch)
        return state

    def _may_alter(self, state: CallbackData, claim: Claim | None) -> None:
        if claim is not None:
            leases.check(state, claim, self.epoch)
        elif not life.is_open(state):
            raise RefusedError("closed", f"the callback is closed: {state.outcome}")
        elif state.state in life.HELD:
            raise RefusedError("held", "an agent holds the callback")

    def _keep(self, state: CallbackData, change: Change | None) -> CallbackData:
        if change is None:
            return state
        change = texting.noted(quiet.respected(change, self.rules, self.policy), self.rules)
        change = marked(change, self.rules)
        self._changes.append(change)
        self.load(change.state)
        return change.state


def _asks_again(state: CallbackData, fact: CallbackWanted) -> bool:
    """A new attempt of the same request, after its callback was closed: a promise of its own."""
    known = {state.contact, *(request.id for request in state.requests)}
    later = state.closed_at is not None and fact.time > state.closed_at
    return later and fact.data.contact not in known


def _was_done_by(state: CallbackData, claim: Claim, outcome: Outcome) -> bool:
    same = (state.epoch, state.token, state.agent) == (claim.epoch, claim.token, claim.agent)
    return same and state.state == "closed" and state.outcome == outcome


def _failed_before(state: CallbackData, claim: Claim, outcome: str) -> bool:
    """The same report again: the lease it ended is the last one there was."""
    if (state.epoch, state.token) != (claim.epoch, claim.token) or state.state in life.HELD:
        return False
    last = state.attempts[-1] if state.attempts else None
    return last is not None and last.agent == claim.agent and last.outcome == outcome
