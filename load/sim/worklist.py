"""Which caller is rung next, when the callback list lives in memory?

Virtual time's stand-in for the callbacks service: the same facts come in, the same order and the
same attempts rule, without Redis and HTTP. One open promise per caller, in order of urgency and
original arrival.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from load.sim.dialling import Switch
from load.sim.hall import Hall
from load.sim.reports import Dial
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackWanted, CallerServed
from streams.events.codec import derived_id

URGENCY_RANK: Final = {"life_at_risk": 0, "high": 1, "normal": 2, "low": 3}


@dataclass(slots=True, eq=False)
class Promise:
    """One caller's callback: the earliest arrival it answers for, and what became of it."""

    id: str
    caller_key: str
    origin: datetime
    promised_at: datetime
    urgency: str
    language: str | None
    requests: list[str] = field(default_factory=list)
    due: datetime | None = None
    attempts: int = 0
    agent: str | None = None
    dial: str | None = None
    outcome: str | None = None
    closed_at: datetime | None = None

    @property
    def place(self) -> tuple[int, datetime, str]:
        """The place in line."""
        return URGENCY_RANK.get(self.urgency, 2), self.origin, self.id


class PromiseList:
    """Every promise made in a run."""

    def __init__(
        self, hall: Hall, policy: OverflowPolicy, moment: Callable[[float], datetime]
    ) -> None:
        self.promises: list[Promise] = []
        self.open: dict[str, Promise] = {}
        self.switch = Switch(hall)
        self._hall = hall
        self._policy = policy
        self._moment = moment
        self._tokens = itertools.count(1)
        self._by_dial: dict[str, Promise] = {}
        self._languages = {pool.name: pool.languages for pool in hall.roster.pools()}

    def want(self, wanted: CallbackWanted) -> None:
        """Someone needs a callback: one promise per caller, merged when there is one."""
        data = wanted.data
        promise = self.open.get(data.caller.key)
        if promise is None:
            promise = Promise(
                id=derived_id("callback", data.request.id),
                caller_key=data.caller.key,
                origin=data.request.arrived_at,
                promised_at=self._now(),
                urgency=data.urgency,
                language=data.language,
            )
            self.open[data.caller.key] = promise
            self.promises.append(promise)
        if data.request.id not in promise.requests:
            promise.requests.append(data.request.id)
        if data.still_waiting:
            self._hall.withdraw(data.contact)

    def served(self, served: CallerServed) -> None:
        """The caller reached us first: the promise is closed and a ringing dial stopped."""
        promise = self.open.get(served.data.caller_key)
        if promise is not None and served.data.request in promise.requests:
            dial = promise.dial
            self._close(promise, "reached_us_first")
            if dial is not None:
                self.switch.cancel(dial)

    def ask(self, agent: str, pool: str) -> None:
        """The next promise that is due and that this pool can talk with."""
        now = self._now()
        languages = self._languages[pool]
        ready = [
            promise
            for promise in self.open.values()
            if promise.agent is None
            and (promise.due is None or promise.due <= now)
            and (promise.language is None or promise.language in languages)
        ]
        if not ready:
            self._hall.nothing_to_do(agent)
            return
        promise = min(ready, key=lambda one: one.place)
        promise.agent = agent
        promise.attempts += 1
        promise.dial = derived_id("dial", promise.id, promise.attempts)
        self._by_dial[promise.dial] = promise
        self._hall.work(agent)
        index = int(promise.caller_key, 16)
        number = self._hall.population.number(index)
        self.switch.dial(Dial(promise.dial, promise.id, next(self._tokens), agent, number))

    def dial(self, dial: Dial) -> None:
        """A dial moved on; when it has ended, so may the promise."""
        promise = self._by_dial.get(dial.id)
        if promise is None or dial.state != "ended" or promise.outcome is not None:
            return
        promise.agent = None
        promise.dial = None
        if dial.outcome == "completed":
            self._close(promise, "completed")
        elif promise.attempts >= self._policy.attempts:
            self._close(promise, "unreachable")
        else:
            promise.due = self._now() + self._policy.retry_after

    def tick(self) -> None:
        """Promises older than the policy's expiry are closed as expired."""
        now = self._now()
        old = [p for p in self.open.values() if now - p.promised_at > self._policy.expiry]
        for promise in old:
            if promise.agent is None:
                self._close(promise, "expired")

    def oldest_open(self) -> timedelta:
        """The age of the oldest open promise."""
        if not self.open:
            return timedelta(0)
        return self._now() - min(promise.origin for promise in self.open.values())

    def _close(self, promise: Promise, outcome: str) -> None:
        promise.outcome = outcome
        promise.closed_at = self._now()
        promise.agent = None
        promise.dial = None
        self.open.pop(promise.caller_key, None)

    def _now(self) -> datetime:
        return self._moment(self._hall.agenda.now)
