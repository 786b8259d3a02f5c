"""What do we know of all open call-outs, and what has changed since it was last stored?

The book holds call-outs and offers in memory, with the indexes that deciding needs; the functions
of this room read it and put new states into it. What changed is taken as changes, each with the
version it was made from, so that the store can refuse one that was made from an older state.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from streams.errors import SurgelineError
from streams.events.callouts import (
    CalloutChanged,
    CalloutData,
    OfferChanged,
    OfferData,
    PageAttempt,
)
from streams.events.codec import derived_id

OVER: Final = frozenset({"closed", "expired", "cancelled"})
GOING_ON: Final = frozenset({"running", "paused", "filled"})
# States of an offer whose person has been or will be asked and has not said anything.
SILENT: Final = frozenset({"queued", "contacting", "delivered", "seen"})
IN_HAND: Final = frozenset({"accepted", "waitlisted"})

State = CalloutData | OfferData


class RefusedError(SurgelineError):
    """What was asked cannot be done; `reason` is a short word, `field` the one at fault."""

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True)
class Change:
    """A state as it is now, and the version it was made from (0: it is new)."""

    expected: int
    state: State
    at: datetime
    before: State | None = None

    def event(self) -> CalloutChanged | OfferChanged:
        """The fact for the log; the same change always has the same id."""
        state = self.state
        if isinstance(state, CalloutData):
            return CalloutChanged(
                id=derived_id("callout-changed", state.id, state.version, state.epoch),
                source="surgeline/callout",
                subject=state.id,
                time=self.at,
                data=state,
            )
        return OfferChanged(
            id=derived_id("offer-changed", state.id, state.version, state.epoch),
            source="surgeline/callout",
            subject=state.id,
            time=self.at,
            data=state,
        )


@dataclass(slots=True)
class Index:
    """The offers of one call-out, by what they are to it."""

    offers: dict[str, None] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    seats: dict[int, str] = field(default_factory=dict)
    reserve: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)


class CalloutBook:
    """All call-outs of the centre that are kept."""

    def __init__(self, epoch: int = 0) -> None:
        self.epoch = epoch
        self.callouts: dict[str, CalloutData] = {}
        self.offers: dict[str, OfferData] = {}
        self._index: dict[str, Index] = {}
        self._of_person: dict[str, set[str]] = {}
        self._of_attempt: dict[str, str] = {}
        self._open_needs: dict[str, str] = {}
        # Messages that wait for their time, and those of which the end is not known: few of many.
        self.pending: dict[str, str] = {}
        self.in_flight: dict[str, str] = {}
        # Every state that was replaced since the last taking, as it was then.
        self._before: dict[str, State | None] = {}
        self._journal: list[tuple[str, State | None, bool]] = []

    # Reading

    def callout(self, callout_id: str) -> CalloutData:
        """The call-out; `RefusedError` when there is none of that id."""
        found = self.callouts.get(callout_id)
        if found is None:
            raise RefusedError("not_found", "there is no such call-out")
        return found

    def offer(self, offer_id: str) -> OfferData:
        """The offer; `RefusedError` when there is none of that id."""
        found = self.offers.get(offer_id)
        if found is None:
            raise RefusedError("not_found", "there is no such offer")
        return found

    def index(self, callout_id: str) -> Index:
        """The offers of a call-out by what they are to it."""
        return self._index.setdefault(callout_id, Index())

    def offers_of(self, callout_id: str) -> Iterator[OfferData]:
        """All offers of a call-out, in the order they were made."""
        return (self.offers[i] for i in self.index(callout_id).offers)

    def offers_to(self, person: str) -> Iterator[OfferData]:
        """All offers to a person that are kept."""
        return (self.offers[i] for i in sorted(self._of_person.get(person, ())))

    def is_asked_elsewhere(self, offer: OfferData) -> bool:
        """Whether another call-out that goes on has asked the same person: one is enough."""
        return any(
            one.state in SILENT and self.callouts[one.callout].state not in OVER
            for one in self.offers_to(offer.person)
            if one.callout != offer.callout
        )

    def offer_of(self, callout_id: str, person: str) -> OfferData | None:
        """The one offer of a call-out to a person."""
        found = self.index(callout_id).people.get(person)
        return None if found is None else self.offers[found]

    def by_attempt(self, attempt_id: str) -> tuple[OfferData, PageAttempt] | None:
        """The attempt and its offer."""
        offer = self.offers.get(self._of_attempt.get(attempt_id, ""))
        if offer is None:
            return None
        return offer, next(one for one in offer.attempts if one.id == attempt_id)

    def open_need(self, dedup_key: str) -> CalloutData | None:
        """The call-out of a need that is not over."""
        found = self._open_needs.get(dedup_key)
        return None if found is None else self.callouts[found]

    def still_open(self) -> list[CalloutData]:
        """Every call-out that is not over."""
        return [one for one in self.callouts.values() if one.state not in OVER]

    # Writing

    def load(self, state: State) -> None:
        """Take in what is stored."""
        self._keep(state)

    def put(self, state: State, now: datetime) -> None:
        """Replace a state; its version rises once until the changes are taken."""
        known = self._known(state)
        is_new = state.id not in self._before
        self._journal.append((state.id, known, is_new))
        if is_new:
            self._before[state.id] = known
        before = self._before[state.id]
        version = (before.version if before is not None else 0) + 1
        self._at = now
        self._keep(msgspec.structs.replace(state, version=version, epoch=self.epoch))

    def begin(self) -> None:
        """From here on `undo` goes back to."""
        self._journal.clear()

    def undo(self) -> None:
        """Forget what was put since `begin`: the decision was refused half-way."""
        for state_id, known, was_new in reversed(self._journal):
            if was_new:
                del self._before[state_id]
            self._restore(state_id, known)
        self._journal.clear()

    def touched(self) -> frozenset[str]:
        """The ids put since `begin`."""
        return frozenset(state_id for state_id, _, _ in self._journal)

    def take_changes(self) -> list[Change]:
        """What changed since the last time, call-outs first."""
        changes = []
        for state_id, before in self._before.items():
            state = self.callouts.get(state_id) or self.offers[state_id]
            expected = 0 if before is None else before.version
            changes.append(Change(expected, state, self._at, before))
        self._before.clear()
        self._journal.clear()
        changes.sort(key=lambda change: isinstance(change.state, OfferData))
        return changes

    def forget(self, callout_id: str) -> None:
        """Drop a call-out that was over long ago."""
        for offer_id in list(self.index(callout_id).offers):
            self._restore(offer_id, None)
        self._restore(callout_id, None)
        self._index.pop(callout_id, None)

    # Within

    def _known(self, state: State) -> State | None:
        if isinstance(state, CalloutData):
            return self.callouts.get(state.id)
        return self.offers.get(state.id)

    def _keep(self, state: State) -> None:
        if isinstance(state, CalloutData):
            self._keep_callout(state)
            return
        known = self.offers.get(state.id)
        if known is not None:
            self._unfile(known)
        self.offers[state.id] = state
        self._file(state)

    def _keep_callout(self, state: CalloutData) -> None:
        self.callouts[state.id] = state
        key = state.need.dedup_key
        if state.state not in OVER:
            self._open_needs[key] = state.id
        elif self._open_needs.get(key) == state.id:
            del self._open_needs[key]

    def _restore(self, state_id: str, known: State | None) -> None:
        if known is not None:
            self._keep(known)
        elif state_id in self.offers:
            offer = self.offers.pop(state_id)
            self._unfile(offer)
            index = self.index(offer.callout)
            index.offers.pop(state_id, None)
            index.people.pop(offer.person, None)
            self._of_person[offer.person].discard(state_id)
            for attempt in offer.attempts:
                self._of_attempt.pop(attempt.id, None)
        else:
            gone = self.callouts.pop(state_id, None)
            if gone is not None and self._open_needs.get(gone.need.dedup_key) == state_id:
                del self._open_needs[gone.need.dedup_key]

    def _file(self, offer: OfferData) -> None:
        index = self.index(offer.callout)
        index.offers[offer.id] = None
        index.people[offer.person] = offer.id
        self._of_person.setdefault(offer.person, set()).add(offer.id)
        for attempt in offer.attempts:
            self._of_attempt[attempt.id] = offer.id
            if attempt.state == "pending":
                self.pending[attempt.id] = offer.id
            elif attempt.state in ("sending", "unknown"):
                self.in_flight[attempt.id] = offer.id
        if offer.seat is not None:
            index.seats[offer.seat] = offer.id
        if offer.state == "waitlisted":
            index.reserve.add(offer.id)
        if offer.state in SILENT:
            index.silent.add(offer.id)

    def _unfile(self, offer: OfferData) -> None:
        index = self.index(offer.callout)
        if offer.seat is not None and index.seats.get(offer.seat) == offer.id:
            del index.seats[offer.seat]
        index.reserve.discard(offer.id)
        index.silent.discard(offer.id)
        for attempt in offer.attempts:
            self.pending.pop(attempt.id, None)
            self.in_flight.pop(attempt.id, None)
