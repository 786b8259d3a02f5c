"""How many people and contacts of one queue on one day stand where?

Each contact is counted under its present shape: what it is (first attempt, redial, reconnect)
and what became of it. When that changes the old shape is taken out and the new one put in, so
the counts are always those of the contacts as now known. Times are summed in whole microseconds,
so that the order of events leaves no trace in the sums.
"""

from dataclasses import dataclass

from streams.domain.centre import Centre
from streams.domain.contacts.demand import FIRST, PulseShape, Seconds, incident_of, keys_of
from streams.domain.contacts.life import ContactLife, State
from streams.domain.contacts.outcomes import ANSWERED_LIVE, DEFLECTED, HANDED_OVER, WAITING
from streams.domain.contacts.rule_table import Facts
from streams.domain.moments import SECOND, Days, Micros, moment, span
from streams.domain.staffing.learning import STEPS, step_of
from streams.events.demand import QueueCounts

ShapeParts = tuple[str, bool, bool, bool, bool, PulseShape]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """All that the counts depend on, but for the times. Equal shapes are the same object."""

    fate: str
    answered: bool
    in_target: bool
    abandoned: bool
    short: bool
    pulse: PulseShape

    def parts(self) -> ShapeParts:
        """All of it, to be compared."""
        ended = self.abandoned, self.short
        return self.fate, self.answered, self.in_target, *ended, self.pulse


Counted = tuple[Shape, Micros, Micros, int]


class Bucket:
    """One queue on one day, by the date and queue of each request's first contact."""

    __slots__ = (
        "abandoned",
        "abandoned_after",
        "answered",
        "answered_after",
        "answered_in_target",
        "contacts",
        "day",
        "handle",
        "handled",
        "outcomes",
        "queue",
        "reconnects",
        "redials",
        "short_abandoned",
        "wait",
        "waiting",
    )

    def __init__(self, day: str, queue: str) -> None:
        self.day = day
        self.queue = queue
        self.outcomes: dict[str, int] = {}
        self.waiting: dict[ContactLife, None] = {}
        self.contacts = self.redials = self.reconnects = 0
        self.answered = self.answered_in_target = 0
        self.abandoned = self.short_abandoned = 0
        self.wait = self.handle = self.handled = 0
        self.answered_after = [0] * len(STEPS)
        self.abandoned_after = [0] * len(STEPS)

    def count_contact(self, life: ContactLife, shape: Shape, sign: int) -> None:
        """Put a contact in (1) or take it out (-1), with the times it holds."""
        self.contacts += sign
        role = shape.pulse.role
        if role:
            if role == 1:
                self.redials += sign
            else:
                self.reconnects += sign
        if shape.answered:
            self._count_answered(life, shape, sign)
        elif shape.abandoned:
            self.abandoned += sign
            if shape.short:
                self.short_abandoned += sign
            if life.wait >= 0:
                self.abandoned_after[step_of(life.wait / 1e6)] += sign
        if shape.fate == WAITING:
            if sign > 0:
                self.waiting[life] = None
            else:
                self.waiting.pop(life, None)

    def _count_answered(self, life: ContactLife, shape: Shape, sign: int) -> None:
        self.answered += sign
        if shape.in_target:
            self.answered_in_target += sign
        if life.wait >= 0:
            self.wait += sign * life.wait
            self.answered_after[step_of(life.wait / 1e6)] += sign
        if life.handle >= 0:
            self.handle += sign * life.handle
            self.handled += sign

    def count_request(self, outcome: str, sign: int) -> None:
        """Put a person's request in or take it out."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + sign

    def to_counts(self) -> QueueCounts:
        """As published."""
        known = (WAITING, ANSWERED_LIVE, HANDED_OVER, DEFLECTED)
        lost = {
            reason: people
            for reason, people in sorted(self.outcomes.items())
            if people and reason not in known
        }
        oldest = min((life.waits_from for life in self.waiting), default=None)
        return QueueCounts(
            requests=sum(self.outcomes.values()),
            waiting=self.outcomes.get(WAITING, 0),
            answered_live=self.outcomes.get(ANSWERED_LIVE, 0),
            handed_over=self.outcomes.get(HANDED_OVER, 0),
            deflected=self.outcomes.get(DEFLECTED, 0),
            lost=lost,
            contacts=self.contacts,
            redials=self.redials,
            reconnects=self.reconnects,
            answered=self.answered,
            answered_in_target=self.answered_in_target,
            abandoned=self.abandoned,
            short_abandoned=self.short_abandoned,
            wait_seconds_sum=self.wait / 1e6,
            handle_seconds_sum=self.handle / 1e6,
            handled=self.handled,
            oldest_waiting_since=None if oldest is None else moment(oldest),
            answered_after=_trimmed(self.answered_after),
            abandoned_after=_trimmed(self.abandoned_after),
        )


def _trimmed(counts: list[int]) -> tuple[int, ...]:
    """Without the zeros at its end."""
    length = len(counts)
    while length and not counts[length - 1]:
        length -= 1
    return tuple(counts[:length])


class Tallies:
    """The buckets and the seconds of one partition, and the shapes in use."""

    def __init__(self, centre: Centre, seconds: Seconds) -> None:
        self.days = Days(centre.timezone)
        self.seconds = seconds
        self._within: Micros = span(centre.target.within)
        self._short: Micros = span(centre.target.short_abandon)
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._shapes: dict[tuple[str, bool, bool, bool, bool, PulseShape], Shape] = {}
        self._pulses: dict[tuple[Facts, int, bool], PulseShape] = {}
        self._weighs_incidents = centre.alerts.incident_weight < 1

    def bucket_of(self, head: ContactLife) -> Bucket:
        """Where a request is counted: the day and the queue of its first contact."""
        place = self.days.day_of(head.arrival), head.facts[0]
        bucket = self._buckets.get(place)
        if bucket is None:
            bucket = self._buckets[place] = Bucket(*place)
        return bucket

    def shape_of(self, life: ContactLife, role: int, fate: str) -> Counted:
        """How a contact counts now: its shape, its wait, its handling time and its second."""
        wait = life.wait_time()
        answered = life.answered
        abandoned = life.state is State.ABANDONED
        parts = (
            fate,
            answered,
            answered and 0 <= wait <= self._within,
            abandoned,
            abandoned and 0 <= wait < self._short,
            self._pulse_shape(life, role),
        )
        shape = self._shape(parts, life.shape)
        return shape, wait, life.handle_time() if answered else -1, life.arrival // SECOND

    def _shape(self, parts: ShapeParts, before: Shape | None) -> Shape:
        if parts[-1].incident is not None:
            # There may be as many as contacts: kept by its contact alone.
            return before if before is not None and parts == before.parts() else Shape(*parts)
        shape = self._shapes.get(parts)
        if shape is None:
            shape = self._shapes[parts] = Shape(*parts)
        return shape

    def is_counted_as(self, life: ContactLife, new: Counted) -> bool:
        """Whether a contact is already counted so."""
        return new == (life.shape, life.wait, life.handle, life.second)

    def count(self, life: ContactLife, before: Bucket | None, bucket: Bucket, new: Counted) -> None:
        """Take a contact out of where it was counted and put it in as what it is now."""
        old, second = life.shape, life.second
        if old is not None and before is not None:
            before.count_contact(life, old, -1)
        shape, life.wait, life.handle, life.second = new
        life.shape = shape
        bucket.count_contact(life, shape, 1)
        if old is None or old.pulse is not shape.pulse or second != life.second:
            if old is not None:
                self.seconds.count(second, old.pulse, -1)
            self.seconds.count(life.second, shape.pulse, 1)

    def count_out(self, life: ContactLife, bucket: Bucket) -> None:
        """Take a contact out as what it was counted."""
        if life.shape is not None:
            bucket.count_contact(life, life.shape, -1)
            self.seconds.count(life.second, life.shape.pulse, -1)
            life.shape = None

    def counts(self, since: str) -> dict[str, dict[str, QueueCounts]]:
        """Counts by day and queue, from the day given on."""
        counts: dict[str, dict[str, QueueCounts]] = {}
        for (day, queue), bucket in sorted(self._buckets.items()):
            if day >= since and bucket.contacts:
                counts.setdefault(day, {})[queue] = bucket.to_counts()
        return counts

    def forget_before(self, day: str) -> None:
        """Let go of the days before."""
        for place in [place for place in self._buckets if place[0] < day]:
            del self._buckets[place]

    def _pulse_shape(self, life: ContactLife, role: int) -> PulseShape:
        withheld = life.key is None
        incident = None
        if self._weighs_incidents and role == FIRST and life.place is not None:
            incident = incident_of(life.place[1], life.facts[4])
        if life.shape is not None:
            shape = life.shape.pulse
            same = shape.facts is life.facts and shape.incident == incident
            if same and shape.role == role and shape.withheld == withheld:
                return shape
        parts = life.facts, role, withheld
        if incident is not None:
            return PulseShape(*parts, keys_of(life.facts), incident)
        known = self._pulses.get(parts)
        if known is None:
            known = self._pulses[parts] = PulseShape(*parts, keys_of(life.facts))
        return known
