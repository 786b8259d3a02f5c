"""Service state, waits and seats ahead on the board: what is not known is never a number."""

import re
from datetime import timedelta

import msgspec
import pytest

from services.boards.board import Board
from services.boards.build import build
from services.boards.fold import Fold
from services.boards.levels import Titles
from services.boards.service import STATES, UNKNOWN, service_of
from services.boards.snapshot import QueueWait, Service, Title
from services.boards.waits import Waits
from streams.events.surges import SeatsData, Tier, WaitData
from tests.support.board_story import Story
from tests.unit.test_boards_fold import CENTRE, END, fold_all
from tests.unit.test_boards_parts import seats
from tests.unit.test_boards_service import samples
from tests.unit.test_service_state import surge

ALL_SEATS = 39


def after(minutes: int) -> Fold:
    """The board `minutes` into the surge."""
    story = Story(END, surge=timedelta(minutes=minutes), day="2026-03-11")
    return fold_all(list(story.records()))


def plan(needed: int, staffed: int) -> SeatsData:
    return msgspec.structs.replace(seats(needed, staffed), pool="all", needed_low=needed - 4)


def state(tiers: list[Tier], needed: int, staffed: int) -> Service:
    return service_of([surge(tier) for tier in tiers], plan(needed, staffed), ALL_SEATS)


@pytest.mark.parametrize(
    ("tiers", "needed", "staffed", "said", "numbers"),
    [
        ([], 7, 8, "Normal", "7 seats needed, all staffed"),
        ([], 9, 7, "Partial", "9 seats needed, 2 short"),
        (["alert"], 20, 24, "Partial", "20 seats needed, all staffed"),
        (["watch", "alert"], 30, 24, "Overloaded", "30 seats needed, 6 short"),
        (["alert"], 44, 39, "MajorIncidentInProgress", "40 or more needed, 39 exist"),
    ],
)
def test_the_state_is_said_with_the_numbers_that_its_rule_goes_by(
    tiers: list[Tier], needed: int, staffed: int, said: str, numbers: str
) -> None:
    service = state(tiers, needed, staffed)

    assert (service.state, service.reason.en) == (said, numbers)
    assert re.findall(r"\d+", service.reason.ko) == re.findall(r"\d+", service.reason.en)
    assert ("surge on country:JP" in service.rule) == ("alert" in tiers)


def test_every_state_has_words_in_both_languages() -> None:
    for title in (*STATES.values(), UNKNOWN.title, UNKNOWN.reason):
        assert re.search(r"[가-힣]", title.ko)
        assert title.en
        assert not re.search(r"[가-힣]", title.en)


def test_without_a_plan_the_state_is_not_known_rather_than_normal() -> None:
    assert service_of([], None, ALL_SEATS).state is None
    assert build(Fold(CENTRE), END, 1).service == UNKNOWN


def test_the_state_goes_by_the_people_who_sit_there_now() -> None:
    early, late = build(after(4), END, 1), build(after(27), END, 1)

    assert (early.seats.staffed, late.seats.staffed) == (9, 34)
    assert early.service.reason.en == "46 seats needed, 37 short"
    assert late.service.reason.en == "46 seats needed, 12 short"
    assert early.service.state == late.service.state == "Overloaded"
    assert build(after(0), END, 1).service.state == "Normal"


def test_a_wait_is_shown_as_it_was_said_with_its_mark() -> None:
    main, english = build(after(27), END, 1).waits

    assert (main.queue, main.p50_seconds, main.p90_seconds) == ("main", 250, 570)
    assert main.volume_has_risen
    assert (english.p50_seconds, english.p90_seconds) == (None, None)
    assert english.unknown == "nobody_staffed"


def test_an_estimate_does_not_outlive_the_word_that_nothing_is_known() -> None:
    waits = Waits(["main"])
    waits.observe(WaitData(queue="main", p50_seconds=60, p90_seconds=90, method="queue_length"))
    waits.observe(WaitData(queue="main", unknown="line_not_moving", ahead=7))

    assert waits.all(Titles({})) == (
        QueueWait(queue="main", title=Title("main", "main"), unknown="line_not_moving", ahead=7),
    )


def test_half_an_estimate_is_none() -> None:
    waits = Waits([])
    waits.observe(WaitData(queue="extra", p50_seconds=60))

    [wait] = waits.all(Titles({}))
    assert (wait.p50_seconds, wait.p90_seconds, wait.unknown) == (None, None, "not_heard")


def test_every_queue_of_the_centre_is_there_before_anything_was_said_of_it() -> None:
    waits = build(Fold(CENTRE), END, 1).waits

    assert [(wait.queue, wait.unknown) for wait in waits] == [
        ("main", "not_heard"),
        ("english", "not_heard"),
    ]


def test_seats_ahead_who_helps_first_and_the_numbers_in_use_are_those_of_the_plan() -> None:
    shown = build(after(27), END, 1).seats

    assert [(a.minutes, a.needed, a.needed_high) for a in shown.ahead] == [
        (0, 9, 18),
        (15, 28, 37),
        (30, 37, 46),
        (60, 42, 51),
        (120, 46, 55),
    ]
    assert shown.first == "volunteers"
    assert (shown.handle_seconds, shown.patience_seconds) == (270, 380)


def test_who_may_go_home_is_said_for_the_centre_and_for_the_pool() -> None:
    fold = Fold(CENTRE)
    for pool in ("all", "volunteers"):
        fold.desks.plan(msgspec.structs.replace(seats(9, 20), pool=pool, release=4))

    shown = build(fold, END, 1).seats

    assert shown.release == 4
    assert [(pool.pool, pool.release) for pool in shown.pools] == [
        ("counselors", 0),
        ("volunteers", 4),
    ]


def test_before_a_plan_is_heard_nothing_ahead_is_said() -> None:
    shown = build(Fold(CENTRE), END, 1).seats

    assert (shown.ahead, shown.first, shown.release) == ((), None, 0)
    assert (shown.handle_seconds, shown.patience_seconds) == (None, None)


def test_metrics_have_the_state_the_waits_and_the_seats_ahead() -> None:
    shown = Board(after(27))
    shown.make(END)

    told = samples(shown)

    assert {name: told["surgeline_service_state", (name,)] for name in STATES} == {
        "Normal": 0,
        "Partial": 0,
        "Overloaded": 1,
        "MajorIncidentInProgress": 0,
    }
    assert told["surgeline_estimated_wait_seconds", ("main", "0.5")] == 250
    assert told["surgeline_estimated_wait_seconds", ("main", "0.9")] == 570
    assert told["surgeline_seats_needed_ahead", ("60", "median")] == 42
    assert told["surgeline_seats_needed_ahead", ("60", "high")] == 51
    assert told["surgeline_seats_called_first", ("volunteers",)] == 1
    assert told["surgeline_handle_seconds", ()] == 270
    assert told["surgeline_patience_seconds", ()] == 380


def test_what_is_not_known_has_no_sample() -> None:
    shown, surging = Board(Fold(CENTRE)), Board(after(27))
    shown.make(END)
    surging.make(END)

    # What is counted begins with nought; what is estimated is not there until it is known.
    unsure = re.compile("service|seats|handle|patience|estimated")
    counted = re.compile("_(count|sum|total)$")
    told = [name for name, _ in samples(shown) if not counted.search(name)]
    assert not [name for name in told if unsure.search(name)]
    waits = [labels for name, labels in samples(surging) if "estimated_wait" in name]
    assert waits == [("main", "0.5"), ("main", "0.9")]
