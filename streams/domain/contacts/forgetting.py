"""Which contacts need not be remembered any longer?

A contact that has ended, and for which nobody waits for a callback, can be part of nothing new
after two hours: of it only a mark is kept, so that a repeat or a very late report is recognised
and refused instead of counted as another contact. Promises and contacts without an end are kept
for more than a day, because a redial after hours still belongs to them. Time here is the time of
the events, so that a replay forgets as the first run did.
"""

from typing import Final

from streams.domain.contacts.life import ContactLife
from streams.domain.contacts.marks import Marks
from streams.domain.contacts.timers import COARSE, Timers
from streams.domain.moments import HOUR, Micros

# Whoever redials a contact that has ended does so within the redial window after its last event;
# as much again is left for reports that come late.
SETTLED_IN_WINDOWS: Final = 2
MEMORY: Final = 26 * HOUR
_MARKS_LAST: Final = 9 * HOUR


class Forgetting:
    """Looks at each contact when it may be done; `sweep` says which are."""

    def __init__(self, redial_window: Micros) -> None:
        self._settled_after = SETTLED_IN_WINDOWS * redial_window
        self._timers = Timers()
        self._marks = Marks()
        self._marks_until: Micros = 0
        self._next: Micros = 0

    def watch(self, life: ContactLife, at: Micros) -> None:
        """A contact is new."""
        self._timers.set(life, at + self._settled_after, COARSE)

    def was_settled(self, contact: str) -> bool:
        """Whether a contact was here and is done."""
        return contact in self._marks

    def is_due(self, at: Micros) -> bool:
        """Whether it is time to sweep again."""
        return not self._next - MEMORY < at < self._next

    def sweep(self, at: Micros) -> list[ContactLife]:
        """The contacts that may be let go now."""
        self._next = at + COARSE
        if not self._marks_until - MEMORY < at < self._marks_until:
            self._marks.turn()
            self._marks_until = at + _MARKS_LAST
        done = []
        for life in self._timers.due(at):
            if _may_be_forgotten(life, at, self._settled_after):
                done.append(life)
            elif at < life.last_at + self._settled_after:
                self._timers.set(life, life.last_at + self._settled_after, COARSE)
            else:
                self._timers.set(life, at + HOUR, COARSE)
        return done

    def mark(self, life: ContactLife) -> None:
        """Keep only this of a contact."""
        self._marks.add(life.id)


def _may_be_forgotten(life: ContactLife, at: Micros, settled_after: Micros) -> bool:
    """Whether a contact, and all of its request, is done."""
    request = life.request
    if request is None:
        return at >= life.last_at + MEMORY
    last = request.last_at()
    if request.waiting or at < last + settled_after:
        return False
    if at >= last + MEMORY:
        return True
    return not request.handed_over and request.all_closed_by(at - settled_after)
