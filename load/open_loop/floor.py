"""What is the hall of virtual time like when every caller lives in a greenlet of their own?

The same hall: lines, urgency, patience, counselors in a closed loop with their wrap-up. What
differs is that a caller, once in, asks admission over HTTP and does as told, and that whoever calls
again begins as an arrival of their own.
"""

from collections.abc import Callable
from typing import Any

from load.sim.hall import Hall
from load.sim.people import Person
from load.sim.reports import Call


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
