"""Keys that are put away are found again, each with its own bytes."""

import random

from streams.domain.detection.packing import SIZE
from streams.domain.detection.quiet import QuietKeys


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
