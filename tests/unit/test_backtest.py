"""`surgeline backtest` and `surgeline learn` on made-up files, and on the recorded ones."""

import csv
import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from services.backtest.moments import Moments
from services.cli.backtest import command
from services.cli.learn import command as learn

START = datetime(2026, 3, 2, tzinfo=UTC)


def backtest(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def steady(hours: float, per_hour: float, rng: random.Random, begin: float = 0.0) -> list[datetime]:
    moments, hour = [], begin + rng.expovariate(per_hour)
    while hour < begin + hours:
        moments.append(START + timedelta(hours=hour))
        hour += rng.expovariate(per_hour)
    return moments


def write(path: Path, rows: Sequence[Sequence[str]], header: str = "occurred_at") -> Path:
    lines = [header, *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def surge(rng: random.Random) -> list[datetime]:
    """Two days at 20 an hour, with 400 an hour more for half an hour after 30 hours."""
    return sorted(steady(48, 20, rng) + steady(0.5, 400, rng, begin=30))


@pytest.fixture
def quake(tmp_path: Path) -> Path:
    rows = [[moment.isoformat()] for moment in surge(random.Random(1))]
    return write(tmp_path / "quake.csv", rows)


def test_a_surge_is_found_once_with_its_start_and_evidence(quake: Path) -> None:
    found = backtest(str(quake), "--baseline", "20")
    assert found["contacts"] == len(quake.read_text().splitlines()) - 1
    assert found["threshold"] == 20 * 8766
    (episode,) = found["episodes"]
    onset = START + timedelta(hours=30)
    assert abs(datetime.fromisoformat(episode["started_at"]) - onset) < timedelta(minutes=1)
    assert onset < datetime.fromisoformat(episode["declared_at"]) < onset + timedelta(minutes=3)
    assert episode["observed"] >= 8
    assert episode["ratio_low"] < episode["ratio"] < episode["ratio_high"]
    assert datetime.fromisoformat(episode["cleared_at"]) > onset + timedelta(minutes=30)


def test_naive_times_are_read_in_the_zone_that_is_given(tmp_path: Path) -> None:
    rows = [[f"{moment:%Y-%m-%d %H:%M:%S}"] for moment in surge(random.Random(1))]
    path = write(tmp_path / "naive.csv", rows)
    found = backtest(str(path), "--baseline", "20", "--timezone", "Asia/Seoul")
    started = datetime.fromisoformat(found["episodes"][0]["started_at"])
    assert started.utcoffset() == timedelta(hours=9)
    assert f"{started:%H:%M}" == "06:00"


def test_the_order_of_rows_does_not_matter(quake: Path, tmp_path: Path) -> None:
    header, *rows = quake.read_text().splitlines()
    random.Random(2).shuffle(rows)
    mixed = tmp_path / "mixed.csv.gz"
    mixed.write_bytes(gzip.compress("\n".join([header, *rows]).encode()))
    assert backtest(str(mixed), "--baseline", "20") == backtest(str(quake), "--baseline", "20")


def test_keys_are_watched_apart_and_share_the_budget(tmp_path: Path) -> None:
    rng = random.Random(3)
    rows = [[moment.isoformat(), "a"] for moment in surge(rng)]
    rows += [[moment.isoformat(), "b"] for moment in steady(48, 20, rng)]
    found = backtest(str(write(tmp_path / "keys.csv", rows, "occurred_at,key")), "--baseline", "20")
    assert [episode["key"] for episode in found["episodes"]] == ["a"]
    assert found["threshold"] == 2 * 20 * 8766


def test_one_caller_who_redials_is_no_surge(tmp_path: Path) -> None:
    rng = random.Random(4)
    rows = [[moment.isoformat(), f"c{number}"] for number, moment in enumerate(steady(48, 20, rng))]
    rows += [
        [(START + timedelta(hours=30, seconds=5 * number)).isoformat(), "one"]
        for number in range(200)
    ]
    path = write(tmp_path / "redials.csv", sorted(rows), "occurred_at,caller")
    found = backtest(str(path), "--baseline", "20")
    assert found["episodes"] == []
    assert found["redials"] == 199


def test_learning_needs_no_baseline_and_declares_nothing_in_the_first_weeks(tmp_path: Path) -> None:
    rng = random.Random(5)
    rows = [
        [m.isoformat()]
        for m in sorted(
            steady(24 * 42, 20, rng)
            + steady(0.5, 400, rng, begin=24 * 7)
            + steady(0.5, 400, rng, begin=24 * 35 + 6)
        )
    ]
    found = backtest(str(write(tmp_path / "weeks.csv", rows)), "--learn")
    starts = [datetime.fromisoformat(one["started_at"]) for one in found["episodes"]]
    assert [round((start - START) / timedelta(hours=1)) for start in starts] == [24 * 35 + 6]
    assert found["learning_until"] > (START + timedelta(days=14)).isoformat()


def test_counts_per_hour_step_by_the_hour(tmp_path: Path) -> None:
    rng = random.Random(6)
    hours = [sum(rng.random() < 0.02 for _ in range(1000)) for _ in range(24 * 40)]
    hours[24 * 30 + 5] = 90
    rows = [
        [(START + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M"), str(count)]
        for hour, count in enumerate(hours)
    ]
    path = write(tmp_path / "hours.csv", rows, "hour,calls")
    found = backtest(str(path), "--count-column", "calls", "--time-column", "hour", "--learn")
    (episode,) = found["episodes"]
    assert episode["started_at"] == (START + timedelta(days=30, hours=5)).isoformat()
    assert episode["declared_at"] == (START + timedelta(days=30, hours=6)).isoformat()


@pytest.mark.parametrize("rows_of_the_repeated_hour", [1, 2])
def test_the_repeated_hour_is_no_surge(tmp_path: Path, rows_of_the_repeated_hour: int) -> None:
    rows = []
    hour = datetime(2015, 9, 1)  # noqa: DTZ001 - as the file has it: local, without an offset
    while hour < datetime(2015, 11, 20):  # noqa: DTZ001
        repeated = hour == datetime(2015, 11, 1, 1)  # noqa: DTZ001
        counts = ["60"] if repeated and rows_of_the_repeated_hour == 1 else ["30"]
        counts *= rows_of_the_repeated_hour if repeated else 1
        missing = hour == datetime(2015, 3, 8, 2)  # noqa: DTZ001
        rows += [[f"{hour:%Y-%m-%d %H:%M}", count] for count in counts if not missing]
        hour += timedelta(hours=1)
    path = write(tmp_path / "autumn.csv", rows, "hour,calls")
    found = backtest(
        str(path),
        "--count-column",
        "calls",
        "--time-column",
        "hour",
        "--learn",
        "--timezone",
        "America/Los_Angeles",
    )
    assert found["episodes"] == []


def test_rows_that_cannot_be_read_are_counted_and_left_out(tmp_path: Path) -> None:
    rows = [[moment.isoformat()] for moment in surge(random.Random(1))]
    rows.insert(500, ["yesterday"])
    rows.insert(501, [""])
    found = backtest(str(write(tmp_path / "wrong.csv", rows)), "--baseline", "20")
    assert found["wrong_rows"] == 2
    assert len(found["episodes"]) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "either --baseline"),
        (["--baseline", "1", "--learn"], "either --baseline"),
        (["--baseline", "1", "--time-column", "when"], "no column 'when'"),
        (["--baseline", "1", "--timezone", "Mars"], "no time zone"),
    ],
)
def test_wrong_use_is_said_with_exit_code_two(quake: Path, arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(command, [str(quake), *arguments])
    assert result.exit_code == 2
    assert says in result.output


def test_the_report_is_one_page_that_needs_nothing_else(quake: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    backtest(str(quake), "--baseline", "20", "--report", str(page))
    text = page.read_text()
    assert text.count("<svg") >= 4
    assert "threshold" in text
    for outside in ("http://", "https://", "<script", "@import", "url("):
        assert outside not in text


@pytest.mark.parametrize("expects", [["--baseline", "12"], ["--learn"]])
def test_the_plots_see_every_second_and_change_nothing(tmp_path: Path, expects: list[str]) -> None:
    # With a report contacts are folded one second after the other, without it many in one go.
    rng = random.Random(9)
    moments = steady(24 * 24, 30, rng) + steady(1, 300, rng, begin=500) + steady(1, 90, rng, 530)
    rows = [
        [moment.isoformat(timespec="seconds"), rng.choice("aab"), f"{rng.randrange(3000)}"]
        for moment in sorted(moments)
    ]
    path = write(tmp_path / "month.csv", rows, "occurred_at,key,caller")
    found = backtest(str(path), *expects)
    assert found["episodes"]
    assert found == backtest(str(path), *expects, "--report", str(tmp_path / "out.html"))


def test_times_are_read_alike_one_by_one_and_by_the_thousand() -> None:
    texts = [f"2026-03-29T{n % 24:02}:{n % 60:02}:{n * 7 % 60:02}" for n in range(300)]
    for zone, end in (
        ("Europe/Rome", ""),
        ("Europe/Rome", "Z"),
        ("UTC", ".250Z"),
        ("UTC", "+09:00"),
    ):
        moments = Moments(ZoneInfo(zone))
        whole = [text + end for text in texts]
        assert moments.seconds(whole) == [int(moments.moment(text).timestamp()) for text in whole]
    assert moments.seconds([texts[0], texts[1] + "Z"]) == [
        moments.second(texts[0]),
        moments.second(texts[1] + "Z"),
    ]


def test_the_table_names_the_episode(quake: Path) -> None:
    result = CliRunner().invoke(command, [str(quake), "--baseline", "20"])
    assert "1 episode;" in result.output
    assert "2026-03-03 Tue 06:0" in result.output


def test_learn_gives_the_plain_week(tmp_path: Path) -> None:
    rng = random.Random(8)
    rows = [
        [moment.isoformat()]
        for moment in steady(24 * 70, 30, rng)
        if moment.hour >= 8 or rng.random() < 0.2
    ]
    path = write(tmp_path / "history.csv", rows)
    result = CliRunner().invoke(learn, [str(path), "--json"], catch_exceptions=False)
    week = json.loads(result.output)["week"]
    assert len(week) == 168
    assert week[12] == pytest.approx(30, rel=0.15)
    assert week[3] == pytest.approx(6, rel=0.35)


@pytest.mark.shared_data
def test_every_quake_and_explosion_is_declared_within_ten_messages(shared_data: Path) -> None:
    path = shared_data / "crisis_messages_2012_2013.csv.gz"
    found = backtest(
        str(path), "--time-column", "timestamp_utc", "--key-column", "event", "--baseline", "2"
    )
    onsets = {
        "2012_Guatemala_earthquake": datetime(2012, 11, 7, 16, 35, 46, tzinfo=UTC),
        "2012_Italy_earthquakes": datetime(2012, 5, 29, 7, 0, 3, tzinfo=UTC),
        "2013_West_Texas_explosion": datetime(2013, 4, 18, 0, 50, 38, tzinfo=UTC),
    }
    with gzip.open(path, "rt") as lines:
        messages = [
            (row["event"], datetime.fromisoformat(row["timestamp_utc"]))
            for row in csv.DictReader(lines)
        ]
    for event, onset in onsets.items():
        declared = [
            datetime.fromisoformat(episode["declared_at"])
            for episode in found["episodes"]
            if episode["key"] == event
        ]
        first = min(at for at in declared if at > onset)
        heard = [at for name, at in messages if name == event and onset <= at]
        until = sum(at < first + timedelta(seconds=1) for at in heard)
        assert until <= 10
        assert not [at for at in declared if onset - timedelta(hours=24) < at < onset]


@pytest.mark.shared_data
def test_the_storms_of_seattle_are_found_with_few_others(shared_data: Path) -> None:
    found = backtest(
        str(shared_data / "seattle_911_hourly_2015_2018.csv.gz"),
        "--time-column",
        "hour_start_local",
        "--count-column",
        "calls",
        "--timezone",
        "America/Los_Angeles",
        "--learn",
    )
    days = [episode["started_at"][:10] for episode in found["episodes"]]
    assert {"2015-08-29", "2017-11-13", "2018-12-14"} <= set(days)
    assert len(days) <= 3 * 4
