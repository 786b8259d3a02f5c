"""Does a caller wait in line, or is a callback offered at once? Admission in virtual time.

The same rules as the running platform's, asked once, when the greeting is over. What is announced
of the wait, what is promised and who is staffed are known to them as the log would say it: the
counts are those of the last look at the clock.
"""

from datetime import datetime, timedelta
from typing import cast

from load.sim.reports import Call
from load.sim.worklist import PromiseList
from streams.domain.admission.gates import Ceiling, Debt, Line, ceiling, is_long
from streams.domain.admission.rules import Answer, Promise, Question, Situation, decide
from streams.domain.centre import Centre
from streams.domain.contacts.rule_table import RuleTable
from streams.domain.open_hours import ALWAYS, is_open
from streams.domain.staffing.announcing import Announcer
from streams.domain.staffing.house import House
from streams.events.contacts import Channel, Urgency
from streams.events.surges import SeatsData, WaitData


class Door:
    """Admission of one run."""

    def __init__(self, centre: Centre, house: House, promises: PromiseList) -> None:
        self._centre = centre
        self._house = house
        self._promises = promises
        self._announcer = Announcer(centre, house)
        self._table = RuleTable(centre.overflow)
        self._hours = {queue.name: queue.hours for queue in centre.queues}
        self._waits: dict[str, WaitData] = {}
        self._long = dict.fromkeys(self._hours, False)
        self._ceiling: Ceiling | None = None
        self.seats: SeatsData | None = None

    def is_always_open(self, queue: str) -> bool:
        """Whether the queue has no hours."""
        return self._hours[queue] == ALWAYS

    def tick(self, now: datetime) -> None:
        """The waits are announced anew."""
        for said in self._announcer.tick(now):
            self._waits[said.data.queue] = said.data

    def ask(self, call: Call, caller: str | None, now: datetime) -> Answer:
        """What is to become of a call."""
        person, queue = call.person, call.person.queue
        line = self._line(queue, now)
        self._long[queue] = is_long(self._long[queue], line, now, self._centre)
        self._ceiling = ceiling(self._ceiling, self._debt(), now, self._centre)
        seats = self.seats
        situation = Situation(
            line=line,
            table=self._table,
            open=is_open(self._hours[queue], self._centre.timezone, now),
            long=self._long[queue],
            ceiling=self._ceiling,
            promise=self._promise(caller),
            handle_seconds=seats.handle_seconds if seats else None,
            patience_seconds=seats.patience_seconds if seats else None,
        )
        question = Question(
            queue=queue,
            contact=call.id,
            caller=caller,
            urgency=cast("Urgency", person.urgency),
            topic=person.topic,
            channel=cast("Channel", person.channel),
            language=person.language,
            country=person.country,
        )
        return decide(self._centre, situation, question, now)

    def _line(self, queue: str, now: datetime) -> Line:
        line = self._announcer.line(queue, now)
        since = now - timedelta(seconds=line.head_wait) if line.ahead else None
        return Line(wait=self._waits.get(queue), waiting=line.ahead, head_since=since)

    def _debt(self) -> Debt:
        seats = self.seats
        return Debt(
            pending=len(self._promises.open),
            waiting=sum(self._house.waiting().values()),
            staffed=seats.staffed if seats else None,
            handle_seconds=seats.handle_seconds if seats else None,
        )

    def _promise(self, caller: str | None) -> Promise | None:
        state = self._promises.of(caller) if caller is not None else None
        if state is None:
            return None
        return Promise(
            id=state.id,
            origin=state.origin,
            promised_by=state.promised_by,
            reason=state.reason,
        )
