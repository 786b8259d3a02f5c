"""How is one partition of `contacts` folded, record by record?

The book decides in `tick`, by all that is known by then. A worker that lags behind the log lets
the centre's time pass no further than what it has read: whether somebody still waits cannot be
told from reports that lie unread.
"""

from collections.abc import Iterable
from datetime import datetime

from streams.domain.centre import Centre
from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.errors import InvalidEventError
from streams.events.codec import Event, decode_parcel, encode
from streams.events.contacts import ContactEvent
from streams.kafka import Record
from streams.processors.opened import Refusal, misplaced

_CONTACTS = frozenset(ContactEvent.__args__)


class PartitionFold:
    """A contact book and how far it has come, in offsets and in the centre's time."""

    def __init__(self, centre: Centre, partition: int, position: int) -> None:
        self.book = ContactBook(centre, partition)
        self.partition = partition
        self.position = position
        self.heard: datetime | None = None

    def take(
        self, record: Record, arrived: datetime, *, again: bool = False
    ) -> tuple[int, list[Refusal]]:
        """Fold a record's events; returns how many were taken, and those that were refused.

        `arrived` is the centre's time at which the record reached the log, for events on which
        intake has not written it. `again`: all that follows was said in an earlier life.
        """
        events, refused = decode_parcel(record.value or b"")
        observe = self.book.observe_again if again else self.book.observe
        taken = 0
        for index, event in enumerate(events):
            try:
                observe(_contact(event), record.offset)
                taken += 1
            except InvalidEventError as error:
                refused.append((index, encode(event), error))
        self.heard = _recorded(events) or arrived
        self.position = record.offset + 1
        return taken, refused

    def pass_time(self, now: datetime, *, behind: bool) -> list[OverflowFact]:
        """What has to be said by now, of all that was taken."""
        until = self.heard if behind else now
        return [] if until is None else self.book.tick(until)

    def pass_silently(self) -> None:
        """All that was taken again has been said in an earlier life."""
        if self.heard is not None:
            self.book.pass_silently(self.heard)


def _contact(event: Event) -> ContactEvent:
    if type(event) in _CONTACTS:  # a third of what isinstance takes, on the hot path
        return event  # type: ignore[return-value]
    raise misplaced(event)


def _recorded(events: Iterable[Event]) -> datetime | None:
    return max(
        (event.recordedtime for event in events if event.recordedtime is not None), default=None
    )
