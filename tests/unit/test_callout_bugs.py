"""Do we have the bugs that others found in their pagers? Each class of `paging.md` 4.4 by name."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.domain.callout import asking, findings, life, sending, ticking
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.candidates import sort_out
from streams.domain.callout.preview import preview
from streams.domain.people.roster import Roster
from streams.events.people import Span
from tests.support.callout_desk import ScriptedProvider, desk
from tests.support.callout_people import POLICY, RULES, at, need, person, ready


def started(seats: int = 3, people: int = 20, **more: object) -> tuple[CalloutBook, str]:
    book = CalloutBook(1)
    callout = life.open_need(book, need(seats, **more), POLICY, at())  # type: ignore[arg-type]
    life.start(book, callout.id, POLICY, "kim", at(), unseen=True)
    candidates = ready([person(n) for n in range(people)], callout.need)
    asking.look(book, callout.id, candidates, at())
    return book, callout.id


def test_two_overlapping_runs_do_not_advance_the_same_escalation_twice() -> None:
    book, callout = started()
    before = len(list(book.offers_of(callout)))
    candidates = ready([person(n) for n in range(20)], book.callout(callout).need)
    again = asking.look(book, callout, candidates, at())
    assert (again, len(list(book.offers_of(callout)))) == ([], before)


def test_a_crash_between_insert_and_status_change_leaves_nothing_that_no_job_looks_at() -> None:
    book, callout = started()
    reread = CalloutBook(2)
    for change in book.take_changes():
        reread.load(change.state)
    due = {offer.id for offer, _ in sending.due(reread, at(3))}
    assert due == {offer.id for offer in reread.offers_of(callout)}


def test_a_healthy_long_wait_is_not_killed_so_the_last_loudest_page_still_goes_out() -> None:
    book, callout = started()
    first = next(book.offers_of(callout))
    sms = first.attempts[0]
    claimed = sending.claim(book, sms.id, "", at(), at())
    assert claimed is not None
    sending.heard(book, sms.id, claimed.fence, sending.Heard("accepted", "a", "r"), at(), at())
    ticking.tick(book, at(44))
    kinds = [attempt.kind for offer, attempt in sending.due(book, at(44)) if offer.id == first.id]
    assert kinds == ["voice"]


def test_an_override_applied_twice_pages_nobody_else() -> None:
    book, callout = started(seats=1, people=1)
    extra = ready([person(7)], book.callout(callout).need)[0]
    first = asking.add(book, callout, extra, at(1))
    second = asking.add(book, callout, extra, at(1))
    assert (first, len(list(book.offers_of(callout)))) == (second, 2)


async def test_notify_after_persist_lets_only_one_of_two_processes_page() -> None:
    provider = ScriptedProvider()
    one = desk([person(n, kinds=("sms",)) for n in range(3)], provider)
    async with one:
        made = await one.do(lambda book, now: life.open_need(book, need(1), POLICY, now))
        await one.do(lambda book, now: life.start(book, made.id, POLICY, "kim", now, unseen=True))
        await one.engine.look(made.id)
        rival = desk(one.people.everyone(), provider)
        rival.store = one.store
        rival.start()
        await rival.open()
        await one.send()
        await rival.send()
        assert {provider.times(message.attempt) for message in provider.sent} == {1}
        await rival.kill()


def test_a_night_of_the_time_change_has_its_true_hours() -> None:
    night = datetime(2026, 3, 28, 21, tzinfo=UTC)
    wanted = need(1)
    assert wanted.end - wanted.start == timedelta(hours=6)
    book = CalloutBook(1)
    spring = life.open_need(
        book,
        need(1, key="dst", start=night, end=night + timedelta(hours=8), expires_at=night),
        POLICY,
        night - timedelta(hours=1),
    )
    assert spring.need.end - spring.need.start == timedelta(hours=8)


def test_who_was_on_leave_until_the_end_of_the_month_is_asked_on_the_first_and_not_before() -> None:
    midnight = datetime(2026, 4, 1, tzinfo=UTC)
    away = person(1)
    away = type(away)(
        **{f: getattr(away, f) for f in away.__struct_fields__ if f != "leave"},
        leave=(Span(starts_at=midnight - timedelta(days=9), ends_at=midnight),),
    )
    wanted = need(1, start=midnight, end=midnight + timedelta(hours=6), expires_at=midnight)
    before = sort_out([away], Roster(), wanted, midnight - timedelta(minutes=1), RULES, {}, {})
    after = sort_out([away], Roster(), wanted, midnight, RULES, {}, {})
    assert ([n.reason for n in before[1]], len(after[0])) == (["leave"], 1)


def test_no_fixed_cap_makes_a_large_pool_look_like_nobody() -> None:
    people = [person(n) for n in range(5000)]
    assert len(ready(people, need(30))) == 5000


def test_the_preview_counts_everybody_and_not_the_first_hundred() -> None:
    book = CalloutBook(1)
    callout = life.open_need(book, need(30), POLICY, at())
    candidates = ready([person(n) for n in range(350)], callout.need)
    seen = preview(callout, POLICY, candidates, [], {}, 30)
    assert ([tier.ready for tier in seen.tiers], len(seen.order)) == ([350], 350)


def test_a_person_whose_name_cannot_be_opened_is_paged_and_ended_like_anybody() -> None:
    book = CalloutBook(1)
    callout = life.open_need(book, need(1), POLICY, at())
    life.start(book, callout.id, POLICY, "kim", at(), unseen=True)
    nameless = person(1, sealed="")
    asking.look(book, callout.id, ready([nameless], callout.need), at())
    life.stop(book, callout.id, "stopped", "kim", at(1))
    assert [offer.state for offer in book.offers_of(callout.id)] == ["stood_down"]


def test_two_people_with_one_number_are_both_asked() -> None:
    flatmates = [person(1, sealed="s1.same"), person(2, sealed="s1.same")]
    assert [c.person for c in ready(flatmates, need(2))] == ["p0001", "p0002"]


def test_an_open_offer_that_nothing_will_touch_again_is_found_and_repaired() -> None:
    book, callout = started(seats=1, people=2)
    offer = next(book.offers_of(callout))
    for attempt in offer.attempts:
        sending.claim(book, attempt.id, "opted_out", at(3), at(3))
    broken = type(offer)(
        **{f: getattr(book.offers[offer.id], f) for f in offer.__struct_fields__ if f != "state"},
        state="contacting",
    )
    book.put(broken, at(3))
    found = [f for f in findings.findings(book, at(5), at(5)) if f.subject == offer.id]
    repaired = [findings.repair(book, f, at(5), at(5)) for f in found]
    assert ([f.what for f in found], repaired) == (["contacting_without_attempt"], [True])
    assert findings.findings(book, at(5), at(5)) == [] or all(
        f.subject != offer.id for f in findings.findings(book, at(5), at(5))
    )


@pytest.mark.parametrize("seats", [1, 7])
def test_a_need_raised_twice_is_one_need(seats: int) -> None:
    book = CalloutBook(1)
    first = life.open_need(book, need(seats), POLICY, at())
    second = life.open_need(book, need(seats + 2), POLICY, at(1))
    assert (first.id, len(book.callouts)) == (second.id, 1)
