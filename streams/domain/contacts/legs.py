"""How long was a contact handled, over its passes through queues that reached a counselor?"""

from streams.domain.moments import NEVER, Micros


class Leg:
    """One such pass; a contact's legs form a short list."""

    __slots__ = ("answered_at", "completed_at", "handled", "next", "number")

    def __init__(self, number: int, following: "Leg | None") -> None:
        self.number = number
        self.next = following
        self.answered_at: Micros = NEVER
        self.completed_at: Micros = -1
        self.handled: Micros = -1

    def handle_time(self) -> Micros:
        """Talk, hold and wrap-up as reported, else from the answer to the end; -1 if unknown."""
        if self.handled >= 0:
            return self.handled
        if self.completed_at < 0 or self.answered_at == NEVER:
            return -1
        return max(0, self.completed_at - self.answered_at)

    def handle_time_of_all(self) -> Micros:
        """Of this leg and those behind it in the list."""
        total = -1
        leg: Leg | None = self
        while leg is not None:
            handled = leg.handle_time()
            if handled >= 0:
                total = max(total, 0) + handled
            leg = leg.next
        return total


def leg_of(legs: Leg | None, number: int) -> tuple[Leg, Leg]:
    """The list and its leg of that number, which is put in front if it is new."""
    leg = legs
    while leg is not None and legs is not None:
        if leg.number == number:
            return legs, leg
        leg = leg.next
    leg = Leg(number, legs)
    return leg, leg
