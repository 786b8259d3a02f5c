"""Do the guards of a worker bark when they should, and only then?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.errors import InvalidEventError, WrongSettingError
from streams.events.codec import decode
from streams.events.control import DeadLettered
from streams.kafka import Record
from streams.processors.letters import KEPT_BYTES, LetterLimit, Letters, TooManyLettersError
from streams.processors.settings import StreamsSettings
from streams.processors.watchdog import Patience

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = Record("t1-contacts", 4, 17, 0, None, b"?")
WHY = InvalidEventError("malformed", "", "is not JSON")


def letters(limit: int = 3) -> Letters:
    return Letters(lambda raw: f"sealed {len(raw)}", LetterLimit(limit), NOW)


def looks(*seen: tuple[float, int, int], idle: bool = True) -> list[list[int]]:
    """What is found at each look, given (now, position, end) of one partition."""
    patience = Patience(30.0)
    return [
        patience.look({0: position}, {0: end}, idle=idle, now=now) for now, position, end in seen
    ]


def test_a_partition_that_stands_still_while_records_wait_is_found() -> None:
    assert looks((0.0, 5, 9), (20.0, 5, 9), (30.0, 5, 12)) == [[], [], [0]]


def test_a_partition_that_moves_however_slowly_is_left_alone() -> None:
    assert looks(*((29.0 * n, n, 1000) for n in range(6))) == [[]] * 6


def test_a_partition_with_nothing_to_read_may_stand_still_for_ever() -> None:
    assert looks((0.0, 5, 5), (1e6, 5, 5), (1e6 + 1, 5, 6)) == [[], [], []]


def test_a_partition_that_waits_its_turn_in_a_backlog_is_left_alone() -> None:
    assert looks((0.0, 5, 9), (20.0, 5, 9), (90.0, 5, 9), idle=False) == [[], [], []]


def test_a_log_that_ends_before_what_was_folded_is_found() -> None:
    assert looks((0.0, 500, 3), (30.0, 500, 4)) == [[], [0]]


def test_after_a_rebalance_patience_begins_anew() -> None:
    patience = Patience(30.0)
    patience.look({0: 5}, {0: 9}, idle=True, now=0.0)
    patience.forget()
    assert patience.look({0: 5}, {0: 9}, idle=True, now=40.0) == []


def test_a_letter_says_where_and_why_and_holds_the_bytes_sealed() -> None:
    box = letters()
    box.add(RECORD, "contacts", 2, b"x" * (KEPT_BYTES + 1), WHY)
    (outgoing,) = box.outgoing()
    letter = decode(outgoing.value or b"")
    assert isinstance(letter, DeadLettered)
    data = letter.data
    assert (data.topic, data.partition, data.offset, data.index) == ("contacts", 4, 17, 2)
    assert (data.reason, data.sealed, data.truncated) == (
        "malformed", f"sealed {KEPT_BYTES}", True
    )  # fmt: skip


def test_the_same_event_refused_again_gives_a_letter_with_the_same_id() -> None:
    ids = set()
    for _ in range(2):
        box = letters()
        box.add(RECORD, "contacts", 2, b"x", WHY)
        ids.add(decode(box.outgoing()[0].value or b"").id)
    assert len(ids) == 1


@pytest.mark.parametrize(
    "quoted", ["+821012345678", "010-1234-5678", "+1 (202) 555 0143", "02.123.4567"]
)
def test_a_number_quoted_by_a_decoder_is_not_kept_in_the_clear(quoted: str) -> None:
    box = letters()
    why = InvalidEventError("invalid", "data.channel", f"Invalid enum value '{quoted}'")
    box.add(RECORD, "contacts", 0, b"x", why)
    letter = decode(box.outgoing()[0].value or b"")
    assert isinstance(letter, DeadLettered)
    assert not any(character.isdigit() for character in letter.data.detail.strip("'+1 ("))


def test_letters_in_a_row_stop_the_worker_at_the_limit() -> None:
    box = letters(limit=3)
    box.add(RECORD, "contacts", 0, b"x", WHY)
    box.add(RECORD, "contacts", 1, b"x", WHY)
    with pytest.raises(TooManyLettersError):
        box.add(RECORD, "contacts", 2, b"x", WHY)


def test_a_good_event_between_begins_the_row_anew() -> None:
    box = letters(limit=3)
    for _ in range(5):
        box.add(RECORD, "contacts", 0, b"x", WHY)
        box.good()
    assert len(box.outgoing()) == 5


def test_settings_are_read_and_only_names_processors_that_exist() -> None:
    settings = StreamsSettings.from_env({"SURGELINE_CENTRE": "c.toml"}, only="surge, tally")
    assert settings.processors == ("surge", "tally")
    assert settings.connections.centre == Path("c.toml")
    with pytest.raises(WrongSettingError, match="--only names quake"):
        StreamsSettings.from_env({}, only="quake")


def test_a_worker_listens_on_loopback_only() -> None:
    with pytest.raises(WrongSettingError, match="loopback"):
        StreamsSettings.from_env({"SURGELINE_HOST": "0.0.0.0"})  # noqa: S104
