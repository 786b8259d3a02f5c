"""What happens to a call in the phone system, from the first ring to the last word?

Callers are greeted, wait in line by urgency and time, are answered by whoever is free, hang up
when their patience ends. The platform may take a waiting caller out of the line (a callback is
promised) and order a ring back. The hall knows nothing of the platform: it reports what happens
to a listener and does what it is told, as a real phone system would.
"""

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from load.scenario import Desk, Scenario
from load.sim.agenda import Agenda, Entry
from load.sim.callers import CallerSide
from load.sim.counselors import Counselor, Roster
from load.sim.people import Behaviour, Person, Population, lognormal
from load.sim.reports import AgentReport, Call, ContactReport, Kind, Listener, Worklist
from streams.domain.admission.rules import Decision
from streams.domain.centre import Centre
from streams.events.agents import AgentState

ORDER_EXPECTED_SECONDS: Final = 120.0
Withdrawal = Literal["withdrawn", "not_waiting", "answered"]
# What a caller hears who is turned away, by admission's reason.
TURNED_AWAY: Final = {"closed_hours": "closed", "queue_full": "full"}
# Asked of each call that would join a line: what admission decides, and why.
Door = Callable[[Call], tuple[Decision, str]]


@dataclass(slots=True)
class Line:
    """The waiting calls of one queue: life at risk first, then by time."""

    waiting: list[tuple[int, float, int, Call]]

    def head(self) -> Call | None:
        """Who is next; those who have left the line are dropped on the way."""
        while self.waiting and self.waiting[0][3].stage != "queued":
            heapq.heappop(self.waiting)
        return self.waiting[0][3] if self.waiting else None


class Hall:
    """The floor of a call centre: lines, queues, counselors, and everyone who calls."""

    def __init__(
        self,
        scenario: Scenario,
        centre: Centre,
        agenda: Agenda,
        population: Population,
        listener: Listener,
        new_id: Callable[[], str],
    ) -> None:
        self.agenda = agenda
        self.population = population
        self.roster = Roster(centre)
        self.listener = listener
        self.desk: Desk = scenario.desk
        self._greeting = self.desk.greeting.total_seconds()
        self._ring = self.desk.ring.total_seconds()
        self._wrap_up = self.desk.wrap_up.total_seconds()
        self._talk = self.desk.talk.total_seconds()
        self.behaviour = Behaviour(scenario.callers)
        self.worklist: Worklist | None = None
        self.door: Door | None = None
        self.calls: dict[str, Call] = {}
        self.waiting = 0
        self.closed = False
        self._new_id = new_id
        self._order = itertools.count()
        self._lines = {queue.name: Line([]) for queue in centre.queues}
        self._timers: dict[str, Entry] = {}
        self.callers = CallerSide(self)

    # Callers

    def call(self, person: Person) -> None:
        """A person calls: greeted, or met by a busy tone when every line is taken."""
        now = self.agenda.now
        if person.on_the_phone or self.closed:
            return
        person.calls += 1
        call = Call(self._new_id(), person, now)
        person.contacts.append(call.id)
        self._report("arrived", call)
        if len(self.calls) >= self.desk.lines:
            call.stage = "ended"
            self._report("deflected", call, reason="full")
            self.callers.met_a_busy_tone(person)
            return
        person.on_the_phone = True
        self.calls[call.id] = call
        self.agenda.after(self._greeting, lambda: self._queue(call))

    def close_lines(self) -> None:
        """The play is over: nobody calls any more, and what has begun is brought to its end."""
        self.closed = True

    def withdraw(self, contact: str) -> Withdrawal:
        """The platform has promised this caller a callback: tell them, and free the line."""
        call = self.calls.get(contact)
        if call is not None and call.stage == "talking":
            return "answered"
        if call is None or call.stage not in ("greeting", "queued"):
            # Gone, or ringing at a desk this moment: then "answered" or "abandoned" follows.
            return "not_waiting"
        call.person.promised = True
        self._end(call)
        self._report("deflected", call, reason="moved_to_callback")
        self.callers.was_promised(call.person)
        return "withdrawn"

    def obey(self, call: Call, decision: Decision, reason: str) -> None:
        """Do what admission said, as far as the caller is still there to hear it."""
        person = call.person
        if decision == "offer_callback" and person.number and person.accepts_callback:
            self.withdraw(call.id)
        elif decision == "deflect" and call.stage in ("greeting", "queued"):
            self._end(call)
            self._report("deflected", call, reason=TURNED_AWAY.get(reason, "prompt"))
            self.callers.met_a_busy_tone(person)

    def on_hold(self, queues: Sequence[str]) -> tuple[int, float | None]:
        """How many wait in these queues, and since when the first of them called."""
        calls = [
            entry[3].arrived
            for queue in queues
            for entry in self._lines[queue].waiting
            if entry[3].stage == "queued"
        ]
        return len(calls), min(calls, default=None)

    def _queue(self, call: Call) -> None:
        if call.stage != "greeting":
            return
        if self.door is not None:
            self.obey(call, *self.door(call))
            if call.stage != "greeting":
                return
        call.stage = "queued"
        call.queued = self.agenda.now
        self.waiting += 1
        rank = 0 if call.person.urgency == "life_at_risk" else 1
        line = self._lines[call.person.queue]
        heapq.heappush(line.waiting, (rank, call.queued, next(self._order), call))
        self._report("queued", call)
        patience = self.behaviour.patience(call.person)
        self._timers[call.id] = self.agenda.after(patience, lambda: self._give_up(call))
        self._match(call.person.queue)

    def _give_up(self, call: Call) -> None:
        if call.stage not in ("queued", "ringing"):
            return
        stage = "queue" if call.stage == "queued" else "ring"
        agent = self.roster.counselors[call.agent] if call.agent else None
        self._end(call)
        self._report("abandoned", call, stage=stage)
        self.callers.hung_up(call.person)
        if agent is not None:
            self.free(agent)

    def _end(self, call: Call) -> None:
        if call.stage == "queued":
            self.waiting -= 1
        call.stage = "ended"
        call.person.on_the_phone = False
        self.calls.pop(call.id, None)
        timer = self._timers.pop(call.id, None)
        if timer is not None:
            timer.call_off()

    # Counselors

    def sign_in(self, pool: str) -> Counselor:
        """One more counselor sits down and is ready."""
        counselor = self.roster.sign_in(pool)
        self.free(counselor)
        return counselor

    def sign_out(self, pool: str) -> None:
        """One counselor of the pool goes home, after the call they are on."""
        present = [one for one in self.roster.signed_in() if one.pool.name == pool]
        staying = [one for one in present if not one.leaving]
        if not staying:
            return
        leaver = max(staying, key=self.roster.is_free)
        leaver.leaving = True
        if self.roster.is_free(leaver):
            self.free(leaver)

    def free(self, counselor: Counselor) -> None:
        """The counselor has nothing in hand: the next call, a callback, or going home."""
        self._take(counselor)
        counselor.asking = False
        if counselor.leaving:
            self.set_state(counselor, "offline")
            return
        self.set_state(counselor, "available")
        if self._rings_back_first():
            self._ask_now(counselor)
            return
        self.roster.put_free(counselor)
        for queue in counselor.pool.queues:
            self._match(queue)
        if self.roster.is_free(counselor):
            self.ask_later(counselor, 0.0)

    def set_state(self, counselor: Counselor, state: AgentState) -> None:
        """Change what a counselor is doing, and say so."""
        if counselor.state == state:
            return
        counselor.state = state
        counselor.changes += 1
        pool = counselor.pool
        self.listener.agent(
            AgentReport(
                agent=counselor.id,
                pool=pool.name,
                state=state,
                languages=pool.languages,
                skills=pool.skills,
                at=self.agenda.now,
                serial=counselor.changes,
            )
        )

    def _match(self, queue: str) -> None:
        line = self._lines[queue]
        while (call := line.head()) and (counselor := self.roster.free_for(queue)):
            heapq.heappop(line.waiting)
            self._offer(call, counselor)

    def _offer(self, call: Call, counselor: Counselor) -> None:
        self.waiting -= 1
        call.stage = "ringing"
        call.agent = counselor.id
        call.offers += 1
        self._take(counselor)
        missed = call.person.chance.random() < self.desk.ring_unanswered
        offer = f"{call.id}/{call.offers}"
        self._report("offered", call, agent=counselor.id, offer=offer)
        if missed:
            self.agenda.after(4 * self._ring, lambda: self._ring_unanswered(call, counselor, offer))
        else:
            self.agenda.after(self._ring, lambda: self._answer(call, counselor))

    def _take(self, counselor: Counselor) -> None:
        self.roster.take(counselor)
        counselor.then(None)

    def _ring_unanswered(self, call: Call, counselor: Counselor, offer: str) -> None:
        if call.stage != "ringing":
            return
        self._report("offered", call, agent=counselor.id, offer=offer, outcome="no_answer")
        call.stage = "queued"
        call.agent = None
        self.waiting += 1
        rank = -1  # Back to the head of the line: they have been waiting longest.
        heapq.heappush(
            self._lines[call.person.queue].waiting, (rank, call.queued, next(self._order), call)
        )
        self.set_state(counselor, "break")
        self.agenda.after(60.0, lambda: self.free(counselor))
        self._match(call.person.queue)

    def _answer(self, call: Call, counselor: Counselor) -> None:
        if call.stage != "ringing":
            return
        call.stage = "talking"
        self._timers.pop(call.id).call_off()
        self.set_state(counselor, "on_contact")
        self._report("answered", call, agent=counselor.id)
        talk = self.talk_seconds(call.person)
        self.agenda.after(talk, lambda: self._complete(call, counselor, talk))

    def _complete(self, call: Call, counselor: Counselor, talk: float) -> None:
        self._end(call)
        self._report(
            "completed",
            call,
            agent=counselor.id,
            talk_seconds=round(talk, 3),
            wrap_up_seconds=self._wrap_up,
        )
        self.callers.was_helped(call.person, "live")
        self.wrap_up(counselor)

    def wrap_up(self, counselor: Counselor) -> None:
        """The counselor writes up what was said, then is free."""
        if not self.desk.wrap_up:
            self.free(counselor)
            return
        self.set_state(counselor, "wrap_up")
        self.agenda.after(self._wrap_up, lambda: self.free(counselor))

    def talk_seconds(self, person: Person) -> float:
        """How long a talk lasts: exponential when the scenario says so, lognormal otherwise."""
        if self.desk.exponential:
            return person.chance.expovariate(1 / self._talk)
        return lognormal(self._talk, self.desk.talk_variation, person.chance)

    # Callbacks

    def ask_later(self, counselor: Counselor, delay: float) -> None:
        """A free counselor will ask for a callback, unless a call comes first."""
        if self.worklist is None or not self.desk.calls_back:
            return
        if not self.worklist.worth_asking():
            return
        counselor.then(self.agenda.after(delay, lambda: self._ask(counselor)))

    def look_again(self) -> None:
        """There is something on the list after a time when there was nothing."""
        for counselor in self.roster.free():
            if counselor.next_step is None:
                self.ask_later(counselor, self.desk.asks_every.total_seconds())

    def _ask(self, counselor: Counselor) -> None:
        counselor.then(None)
        if not self.roster.is_free(counselor) or self.worklist is None:
            return
        if self.roster.free_beside(counselor) < self.desk.kept_free:
            self.ask_later(counselor, self.desk.asks_every.total_seconds())
            return
        self._ask_now(counselor)

    def _ask_now(self, counselor: Counselor) -> None:
        self.roster.take(counselor)
        counselor.asking = True
        if self.worklist is not None:
            self.worklist.ask(counselor.id, counselor.pool.name)

    def _rings_back_first(self) -> bool:
        """Whether one more of those who ring back before they answer is wanted."""
        most = self.desk.rings_back_first
        if not most or self.worklist is None or not self.worklist.worth_asking():
            return False
        busy = sum(one.asking or one.state == "on_callback" for one in self.roster.signed_in())
        return busy < most

    def nothing_to_do(self, agent: str) -> None:
        """The worklist had nothing for this counselor: free for calls, and asks again later."""
        counselor = self.roster.counselors[agent]
        if not counselor.asking:
            return
        counselor.asking = False
        self.roster.put_free(counselor)
        for queue in counselor.pool.queues:
            self._match(queue)
        if self.roster.is_free(counselor):
            self.ask_later(counselor, self.desk.asks_every.total_seconds())

    def work(self, agent: str) -> None:
        """A callback is this counselor's; the order to dial follows."""
        counselor = self.roster.counselors[agent]
        counselor.asking = False
        self.set_state(counselor, "on_callback")
        counselor.then(self.agenda.after(ORDER_EXPECTED_SECONDS, lambda: self.no_dial_comes(agent)))

    def no_dial_comes(self, agent: str) -> None:
        """The callback in hand came to nothing before any dial."""
        counselor = self.roster.counselors[agent]
        if counselor.state == "on_callback" and counselor.dial is None:
            self.free(counselor)

    def on_dial(self, agent: str, dial: str) -> None:
        """The order for the callback in hand has come."""
        counselor = self.roster.counselors[agent]
        counselor.then(None)
        counselor.dial = dial

    def _report(self, kind: Kind, call: Call, **extra: object) -> None:
        self.listener.contact(ContactReport(kind, call, self.agenda.now, extra))
