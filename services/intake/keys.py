"""Which partition do a contact's events meet on, whatever fields each of them carries?

The first event of a contact decides: its caller's pseudonym, so that redials and callbacks meet on
the same partition; the contact's own id when the number is withheld. The decision is kept in the
topic `contact-keys`, and an event is accepted only when its contact's decision is there, so that
intake still knows it after a restart.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from streams.events.codec import decode_known, derived_id, encode
from streams.events.control import ContactKeyData, ContactKeyed
from streams.kafka import Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import CONTACT_KEYS

KEPT_HOURS = CONTACT_KEYS.retention_ms // 3_600_000


class ContactKeys:
    """Contact ids to partition keys, for as long as the topic keeps them.

    About 300 bytes a contact. `wall` is real time, for the broker forgets by real time too.
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._by_hour: deque[tuple[int, list[str]]] = deque()
        self._unwritten: set[str] = set()

    def __len__(self) -> int:
        return len(self._keys)

    async def load(self, connections: Connections) -> None:
        """Read what was decided before; of two decisions the first on the log holds."""
        async for record in read_to_end(connections, CONTACT_KEYS):
            event = decode_known(record.value)
            if isinstance(event, ContactKeyed):
                hour = record.timestamp_ms // 3_600_000
                self._keep(event.data.contact, event.data.key, hour)

    def decide(self, contact: str, caller_key: str | None, wall: datetime) -> str:
        """The contact's key: the one decided earlier, or one decided now."""
        known = self._keys.get(contact)
        if known is not None:
            return known
        hour = int(wall.timestamp()) // 3600
        self._forget(hour)
        self._keep(contact, caller_key or contact, hour)
        self._unwritten.add(contact)
        return self._keys[contact]

    def to_write(self, contacts: Iterable[str], now: datetime) -> list[Outgoing]:
        """The decisions about these contacts that the broker is not yet known to have.

        One that another request is writing at this moment is written again: both are the same.
        """
        return [self._record(contact, now) for contact in self._unwritten.intersection(contacts)]

    def written(self, contacts: Iterable[str]) -> None:
        """The broker has the decisions about these contacts."""
        self._unwritten.difference_update(contacts)

    def _record(self, contact: str, now: datetime) -> Outgoing:
        event = ContactKeyed(
            id=derived_id("contact-key", contact),
            source="surgeline/intake",
            subject=contact,
            time=now,
            data=ContactKeyData(contact=contact, key=self._keys[contact]),
        )
        return Outgoing(topic=CONTACT_KEYS, key=contact.encode(), value=encode(event))

    def _keep(self, contact: str, key: str, hour: int) -> None:
        if contact in self._keys:
            return
        self._keys[contact] = key
        if not self._by_hour or self._by_hour[-1][0] != hour:
            self._by_hour.append((hour, []))
        self._by_hour[-1][1].append(contact)

    def _forget(self, hour: int) -> None:
        while self._by_hour and self._by_hour[0][0] < hour - KEPT_HOURS:
            for contact in self._by_hour.popleft()[1]:
                self._keys.pop(contact, None)
                self._unwritten.discard(contact)
