"""What do the contacts of one partition amount to, as events about them come in?

The book folds contact events and answers with counts, pulses and callbacks wanted. Counts and
pulses follow from the *set* of events (and of promises already made): their order and repeats
change nothing. Promises are made in `tick`, never in `observe`, for the same reason: what is
decided depends on all that is known at that moment, not on which event came last.

How it is to be used:
- `observe` each event of a batch, then `tick(now)`, then send the facts that `tick` returned, the
  pulses of `take_pulses` and the `counts`; only then let the offset move.
- After a restart: `observe_again` the events from `replay_from(now)` up to the committed offset
  without a tick, `pass_silently`, and `remember` every fact on `overflow` since then. What the
  next `tick` returns was not on the log yet and must be sent.
- `now` is the centre's clock, but while the partition lags behind its end it is no later than the
  last event seen: who waits too long must not be guessed from reports that lie unread.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.domain.centre import Centre
from streams.domain.contacts.demand import Seconds
from streams.domain.contacts.forgetting import MEMORY, Forgetting
from streams.domain.contacts.life import ContactLife, Promise, State
from streams.domain.contacts.outcomes import HANDED_OVER
from streams.domain.contacts.overflow import Rules
from streams.domain.contacts.repeats import heard_before
from streams.domain.contacts.requests import PersonsRequest, Requests
from streams.domain.contacts.rule_table import Facts
from streams.domain.contacts.tallies import Tallies
from streams.domain.contacts.timers import Timers
from streams.domain.moments import NEVER, SECOND, Micros, micros, moment, span
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackWanted, CallerServed, CallerServedData, Request
from streams.events.codec import derived_id
from streams.events.contacts import ContactEvent
from streams.events.demand import PulseData, QueueCounts

OverflowFact = CallbackWanted | CallerServed
WAITING: Final = State.WAITING


def replay_from(centre: Centre, now: datetime) -> datetime:
    """From which event time a book must be refilled: yesterday's midnight at the centre, less
    the time a contact or a row of redials that began before it may take.
    """
    local = now.astimezone(centre.timezone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = (midnight - timedelta(days=1)).astimezone(now.tzinfo)
    return min(yesterday, now - timedelta(microseconds=MEMORY)) - timedelta(hours=3)


class ContactBook:
    """The contacts of one partition, in memory."""

    def __init__(self, centre: Centre, partition: int, *, forgets: bool = True) -> None:
        self.partition = partition
        self.offset = -1
        self.source = f"surgeline/tally/{partition}"
        self._rules = Rules(centre)
        self._seconds = Seconds(partition)
        self._tallies = Tallies(centre, self._seconds)
        self._requests = Requests(centre, self._tallies, self._rules)
        self._contacts: dict[str, ContactLife] = {}
        self._facts: dict[Facts, Facts] = {}
        self._timers = Timers()
        self._forgetting = Forgetting(span(centre.alerts.redial_window)) if forgets else None
        self._gathered: dict[ContactLife, tuple[str | None, Micros, bool]] = {}
        self._horizon: Micros = 0
        self._today = self._yesterday = ""

    def __len__(self) -> int:
        """Contacts remembered."""
        return len(self._contacts)

    def observe(self, event: ContactEvent, offset: int) -> list[OverflowFact]:
        """Fold one event. Facts are never returned here but by the next `tick` (see above).

        Raises `InvalidEventError`: "duplicate_differs", or "too_late" for a contact that was
        settled hours ago or began before the book's memory.
        """
        if offset > self.offset:  # noqa: PLR1730 (half the cost, on the hot path)
            self.offset = offset
        at = micros(event.time)
        life = self._contacts.get(event.subject)
        if life is None:
            life = self._contacts[event.subject] = self._new(event.subject, at)
        if not heard_before(life, event, at):
            self._fold(life, event, at)
            self._forget(at)
        return []

    def observe_again(self, event: ContactEvent, offset: int) -> None:
        """Fold an event that was observed, and what follows from it said, in an earlier life.

        The counts follow from the set of events, so each contact is counted once for all that
        was heard of it in some minutes: by `pass_silently` at the latest.
        """
        self.offset = max(self.offset, offset)
        at = micros(event.time)
        life = self._contacts.get(event.subject)
        if life is None:
            life = self._new(event.subject, at)
        if not heard_before(life, event, at):
            self._contacts[life.id] = life
            before = self._gathered.setdefault(life, (life.key, life.arrival, life.has_number))
            life.fold(event, at, self._facts)
            if life.request is not None and before[:2] != (life.key, life.arrival):
                # Those that have their place among a caller's contacts are always in order.
                self._count_again(life, *self._gathered.pop(life))
            self._forget(at)

    def remember(self, fact: OverflowFact) -> None:
        """Take a fact that this book sent in an earlier life; those of other books are left."""
        if fact.source != self.source:
            return
        life = self._contacts.get(fact.data.contact)
        if isinstance(fact, CallerServed):
            if life is not None:
                life.served = True
            return
        if life is None:
            life = self._stand_in(fact)
        if life.promise is None:
            life.promise = Promise(fact.data.request.id, micros(fact.time))
            self._requests.settle(life)

    def tick(self, now: datetime) -> list[OverflowFact]:
        """What the passing of time and the events since the last tick call for."""
        at = micros(now)
        self._horizon = at - MEMORY
        for life in self._timers.due(at):
            self._due(life, at)
        facts: list[OverflowFact] = []
        pending = self._requests.pending
        while pending:
            lives = sorted(pending, key=lambda life: (life.arrival, life.id))
            pending.clear()
            for life in lives:
                fact = self._resolve(life, at)
                if fact is not None:
                    facts.append(fact)
        self._seconds.forget(at // SECOND)
        self._forget(at)
        self._turn_the_page(at)
        return facts

    def take_pulses(self) -> list[PulseData]:
        """Pulses that changed since the last call, cumulative per (key, second)."""
        return self._seconds.take(self.offset + 1)

    def pass_silently(self, now: datetime) -> None:
        """Count all that was observed again; no pulse is left of it."""
        self._count_gathered(micros(now))

    def counts(self, since: str | None = None) -> dict[str, dict[str, QueueCounts]]:
        """Counts by day and queue: of yesterday and today, or since another day."""
        return self._tallies.counts(self._yesterday if since is None else since)

    def requests(self) -> Iterator[PersonsRequest]:
        """Every request remembered, for the audit."""
        seen: dict[PersonsRequest, None] = {}
        for life in self._contacts.values():
            if life.request is not None:
                seen[life.request] = None
        return iter(seen)

    def _fold(self, life: ContactLife, event: ContactEvent, at: Micros) -> None:
        # Names, not a tuple to be compared: this is where most of an event's time goes.
        key, facts, arrival = life.key, life.facts, life.arrival
        had_number, state = life.has_number, life.state
        waited_from = life.waits_from if state is WAITING else NEVER
        life.fold(event, at, self._facts)
        waits = life.state is WAITING
        # What is learned of it may shorten its limit; a timer that comes too early looks again.
        if waits and (life.facts is not facts or life.waits_from < waited_from) and life.inbound:
            self._timers.set(life, self._rules.limit_at(life))
        moved = life.key != key or life.arrival != arrival
        same = not moved and life.facts is facts and life.has_number == had_number
        was_placed = life.request is not None
        if was_placed and waits and same and state is WAITING and life.next is None:
            self._requests.still_waiting(life)
        elif life.inbound:
            if was_placed and moved:
                self._requests.displace(life, key)
            if life.request is None:
                self._requests.place(life)
            self._requests.settle(life)
            self._watch(life, had_number=had_number)

    def _count_gathered(self, at: Micros) -> None:
        gathered, self._gathered = self._gathered, {}
        for life, before in gathered.items():
            self._count_again(life, *before)
        self._seconds.hush()
        self._seconds.forget(at // SECOND)

    def _count_again(
        self, life: ContactLife, key: str | None, arrival: Micros, had_number: bool, /
    ) -> None:
        if not life.inbound:
            return
        if life.state is State.WAITING:
            self._timers.set(life, self._rules.limit_at(life))
        if life.request is not None and (life.key != key or life.arrival != arrival):
            self._requests.displace(life, key)
        if life.request is None:
            self._requests.place(life)
        self._requests.settle(life)
        self._watch(life, had_number=had_number)

    # Time

    def _watch(self, life: ContactLife, *, had_number: bool) -> None:
        if life.answered or life.promise is not None:
            life.caller = None  # the sealed number is kept no longer than it may be needed
        if life.has_number and not had_number:
            self._requests.pending[life] = None

    def _due(self, life: ContactLife, now: Micros) -> None:
        if life.state is not WAITING or self._contacts.get(life.id) is not life:
            return
        if now < self._rules.limit_at(life):
            self._timers.set(life, self._rules.limit_at(life))
            return
        self._requests.pending[life] = None
        missed_at = self._rules.no_end_at(life)
        if not self._rules.holds(life):
            missed_at = max(missed_at, life.last_at + MEMORY)
        if now < missed_at:
            self._timers.set(life, missed_at)
        else:
            life.miss_the_end()
            self._requests.settle(life)

    def _new(self, contact: str, at: Micros) -> ContactLife:
        life = ContactLife(contact)
        if self._forgetting is None:
            return life
        if at < self._horizon or self._forgetting.was_settled(contact):
            raise InvalidEventError("too_late", "time", "the contact was settled long ago")
        self._forgetting.watch(life, at)
        return life

    def _forget(self, at: Micros) -> None:
        if self._forgetting is None or not self._forgetting.is_due(at):
            return
        if self._gathered:
            self._count_gathered(at)
        for done in self._forgetting.sweep(at):
            lives = [done] if done.request is None else list(done.request.lives())
            for life in lives:
                if self._contacts.pop(life.id, None) is not None:
                    self._requests.forget(life)
                    self._forgetting.mark(life)

    def _turn_the_page(self, now: Micros) -> None:
        today = self._tallies.days.day_of(now)
        if today != self._today:
            self._today = today
            self._yesterday = self._tallies.days.day_before(today)
            if self._forgetting is not None:
                self._tallies.forget_before(self._yesterday)

    # Promises

    def _resolve(self, life: ContactLife, now: Micros) -> OverflowFact | None:
        request = life.request
        if request is None or self._contacts.get(life.id) is not life:
            return None
        if life.promise is None and (
            self._rules.fate(life) == HANDED_OVER
            or (not request.handed_over and self._rules.waited_too_long(life, now))
        ):
            return self._promise(life, request)
        return self._serve(life, request) if life.answered and not life.served else None

    def _promise(self, life: ContactLife, request: PersonsRequest) -> CallbackWanted | None:
        """A promise for a request that has none; a repeat of the wish for one that has.

        The repeat has an id of its own: if the promise was kept meanwhile, which the tally does
        not know, this person is waiting anew.
        """
        keeper = request.keeper()
        head = request.head
        earlier = keeper.promise if keeper is not None else None
        if earlier is not None and life.arrival <= earlier.at:
            return None  # the promise was made after this attempt, and is for it as well
        request_id = head.id if earlier is None else earlier.request_id
        repeat = () if earlier is None else (life.id,)
        fact = self._rules.wanted(
            life,
            Request(id=request_id, arrived_at=moment(head.arrival), queue=head.facts[0]),
            derived_id("callback-wanted", request_id, *repeat),
            self.source,
        )
        life.promise = Promise(request_id, self._rules.needed_at(life))
        life.caller = None
        self._requests.settle(life)
        if earlier is None:
            self._look_for_answers(life.request)
        return fact

    def _look_for_answers(self, request: PersonsRequest | None) -> None:
        """Those answered after a promise close it, also when they called before it was made."""
        for life in request.lives() if request is not None else ():
            if life.answered and not life.served:
                self._requests.pending[life] = None

    def _serve(self, life: ContactLife, request: PersonsRequest) -> CallerServed | None:
        keeper = request.keeper()
        if keeper is None or keeper.promise is None:
            return None
        promise = keeper.promise
        # Only the end of the talk was reported: it began after the arrival, no more is known.
        answered_at = life.answered_at if life.answered_at != NEVER else life.arrival
        if answered_at < promise.at and (life.arrival, life.id) < (keeper.arrival, keeper.id):
            return None  # answered before the need that the promise is about
        life.served = True
        return CallerServed(
            id=derived_id("caller-served", life.id),
            source=self.source,
            subject=promise.request_id,
            # An answer heard of late is still the answer to this promise.
            time=moment(max(answered_at, promise.at)),
            partitionkey=life.key,
            data=CallerServedData(
                request=promise.request_id,
                contact=life.id,
                caller_key=life.key or "",
                agent=life.agent,
            ),
        )

    def _stand_in(self, fact: CallbackWanted) -> ContactLife:
        """For a promise whose contact is not in the book: it only links and is not counted."""
        life = ContactLife(fact.data.contact)
        request = fact.data.request
        life.key = fact.data.caller.key
        life.facts = (request.queue, None, None, None, None)
        life.first_heard = life.arrival = micros(request.arrived_at)
        life.last_at = micros(fact.time)
        life.promise = Promise(request.id, life.last_at)
        self._contacts[life.id] = life
        if self._forgetting is not None:
            self._forgetting.watch(life, life.last_at)
        self._requests.place(life)
        self._requests.settle(life)
        return life
