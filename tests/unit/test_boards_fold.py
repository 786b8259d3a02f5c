"""Does the board say what the facts amount to, whatever is repeated and however often?"""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.boards.build import build
from services.boards.fold import Fold
from services.boards.snapshot import Snapshot
from streams.centre_file import load_centre
from streams.events.codec import decode
from streams.kafka import Outgoing
from tests.support.board_story import Story, cleared

END = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
CENTRE = load_centre(ROOT / "centre.toml")


@pytest.fixture
def story() -> Story:
    return Story(END, surge=timedelta(minutes=27), day="2026-03-11")


def fold_all(records: list[Outgoing]) -> Fold:
    fold = Fold(CENTRE)
    offsets: dict[tuple[str, int], int] = {}
    for record in records:
        place = record.topic.name, record.target()
        offset = offsets[place] = offsets.get(place, -1) + 1
        fold.observe(*place, offset, END, decode(record.value or b""))
    return fold


def shares(snapshot: Snapshot) -> dict[str, int]:
    return {part.name: part.people for part in snapshot.shares.parts if part.people}


def test_the_board_shows_what_the_afternoon_amounted_to(story: Story) -> None:
    snapshot = build(fold_all(list(story.records())), END, 1)

    told = {name: people for name, people in story.told.requests.items() if people}
    assert shares(snapshot) == told
    assert snapshot.shares.total == sum(told.values())
    assert sum(part.percent for part in snapshot.shares.parts) == 100
    assert snapshot.callbacks.open == story.told.callbacks["open"]
    assert snapshot.waiting == story.told.requests["waiting"]
    assert snapshot.longest_waiting_since == story.waiting_since


def test_the_chart_holds_everybody_who_called_in_its_minutes(story: Story) -> None:
    snapshot = build(fold_all(list(story.records())), END, 1)

    assert len(snapshot.arrivals.first_attempts) == 90
    assert sum(snapshot.arrivals.first_attempts) == story.told.people["total"]
    assert max(snapshot.arrivals.high[:60]) < max(snapshot.arrivals.first_attempts)


def test_facts_that_come_twice_change_nothing(story: Story) -> None:
    records = list(story.records())
    again = [record for record in records if record.topic.name != "queues"]
    random.Random(1).shuffle(again)

    once, twice = build(fold_all(records), END, 1), build(fold_all(records + again), END, 1)

    assert shares(twice) == shares(once)
    assert twice.arrivals == once.arrivals
    assert twice.headline == once.headline
    assert twice.callbacks == once.callbacks


def test_the_headline_names_the_surge_its_evidence_and_since_when(story: Story) -> None:
    snapshot = build(fold_all(list(story.records())), END, 1)

    key = snapshot.headline.key
    assert key is not None
    assert (snapshot.headline.level, key.key, key.title.ko) == ("surge", "country:JP", "일본")
    assert key.started_at == story.began
    assert key.declared_at == story.began + timedelta(seconds=9)


def test_every_key_that_the_same_rise_has_raised_is_up(story: Story) -> None:
    snapshot = build(fold_all(list(story.records())), END, 1)

    levels = {row.key: row.level for row in snapshot.missions}
    assert levels == {
        "total": "surge",
        "country:JP": "surge",
        "country:CN": "normal",
        "country:VN": "normal",
        "country:US": "normal",
    }
    strip = next(row.strip for row in snapshot.missions if row.key == "country:JP")
    assert strip == (0,) * 14 + (2,) * 6


def test_after_the_surge_the_board_is_calm_and_says_when_it_ended(story: Story) -> None:
    ended = END + timedelta(seconds=1)
    records = [*story.records(), cleared(story, ended)]

    snapshot = build(fold_all(records), END + timedelta(minutes=1), 1)

    assert snapshot.headline.level == "normal"
    assert snapshot.headline.last_cleared_at == ended
    assert snapshot.levels == ()
    assert snapshot.decisions[0].kind == "surge_cleared"


def test_seats_are_staffed_by_the_people_who_sit_there(story: Story) -> None:
    snapshot = build(fold_all(list(story.records())), END, 1)

    seats = snapshot.seats
    assert (seats.staffed, seats.needed, seats.short) == (34, 46, 12)
    assert (seats.needed_low, seats.needed_high) == (38, 55)
    assert {pool.pool: pool.staffed for pool in seats.pools} == {"counselors": 24, "volunteers": 10}


def test_the_snapshot_carries_the_offsets_it_reflects(story: Story) -> None:
    records = list(story.records())
    snapshot = build(fold_all(records), END, 1)

    queues = sum(1 for record in records if record.topic.name == "queues")
    assert snapshot.offsets["queues"] == {"0": queues - 1}
    assert snapshot.offsets["contacts"] == {"0": -1}


def test_a_promise_that_has_passed_is_overdue(story: Story) -> None:
    fold = fold_all(list(story.records()))

    later = build(fold, END + timedelta(hours=5), 1)

    assert later.callbacks.overdue == later.callbacks.open == story.told.callbacks["open"]


def test_before_anything_is_heard_the_board_shows_nothing_rather_than_good_news() -> None:
    snapshot = build(Fold(CENTRE), END, 1)

    assert snapshot.in_target.share is None
    assert snapshot.seats.needed is None
    assert all(fresh.age is None for fresh in snapshot.ages.values())
