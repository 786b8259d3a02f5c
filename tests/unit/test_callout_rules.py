"""What becomes of a need: who is asked, who sits, who waits, who is told, when is it over?"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from streams.domain.callout import answering, asking, life, sending, ticking
from streams.domain.callout.book import CalloutBook, RefusedError
from streams.domain.callout.candidates import sort_out
from streams.domain.callout.forecast import PRIORS, Asked, Habit, habit_of, learned
from streams.domain.callout.policy import CalloutPolicy
from streams.domain.callout.seating import quota_of_seat
from streams.domain.callout.smoothing import earliest
from streams.domain.people.eligible import Verdict
from streams.domain.people.roster import Roster
from streams.events.callouts import GivenAnswer, OfferData, Policy, Quota
from streams.events.people import Person
from tests.support.callout_people import POLICY, RULES, at, need, person, ready

YES = Verdict(ok=True)
BLAST = msgspec.structs.replace(POLICY, rule="blast")


class Story:
    """One call-out, told minute by minute."""

    def __init__(
        self,
        people: list[Person],
        seats: int = 1,
        policy: Policy = BLAST,
        quotas: tuple[Quota, ...] = (),
    ) -> None:
        self.book = CalloutBook(1)
        self.people = people
        self.id = life.open_need(self.book, need(seats, quotas=quotas), policy, at()).id
        life.start(self.book, self.id, policy, "kim", at(), unseen=True)
        self.look(0)

    @property
    def callout(self) -> Any:
        return self.book.callout(self.id)

    def look(self, minute: float) -> list[str]:
        candidates = ready(self.people, self.callout.need, at(minute))
        return [o.person for o in asking.look(self.book, self.id, candidates, at(minute))]

    def send(self, minute: float) -> list[tuple[str, str, str]]:
        """Everything due goes out: (person, purpose, kind)."""
        went: list[tuple[str, str, str]] = []
        for offer, attempt in sending.due(self.book, at(minute)):
            mine = sending.claim(self.book, attempt.id, "", at(minute), at(minute))
            if mine is not None:
                sent = sending.Heard("accepted", "sms-a", "r")
                sending.heard(self.book, mine.id, mine.fence, sent, at(minute), at(minute))
                went.append((offer.person, attempt.purpose, attempt.kind))
        return went

    def says(
        self, who: int, kind: Any, minute: float, verdict: Verdict = YES, key: str = "", **more: Any
    ) -> answering.Said:
        offer = self.of(who)
        given = GivenAnswer(
            key=key or f"{kind}-{minute}", kind=kind, at=at(minute), channel="sms", **more
        )
        return answering.answer(self.book, offer.id, given, verdict, at(minute))

    def tick(self, minute: float) -> str:
        ticking.tick(self.book, at(minute))
        return str(self.callout.state)

    def of(self, who: int) -> OfferData:
        offer = self.book.offer_of(self.id, f"p{who:04d}")
        assert offer is not None
        return offer


def several(count: int, **more: Any) -> list[Person]:
    return [person(n, kinds=("sms",), **more) for n in range(count)]


# Seats and the waitlist


def test_the_same_answer_again_is_told_the_same_and_changes_nothing() -> None:
    story = Story(several(2))
    first = story.says(0, "accept", 1, key="in-1")
    version = story.of(0).version
    again = story.says(0, "accept", 2, key="in-1")
    assert (first.seat, again.seat, again.again, story.of(0).version) == (1, 1, True, version)


def test_a_person_with_two_skills_moves_over_so_that_no_seat_stays_empty() -> None:
    both = person(0, skills=("crisis", "visa"))
    crisis = person(1, skills=("crisis",))
    quotas = (Quota(seats=1, skill="crisis"), Quota(seats=1, skill="visa"))
    story = Story([both, crisis], quotas=quotas)
    story.says(0, "accept", 1)
    story.says(1, "accept", 2)
    places = [quota_of_seat(story.callout.need, story.of(n).seat or 0) for n in (0, 1)]
    assert (places, story.callout.state) == ([1, 0], "filled")


def test_who_fits_no_free_seat_waits_although_seats_are_free() -> None:
    quotas = (Quota(seats=1, language="ko"), Quota(seats=1, language="en"))
    story = Story([person(n, languages=("ko",)) for n in range(2)], quotas=quotas)
    kinds = [story.says(n, "accept", n + 1).kind for n in range(2)]
    assert (kinds, story.callout.state) == (["seated", "waitlisted"], "running")


def test_who_said_no_may_still_say_yes_and_who_said_yes_may_withdraw() -> None:
    story = Story(several(2))
    kinds = [
        story.says(0, kind, n).kind for n, kind in enumerate(["decline", "accept", "withdraw"])
    ]
    assert (kinds, story.callout.state, len(story.of(0).answers)) == (
        ["thanks", "seated", "withdrawn"],
        "running",
        3,
    )


def test_who_may_not_work_these_hours_hears_so_and_gets_no_seat() -> None:
    story = Story(several(1))
    said = story.says(0, "accept", 1, Verdict(ok=False, reason="daily_rest"))
    assert (said.kind, said.reason, story.of(0).seat) == ("ineligible", "daily_rest", None)


def test_later_cancels_what_is_planned_and_asks_again_in_an_hour() -> None:
    story = Story([person(0)])
    story.send(0)
    story.says(0, "later", 1)
    assert (story.send(5), story.send(61)[0][:2]) == ([], ("p0000", "ask"))


# After the quota


def test_after_the_grace_everyone_contacted_and_not_seated_is_told_once() -> None:
    story = Story(several(4))
    story.send(0)
    story.says(0, "accept", 1)
    story.says(1, "accept", 2)
    story.tick(3)
    before = story.send(3)
    story.tick(7)
    after = story.send(7)
    story.tick(9)
    assert (before, sorted(after), story.send(9)) == (
        [],
        [("p0002", "stand_down", "sms"), ("p0003", "stand_down", "sms")],
        [],
    )


def test_a_late_yes_within_the_grace_waits_and_after_the_end_is_late() -> None:
    story = Story(several(3))
    story.says(0, "accept", 1)
    waits = story.says(1, "accept", 4)
    life.stop(story.book, story.id, "stopped", "kim", at(5))
    late = story.says(2, "accept", 30)
    assert (waits.kind, late.kind, story.of(2).state) == ("waitlisted", "late", "stood_down")


def test_nobody_is_asked_after_the_end() -> None:
    story = Story(several(5))
    life.stop(story.book, story.id, "stopped", "kim", at(1))
    assert {purpose for _, purpose, _ in story.send(2)} <= {"stand_down"}


def test_a_withdrawal_with_nobody_in_reserve_pages_at_once() -> None:
    story = Story(several(1))
    story.says(0, "accept", 1)
    story.people = several(3)
    story.says(0, "withdraw", 5)
    assert (story.callout.state, story.look(5)) == ("running", ["p0001", "p0002"])


def test_who_is_given_a_seat_from_the_waitlist_is_told_by_the_way_that_reached_them() -> None:
    story = Story(several(2))
    story.send(0)
    story.says(0, "accept", 1)
    story.says(1, "accept", 2)
    story.says(0, "withdraw", 3)
    assert story.send(3) == [("p0001", "seated", "sms")]


def test_who_is_seated_is_reminded_once_before_the_start() -> None:
    story = Story(several(1))
    story.send(0)
    story.says(0, "accept", 1)
    story.tick(31)
    reminded = story.send(31)
    story.tick(40)
    assert (reminded, story.send(40)) == ([("p0000", "reminder", "sms")], [])


def test_ten_minutes_after_the_start_a_seat_goes_to_the_next_and_the_fact_is_kept() -> None:
    story = Story(several(2))
    story.says(0, "accept", 1)
    story.says(1, "accept", 2)
    story.tick(69)
    before = story.of(0).seat
    story.tick(70)
    missed = story.of(0)
    assert (before, missed.seat, missed.no_show_at, story.of(1).seat) == (1, None, at(70), 1)
    assert missed.accepted_at == at(1)


def test_who_said_they_come_half_an_hour_later_is_not_missed_until_then() -> None:
    story = Story(several(1))
    story.says(0, "accept", 50, arrives_in_minutes=40)
    story.tick(75)
    assert story.of(0).seat == 1


def test_when_everybody_is_there_it_is_over() -> None:
    story = Story(several(2))
    story.says(0, "accept", 1)
    answering.arrived(story.book, story.of(0).id, at(55))
    assert (story.tick(56), story.callout.closed_reason) == ("closed", "filled")


def test_a_need_that_is_not_filled_in_time_expires_and_tells_those_it_woke() -> None:
    story = Story(several(2), seats=2)
    story.send(0)
    state = story.tick(181)
    assert (state, len(story.send(181))) == ("expired", 2)


# Whom to ask


def test_the_next_tier_opens_when_nobody_of_this_one_is_left() -> None:
    story = Story([person(n, tier=1 + n // 2) for n in range(4)], seats=4)
    assert (story.look(2), story.callout.tier) == (["p0002", "p0003"], 2)


def test_at_hand_first_then_the_least_asked() -> None:
    people = [
        msgspec.structs.replace(person(n), standing=standing)
        for n, standing in enumerate(["2h", "30min", "now", "30min"])
    ]
    asked = {"p0001": at(-60)}
    order = [c.person for c in sort_out(people, Roster(), need(), at(), RULES, {}, asked)[0]]
    assert order == ["p0002", "p0003", "p0001", "p0000"]


def test_who_is_asked_elsewhere_is_not_asked_here_but_a_drill_keeps_nobody() -> None:
    story = Story(several(1))
    other = life.open_need(story.book, need(1, key="other"), BLAST, at())
    drill = life.open_need(story.book, need(1, key="drill"), BLAST, at(), drill=True)
    assert asking.busy_people(story.book, other) == {"p0000": "asked_elsewhere"}
    assert asking.busy_people(story.book, drill) == {"p0000": "asked_elsewhere"}
    assert asking.busy_people(story.book, story.callout) == {"p0000": "asked_already"}


def test_all_methods_go_in_the_first_minute_for_the_top_severity() -> None:
    critical = msgspec.structs.replace(need(1), severity="critical")
    steps = ready([person(0)], critical)[0].steps
    assert [(step.kind, step.after_seconds) for step in steps] == [("sms", 0), ("voice", 0)]


def test_silence_for_the_stated_time_is_no_answer() -> None:
    story = Story(several(1))
    story.send(0)
    story.tick(44)
    before = story.of(0).state
    story.tick(46)
    assert (before, story.of(0).state) == ("contacting", "no_answer")


# The forecast


def test_silence_makes_a_yes_less_likely_and_an_answer_corrects_the_prior() -> None:
    habit = Habit(yes_share=0.4, median_seconds=360)
    chances = [habit.will_say_yes(60.0 * minutes, None) for minutes in (0, 5, 20, 60)]
    assert chances == sorted(chances, reverse=True)
    asked = [Asked(channel="sms", tier=1, local_hour=3, seconds=600, yes=n < 10) for n in range(20)]
    factors = learned(asked, {})
    assert factors["sms"] > 1.5
    assert habit_of("sms", 1, 3, factors).yes_share > PRIORS["sms"].yes_share


def test_more_are_asked_when_those_asked_stay_silent() -> None:
    story = Story([person(n) for n in range(250)], seats=30, policy=POLICY)
    first = len(story.book.offers)
    story.send(0)
    more = [len(story.look(minute)) for minute in (0.5, 2, 4)]
    assert (first < 100, more[0] < 3, more[1] > 5) == (True, True, True)


# Limits and settings


def test_a_person_is_rung_three_times_in_a_quarter_of_an_hour_at_most() -> None:
    sent = [at(0), at(1), at(2)]
    assert (earliest(sent[:2], at(3)), earliest(sent, at(3))) == (at(3), at(15))


def test_the_policy_is_stamped_at_the_start_and_a_later_edit_leaves_it_be() -> None:
    policy = CalloutPolicy(grace=timedelta(minutes=7)).stamped("v1")
    story = Story(several(1), policy=policy)
    assert (story.callout.policy.version, story.callout.policy.grace_seconds) == ("v1", 420.0)


def test_a_drill_and_a_true_need_never_share_a_key() -> None:
    story = Story(several(1))
    with pytest.raises(RefusedError, match="drill"):
        life.open_need(story.book, need(1), BLAST, at(), drill=True)


def test_a_refused_decision_leaves_nothing_behind() -> None:
    story = Story(several(2), seats=2)
    story.says(0, "accept", 1)
    story.says(1, "accept", 1)
    story.book.take_changes()
    story.book.begin()
    with pytest.raises(RefusedError):
        life.revise(story.book, story.id, (Quota(seats=1),), at(420), "kim", at(2))
    story.book.undo()
    assert story.book.take_changes() == []
