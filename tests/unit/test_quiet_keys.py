"""Keys that are put away are found again, each with its own bytes."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.centre_file import load_centre
from streams.domain.detection.packing import SIZE
from streams.domain.detection.quiet import QuietKeys
from streams.domain.detection.surge import SurgeWatch
from streams.events.demand import PulseData


def bytes_of(key: str) -> bytes:
    return random.Random(key).randbytes(SIZE)


def test_each_of_very_many_keys_comes_back_as_it_was_put_away_and_only_once() -> None:
    quiet = QuietKeys()
    names = [f"topic:t{number}" for number in range(100_000)]
    for name in names:
        quiet.put(name, bytes_of(name))
    assert len(quiet) == len(names)
    taken = random.Random(1).sample(names, 1000)
    assert [quiet.take(name) for name in taken] == [bytes_of(name) for name in taken]
    assert [quiet.take(name) for name in taken] == [None] * 1000
    assert not any(name in quiet for name in taken)
    left = set(names) - set(taken)
    assert dict(quiet.items()) == {name: bytes_of(name) for name in left}


def test_a_name_within_other_bytes_is_not_taken_for_a_key() -> None:
    quiet = QuietKeys()
    inside = len(b"country:JP").to_bytes(2, "little") + b"country:JP"
    quiet.put("topic:한강", inside.ljust(SIZE, b"\0"))
    # The same shelf, whichever it is, for there is but one: all shelves hold this one's bytes.
    shelf = next(held for held in quiet._shelves if held)
    quiet._shelves = [shelf] * len(quiet._shelves)
    assert "country:JP" not in quiet
    assert quiet.take("topic:한강") == inside.ljust(SIZE, b"\0")


def pulse(key: str, at: datetime) -> PulseData:
    return PulseData(key=key, partition=0, second=at, first_attempts=2, revision=1)


def test_a_key_that_was_put_away_among_thousands_stands_where_it_would_have_stood() -> None:
    centre = load_centre(Path(__file__).parents[2] / "centre.toml")
    crowded, alone = SurgeWatch(centre), SurgeWatch(centre)
    began = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
    for number in range(2500):
        crowded.observe(pulse(f"topic:t{number}", began), began)
    alone.observe(pulse("topic:t7", began), began)
    for watch in (crowded, alone):
        for minutes in range(0, 180, 5):
            now = began + timedelta(minutes=minutes)
            watch.observe(pulse("total", now), now)
            watch.tick(now)
    assert len(crowded._keys.quiet) == 2500
    back = began + timedelta(hours=3)
    for watch in (crowded, alone):
        watch.observe(pulse("topic:t7", back), back)
    assert len(crowded._keys.quiet) == 2499
    assert crowded.rise("topic:t7", back) == alone.rise("topic:t7", back)
    assert crowded.expected("topic:t7", back) == alone.expected("topic:t7", back) > 0
