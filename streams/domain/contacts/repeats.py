"""Has this event been taken before, and did it then say the same?

The identity of an event is its (source, id); a sender that heard no answer sends it again. What
intake adds anew to each copy (when it was recorded, how the number was sealed) is no part of what
it says. Kept per contact as sixteen bytes an event: eight of the identity, eight of the content.
"""

import struct
from typing import Final

from streams.domain.contacts.life import RANK, ContactLife
from streams.domain.moments import Micros
from streams.errors import InvalidEventError
from streams.events.contacts import ContactEvent

ENTRY: Final = 16
_DIFFERS: Final = "this source has sent this id before, with other content"
_pack = struct.Struct("<qq").pack


def heard_before(life: ContactLife, event: ContactEvent, at: Micros) -> bool:
    """True for a repeat; remembers the event if it is none. Raises when a repeat differs.

    `at` is the event's time, whose own hash would cost as much as all the rest.
    """
    entry = _pack(hash((event.source, event.id)), hash((RANK[type(event)], at, event.data)))
    seen = life.seen
    if seen:
        at = seen.find(entry[:8])
        while at > 0 and at % ENTRY:  # found across two entries
            at = seen.find(entry[:8], at + 1)
        if at >= 0:
            if seen[at + 8 : at + ENTRY] != entry[8:]:
                raise InvalidEventError("duplicate_differs", "id", _DIFFERS)
            return True
    life.seen = seen + entry
    return False
