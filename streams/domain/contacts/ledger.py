"""Did everyone who called get an outcome, and does the log prove it?

The ledger folds `contacts` with the tally's own book, adds the promises that the log holds
(`overflow`) and what became of them (`callbacks`), and gives each request its one outcome. What
does not fit is a finding. So that a fault of the fold cannot hide itself, contacts and answers
are counted a second time with nothing but sets, and offsets and versions are checked for gaps.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from streams.domain.centre import Centre
from streams.domain.contacts.contact import ContactBook, OverflowFact
from streams.domain.contacts.findings import Finding, OffsetRuns
from streams.domain.contacts.outcomes import (
    HANDED_OVER,
    UNACCOUNTED,
    RequestOutcome,
    Shares,
    by_request,
    outcome_of,
)
from streams.domain.contacts.promise_log import PromiseLog
from streams.domain.contacts.requests import PersonsRequest
from streams.domain.moments import moment
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackChanged, CallbackData, CallbackWanted, CallerServed
from streams.events.contacts import ContactAnswered, ContactCompleted, ContactEvent
from streams.events.demand import QueueCounts, QueueData

_OTHER_LEGS: Final = frozenset({"consult", "callback"})


class Ledger:
    """Fold everything, then ask for outcomes and findings."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._books: dict[int, ContactBook] = {}
        self._promises = PromiseLog()
        self._wanted: dict[str, CallbackWanted] = {}
        self._served: dict[str, CallerServed] = {}
        self._runs = OffsetRuns()
        self._found: dict[Finding, None] = {}
        self._homes: dict[str, int] = {}
        self._agents: dict[tuple[str, int], str] = {}
        self._answered: set[str] = set()
        self._last: datetime | None = None
        self._overdue: list[OverflowFact] = []
        self.events = 0
        self.refused = 0

    # What the log holds

    def record(self, partition: int, offset: int) -> None:
        """A record of `contacts` was read: no offset before it may be missing."""
        _, missing = self._runs.observe(partition, offset)
        if missing is not None:
            self._find("offset_gap", f"contacts/{partition}", f"offset {missing} is not on the log")

    def contact(self, event: ContactEvent, partition: int, offset: int) -> None:
        """A contact event that was read."""
        self.events += 1
        try:
            self._book(partition).observe(event, offset)
        except InvalidEventError:
            self.refused += 1  # a dead letter of the tally
            return
        self._last = event.time if self._last is None else max(self._last, event.time)
        if event.data.leg_kind not in _OTHER_LEGS:
            self._note(event, partition)

    def overflow(self, fact: OverflowFact) -> None:
        """A promise the tally asked for, or a caller served after all."""
        if isinstance(fact, CallbackWanted):
            self._wanted[fact.id] = fact
        else:
            self._served[fact.id] = fact
        partition = said_by(fact)
        if partition is not None:
            self._book(partition).remember(fact)

    def callback(self, event: CallbackChanged, partition: int, offset: int) -> None:
        """A callback after a transition."""
        self._promises.observe(event, partition, offset)

    def skip_callback(self, partition: int, offset: int) -> None:
        """A record of `callbacks` without a state."""
        self._promises.skip(partition, offset)

    # What it proves

    def settle(self, times: dict[int, datetime] | None = None) -> None:
        """Let time pass as it did for the tally: to when it last spoke of each partition.

        What the passing of time then calls for should have been on the log.
        """
        for partition, book in self._books.items():
            now = (times or {}).get(partition, self._last)
            if now is not None:
                self._overdue += book.tick(now)

    def outcomes(self, since: datetime | None = None) -> Iterator[tuple[str, RequestOutcome]]:
        """Each request's id and its one outcome; with `since`, of those that arrived then."""
        made = by_request(self._promises.latest.values())
        asked_for = {fact.data.request.id for fact in self._wanted.values()}
        for request in self._requests(since):
            name = _promised_as(request)
            if not request.outcome or (request.outcome == HANDED_OVER and name not in asked_for):
                yield request.head.id, RequestOutcome(UNACCOUNTED)
            else:
                yield request.head.id, outcome_of(request.outcome, made.get(name, []))

    def shares(self, since: datetime | None = None) -> Shares:
        """How many requests have each outcome."""
        shares = Shares()
        for _, outcome in self.outcomes(since):
            shares.add(outcome)
        return shares

    def findings(self, since: datetime | None = None) -> list[Finding]:
        """All that is wrong, in a fixed order. Empty is the proof."""
        found = {
            *self._found,
            *self._promises.findings(),
            *self._not_promised(),
            *self._not_kept(),
            *self._served_but_open(),
            *self._without_outcome(since),
            *self._recount(),
        }
        return sorted(found)

    def counts_differ(self, measured: QueueData) -> Finding | None:
        """Whether what the tally said of a partition is the recount to the same offset."""
        ours = self.counts(measured.partition)
        for day, queues in measured.counts.items():
            for queue in sorted(queues.keys() | ours.get(day, {}).keys()):
                said = queues.get(queue, QueueCounts())
                is_so = ours.get(day, {}).get(queue, QueueCounts())
                if said != is_so:
                    where = f"{queue} on {day}"
                    return Finding(
                        "counts_differ",
                        f"contacts/{measured.partition}",
                        f"{where}, to offset {measured.offset}: {_difference(said, is_so)}",
                    )
        return None

    def counts(self, partition: int) -> dict[str, dict[str, QueueCounts]]:
        """The recount of one partition, all days."""
        book = self._books.get(partition)
        return book.counts("") if book is not None else {}

    @property
    def contacts(self) -> int:
        """Distinct contacts of callers."""
        return len(self._homes)

    @property
    def callbacks(self) -> int:
        """Callbacks ever made, as far as the log still has them."""
        return len(self._promises.latest)

    # Within

    def _book(self, partition: int) -> ContactBook:
        book = self._books.get(partition)
        if book is None:
            book = self._books[partition] = ContactBook(self._centre, partition, forgets=False)
        return book

    def _note(self, event: ContactEvent, partition: int) -> None:
        """The second, simple count."""
        contact = event.subject
        home = self._homes.setdefault(contact, partition)
        if home != partition:
            self._find("two_partitions", contact, f"is on partitions {home} and {partition}")
        if isinstance(event, ContactAnswered | ContactCompleted):
            self._answered.add(contact)
        if isinstance(event, ContactAnswered):
            first = self._agents.setdefault((contact, event.data.leg), event.data.agent)
            if first != event.data.agent:
                detail = f"leg {event.data.leg} was answered by {first} and {event.data.agent}"
                self._find("answered_twice", contact, detail)

    def _requests(self, since: datetime | None) -> Iterator[PersonsRequest]:
        for book in self._books.values():
            for request in book.requests():
                if request.head.inbound and (
                    since is None or moment(request.head.arrival) >= since
                ):
                    yield request

    def _not_promised(self) -> Iterator[Finding]:
        """Turned away or gave up, and the tally asked for nothing."""
        for fact in self._overdue:
            if isinstance(fact, CallbackWanted):
                detail = f"needed a callback ({fact.data.reason}) and none was asked for"
                yield Finding("not_promised", fact.data.contact, detail)
            else:
                detail = "was answered after a promise, and the list was not told"
                yield Finding("not_told_served", fact.data.contact, detail)

    def _not_kept(self) -> Iterator[Finding]:
        """A callback was asked for, and none that could answer for it was made."""
        made = by_request(self._promises.latest.values())
        for fact in self._wanted.values():
            callbacks = made.get(fact.data.request.id, [])
            if not any(_answers_for(callback, fact) for callback in callbacks):
                detail = f"a callback was asked for ({fact.data.reason}) and none was made"
                yield Finding("promise_without_callback", fact.data.contact, detail)

    def _served_but_open(self) -> Iterator[Finding]:
        """Answered live after the promise, and yet about to be rung."""
        made = by_request(self._promises.latest.values())
        for fact in self._served.values():
            for callback in made.get(fact.data.request, []):
                if callback.state != "closed" and _came_before(callback, fact):
                    detail = f"was answered live, and callback {callback.id} is still open"
                    yield Finding("served_but_open", fact.data.contact, detail)

    def _without_outcome(self, since: datetime | None) -> Iterator[Finding]:
        for contact, outcome in self.outcomes(since):
            if outcome.word == UNACCOUNTED:
                yield Finding("no_outcome", contact, "this request is in none of the outcomes")

    def _recount(self) -> Iterator[Finding]:
        rows = [
            row
            for partition in self._books
            for queues in self.counts(partition).values()
            for row in queues.values()
        ]
        simple = {
            "contacts": (len(self._homes), sum(row.contacts for row in rows)),
            "answered": (len(self._answered), sum(row.answered for row in rows)),
            "people": (sum(1 for _ in self._requests(None)), sum(row.requests for row in rows)),
        }
        for name, (counted, folded) in simple.items():
            if counted != folded:
                detail = f"{counted} by a plain count, {folded} by the fold"
                yield Finding("recount_differs", name, detail)

    def _find(self, kind: str, subject: str, detail: str) -> None:
        self._found[Finding(kind, subject, detail)] = None


def said_by(fact: OverflowFact) -> int | None:
    """The partition whose book says this; None for a book of no partition."""
    partition = fact.source.rpartition("/")[2]
    return int(partition) if partition.isdigit() else None


def _promised_as(request: PersonsRequest) -> str:
    keeper = request.keeper()
    if request.outcome == HANDED_OVER and keeper is not None and keeper.promise is not None:
        return keeper.promise.request_id
    return request.head.id


def _answers_for(callback: CallbackData, fact: CallbackWanted) -> bool:
    """An open callback does; a closed one if it was made for this contact, or closed after the
    need was there. (A phone system's clock may run ahead of ours, so times alone do not tell.)
    """
    made_for_it = callback.contact == fact.data.contact
    return callback.closed_at is None or made_for_it or callback.closed_at >= fact.time


def _came_before(callback: CallbackData, fact: CallerServed) -> bool:
    """Whether all that the callback answers for was there when the caller was answered."""
    arrivals = (request.arrived_at for request in callback.requests)
    return fact.time >= max(callback.requested_at, *arrivals)


def _difference(said: QueueCounts, is_so: QueueCounts) -> str:
    parts = [
        f"{name} is said to be {getattr(said, name)} and is {getattr(is_so, name)}"
        for name in QueueCounts.__struct_fields__
        if getattr(said, name) != getattr(is_so, name)
    ]
    return "; ".join(parts)
