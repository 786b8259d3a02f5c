"""Do the parts of the board's fold keep their promises one by one?"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from services.boards.demand import PulseWindow
from services.boards.freshness import Ages, Poll
from services.boards.journal import Journal
from services.boards.levels import Levels
from services.boards.poisson import middle
from services.boards.shares import shares_of, whole_percents
from services.boards.snapshot import Title
from services.boards.tallies import Sum, Tallies
from streams.domain.contacts.outcomes import RequestOutcome
from streams.events.demand import PulseData, QueueCounts, QueueData
from streams.events.surges import SeatsData, SurgeData, SurgeDeclared, SurgeRevised
from streams.topics import CALLBACKS, CONTACTS, QUEUES

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def pulse(second: int, people: int, partition: int = 0, key: str = "total") -> PulseData:
    at = NOON + timedelta(seconds=second)
    return PulseData(key=key, partition=partition, second=at, first_attempts=people)


def test_a_later_pulse_of_a_second_replaces_the_earlier() -> None:
    window = PulseWindow()
    for one in (pulse(5, 1), pulse(5, 3), pulse(5, 2), pulse(5, 4, partition=1), pulse(65, 9)):
        window.observe(one)

    assert window.minutes("total", NOON, 2) == [(6, 0), (9, 0)]


def test_an_older_revision_of_a_second_that_comes_late_changes_nothing() -> None:
    window = PulseWindow()
    window.observe(msgspec.structs.replace(pulse(5, 3), revision=2))

    assert window.observe(msgspec.structs.replace(pulse(5, 1), revision=1)) is False
    assert window.minutes("total", NOON, 1) == [(3, 0)]


def test_pulses_older_than_the_window_are_let_go() -> None:
    window = PulseWindow()
    window.observe(pulse(0, 5))
    window.observe(pulse(3 * 3600, 1))

    assert window.people("total", NOON, NOON + timedelta(hours=4)) == 1
    assert window.observe(pulse(10, 5)) is False
    assert window.totals == {"total": 6}


def test_keys_that_the_board_does_not_show_are_not_kept() -> None:
    window = PulseWindow()

    assert window.observe(pulse(5, 1, key="agent:visa")) is False
    assert window.keys() == set()


def counts(*, requests: int = 0, contacts: int = 0) -> dict[str, QueueCounts]:
    return {"main": QueueCounts(requests=requests, contacts=contacts)}


def test_each_partition_counts_once_by_its_latest_report() -> None:
    tallies = Tallies()
    day = "2026-03-11"
    tallies.observe(QueueData(partition=0, offset=1, counts={day: counts(requests=5)}))
    tallies.observe(QueueData(partition=1, offset=7, counts={day: counts(requests=2)}))
    tallies.observe(QueueData(partition=0, offset=3, counts={day: counts(requests=6)}))

    assert tallies.day(day).requests == 8
    assert tallies.offsets == {0: 3, 1: 7}


def test_a_day_that_is_no_longer_reported_still_counts_towards_all_days() -> None:
    tallies = Tallies()
    first, second = {"2026-03-10": counts(contacts=4)}, {"2026-03-11": counts(contacts=1)}
    tallies.observe(QueueData(partition=0, offset=1, counts=first))
    tallies.observe(QueueData(partition=0, offset=2, counts=second))

    assert tallies.queues()["main"].contacts == 5


def test_who_was_moved_to_a_callback_counts_as_answered_too_late() -> None:
    told = Sum(contacts=20, waiting=2, short_abandoned=3, deflected=1, answered=9, handed_over=5)

    assert told.judged() == 14


@pytest.mark.parametrize(
    ("parts", "percents"),
    [
        ([1, 1, 1], [34, 33, 33]),
        ([0, 0, 0], [0, 0, 0]),
        ([999, 1, 0], [100, 0, 0]),
        ([1, 2, 5], [13, 25, 62]),
    ],
)
def test_whole_percents_add_up_to_a_hundred(parts: list[int], percents: list[int]) -> None:
    assert whole_percents(parts) == percents


def test_handed_over_without_a_known_promise_is_an_open_callback() -> None:
    queues = Sum(requests=10, answered_live=4, handed_over=5, lost={"no_number": 1})
    known = {RequestOutcome("callback_open"): 1, RequestOutcome("callback_completed"): 2}

    shares = shares_of("2026-03-11", queues, known)

    people = {part.name: part.people for part in shares.parts}
    assert people["callback_open"] == 3
    assert sum(people.values()) == shares.total == 10


def test_a_promise_heard_of_before_the_queue_has_let_go_is_not_counted_twice() -> None:
    queues = Sum(requests=3, waiting=2, answered_live=1)

    shares = shares_of("2026-03-11", queues, {RequestOutcome("lost", "unreachable"): 1})

    assert {part.name: part.people for part in shares.parts if part.people} == {
        "answered_live": 1,
        "waiting": 1,
        "lost": 1,
    }
    assert shares.lost_reasons == {"unreachable": 1}


def test_those_who_reached_us_first_were_answered_live() -> None:
    queues = Sum(requests=3, answered_live=1, handed_over=2)
    known = {RequestOutcome("answered_live"): 1, RequestOutcome("callback_open"): 1}

    shares = shares_of("2026-03-11", queues, known)

    people = {part.name: part.people for part in shares.parts if part.people}
    assert people == {"answered_live": 2, "callback_open": 1}


def surge(
    kind: type[SurgeDeclared] | type[SurgeRevised], revision: int, key: str, tier: str
) -> SurgeDeclared | SurgeRevised:
    at = NOON + timedelta(minutes=revision)
    data = SurgeData(
        episode="e",
        key=key,
        tier=tier,  # type: ignore[arg-type]
        started_at=NOON,
        declared_at=NOON,
        alerted_at=at if tier == "alert" else None,
        observed=11,
        expected=1.1,
        ratio=10,
        ratio_low=7,
        ratio_high=14,
        rate_per_hour=40,
        rate_low=30,
        rate_high=50,
        statistic=2,
        threshold=1,
        sentence="",
        revision=revision,
    )
    return kind(id=f"e-{revision}", source="/s", subject=key, time=at, data=data)


def test_a_surge_that_is_named_more_narrowly_leaves_its_old_key() -> None:
    levels = Levels()
    levels.observe(surge(SurgeDeclared, 0, "queue:main", "watch"))
    levels.observe(surge(SurgeRevised, 1, "queue:main", "alert"))
    levels.observe(surge(SurgeRevised, 2, "country:JP", "alert"))

    assert (levels.level("queue:main"), levels.level("country:JP")) == ("normal", "surge")
    until = NOON + timedelta(minutes=4)
    assert levels.strip("queue:main", until, timedelta(minutes=1), 5) == (0, 1, 2, 0, 0)
    assert levels.strip("country:JP", until, timedelta(minutes=1), 5) == (0, 0, 0, 2, 2)


def test_an_older_revision_that_comes_late_changes_nothing() -> None:
    levels = Levels()
    levels.observe(surge(SurgeDeclared, 0, "queue:main", "watch"))
    levels.observe(surge(SurgeRevised, 2, "queue:main", "alert"))

    assert levels.observe(surge(SurgeRevised, 1, "queue:main", "watch")) is None
    assert levels.level("queue:main") == "surge"


def seats(needed: int, staffed: int) -> SeatsData:
    return SeatsData(
        pool="counselors",
        needed=needed,
        needed_low=needed,
        needed_high=needed,
        staffed=staffed,
        available=0,
        gap=max(0, needed - staffed),
        offered_load_erlangs=1.0,
        reason="",
    )


def test_seats_are_told_when_they_are_asked_for_and_when_they_are_filled() -> None:
    journal = Journal()
    for minute, (needed, staffed) in enumerate([(9, 9), (20, 9), (21, 9), (24, 9), (24, 24)]):
        journal.seats(seats(needed, staffed), NOON + timedelta(minutes=minute))

    told = [(made.kind, made.number, made.of) for made in journal.latest(None, LATER, 9)]
    assert told == [("seats_covered", 24, 24), ("seats_asked", 24, 9), ("seats_asked", 20, 9)]


def test_people_who_sit_down_together_are_one_line() -> None:
    journal, pool = Journal(), Title("상담원", "counselors")
    for second in (0, 30, 200, 400):
        journal.signed_in(NOON + timedelta(seconds=second), pool)

    assert [(made.number, made.at - NOON) for made in journal.latest(None, LATER, 9)] == [
        (1, timedelta(seconds=400)),
        (3, timedelta(seconds=200)),
    ]


def test_at_the_same_moment_a_surge_comes_before_the_seats_it_asks_for() -> None:
    title, fact = Title("일본", "Japan"), surge(SurgeDeclared, 0, "country:JP", "alert")
    told = []
    for surge_first in (True, False):
        journal = Journal()
        change = Levels().observe(fact)
        assert change is not None
        if surge_first:
            journal.level(fact.data, title, change, NOON)
        journal.seats(seats(20, 9), NOON)
        if not surge_first:
            journal.level(fact.data, title, change, NOON)
        told.append([made.kind for made in journal.latest(None, LATER, 9)])

    assert told == [["seats_asked", "surge_declared"]] * 2


def test_a_rehearsal_tells_nothing_of_the_days_around_it() -> None:
    journal, pool = Journal(), Title("상담원", "counselors")
    for at in (NOON - timedelta(days=2), NOON, NOON + timedelta(days=5)):
        journal.signed_in(at, pool)

    assert [made.at for made in journal.latest(NOON, LATER, 9)] == [NOON]


def test_numbers_are_as_old_as_the_last_moment_when_they_held_the_whole_log() -> None:
    ages = Ages()
    topics = {topic: {0: 4} for topic in ("surges", "seats", "agents", "pulses")}
    ends = {**topics, QUEUES.name: {0: 9}, CALLBACKS.name: {}, CONTACTS.name: {3: 7}}
    ages.polled(Poll(NOON, ends))

    behind = ages.read({QUEUES.name: {0: 9}, CONTACTS.name: {3: 6}}, NOON + timedelta(seconds=2))
    current = ages.read({QUEUES.name: {0: 9}, CONTACTS.name: {3: 7}}, NOON + timedelta(seconds=3))

    assert behind["queues"].age is None
    assert current["queues"].age == 3.0
    assert current["callbacks"].age == 3.0
    assert current["surges"].age is None


def test_a_tally_that_stands_still_makes_the_waiting_numbers_old() -> None:
    ages, folded = Ages(), {QUEUES.name: {0: 1}, CONTACTS.name: {0: 5}}
    for second in range(20):
        at = NOON + timedelta(seconds=second)
        ages.polled(Poll(at, {QUEUES.name: {0: 1}, CONTACTS.name: {0: 5 + (second > 3)}} | REST))
        ages.read(folded, at)

    assert ages.read(folded, NOON + timedelta(seconds=20))["queues"].age == 17.0


REST: dict[str, dict[int, int]] = {
    topic: {} for topic in ("surges", "seats", "agents", "pulses", "callbacks", "callouts")
}


def test_the_usual_range_of_a_minute_grows_with_what_is_expected() -> None:
    assert middle(0.0) == (0, 0)
    assert middle(0.76) == (0, 5)
    assert middle(25.0) == (11, 42)
    low, high = middle(1000.0)
    assert (low, high) == (902, 1098)
