"""Which contacts must be looked at again by now, without looking at all of them?

Deadlines are kept by whole second (rounded up, so that nothing is early), or by ten minutes where
a later look does no harm. A contact may be due twice: who is asked checks what is true.
"""

import heapq
from collections.abc import Iterator
from typing import Final

from streams.domain.contacts.life import ContactLife
from streams.domain.moments import SECOND, Micros

COARSE: Final = 600 * SECOND


class Timers:
    """Contacts by the moment at which they are due."""

    def __init__(self) -> None:
        self._slots: dict[Micros, list[ContactLife]] = {}
        self._order: list[Micros] = []

    def set(self, life: ContactLife, at: Micros, grain: Micros = SECOND) -> None:
        """Have a contact be due at a moment, or within `grain` after it."""
        slot = -(-at // grain) * grain
        lives = self._slots.get(slot)
        if lives is None:
            self._slots[slot] = [life]
            heapq.heappush(self._order, slot)
        else:
            lives.append(life)

    def due(self, now: Micros) -> Iterator[ContactLife]:
        """Those due by now, earliest first; what is set meanwhile for the past is due as well."""
        while self._order and self._order[0] <= now:
            yield from self._slots.pop(heapq.heappop(self._order))
