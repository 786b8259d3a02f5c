"""Which contacts are one person's one request for help?

A caller's contacts are kept in the order of arrival. One joins the request of the one before it
when it came within its reach: while that one was open, within the redial window after its last
event, or within a day after a callback was promised. So the requests of a caller follow from the
set of contacts alone: a late report moves a contact to its place, and those after it are looked
at again, no further than something changes. A withheld number cannot be matched: each of its
contacts is a request of its own.
"""

from collections.abc import Iterator
from typing import Final

from streams.domain.centre import Centre
from streams.domain.contacts.demand import FIRST, RECONNECT, REDIAL
from streams.domain.contacts.life import ContactLife
from streams.domain.contacts.outcomes import ANSWERED_LIVE, HANDED_OVER, WAITING
from streams.domain.contacts.overflow import Rules
from streams.domain.contacts.tallies import Bucket, Counted, Tallies
from streams.domain.moments import HOUR, Micros, span

PROMISE_REACH: Final = 24 * HOUR


class PersonsRequest:
    """One or more contacts of one person, and where the request is counted now.

    `answered`, `waiting` and `handed_over` say how many of its contacts are that.
    """

    __slots__ = (
        "answered",
        "bucket",
        "contacts",
        "handed_over",
        "head",
        "outcome",
        "tail",
        "waiting",
    )

    def __init__(self, head: ContactLife, bucket: Bucket) -> None:
        self.head = head
        self.tail: ContactLife | None = None
        self.bucket = bucket
        self.contacts = self.answered = self.waiting = self.handed_over = 0
        self.outcome = ""  # as counted; "" while it is not

    def keeper(self) -> ContactLife | None:
        """The first contact for which a callback was promised."""
        return next((life for life in self.lives() if life.promise is not None), None)

    def add(self, life: ContactLife, sign: int) -> None:
        """Take a contact in (1) or let it go (-1), by its present fate."""
        self.contacts += sign
        fate = life.shape.fate if life.shape is not None else HANDED_OVER
        if fate == ANSWERED_LIVE:
            self.answered += sign
        elif fate == WAITING:
            self.waiting += sign
        elif fate == HANDED_OVER:
            self.handed_over += sign

    def present_outcome(self) -> str:
        """A promise stands, an answer is final, waiting is hope, else the last attempt's fate."""
        if not self.contacts or not self.head.inbound:
            return ""
        if self.handed_over:
            return HANDED_OVER
        if self.answered:
            return ANSWERED_LIVE
        if self.waiting:
            return WAITING
        shape = self._last().shape
        return shape.fate if shape is not None else ""

    def last_at(self) -> Micros:
        """When its last contact was last heard of."""
        return self._last().last_at

    def lives(self) -> Iterator[ContactLife]:
        """Its contacts, by arrival."""
        life: ContactLife | None = self.head
        while life is not None and life.request is self:
            following = life.next
            yield life
            life = following

    def all_closed_by(self, at: Micros) -> bool:
        """Whether each of its contacts has ended and was not heard of since."""
        return all(not life.is_open and life.last_at <= at for life in self.lives())

    def _last(self) -> ContactLife:
        life = self.tail if self.tail is not None else self.head
        while life.next is not None and life.next.request is self:
            life = life.next
        self.tail = life
        return life


class Requests:
    """The callers of one partition, their contacts in order, and their requests."""

    def __init__(self, centre: Centre, tallies: Tallies, rules: Rules) -> None:
        self._tallies = tallies
        self._rules = rules
        self._window: Micros = span(centre.alerts.redial_window)
        self._no_end: Micros = span(centre.overflow.max_wait_without_end)
        self._latest: dict[str, ContactLife] = {}
        # Contacts for which a promise may be due, or which were answered after one.
        self.pending: dict[ContactLife, None] = {}

    def place(self, life: ContactLife) -> None:
        """Put a new contact among its caller's, by arrival."""
        if life.key is None:
            return
        before = self._latest.get(life.key)
        if before is None or _order(before) < _order(life):
            self._latest[life.key] = life
            after = None
        else:
            life.key = before.key  # one copy of the text for all contacts of a caller
            after = before
            while (before := after.prev) is not None and _order(before) > _order(life):
                after = before
        life.prev, life.next = before, after
        if before is not None:
            life.key = before.key
            before.next = life
        if after is not None:
            after.prev = life

    def displace(self, life: ContactLife, key: str | None) -> None:
        """Take a contact out of the order in which it stood under `key`, before it moves."""
        request = life.request
        if request is not None:
            self._leave(life, request)
            self._tallies.count_out(life, request.bucket)
            life.request = None
        after = self._unlink(life, key)
        if after is not None:
            self._follow(after)
        if request is not None:
            self._recount(request)

    def settle(self, life: ContactLife) -> None:
        """A contact is new, has moved or has changed: count it and what follows from it."""
        request = life.request
        if request is not None and life.next is None and request.head is life:
            # Most people call once: nothing precedes, nothing follows.
            fate = self._rules.fate(life)
            life.reach = self._reach(life, fate)
            self._count(life, request, FIRST, fate)
            self._recount(request)
        else:
            self._follow(life)

    def still_waiting(self, life: ContactLife) -> None:
        """A contact without later ones was heard of again and nothing else about it changed."""
        reach = life.last_at + self._window + self._no_end
        before = life.prev
        if before is not None and before.request is life.request:
            reach = max(reach, before.reach)
        life.reach = reach

    def forget(self, life: ContactLife) -> None:
        """Let go of a contact whose request is over; what it was counted as stays counted."""
        self._unlink(life, life.key)
        life.request = None

    def _unlink(self, life: ContactLife, key: str | None) -> ContactLife | None:
        before, after = life.prev, life.next
        if before is not None:
            before.next = after
        if after is not None:
            after.prev = before
        elif key is not None:
            if before is not None:
                self._latest[key] = before
            else:
                self._latest.pop(key, None)
        life.prev = life.next = None
        return after

    def _follow(self, start: ContactLife) -> None:
        touched: dict[PersonsRequest, None] = {}
        life: ContactLife | None = start
        while life is not None:
            fate = self._rules.fate(life)
            request, role, reach = self._standing(life, fate)
            stays = life is not start and request is life.request and role == life.role
            if stays and reach == life.reach:
                break
            life.reach = reach
            if not stays:  # of one that stays nothing but its reach has changed
                if life.request is not None:
                    touched[life.request] = None
                touched[request] = None
                self._count(life, request, role, fate)
            life = life.next
        for request in touched:
            self._recount(request)

    def _standing(self, life: ContactLife, fate: str) -> tuple[PersonsRequest, int, Micros]:
        """Which request a contact belongs to, as what, and how far that reaches after it."""
        before, own = life.prev, self._reach(life, fate)
        if before is not None and before.request is not None and life.arrival <= before.reach:
            role = RECONNECT if before.answered else REDIAL
            return before.request, role, max(own, before.reach)
        request = life.request
        if request is None or request.head is not life:
            request = PersonsRequest(life, self._tallies.bucket_of(life))
        return request, FIRST, own

    def _reach(self, life: ContactLife, fate: str) -> Micros:
        reach = life.last_at + self._window
        if life.is_open:
            reach += self._no_end
        if fate != HANDED_OVER:
            return reach
        return max(reach, self._rules.promised_at(life) + PROMISE_REACH)

    def _count(self, life: ContactLife, request: PersonsRequest, role: int, fate: str) -> None:
        """Move a contact from how it was counted to how it counts now."""
        before = life.request
        new = self._tallies.shape_of(life, role, fate) if life.inbound else None
        if before is request and new is not None and self._tallies.is_counted_as(life, new):
            return
        if request.head is life and _may_have_moved(life, new):
            bucket = self._tallies.bucket_of(life)
            if bucket is not request.bucket:
                self._move(request, bucket)
        if before is not None:
            self._leave(life, before)
        if new is not None:
            self._tallies.count(life, before.bucket if before else None, request.bucket, new)
        life.request, life.role = request, role
        request.add(life, 1)
        if request.tail is None or _order(request.tail) < _order(life):
            request.tail = life
        self._note_pending(life, request)

    def _note_pending(self, life: ContactLife, request: PersonsRequest) -> None:
        due = life.promise is None and life.shape is not None and life.shape.fate == HANDED_OVER
        if due or (request.handed_over and life.answered and not life.served):
            self.pending[life] = None

    @staticmethod
    def _leave(life: ContactLife, request: PersonsRequest) -> None:
        request.add(life, -1)
        if request.tail is life:
            request.tail = None

    def _move(self, request: PersonsRequest, bucket: Bucket) -> None:
        """The first contact's day or queue is another than was thought: all its counts move."""
        if request.outcome:
            request.bucket.count_request(request.outcome, -1)
            bucket.count_request(request.outcome, 1)
        for life in request.lives():
            if life.shape is not None:
                request.bucket.count_contact(life, life.shape, -1)
                bucket.count_contact(life, life.shape, 1)
        request.bucket = bucket

    def _recount(self, request: PersonsRequest) -> None:
        outcome = request.present_outcome()
        if outcome == request.outcome:
            return
        if request.outcome:
            request.bucket.count_request(request.outcome, -1)
        if outcome:
            request.bucket.count_request(outcome, 1)
        request.outcome = outcome


def _may_have_moved(life: ContactLife, new: Counted | None) -> bool:
    """Whether the queue or the second of arrival is another than it was counted under."""
    old = life.shape
    if old is None or new is None:
        return True
    return old.pulse.facts is not new[0].pulse.facts or life.second != new[3]


def _order(life: ContactLife) -> tuple[Micros, str]:
    return life.arrival, life.id
