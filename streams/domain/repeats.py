"""Has this event been taken before, and did it then say the same?

The identity of an event is its (source, id); a sender that heard no answer sends it again. What
intake adds anew to each copy (when it was recorded, how the number was sealed) is no part of what
it says. Kept per contact as sixteen bytes an event: eight of the identity, eight of the content.
"""

from typing import Final

import msgspec

from streams.domain.life import RANK, ContactLife
from streams.errors import InvalidEventError
from streams.events.contacts import ContactData, ContactEvent

_MASK: Final = (1 << 64) - 1
ENTRY: Final = 16
_CALLER: Final = ContactData.__struct_fields__.index("caller")


def heard_before(life: ContactLife, event: ContactEvent) -> bool:
    """True for a repeat; remembers the event if it is none. Raises when a repeat differs."""
    identity = _bytes(hash((event.source, event.id)))
    content = _bytes(hash((RANK[type(event)], event.time, _said(event.data))))
    at = life.seen.find(identity)
    while at > 0 and at % ENTRY:  # found across two entries
        at = life.seen.find(identity, at + 1)
    if at < 0:
        life.seen += identity + content
        return False
    if life.seen[at + 8 : at + ENTRY] != content:
        raise InvalidEventError(
            "duplicate_differs", "id", "this source has sent this id before, with other content"
        )
    return True


def _said(data: ContactData) -> tuple[object, ...]:
    said = msgspec.structs.astuple(data)
    if data.caller is None:
        return said
    return (*said[:_CALLER], data.caller.key, *said[_CALLER + 1 :])


def _bytes(number: int) -> bytes:
    return (number & _MASK).to_bytes(8, "little")
