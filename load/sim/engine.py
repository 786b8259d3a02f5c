"""What would happen to these callers, at this centre, with this platform? In virtual time.

The scripted hall on one side, the domain code of the running platform on the other: contact
book, surge watch, seat planner. Time jumps from event to event; nothing is read, sent or slept on.
"""

import itertools
import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from load.scenario import Scenario
from load.sim.agenda import Entry
from load.sim.dirt import DirtyLine
from load.sim.door import Door
from load.sim.reports import AgentReport, Call, ContactReport, Dial
from load.sim.reserve import Reserve
from load.sim.score import Score
from load.sim.stage import FirstCall, answer_the_call, set_up
from load.sim.wire import agent_event, contact_event, event_clock, pseudonym
from load.sim.worklist import PromiseList
from streams.domain.admission.rules import Decision
from streams.domain.centre import Centre
from streams.domain.contacts.contact import ContactBook
from streams.domain.detection.surge import SurgeFact, SurgeWatch
from streams.domain.staffing.pools import to_call_in
from streams.domain.staffing.staffing import SeatPlanner
from streams.events.agents import AgentStateChanged
from streams.events.callbacks import CallbackWanted, CallerServed
from streams.events.contacts import ContactEvent
from streams.events.demand import QueueData
from streams.events.surges import SeatsNeeded, SurgeDeclared

BUSY_TICK_SECONDS: Final = 1.0
CALM_TICK_SECONDS: Final = 60.0
# Nobody waits, nothing is promised, no surge is on: whoever changes that has it looked at sooner.
IDLE_TICK_SECONDS: Final = 300.0
# A plan of seats costs milliseconds. A new surge is planned for at the next tick; between
# those, the plan follows demand at the pace at which people read it.
BUSY_PLAN: Final = timedelta(minutes=1)
CALM_PLAN: Final = timedelta(hours=1)
# Waits are announced no more often; in a surge admission is to know of each second.
MEASURE: Final = timedelta(seconds=5)
SOURCE: Final = "sim"
# The plan that speaks of all pools together.
ALL: Final = "all"


class Rehearsal:
    """One run of a scenario. `platform` False plays the hall alone, as history had it.

    `callbacks` False and `call_up` False leave out that half of what the platform does.
    `plan_every` is how often seats are planned in a surge between two things said of it.
    """

    def __init__(
        self,
        scenario: Scenario,
        centre: Centre,
        *,
        seed: int | None = None,
        platform: bool = True,
        callbacks: bool = True,
        call_up: bool = True,
        plan_every: timedelta = BUSY_PLAN,
        first_calls: Iterable[FirstCall] | None = None,
    ) -> None:
        self.scenario = scenario
        self.centre = centre
        self.moment = event_clock(scenario.starts)
        self.score = Score()
        names = itertools.count(1)
        self.hall = set_up(
            scenario,
            centre,
            self,
            lambda: f"{scenario.name}-{next(names)}",
            seed=seed,
            first_calls=first_calls,
        )
        chosen = scenario.seed if seed is None else seed
        self._next_tick: Entry | None = None
        self._next_tick_at = math.inf
        self.promises = PromiseList(self.hall, centre.overflow, self.moment, centre.callbacks)
        self.platform = platform
        self._callbacks, self._call_up = callbacks, call_up
        self.reserve: Reserve | None = None
        if scenario.callout is not None and call_up:
            self.reserve = Reserve(self.hall, centre, scenario.callout, self.moment, chosen)
        if platform:
            if callbacks:
                self.hall.worklist = self.promises
                self.hall.door = self._admit
            self._tick_by(BUSY_TICK_SECONDS)
        self.book = ContactBook(centre, 0)
        self._watch = SurgeWatch(centre)
        self._planner = SeatPlanner(centre)
        self._door = Door(centre, self._planner.house, self.promises)
        self._offsets = itertools.count()
        self._dirt = DirtyLine(scenario.faults, chosen)
        self._surging: set[str] = set()
        self._plan_every = plan_every
        self._next_plan = self._next_measure = scenario.starts
        self._answered: set[str] = set()

    def run(self, until: float | None = None) -> Score:
        """Play to `until`, or to the end of the scenario."""
        length = self.scenario.length.total_seconds()
        self.hall.agenda.run_until(length if until is None else until)
        return self.score

    def now(self) -> datetime:
        """Event time."""
        return self.moment(self.hall.agenda.now)

    # What the hall tells

    def contact(self, report: ContactReport) -> None:
        """A report goes over the line, and into the book when it arrives."""
        self.score.contact(report)
        if not self.platform:
            return
        event = contact_event(report, SOURCE, self.moment)
        if self._dirt.is_clean:
            self._observe(event)
        else:
            for delay in self._dirt.delays(report):
                if delay == 0.0:
                    self._observe(event)
                else:
                    self.hall.agenda.after(delay, lambda: self._observe(event))
        if report.kind == "abandoned":
            self._tick_by(report.at + BUSY_TICK_SECONDS)
        elif self._is_left_waiting(report):
            self._tick_by(report.at + CALM_TICK_SECONDS)

    def agent(self, report: AgentReport) -> None:
        """A counselor's state changes what the seats topic says."""
        if self.platform:
            event: AgentStateChanged = agent_event(report, SOURCE, self.moment)
            self._seats(self._planner.observe(event, self.now()))

    def dial(self, dial: Dial) -> None:
        """The promise follows its dial."""
        self.score.dial(dial)
        self.promises.dial(dial)

    # What the platform does

    def _observe(self, event: ContactEvent) -> None:
        facts = self.book.observe(event, next(self._offsets))
        if facts:
            self._overflow(facts)
        self._pulses()

    def _tick(self) -> None:
        self._next_tick_at = math.inf
        now = self.now()
        self._overflow(self.book.tick(now))
        self._pulses()
        self._surge_facts(self._watch.tick(now))
        if self._surging or (self.hall.waiting and now >= self._next_measure):
            self._measure(now)
        if now >= self._next_plan:
            self._next_plan = now + (self._plan_every if self._surging else CALM_PLAN)
            self._measure(now)
            self._seats(self._planner.tick(now))
        self.promises.tick()
        self._tick_by(self.hall.agenda.now + self._pause())

    def _pause(self) -> float:
        if self.hall.waiting or self._surging:
            return BUSY_TICK_SECONDS
        idle = self._dirt.is_clean and not self.promises.open
        return IDLE_TICK_SECONDS if idle else CALM_TICK_SECONDS

    def _tick_by(self, at: float) -> None:
        """Let the platform look at its clocks at `at`, unless it will sooner."""
        if at < self._next_tick_at:
            if self._next_tick is not None:
                self._next_tick.call_off()
            self._next_tick_at = at
            self._next_tick = self.hall.agenda.at(at, self._tick)

    def _is_left_waiting(self, report: ContactReport) -> bool:
        """Whether nobody is free for who joins a line, or joins it again."""
        if report.kind == "queued":
            return self.hall.roster.free_for(report.call.person.queue) is None
        return "outcome" in report.extra

    def _admit(self, call: Call) -> tuple[Decision, str]:
        queue = call.person.queue
        idle = not self.hall.waiting and not self.promises.open
        if idle and self._door.is_always_open(queue) and self.hall.roster.free_for(queue):
            return "queue", "short_wait"  # as the rules would say
        caller = pseudonym(call.person)
        answer = self._door.ask(call, caller.key if caller else None, self.now())
        return answer.decision, answer.reason

    def _measure(self, now: datetime) -> None:
        """What the tally says of the queues, and what follows from it for the waits."""
        self._next_measure = now + MEASURE
        counts = QueueData(partition=0, offset=self.book.offset, counts=self.book.counts())
        self._planner.house.queues(counts)
        self._door.tick(now)

    def _overflow(self, facts: Iterable[CallbackWanted | CallerServed]) -> None:
        # A withdrawal reports back while it is carried out; the agenda keeps the two apart.
        for fact in facts:
            self.score.overflow(fact)
            self.hall.agenda.after(0.0, lambda fact=fact: self._hand_over(fact))  # type: ignore[misc]

    def _hand_over(self, fact: CallbackWanted | CallerServed) -> None:
        if not self._callbacks:
            return
        if isinstance(fact, CallbackWanted):
            self.promises.want(fact)
        else:
            self.promises.served(fact)

    def _pulses(self) -> None:
        pulses = self.book.take_pulses()
        if pulses:
            self._surge_facts(self._watch.observe_all(pulses, self.now()))

    def _surge_facts(self, facts: Iterable[SurgeFact]) -> None:
        for fact in facts:
            self.score.surge(fact)
            if isinstance(fact, SurgeDeclared):
                self._surging.add(fact.data.episode)
                self._next_plan = self.now()
            elif fact.data.cleared_at is not None:
                self._surging.discard(fact.data.episode)
            self._seats(self._planner.observe(fact, self.now()))

    def _seats(self, asked: Iterable[SeatsNeeded]) -> None:
        for fact in asked:
            self.score.seats_needed(fact)
            if fact.data.pool == ALL:
                self._door.seats = fact.data
            if fact.data.gap > 0 and self._surging and self._call_up:
                self._respond()
                if self.reserve is not None and fact.data.pool == ALL:
                    self.reserve.need(to_call_in(fact.data))

    def _respond(self) -> None:
        for response in self.scenario.response:
            if response.pool not in self._answered:
                self._answered.add(response.pool)
                answer_the_call(self.hall, response, response.people)
