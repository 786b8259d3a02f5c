"""What do people do next, when they were helped, promised, missed, or gave up?"""

from typing import TYPE_CHECKING

from load.sim.people import Person, Served

if TYPE_CHECKING:
    from load.sim.hall import Hall


class CallerSide:
    """The people outside: everything that makes someone call again."""

    def __init__(self, hall: "Hall") -> None:
        self._hall = hall

    def met_a_busy_tone(self, person: Person) -> None:
        """No line was free."""
        self._try_again(person)

    def hung_up(self, person: Person) -> None:
        """Patience ended; with a number and consent, a callback will be promised."""
        self._try_again(person)

    def was_promised(self, person: Person) -> None:
        """Told that we call back; some call all the same."""
        self._in(self._hall.behaviour.calls_though_promised_in(person), person)

    def was_missed(self, person: Person) -> None:
        """Our ring was not answered; some see it and call."""
        self._in(self._hall.behaviour.calls_back_in(person), person)

    def was_helped(self, person: Person, how: Served) -> None:
        """Served. A few will call again about it: a reconnect, not a new wish."""
        if person.served is None:
            person.served = how
            person.served_at = self._hall.agenda.now
        delay = self._hall.behaviour.reconnects_in(person)
        if delay is not None:
            self._hall.agenda.after(delay, lambda: self._hall.call(person))

    def _try_again(self, person: Person) -> None:
        delay = self._hall.behaviour.redials_in(person)
        if delay is None:
            person.gave_up = True
        self._in(delay, person)

    def _in(self, delay: float | None, person: Person) -> None:
        if delay is None:
            return
        self._hall.agenda.after(delay, lambda: self._call_unless_served(person))

    def _call_unless_served(self, person: Person) -> None:
        if person.served is None:
            self._hall.call(person)
