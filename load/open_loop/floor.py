"""What is the hall of virtual time like when every caller lives in a greenlet of their own?

The same hall: lines, urgency, patience, counselors in a closed loop with their wrap-up. What
differs is that a caller, once in, asks admission over HTTP and does as told, and that whoever calls
again begins as an arrival of their own.
"""

from collections.abc import Callable
from typing import Any, Final

from load.sim.hall import Hall
from load.sim.people import Person
from load.sim.reports import Call

# What the caller hears when they are turned away, by admission's reason.
TURNED_AWAY: Final = {"closed_hours": "closed", "queue_full": "full"}


class Floor(Hall):
    """A hall whose callers come from outside it."""

    # Whoever calls again, and the second of event time at which they do.
    again: Callable[[Person, float], None]

    def call(self, person: Person) -> None:
        """A person tries again: in their own greenlet, like everybody."""
        if not (person.on_the_phone or self.closed):
            self.again(person, self.agenda.now)

    def ring(self, person: Person) -> Call | None:
        """The call that this makes; None when the person is on the phone or the lines are shut."""
        before = len(person.contacts)
        super().call(person)
        if len(person.contacts) == before:
            return None
        return self.calls.get(person.contacts[-1])

    def question(self, call: Call) -> dict[str, Any]:
        """What the phone system asks admission about a call."""
        person = call.person
        asked = {
            "contact": call.id,
            "queue": person.queue,
            "caller": person.number or "withheld",
            "channel": person.channel,
            "language": person.language,
            "urgency": person.urgency,
            "topic": person.topic,
            "country": person.country,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def obey(self, call: Call, decision: str, reason: str) -> None:
        """Do what admission said, as far as the caller is still there to hear it."""
        person = call.person
        if decision == "offer_callback" and person.number and person.accepts_callback:
            self.withdraw(call.id)
        elif decision == "deflect" and call.stage in ("greeting", "queued"):
            self._end(call)
            self._report("deflected", call, reason=TURNED_AWAY.get(reason, "prompt"))
            self.callers.met_a_busy_tone(person)
