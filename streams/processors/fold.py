"""How is one partition of `contacts` folded, record by record?

Live and on replay by the same steps, so that both come to the same state: before a record is
folded, the centre's time moves to when intake took it. A caller whose wait ran out before the
answer came has then been promised a callback in both, and a worker that lags behind the log never
decides by a clock that is ahead of what it has read.
"""

from collections.abc import Iterable
from datetime import datetime

from streams.domain.centre import Centre
from streams.domain.contact import ContactBook
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackWanted, CallerServed
from streams.events.codec import Event, decode_parcel, encode
from streams.events.contacts import ContactEvent
from streams.kafka import Record
from streams.processors.opened import Refusal, misplaced

Overflow = CallbackWanted | CallerServed


class PartitionFold:
    """A contact book and how far it has come, in offsets and in the centre's time."""

    def __init__(self, centre: Centre, partition: int, position: int) -> None:
        self.book = ContactBook(centre, partition)
        self.partition = partition
        self.position = position
        self.heard: datetime | None = None
        self.changed = False

    def take(self, record: Record, arrived: datetime) -> tuple[list[Overflow], list[Refusal], int]:
        """Fold a record; returns what follows, what was refused, and how many events it took.

        `arrived` is the centre's time at which the record reached the log; the time that intake
        wrote into the events goes before it.
        """
        events, refused = decode_parcel(record.value or b"")
        facts = self.pass_time(_recorded(events) or arrived)
        taken = 0
        for index, event in enumerate(events):
            try:
                facts += self.book.observe(_contact(event), record.offset)
                taken += 1
            except InvalidEventError as error:
                refused.append((index, encode(event), error))
        self.position = record.offset + 1
        self.changed = True
        return facts, refused, taken

    def pass_time(self, now: datetime) -> list[Overflow]:
        """Let the centre's time go on to `now`; it never goes back."""
        if self.heard is not None and now <= self.heard:
            return []
        self.heard = now
        return self.book.tick(now)


def _contact(event: Event) -> ContactEvent:
    if isinstance(event, ContactEvent):
        return event
    raise misplaced(event)


def _recorded(events: Iterable[Event]) -> datetime | None:
    return max(
        (event.recordedtime for event in events if event.recordedtime is not None), default=None
    )
