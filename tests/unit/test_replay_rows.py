"""Recordings: how a file is read, and what is said of each row."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from click.testing import CliRunner

from services.cli.replay import command
from services.replay.contacts import Retelling
from services.replay.pace import batches
from services.replay.rows import Columns, Recording, Row
from streams.errors import WrongSettingError
from streams.events.codec import decode
from streams.events.contacts import ContactArrived, ContactDeflected

SEOUL = ZoneInfo("Asia/Seoul")
HEADER = ("occurred_at", "key", "caller", "queue")
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(
        *rows: tuple[str, ...], header: tuple[str, ...] = HEADER, packed: bool = False
    ) -> Path:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, *rows])
        raw = ("\ufeff" + text.getvalue()).encode()
        path = tmp_path / ("contacts.csv.gz" if packed else "contacts.csv")
        path.write_bytes(gzip.compress(raw) if packed else raw)
        return path

    return make


def rows_of(path: Path, columns: Columns | None = None, zone: ZoneInfo | None = None) -> list[Row]:
    return list(Recording(path, columns or Columns(), zone).rows(None, None))


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_packed_or_plain(write: Write, packed: bool) -> None:
    path = write(("2026-03-10T05:00:00Z", "quake", "010-2222-3333", "english"), packed=packed)
    assert rows_of(path) == [
        Row(
            datetime(2026, 3, 10, 5, tzinfo=UTC),
            1,
            "2026-03-10T05:00:00Z",
            "quake",
            "010-2222-3333",
            "english",
        )
    ]


def test_rows_a_little_out_of_order_are_put_in_order(write: Write) -> None:
    seconds = [5, 1, 3, 2, 4]
    path = write(*((f"2026-03-10T05:00:0{n}Z",) for n in seconds), header=("occurred_at",))
    assert [row.time.second for row in rows_of(path)] == [1, 2, 3, 4, 5]


def test_only_the_asked_span_is_read_with_its_end_left_out(write: Write) -> None:
    path = write(*((f"2026-03-10T05:00:0{n}Z",) for n in range(5)), header=("occurred_at",))
    start = datetime(2026, 3, 10, 5, 0, 1, tzinfo=UTC)
    found = Recording(path, Columns(), None).rows(start, start + timedelta(seconds=2))
    assert [row.time.second for row in found] == [1, 2]


def test_times_without_a_zone_take_the_one_that_is_given(write: Write) -> None:
    path = write(("2026-03-10 14:00:00",), header=("occurred_at",))
    assert rows_of(path, zone=SEOUL)[0].time == datetime(2026, 3, 10, 5, tzinfo=UTC)


def test_times_without_any_zone_are_refused_with_the_option_to_use(write: Write) -> None:
    path = write(("2026-03-10 14:00:00",), header=("occurred_at",))
    with pytest.raises(WrongSettingError, match="--timezone Asia/Seoul"):
        rows_of(path)


@pytest.mark.parametrize(
    ("header", "columns", "said"),
    [
        (("timestamp_utc", "event"), Columns(), "perhaps --time-column timestamp_utc"),
        (("a", "b"), Columns(), "has no column 'occurred_at', it has a, b"),
        (
            ("occurred_at", "kee"),
            Columns(key="key", named=frozenset({"key"})),
            "perhaps --key-column kee",
        ),
    ],
)
def test_a_column_that_is_not_there_is_named_with_a_likely_one(
    write: Write, header: tuple[str, ...], columns: Columns, said: str
) -> None:
    with pytest.raises(WrongSettingError, match=said):
        rows_of(write(("x", "y"), header=header), columns)


def test_rows_that_cannot_be_read_are_counted_and_shown(write: Write) -> None:
    path = write(("yesterday",), ("2026-03-10T05:00:00Z",), ("",), header=("occurred_at",))
    recording = Recording(path, Columns(), None)
    assert len(list(recording.rows(None, None))) == 1
    assert recording.skipped.count == 2
    assert recording.skipped.examples[0] == "row 1: 'yesterday' is no ISO-8601 time"


@pytest.mark.parametrize("raw", [b"", b"\x1f\x8bbroken", b"occurred_at\n\xff\xfe\n"])
def test_what_is_no_recording_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(raw)
    with pytest.raises(WrongSettingError, match=r"contacts\.csv"):
        rows_of(path)


def a_row(**fields: str) -> Row:
    return Row(datetime(2012, 11, 7, 16, 37, tzinfo=UTC), 7, "2012-11-07T16:37:00Z", **fields)


def retelling(shift: timedelta = timedelta(days=5000)) -> Retelling:
    return Retelling(shift=shift, queue="main", region="KR")


def test_a_row_becomes_a_call_that_is_closed_at_once_and_keeps_its_time() -> None:
    told = [decode(orjson.dumps(event)) for event in retelling().events(a_row())]
    arrived, closed = told
    assert isinstance(arrived, ContactArrived)
    assert isinstance(closed, ContactDeflected)
    assert closed.data.reason == "prompt"
    assert arrived.time == closed.time == a_row().time + timedelta(days=5000)
    assert arrived.originaltime == a_row().time
    assert arrived.subject == closed.subject
    assert arrived.data.queue == "main"


def test_the_same_row_and_shift_give_the_same_ids_and_another_shift_others() -> None:
    one, same = (retelling().events(a_row())[0]["id"] for _ in range(2))
    other = retelling(timedelta(days=5001)).events(a_row())[0]["id"]
    assert one == same != other


def test_ids_do_not_follow_from_the_number() -> None:
    with_number, other = (
        retelling().events(a_row(caller=number)) for number in ("01022223333", "01044445555")
    )
    assert with_number[0]["id"] == other[0]["id"]
    assert with_number[0]["data"]["caller"] == "+821022223333"


def test_what_is_no_number_counts_as_withheld() -> None:
    story = retelling()
    assert "caller" not in story.events(a_row(caller="customer 7"))[0]["data"]
    assert story.without_number == 1


def test_a_key_becomes_a_topic_that_the_contract_allows() -> None:
    data = retelling().events(a_row(key="2012 Guatemala, earthquake!"))[0]["data"]
    assert data["topic"] == "2012-Guatemala-earthquake"


def test_a_batch_of_a_fast_replay_never_spans_more_than_its_step() -> None:
    begin = datetime(2026, 3, 10, tzinfo=UTC)
    times = [*range(0, 40, 3), 500, 501]
    made = batches(Row(begin + timedelta(seconds=n), n, "") for n in times)
    assert [(batch[0].time - begin).seconds for batch in made] == [0, 12, 24, 36, 500]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--timezone", "Mars/Olympus"], "no time zone"),
        (["--speed", "0"], "0<x"),
        (["--token", "t", "--from", "noon"], "--from 'noon' is no ISO-8601 time"),
        (["--token", "t", "--to", "2026-03-10"], "--to has no zone"),
        (["--data", "/nonexistent"], "no token"),
    ],
)
def test_wrong_use_is_answered_with_what_would_be_right(
    write: Write, arguments: list[str], said: str
) -> None:
    answer = CliRunner().invoke(command, [str(write(("2026-03-10T05:00:00Z",))), *arguments])
    assert answer.exit_code == 2
    assert said in answer.output


def test_an_empty_span_is_said_to_be_empty(write: Write) -> None:
    file = write(("2026-03-10T05:00:00Z",))
    answer = CliRunner().invoke(command, [str(file), "--token", "t", "--from", "2027-01-01T00:00Z"])
    assert answer.exit_code == 1
    assert "nothing to replay" in answer.output
