"""Which caller is rung next, when the callback list lives in memory?

Virtual time's callbacks service: the same domain book as the running one, without Redis, HTTP and
crashes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from load.sim.dialling import Switch
from load.sim.hall import Hall
from load.sim.reports import Dial
from streams.domain.callbacks.book import RULES, CallbackBook
from streams.domain.callbacks.callback import in_flight, is_open
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import Wish
from streams.domain.callbacks.release import Floor, held_back
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed

EXPIRY_LOOK: Final = timedelta(minutes=1)


class PromiseList:
    """Every promise made in a run, and the dials that keep them."""

    def __init__(
        self,
        hall: Hall,
        policy: OverflowPolicy,
        moment: Callable[[float], datetime],
        rules: CallbackPolicy = RULES,
    ) -> None:
        self.book = CallbackBook(policy, rules=rules)
        self.open: dict[str, CallbackData] = {}
        self._of_caller: dict[str, str] = {}
        self.switch = Switch(hall)
        self._hall = hall
        self._moment = moment
        self._next_look = moment(0.0)
        self._by_dial: dict[str, str] = {}
        # Until when a pool need not look again, unless something on the list changes before.
        self._nothing_until: dict[str, datetime] = {}
        self._wishes = {
            pool.name: Wish(agent=pool.name, languages=frozenset(pool.languages))
            for pool in hall.roster.pools()
        }

    def want(self, wanted: CallbackWanted) -> None:
        """Someone needs a callback; who is on hold is taken off once it is promised."""
        state = self.book.wanted(wanted, self._now())
        self._follow_changes()
        if state is not None:
            for contact in state.on_hold:
                self._take_off_hold(state.id, contact)

    def served(self, served: CallerServed) -> None:
        """The caller was answered live: the promise is kept, and a ringing dial is stopped."""
        state = self.book.served(served, self._now())
        self._follow_changes()
        if state is not None and in_flight(state):
            dial = state.attempts[-1].id
            self.switch.cancel(dial)
            self.book.dial_ended(state.id, dial, self._now())
            self._follow_changes()

    def of(self, caller_key: str) -> CallbackData | None:
        """The open promise of a caller."""
        return self.open.get(self._of_caller.get(caller_key, ""))

    def worth_asking(self) -> bool:
        """Whether any promise is open."""
        return bool(self.open)

    def ask(self, agent: str, pool: str) -> None:
        """The next callback that this pool can take; its dial starts at once."""
        now = self._now()
        first = self._first(pool, now)
        if first is None or held_back(first, self._floor(agent), now, self.book.rules):
            self._hall.nothing_to_do(agent)
            return
        leased = self.book.lease(first.id, agent, now)
        self._hall.work(agent)
        dialling = self.book.start_dial(first.id, _claim(leased), now)
        self._follow_changes()
        dial = dialling.attempts[-1].id
        self._by_dial[dial] = first.id
        number = self._hall.population.number(int(dialling.caller.key, 16))
        self.switch.dial(Dial(dial, first.id, dialling.token, agent, number))

    def _first(self, pool: str, now: datetime) -> CallbackData | None:
        if not self.open or now < self._nothing_until.get(pool, now):
            return None
        first = self.book.first_for(self._wishes[pool], now)
        if first is None:
            later = (state.due_at for state in self.open.values() if state.due_at > now)
            self._nothing_until[pool] = min(later, default=now + EXPIRY_LOOK)
        return first

    def dial(self, dial: Dial) -> None:
        """A dial moved on, and its callback with it."""
        state = self.book.get(self._by_dial.get(dial.id, ""))
        if state is None or not is_open(state):
            return
        now, claim = self._now(), _claim(state)
        if dial.state == "connected":
            self.book.connected(state.id, claim, now)
        elif dial.outcome == "completed":
            self.book.complete(state.id, claim, "completed", now)
        elif dial.outcome is not None:
            self.book.fail(state.id, claim, dial.outcome, now)
            self.book.dial_ended(state.id, dial.id, now)
        self._follow_changes()

    def tick(self) -> None:
        """Promises too old to be of use are closed, and said so; at night they are put off."""
        now = self._now()
        if now < self._next_look:
            return
        self._next_look = now + EXPIRY_LOOK
        for callback_id, state in list(self.open.items()):
            if state.expires_at <= now:
                self.book.expire(callback_id, now)
            elif state.quiet_from is not None and state.quiet_from <= now:
                self.book.postpone(callback_id, now)
        self._follow_changes()

    def _floor(self, agent: str) -> Floor:
        roster = self._hall.roster
        counselor = roster.counselors[agent]
        waiting, since = self._hall.on_hold(counselor.pool.queues)
        return Floor(
            on_duty=roster.on_duty_beside(counselor) + 1,
            free_beside=roster.free_beside(counselor),
            waiting=waiting,
            oldest_since=None if since is None else self._moment(since),
            due=len(self.open),
        )

    def _take_off_hold(self, callback_id: str, contact: str) -> None:
        answer = self._hall.withdraw(contact)
        self.book.call_withdrawn(callback_id, contact, answer, self._now())
        self._follow_changes()

    def _follow_changes(self) -> None:
        was_empty = not self.open
        for change in self.book.take_changes():
            self._nothing_until.clear()
            if is_open(change.state):
                self.open[change.state.id] = change.state
                self._of_caller[change.state.caller.key] = change.state.id
            else:
                self.open.pop(change.state.id, None)
        if was_empty and self.open:
            self._hall.look_again()

    def _now(self) -> datetime:
        return self._moment(self._hall.agenda.now)


def _claim(state: CallbackData) -> Claim:
    return Claim(agent=state.agent or "", epoch=state.epoch, token=state.token)
