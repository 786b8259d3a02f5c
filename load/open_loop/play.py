"""How does one process play its part of a crisis against the running platform?"""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, cast

import gevent
import msgspec

from load.open_loop.desk import CallbackDesk
from load.open_loop.floor import Floor
from load.open_loop.measures import ADMISSION, Measures, Tell
from load.open_loop.outbox import Outbox
from load.open_loop.plan import Arrival, Share, arrivals_of, at_peak, part_of
from load.open_loop.servers import Servers
from load.open_loop.source import OpenLoopSource
from load.phone.ledger import Ledger
from load.scenario import Scenario
from load.sim.dialling import Switch
from load.sim.dirt import DirtyLine
from load.sim.people import Person, salt_of
from load.sim.reports import AgentReport, ContactReport, Dial
from load.sim.reserve import Reserve
from load.sim.stage import answer_the_call, set_up
from load.sim.wire import agent_json, contact_json, event_clock
from load.verdict.record import Record
from streams.domain.centre import Centre
from streams.events.codec import derived_id

# More calls at once than one process carries; more are dropped, and counted.
MOST_CALLS: Final = 20_000
SHORTEST_SLEEP_SECONDS: Final = 0.002
LONGEST_SLEEP_SECONDS: Final = 0.1
# What has begun is brought to its end, but not for ever.
DRAIN_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1
# Idle counselors ask no more often than this in wall time, whatever the speed.
ASKS_EVERY_SECONDS: Final = 1.0
ARRIVED: Final = "surgeline.contact.arrived.v1"


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes of one run are told: `wall` is when the first second is played."""

    scenario: str
    run: str
    wall: float
    begins: datetime
    speed: float
    peak: float
    hold: float = 0.0

    def staged(self, scenario: Scenario) -> Scenario:
        """The scenario as it is played: its bursts as high, its start when this begins."""
        return replace(at_peak(scenario, self.peak), starts=self.begins, speed=self.speed)


class Play:
    """A part of the floor, everyone who calls there, and the platform at the other end."""

    def __init__(
        self,
        begin: Begin,
        share: Share,
        scenario: Scenario,
        centre: Centre,
        servers: Servers,
        ledger: Path,
        tell: Tell,
    ) -> None:
        self.over = False
        self.finished = False
        whole = begin.staged(scenario)
        self._begin, self._share, self._whole, self._centre = begin, share, whole, centre
        self.scenario = part_of(whole, share)
        self._source = f"phone/{whole.name}/{begin.run}"
        self._mark = f"w{share.index}-"
        self._moment = event_clock(whole.starts)
        self._ledger = Ledger(ledger, self._moment)
        self._ids = count()
        self._dirt = DirtyLine(self.scenario.faults, self.scenario.seed)
        self._held = 0
        self._called_up = False
        self._intake = servers.client("intake")
        self._admission = servers.client("admission")
        self._callbacks = servers.client("callbacks")
        self.measures = Measures(whole.length.total_seconds(), tell)
        self._outbox = Outbox(
            self._intake,
            posted=self.measures.posted,
            taken=self._taken,
            refused=self._refused,
        )
        self.floor = self._set_up()
        self._switch = Switch(self.floor)
        self._reserve: Reserve | None = None
        if self.scenario.callout is not None:
            seed, rules = self.scenario.seed, self.scenario.callout
            self._reserve = Reserve(self.floor, centre, rules, self._moment, seed)
        self._desk = CallbackDesk(
            self._callbacks, self.floor, centre, self.catch_up, self.measures.asked
        )
        self.floor.worklist = self._desk
        self._first = OpenLoopSource(self._arrive, most=MOST_CALLS)
        self._again = OpenLoopSource(self._live, most=MOST_CALLS)
        self._withdrawn: dict[str, str] = {}

    def _set_up(self) -> Floor:
        asks = max(
            self.scenario.desk.asks_every.total_seconds(), ASKS_EVERY_SECONDS * self._begin.speed
        )
        desk = replace(self.scenario.desk, asks_every=timedelta(seconds=asks))
        hall = set_up(
            replace(self.scenario, desk=desk),
            self._centre,
            self,
            self._new_call_id,
            salt=salt_of(self._begin.run),
            first_calls=(),
            make=Floor,
        )
        floor = cast("Floor", hall)
        floor.again = self._start_again
        if self._share.count > 1:
            floor.roster.mark = self._mark
            floor.population.indexes = count(self._share.index, self._share.count)
        return floor

    # How time goes on

    def seconds(self) -> float:
        """Seconds of event time since the scenario's start; negative before it."""
        return (time.time() - self._begin.wall) * self._begin.speed

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        now = self.seconds()
        if now >= 0:
            self.floor.agenda.run_until(now)

    def run(self) -> None:
        """Play the scenario, bring what has begun to its end, and stop."""
        work = (self._keep_up, self._look_around, self._outbox.run)
        parts = [gevent.spawn(part) for part in work]
        try:
            self._first.run(self._arrivals())
            self._drain()
            self.finished = True
        finally:
            self.over = True
            gevent.killall(parts)
            self._first.kill()
            self._again.kill()
            self._desk.stop()
            for client in (self._intake, self._admission, self._callbacks):
                client.close()
            self._ledger.close()

    def _arrivals(self) -> Any:
        wall, speed = self._begin.wall, self._begin.speed
        for arrival in arrivals_of(self._whole, self._centre, self._share):
            yield wall + arrival.at / speed, arrival

    def _keep_up(self) -> None:
        while True:
            self.catch_up()
            upcoming = self.floor.agenda.next_at()
            wait = LONGEST_SLEEP_SECONDS
            if upcoming is not None:
                wait = min((upcoming - self.seconds()) / self._begin.speed, wait)
            gevent.sleep(max(wait, SHORTEST_SLEEP_SECONDS))

    def _look_around(self) -> None:
        while True:
            floor = self.floor
            self.measures.waiting(self.seconds(), floor.waiting, len(floor.roster.signed_in()))
            gevent.sleep(LOOK_SECONDS)

    def _drain(self) -> None:
        until = time.time() + DRAIN_SECONDS
        left = self._whole.length.total_seconds() - self.seconds()
        gevent.sleep(max(0.0, left / self._begin.speed))
        while time.time() < until and (self.floor.calls or self._held):
            gevent.sleep(LOOK_SECONDS)
        self._desk.closed = True
        while time.time() < until and self._unfinished():
            gevent.sleep(LOOK_SECONDS)

    def _unfinished(self) -> int:
        return self._switch.under_way + self._desk.unsaid() + self._outbox.unsent

    # Callers, a greenlet each

    def _arrive(self, arrival: Arrival, due: float) -> None:
        self.catch_up()
        person = self.floor.population.someone(arrival.source, arrival.mix, arrival.at)
        self.measures.someone(person, arrival.at)
        self._live(person, due)

    def _start_again(self, person: Person, at: float) -> None:
        if not self._again.start(person, self._begin.wall + at / self._begin.speed):
            person.gave_up = True

    def _live(self, person: Person, due: float) -> None:
        """From the ring to what admission has to say; the rest happens on the floor."""
        self.catch_up()
        call = self.floor.ring(person)
        if call is None:
            return
        question = self.floor.question(call)
        answer = self.measures.asked(
            ADMISSION, lambda: self._admission.post("/v1/admission", question)
        )
        # A phone system that gets no answer lets the caller wait.
        if answer.is_success:
            self.measures.admitted(due)
            told = answer.json()
            self.catch_up()
            self.floor.obey(call, told["decision"], told["reason"])

    # What happens on the floor

    def contact(self, report: ContactReport) -> None:
        """A call moved on: first into our own ledger, then to the platform."""
        self._ledger.contact(report)
        self.measures.contact(report)
        event = contact_json(report, self._source, self._moment)
        due = self._begin.wall + report.at / self._begin.speed
        for delay in self._dirt.delays(report):
            if delay <= 0:
                self._outbox.put(event, due)
            else:
                self._held += 1
                self.floor.agenda.after(delay, lambda: self._say_late(event))

    def _say_late(self, event: dict[str, Any]) -> None:
        self._held -= 1
        self._outbox.put(event)

    def agent(self, report: AgentReport) -> None:
        """A counselor's state changed."""
        self._outbox.put(agent_json(report, self._source, self._moment))

    def dial(self, dial: Dial) -> None:
        """A dial moved on."""
        self._ledger.dial(dial, self.floor.agenda.now)
        self._desk.dial(dial)

    # What the platform commands, and what is asked of this process

    def withdraw(self, contact: str, callback: str) -> str:
        """Take a waiting caller out of the line; the same answer however often it is asked."""
        if contact not in self._withdrawn:
            self.catch_up()
            result = self.floor.withdraw(contact)
            self._ledger.note(
                f"withdraw_{result}", self.floor.agenda.now, contact=contact, callback=callback
            )
            self._withdrawn[contact] = result
        return self._withdrawn[contact]

    def order_dial(self, order: Dial) -> Dial:
        """Ring a counselor, then the caller."""
        self.catch_up()
        return self._switch.dial(order)

    def cancel(self, dial: str) -> str:
        """Stop ringing."""
        self.catch_up()
        return self._switch.cancel(dial)

    def dialled(self, dial: str) -> Dial | None:
        """What became of a dial."""
        return self._switch.dials.get(dial)

    def knows(self, number: str) -> bool:
        """Whether somebody here answers to a number."""
        return self.floor.population.with_number(number) is not None

    def call_up(self) -> None:
        """A manager calls in whoever the scenario has standing by; once."""
        if not self._called_up:
            self._called_up = True
            self.catch_up()
            for response in self.scenario.response:
                answer_the_call(self.floor, response, response.people)

    def call_out(self, missing: int) -> None:
        """So many seats are missing in all: this part of the people at home is asked for its part.

        They answer as in the drill; the platform pages nobody in a rehearsal.
        """
        if self._reserve is not None:
            self.catch_up()
            self._reserve.need(self._share.of(missing))

    def record(self) -> Record:
        """What was counted so far."""
        told = self._ledger.summary()
        record = Record(
            offered=self._first.offered,
            started=self._first.started,
            dropped=self._first.dropped,
            late=self._first.late,
            most_behind=self._first.most_behind,
            again=self._again.offered,
            again_dropped=self._again.dropped,
            events=self._outbox.sent,
            unsent=self._outbox.unsent,
            counts=told["counts"],
            must_be_zero=told["must_be_zero"],
            over=self.over,
            finished=self.finished,
        )
        self.measures.into(record)
        return record

    def _taken(self, event: dict[str, Any], seconds: float) -> None:
        self.measures.taken(seconds)
        if event["type"] == ARRIVED:
            self.measures.arrived()

    def _refused(self, refusal: dict[str, Any]) -> None:
        """Intake did not take something we said: our fault, and it must be seen."""
        self._ledger.note(
            "refused_by_intake",
            self.floor.agenda.now,
            reason=refusal.get("reason"),
            field=refusal.get("field"),
        )

    def _new_call_id(self) -> str:
        return self._mark + derived_id("call", self._source, self._share.index, next(self._ids))
