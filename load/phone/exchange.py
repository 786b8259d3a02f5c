"""How do the hall, the ledger, the line to intake and the platform's commands meet?"""

from typing import Any, Literal

from load.phone.ledger import Ledger
from load.phone.outbox import Outbox
from load.phone.player import Player
from load.phone.settings import PhoneSettings
from load.sim.dialling import Cancelled, Switch
from load.sim.dirt import DirtyLine
from load.sim.hall import Withdrawal
from load.sim.people import salt_of
from load.sim.reports import AgentReport, ContactReport, Dial, DialWatcher, Worklist
from load.sim.stage import answer_the_call, set_up
from load.sim.wire import agent_json, contact_json, event_clock
from streams.events.codec import derived_id

TextAnswer = Literal["accepted", "refused"]


class Exchange:
    """The whole phone system of one play of a scenario."""

    def __init__(self, settings: PhoneSettings, outbox: Outbox, ledger: Ledger) -> None:
        self.settings = settings
        self.moment = event_clock(settings.scenario.starts)
        self._source = f"phone/{settings.scenario.name}/{settings.run}"
        self._outbox = outbox
        self._ledger = ledger
        outbox.on_refused = self.refused
        self._dirt = DirtyLine(settings.scenario.faults, settings.scenario.seed)
        self._calls = 0
        self._withdrawals: dict[str, Withdrawal] = {}
        self._texts: dict[str, TextAnswer] = {}
        self._called_up = False
        self._watchers: list[DialWatcher] = []
        self.hall = set_up(
            settings.scenario, settings.centre, self, self._new_call_id, salt=salt_of(settings.run)
        )
        self.switch = Switch(self.hall)
        self.player = Player(self.hall.agenda, settings.starts_at, settings.speed)

    def employ(self, worklist: Worklist, watcher: DialWatcher) -> None:
        """Counselors ask this worklist for callbacks, and it hears of their dials."""
        self.hall.worklist = worklist
        self._watchers.append(watcher)

    # What happens in the hall

    def contact(self, report: ContactReport) -> None:
        """A call moved on: first into our own ledger, then to the platform."""
        self._ledger.contact(report)
        event = contact_json(report, self._source, self.moment)
        for delay in self._dirt.delays(report):
            self.hall.agenda.after(delay, lambda: self._outbox.put(event))

    def agent(self, report: AgentReport) -> None:
        """A counselor's state changed."""
        self._outbox.put(agent_json(report, self._source, self.moment))

    def dial(self, dial: Dial) -> None:
        """A dial moved on."""
        self._ledger.dial(dial, self.hall.agenda.now)
        for watcher in self._watchers:
            watcher.dial(dial)

    # What the platform commands

    def order_withdrawal(self, contact: str, callback: str) -> Withdrawal:
        """Take a waiting caller out of the line; the same answer however often it is asked."""
        if contact not in self._withdrawals:
            self.player.catch_up()
            result = self.hall.withdraw(contact)
            self._ledger.note(
                f"withdraw_{result}", self.hall.agenda.now, contact=contact, callback=callback
            )
            self._withdrawals[contact] = result
        return self._withdrawals[contact]

    def order_dial(self, order: Dial) -> Dial:
        """Ring a counselor, then the caller."""
        self.player.catch_up()
        return self.switch.dial(order)

    def order_text(self, text: str, callback: str, template: str, number: str) -> TextAnswer:
        """Send a text message; once, however often it is asked."""
        if text not in self._texts:
            self.player.catch_up()
            known = self.hall.population.with_number(number) is not None
            self._texts[text] = "accepted" if known else "refused"
            self._ledger.note(
                f"text_{self._texts[text]}",
                self.hall.agenda.now,
                text=text,
                callback=callback,
                template=template,
            )
        return self._texts[text]

    def order_cancel(self, dial: str) -> Cancelled:
        """Stop ringing."""
        self.player.catch_up()
        return self.switch.cancel(dial)

    def call_up(self) -> dict[str, int]:
        """A manager calls in whoever the scenario has standing by; once."""
        self.player.catch_up()
        coming = {response.pool: response.people for response in self.settings.scenario.response}
        if not self._called_up:
            self._called_up = True
            for response in self.settings.scenario.response:
                answer_the_call(self.hall, response, response.people)
            self._ledger.note("called_up", self.hall.agenda.now, **coming)
        return coming

    def summary(self) -> dict[str, Any]:
        """Where the play stands, and what was counted."""
        self.player.catch_up()
        seconds = self.player.event_seconds()
        return {
            **self._ledger.summary(),
            "now": self.moment(seconds),
            "over": seconds >= self.settings.scenario.length.total_seconds(),
            "waiting": self.hall.waiting,
            "calls": len(self.hall.calls),
            "dials": self.switch.under_way,
            "signed_in": len(self.hall.roster.signed_in()),
            "unsent": self._outbox.unsent,
            "sent": self._outbox.sent,
        }

    def refused(self, refusal: dict[str, Any]) -> None:
        """Intake did not take something we said: our fault, and it must be seen."""
        self._ledger.note(
            "refused_by_intake",
            self.hall.agenda.now,
            reason=refusal.get("reason"),
            field=refusal.get("field"),
        )

    def _new_call_id(self) -> str:
        self._calls += 1
        return derived_id("call", self._source, self._calls)
