"""Does a call-out keep its promises, whatever happens in whatever order?

Need, page, answer, withdraw, crash, receipts twice and late: seated <= need, one open offer for a
person, whoever was told yes is seated or waitlisted, nothing is asked after the close and grace,
and no message is ever handed to a provider that may have it already.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from streams.domain.callout import answering, asking, life, sending, ticking
from streams.domain.callout.book import IN_HAND, OVER, SILENT, CalloutBook, RefusedError
from streams.domain.callout.findings import findings
from streams.domain.callout.outlook import Outlook
from streams.domain.callout.seating import (
    fits,
    free_seats,
    in_reserve,
    quota_of_seat,
    seats_needed,
)
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer, Quota
from tests.support.callout_people import POLICY, START, at, need, person, ready

PEOPLE = [
    person(
        n,
        tier=1 + n % 3,
        skills=("crisis",) if n % 2 else (),
        languages=("ko",) if n % 3 else ("ko", "en"),
    )
    for n in range(24)
]
QUOTAS = (Quota(seats=1, skill="crisis"), Quota(seats=1, language="en"), Quota(seats=1))
YES = Verdict(ok=True)


class Provider:
    """What really went out; it lies about its answers, never about its list."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}

    def take(self, attempt: str) -> None:
        self.sent[attempt] = self.sent.get(attempt, 0) + 1


class CalloutMachine(RuleBasedStateMachine):
    """Two call-outs over one pool of people."""

    @initialize()
    def begin(self) -> None:
        self.now: datetime = START
        self.provider = Provider()
        self.stored: dict[str, Any] = {}
        self.book = CalloutBook(1)
        self.told_yes: set[str] = set()
        self.last_ask: dict[str, datetime] = {}
        self.ids = []
        for key in ("one", "two"):
            wanted = need(key=key, quotas=QUOTAS)
            self.ids.append(life.open_need(self.book, wanted, POLICY, self.now).id)
        life.start(self.book, self.ids[0], POLICY, "kim", self.now, unseen=True)
        asking.look(self.book, self.ids[0], ready(PEOPLE[:12], wanted), self.now)
        self.keep()

    def keep(self) -> None:
        """As the store would: each change only upon the version it was made from."""
        for change in self.book.take_changes():
            known = self.stored.get(change.state.id)
            assert (0 if known is None else known.version) == change.expected
            self.stored[change.state.id] = change.state

    def do(self, act: Any) -> Any:
        self.book.begin()
        try:
            done = act()
        except RefusedError:
            self.book.undo()
            return None
        self.keep()
        return done

    def pick(self, number: int) -> Any:
        offers = sorted(self.book.offers.values(), key=lambda o: (o.callout, o.person))
        return offers[number % len(offers)] if offers else None

    @rule(which=st.integers(0, 1), speed=st.sampled_from([0.0, 0.5, 1.0]))
    def started(self, which: int, speed: float) -> None:
        policy = msgspec.structs.replace(POLICY, speed=speed)
        self.do(
            lambda: life.start(self.book, self.ids[which], policy, "kim", self.now, unseen=True)
        )

    @rule(which=st.integers(0, 1))
    def looked(self, which: int) -> None:
        candidates = ready(PEOPLE, self.book.callout(self.ids[which]).need, self.now)
        self.do(lambda: asking.look(self.book, self.ids[which], candidates, self.now))

    @rule(lost=st.booleans(), crash=st.booleans(), limit=st.integers(1, 5))
    def sends(self, lost: bool, crash: bool, limit: int) -> None:
        for offer, attempt in sending.due(self.book, self.now)[:limit]:
            mine = self.do(lambda a=attempt.id: sending.claim(self.book, a, "", self.now, self.now))
            if mine is None:
                continue
            if mine.purpose == "ask":
                self.last_ask[offer.callout] = self.now
            if crash:
                if lost:
                    self.provider.take(attempt.id)
                continue
            self.provider.take(attempt.id)
            outcome = "unknown" if lost else "accepted"
            heard = sending.Heard(outcome, "scripted", "" if lost else f"r-{attempt.id}")
            self.do(
                lambda a=attempt.id, f=mine.fence, h=heard: sending.heard(
                    self.book, a, f, h, self.now, self.now
                )
            )

    @rule()
    def reconciled(self) -> None:
        for attempt in sending.leases_over(self.book, self.now):
            self.do(lambda a=attempt.id: sending.lease_ran_out(self.book, a, self.now, self.now))
        for _, attempt in sending.unknowns(self.book):
            if attempt.id in self.provider.sent:
                self.do(
                    lambda a=attempt.id: sending.receipt(
                        self.book, a, "scripted", "r", "accepted", "", self.now
                    )
                )
            else:
                self.do(
                    lambda a=attempt.id, f=attempt.fence: sending.not_there(
                        self.book, a, f, self.now
                    )
                )

    @rule(number=st.integers(0, 999), state=st.sampled_from(["sent", "delivered", "failed"]))
    def receipt(self, number: int, state: str) -> None:
        if not self.provider.sent:
            return
        sent = sorted(self.provider.sent)
        attempt = sent[number % len(sent)]
        self.do(lambda: sending.receipt(self.book, attempt, "scripted", "r", state, "", self.now))

    @rule(
        number=st.integers(0, 999),
        kind=st.sampled_from(["accept", "accept", "decline", "later", "withdraw", "seen"]),
        repeat=st.booleans(),
        ok=st.sampled_from([True, True, True, False]),
    )
    def answered(self, number: int, kind: Any, repeat: bool, ok: bool) -> None:
        offer = self.pick(number)
        if offer is None:
            return
        verdict = YES if ok else Verdict(ok=False, reason="daily_rest")
        key = f"{offer.id}/{kind}/{0 if repeat else len(offer.answers)}"
        given = GivenAnswer(key=key, kind=kind, at=self.now, channel="sms")
        said = self.do(lambda: answering.answer(self.book, offer.id, given, verdict, self.now))
        if said is None:
            return
        if said.kind in ("seated", "waitlisted"):
            assert self.book.offers[offer.id].state in IN_HAND
        self.told_yes.discard(offer.id)
        if said.kind in ("seated", "waitlisted"):
            self.told_yes.add(offer.id)
        # An old answer delivered once more changes nothing, not even a "later" said since.
        if kind not in ("seen", "later") and not said.again:
            assert not any(
                one.purpose == "ask" and one.state == "pending"
                for one in self.book.offers[offer.id].attempts
            ), "an answer cancels the rest at once"

    @rule(
        number=st.integers(0, 999),
        kind=st.sampled_from(["accept", "decline", "later", "withdraw"]),
        minutes=st.sampled_from([1, 5, 30]),
    )
    def found_on_a_list(self, number: int, kind: Any, minutes: float) -> None:
        offer = self.pick(number)
        if offer is None:
            return
        written = self.now - timedelta(minutes=minutes)
        given = GivenAnswer(
            key=f"{offer.id}/list/{kind}/{minutes}", kind=kind, at=written, channel="sms"
        )
        said = self.do(lambda: answering.answer_found(self.book, offer.id, given, YES, self.now))
        if said is None:
            return
        after = self.book.offers[offer.id]
        assert [one.key for one in after.answers].count(given.key) == 1
        self.told_yes.discard(offer.id)
        if said.kind in ("seated", "waitlisted"):
            assert after.state in IN_HAND
            self.told_yes.add(offer.id)

    @rule(which=st.integers(0, 1), half=st.sampled_from([None, 0.0, 600.0]))
    def foretold(self, which: int, half: float | None) -> None:
        seen = Outlook(
            median_seconds=half, p90_seconds=half, people_woken=0, surplus=0, filled_in_two_hours=0
        )
        self.do(lambda: life.foretold(self.book, self.ids[which], seen, self.now))

    @rule(numbers=st.lists(st.integers(0, 999), min_size=2, max_size=6))
    def many_accept_at_once(self, numbers: list[int]) -> None:
        for number in numbers:
            self.answered(number, "accept", repeat=False, ok=True)

    @rule(number=st.integers(0, 999))
    def arrives(self, number: int) -> None:
        offer = self.pick(number)
        if offer is not None:
            self.do(lambda: answering.arrived(self.book, offer.id, self.now))

    @rule(minutes=st.sampled_from([0.2, 1, 3, 10, 45, 70]))
    def waits(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self.do(lambda: ticking.tick(self.book, self.now))

    @rule(which=st.integers(0, 1), what=st.sampled_from(["pause", "resume", "widen", "faster"]))
    def steered(self, which: int, what: str) -> None:
        self.do(lambda: getattr(life, what)(self.book, self.ids[which], "kim", self.now))

    @rule(which=st.integers(0, 1))
    def rewound(self, which: int) -> None:
        self.do(lambda: life.rewind(self.book, self.ids[which], "kim", self.now))

    @rule(which=st.integers(0, 1), seats=st.integers(1, 4))
    def revised(self, which: int, seats: int) -> None:
        quotas = (*QUOTAS[:2], Quota(seats=seats))
        self.do(lambda: life.revise(self.book, self.ids[which], quotas, at(420), "kim", self.now))

    @precondition(lambda self: self.now > at(20))
    @rule(which=st.integers(0, 1), how=st.sampled_from(["stop", "cancel"]))
    def ended(self, which: int, how: str) -> None:
        if how == "stop":
            self.do(lambda: life.stop(self.book, self.ids[which], "stopped", "kim", self.now))
        else:
            self.do(lambda: life.cancel(self.book, self.ids[which], "kim", self.now))

    @rule()
    def process_dies(self) -> None:
        """Another process takes over with nothing but what was stored."""
        book = CalloutBook(self.book.epoch + 1)
        for state in self.stored.values():
            book.load(state)
        self.book = book

    @invariant()
    def no_more_are_seated_than_are_needed(self) -> None:
        for callout in self.book.callouts.values():
            seats = self.book.index(callout.id).seats
            assert len(seats) <= seats_needed(callout.need)
            holders = [o for o in self.book.offers_of(callout.id) if o.seat is not None]
            assert sorted(o.seat for o in holders if o.seat) == sorted(seats)
            for offer in holders:
                place = quota_of_seat(callout.need, offer.seat or 0)
                assert fits(offer.skills, offer.languages, callout.need.quotas[place])

    @invariant()
    def nobody_has_two_open_offers(self) -> None:
        asked = [
            offer.person
            for callout in self.book.still_open()
            for offer in self.book.offers_of(callout.id)
            if offer.state in SILENT
        ]
        assert len(asked) == len(set(asked))

    @invariant()
    def whoever_was_told_yes_is_seated_or_waitlisted(self) -> None:
        for offer_id in self.told_yes:
            offer = self.book.offers[offer_id]
            over = self.book.callouts[offer.callout].state in OVER
            assert offer.state in IN_HAND or over or offer.no_show_at is not None

    @invariant()
    def the_waitlist_has_an_order_and_waits_for_nothing_free(self) -> None:
        for callout in self.book.callouts.values():
            turns = [offer.turn for offer in in_reserve(self.book, callout.id)]
            assert turns == sorted(turns, key=lambda turn: turn or 0)
            if callout.state == "filled":
                assert not any(n > 0 for n in free_seats(self.book, callout).values())

    @invariant()
    def no_message_went_twice(self) -> None:
        assert all(count == 1 for count in self.provider.sent.values())

    @invariant()
    def nothing_was_asked_after_the_close(self) -> None:
        for callout in self.book.callouts.values():
            if callout.closed_at is not None and callout.id in self.last_ask:
                assert self.last_ask[callout.id] <= callout.closed_at

    @invariant()
    def seats_and_acceptances_are_the_same_thing(self) -> None:
        wrong = {"seat_without_acceptance", "accepted_without_seat", "overfilled"}
        assert not [f for f in findings(self.book, self.now, self.now) if f.what in wrong]


CalloutMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestCallout = CalloutMachine.TestCase
