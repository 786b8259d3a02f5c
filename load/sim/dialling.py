"""What happens when the platform orders a ring back?

The counselor's phone rings first, then the caller's, or the other way round when the order says
so; then a caller may pick up and meet nobody, which is our fault. An order is carried out once,
however often it is given; one with an older token than was already seen for its callback is
refused, and so is one for a callback that is being rung; a caller who is on the line with us is
not rung.
"""

from collections.abc import Callable
from typing import Final, Literal

from load.sim.agenda import Entry
from load.sim.hall import Hall
from load.sim.people import Person
from load.sim.reports import Dial, DialOutcome

Cancelled = Literal["cancelled", "too_late", "unknown"]
RINGS_IN_VAIN_SECONDS: Final = 25.0


class Switch:
    """The outgoing side of the phone system."""

    def __init__(self, hall: Hall) -> None:
        self.dials: dict[str, Dial] = {}
        self._hall = hall
        self._never: set[str] = set()
        self._newest_token: dict[str, int] = {}
        self._ringing: dict[str, str] = {}
        self._next: dict[str, Entry] = {}

    @property
    def under_way(self) -> int:
        """Dials that are not over."""
        return len(self._ringing)

    def dial(self, order: Dial) -> Dial:
        """Carry out an order, or answer what became of it the first time."""
        known = self.dials.get(order.id)
        if known is not None:
            return known
        self.dials[order.id] = order
        order.started = self._hall.agenda.now
        refusal = self._refusal(order)
        if refusal is not None:
            self._refuse(order, refusal)
            return order
        self._newest_token[order.callback] = order.token
        self._ringing[order.callback] = order.id
        self._hall.on_dial(order.agent, order.id)
        if order.first == "customer":
            self._ring_caller(order)
        else:
            self._hall.listener.dial(order)
            self._then(order, self._hall.desk.ring.total_seconds(), self._ring_caller)
        return order

    def cancel(self, dial_id: str) -> Cancelled:
        """Stop ringing; a talk that has begun goes on. Not ordered yet means never made."""
        dial = self.dials.get(dial_id)
        if dial is None:
            self._never.add(dial_id)
            return "unknown"
        if dial.state in ("ringing_agent", "ringing_caller"):
            self._end(dial, "cancelled")
        return "cancelled" if dial.outcome == "cancelled" else "too_late"

    def _refusal(self, order: Dial) -> DialOutcome | None:
        if order.id in self._never:
            return "cancelled"
        if order.token < self._newest_token.get(order.callback, 0):
            return "refused_stale"
        if order.callback in self._ringing:
            return "refused_in_flight"
        counselor = self._hall.roster.counselors.get(order.agent)
        if counselor is None or counselor.state != "on_callback" or counselor.dial is not None:
            return "refused_agent"
        known = self._hall.population.with_number(order.number)
        return "refused_number" if known is None else None

    def _refuse(self, order: Dial, outcome: DialOutcome) -> None:
        order.state = "ended"
        order.outcome = outcome
        order.ended = order.started
        self._hall.listener.dial(order)
        counselor = self._hall.roster.counselors.get(order.agent)
        if counselor and counselor.state == "on_callback" and counselor.dial is None:
            self._hall.free(counselor)

    def _ring_caller(self, dial: Dial) -> None:
        person = self._person(dial)
        if person.on_the_phone:
            self._end(dial, "busy")
            return
        dial.state = "ringing_caller"
        self._hall.listener.dial(dial)
        if self._hall.behaviour.answers_our_ring(person):
            person.on_the_phone = True
            dial.holds_caller = True
            self._then(dial, self._rings_seconds(person), self._picked_up)
        else:
            self._then(dial, RINGS_IN_VAIN_SECONDS, self._unanswered)

    def _rings_seconds(self, person: Person) -> float:
        desk = self._hall.desk
        rings = desk.picks_up_from.total_seconds(), desk.picks_up_to.total_seconds()
        return person.chance.uniform(*rings)

    def _unanswered(self, dial: Dial) -> None:
        self._end(dial, "no_answer")
        self._hall.callers.was_missed(self._person(dial))

    def _picked_up(self, dial: Dial) -> None:
        if dial.first == "agent":
            self._connect(dial)
            return
        dial.state = "ringing_agent"
        self._hall.listener.dial(dial)
        ring = self._hall.desk.ring.total_seconds()
        if self._person(dial).chance.random() < self._hall.desk.ring_unanswered:
            self._then(dial, 4 * ring, self._left_alone)
        else:
            self._then(dial, ring, self._connect)

    def _left_alone(self, dial: Dial) -> None:
        self._end(dial, "abandoned_by_us")

    def _connect(self, dial: Dial) -> None:
        dial.state = "connected"
        dial.connected = self._hall.agenda.now
        self._hall.listener.dial(dial)
        self._then(dial, self._hall.talk_seconds(self._person(dial)), self._complete)

    def _complete(self, dial: Dial) -> None:
        self._end(dial, "completed")
        self._hall.callers.was_helped(self._person(dial), "callback")

    def _end(self, dial: Dial, outcome: DialOutcome) -> None:
        dial.state = "ended"
        dial.outcome = outcome
        dial.ended = self._hall.agenda.now
        entry = self._next.pop(dial.id, None)
        if entry is not None:
            entry.call_off()
        if dial.holds_caller:
            self._person(dial).on_the_phone = False
        del self._ringing[dial.callback]
        counselor = self._hall.roster.counselors[dial.agent]
        counselor.dial = None
        self._hall.listener.dial(dial)
        if outcome == "completed":
            self._hall.wrap_up(counselor)
        else:
            self._hall.free(counselor)

    def _person(self, dial: Dial) -> Person:
        person = self._hall.population.with_number(dial.number)
        if person is None:
            raise LookupError(f"dial {dial.id} was taken without a person")
        return person

    def _then(self, dial: Dial, delay: float, act: Callable[[Dial], None]) -> None:
        self._next[dial.id] = self._hall.agenda.after(delay, lambda: act(dial))
