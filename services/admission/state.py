"""What does admission know of the centre, and what does it answer from that?

All facts of the followed topics go in; answers come out of memory, without waiting for anyone.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.admission.ages import Age, Ages
from services.admission.announced import Announced, Standing
from services.admission.lines import Lines
from services.admission.promises import Promises
from streams.domain.admission.gates import Ceiling, Debt, Line, ceiling, is_long
from streams.domain.admission.rules import Answer, Promise, Question, Situation, decide
from streams.domain.callbacks.switches import ALL_ON, may_register
from streams.domain.centre import Centre
from streams.domain.clock import REAL_TIME, CentreClock
from streams.domain.contacts.rule_table import RuleTable
from streams.domain.open_hours import is_open
from streams.domain.staffing.staffing import ALL_POOLS
from streams.events.callbacks import CallbackChanged, SwitchesData, SwitchesSet
from streams.events.control import ClockDeclared
from streams.events.demand import QueuesMeasured
from streams.events.envelope import CloudEvent
from streams.events.surges import SeatsData, SeatsNeeded, WaitData, WaitEstimated
from streams.topics import CONTACTS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and how old what it stands on is: `as_of` is on the centre's clock."""

    answer: Answer
    as_of: datetime | None
    age: Age


class State:
    """The centre as the log last showed it."""

    def __init__(self, centre: Centre) -> None:
        self.clock: CentreClock = REAL_TIME
        self.long: dict[str, bool] = {}
        self.lines = Lines(centre)
        self.go_by(centre)
        self._announced = Announced()
        self.promises = Promises()
        self.switches: SwitchesData = ALL_ON
        self.ages = Ages()
        self.ceiling: Ceiling | None = None
        self._waits: dict[str, WaitData] = {}
        self._seats: SeatsData | None = None
        self._offsets: dict[str, dict[int, int]] = {}
        self._taking: dict[type[CloudEvent], Callable[[Any], object]] = {
            QueuesMeasured: lambda event: self.lines.observe(event.data),
            CallbackChanged: lambda event: self.promises.observe(event.data),
            SwitchesSet: self._switch,
            WaitEstimated: self._wait,
            SeatsNeeded: self._plan,
            ClockDeclared: self._declare,
        }

    def observe(self, event: CloudEvent) -> None:
        """Take one fact."""
        take = self._taking.get(type(event))
        if take is not None:
            take(event)

    def passed(self, topic: str, partition: int, offset: int) -> bool:
        """Note that a record was read; False when it had been before."""
        seen = self._offsets.setdefault(topic, {})
        if offset <= seen.get(partition, -1):
            return False
        seen[partition] = offset
        return True

    def ask(self, question: Question, wall: datetime) -> Told:
        """The answer for one contact; `wall` is the real time now."""
        now = self.clock.at(wall)
        self.step(question.queue, now)
        situation = self._situation(question, now)
        answer = decide(self.centre, situation, question, now)
        if answer.position is not None:
            self._announced.tell(_standing(question, situation.promise), answer.position, now)
        age = self.age(wall)
        return Told(answer, self.clock.at(age.as_of) if age.as_of else None, age)

    def age(self, wall: datetime) -> Age:
        """How old the state is."""
        folded = {**self._offsets, CONTACTS.name: self.lines.offsets}
        return self.ages.read(folded, wall)

    def step(self, queue: str, now: datetime) -> None:
        """Open and close the gates by what is known now; every change is told once."""
        before = self.long[queue]
        self.long[queue] = is_long(before, self.line(queue), now, self.centre)
        if self.long[queue] != before:
            told = "line became long" if self.long[queue] else "line is short again"
            log.info(told, extra={"queue": queue})
        held = self.ceiling
        self.ceiling = ceiling(held, self._debt(), now, self.centre)
        if self.ceiling != held:
            told = "offers withdrawn" if self.ceiling else "offers made again"
            log.info(told, extra={"ceiling": self.ceiling, "pending": len(self.promises)})

    def go_by(self, centre: Centre) -> None:
        """Answer by this version of the centre file from now on."""
        self.centre = centre
        self.lines.go_by(centre)
        self._table = RuleTable(centre.overflow)
        self.long = {queue.name: self.long.get(queue.name, False) for queue in centre.queues}
        self._hours = {queue.name: queue.hours for queue in centre.queues}

    def line(self, queue: str) -> Line:
        """The line of a queue."""
        return Line(
            wait=self._waits.get(queue),
            waiting=self.lines.waiting(queue),
            head_since=self.lines.head_since(queue),
        )

    def _situation(self, question: Question, now: datetime) -> Situation:
        queue, seats = question.queue, self._seats
        line, promise = self.line(queue), self.promises.of(question.caller)
        return Situation(
            table=self._table,
            line=line,
            at_most=self._announced.at_most(_standing(question, promise), line, now),
            open=is_open(self._hours[queue], self.centre.timezone, now),
            long=self.long[queue],
            ceiling=self.ceiling,
            registering=may_register(self.switches, queue),
            promise=promise,
            handle_seconds=seats.handle_seconds if seats else None,
            patience_seconds=seats.patience_seconds if seats else None,
        )

    def _debt(self) -> Debt:
        seats = self._seats
        return Debt(
            pending=len(self.promises),
            waiting=self.lines.everyone(),
            staffed=seats.staffed if seats else None,
            handle_seconds=seats.handle_seconds if seats else None,
        )

    def _switch(self, event: SwitchesSet) -> None:
        if event.data.version >= self.switches.version:
            self.switches = event.data

    def _wait(self, event: WaitEstimated) -> None:
        queue = event.data.queue
        self._waits[queue] = event.data
        if queue in self.long:
            self.step(queue, event.time)

    def _plan(self, event: SeatsNeeded) -> None:
        if event.data.pool == ALL_POOLS:
            self._seats = event.data

    def _declare(self, event: ClockDeclared) -> None:
        data = event.data
        self.clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)


def _standing(question: Question, promise: Promise | None) -> Standing:
    """Whose place in line it is: an open callback's, whichever contact asks; else the contact's."""
    return (promise.id if promise is not None else question.contact, question.queue)
