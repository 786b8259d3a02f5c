"""Recorded crises replayed through real Kafka, intake and workers."""

import asyncio
import csv
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.events.codec import Event, decode, decode_parcel
from streams.events.contacts import ContactArrived
from streams.events.surges import SurgeDeclared
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import CONTACTS, SURGES
from tests.support.broker import ROOT
from tests.support.stack import SecretsEnv, ServiceProcess, service_env

MESSAGES = "crisis_messages_2012_2013.csv.gz"
# Two messages an hour at any time, as for every crisis of that file (decisions.md, Detection).
TWO_AN_HOUR = """
[centre]
name = "messages"
title_ko = "메시지"
title_en = "Messages"
timezone = "UTC"
region = "KR"
languages = ["ko"]

[[pools]]
name = "people"
seats = 5
languages = ["ko"]
queues = ["main"]

[[queues]]
name = "main"
title_ko = "메시지"
title_en = "Messages"

[baseline]
contacts_per_year = 17_532
day = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
week = [1, 1, 1, 1, 1, 1, 1]

[baseline.shares]
"queue:main" = 1.0
"""


@dataclass
class ReplayPath:
    """Intake and a worker on a log of this test's own."""

    connections: Connections
    env: dict[str, str]
    tokens: dict[str, str]
    intake: ServiceProcess

    async def replay(self, file: Path, *arguments: str) -> tuple[int, dict[str, object], str]:
        """Run the command; its exit code, what it printed as JSON, and its words."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "replay", str(file), "--json"),
            *("--intake", self.intake.url, "--centre", str(self.connections.centre)),
            *arguments,
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "SURGELINE_SOURCE_TOKEN": self.tokens["source"],
                "SURGELINE_REHEARSAL_TOKEN": self.tokens["rehearsal"],
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 120.0)
        told = json.loads(out) if out.strip() else {}
        return process.returncode or 0, told, err.decode()

    async def arrivals(self) -> list[ContactArrived]:
        found: list[ContactArrived] = []
        async for record in read_to_end(self.connections, CONTACTS):
            events, _ = decode_parcel(record.value or b"")
            found += [event for event in events if isinstance(event, ContactArrived)]
        return sorted(found, key=lambda event: event.time)

    async def declarations(self) -> list[SurgeDeclared]:
        said: Sequence[Event] = [
            decode(record.value or b"") async for record in read_to_end(self.connections, SURGES)
        ]
        return [event for event in said if isinstance(event, SurgeDeclared)]


@pytest.fixture
async def path(
    connections: Connections, secrets_env: SecretsEnv, tmp_path: Path
) -> AsyncIterator[ReplayPath]:
    centre = tmp_path / "messages.toml"
    centre.write_text(TWO_AN_HOUR, encoding="utf-8")
    ours = Connections(
        kafka=connections.kafka,
        redis=connections.redis,
        prefix=connections.prefix,
        centre=centre,
    )
    env = service_env(ours, secrets_env)
    intake = ServiceProcess("services.intake", env)
    worker = ServiceProcess("streams", env)
    for process in (intake, worker):
        process.start()
    try:
        for process in (intake, worker):
            await process.wait_ready()
        yield ReplayPath(ours, env, secrets_env.tokens, intake)
    finally:
        for process in (worker, intake):
            await process.stop()


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("start", "origin", "end", "messages_before"),
    [
        ("2012-11-06T11:00:00Z", "2012-11-07T16:35:46Z", "2012-11-07T16:47:00Z", 21),
        ("2012-05-28T07:00:00Z", "2012-05-29T07:00:03Z", "2012-05-29T07:11:00Z", 41),
    ],
    ids=["Guatemala", "Italy"],
)
async def test_an_earthquake_is_declared_within_ten_minutes_and_nothing_before_it(
    path: ReplayPath, shared_data: Path, start: str, origin: str, end: str, messages_before: int
) -> None:
    code, told, words = await path.replay(
        shared_data / MESSAGES,
        *("--time-column", "timestamp_utc", "--fast", "--from", start, "--to", end),
    )
    assert (code, told.get("refused"), told.get("skipped")) == (0, {}, 0), words
    declared: list[SurgeDeclared] = []
    for _ in range(100):
        declared = await path.declarations()
        if declared:
            break
        await asyncio.sleep(0.2)
    shift = timedelta(seconds=float(str(told["shift_seconds"])))
    shook = datetime.fromisoformat(origin) + shift
    arrivals = await path.arrivals()
    assert sum(1 for event in arrivals if event.time < shook) == messages_before
    assert len(declared) == 1
    assert shook < declared[0].data.declared_at <= shook + timedelta(minutes=10)
    assert declared[0].data.started_at > shook


def recording(folder: Path, rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> Path:
    file = folder / "contacts.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return file


async def test_a_replay_with_the_same_shift_doubles_nothing(
    path: ReplayPath, tmp_path: Path
) -> None:
    begin = datetime(2026, 3, 10, 5, tzinfo=UTC)
    rows = [
        ((begin + timedelta(seconds=n)).isoformat(), "010-2222-000" + str(n % 3), "quake")
        for n in range(20)
    ]
    file = recording(tmp_path, rows, ("occurred_at", "caller", "key"))
    code, first, words = await path.replay(file, "--fast")
    assert (code, first.get("events"), first.get("repeated")) == (0, 40, 0), words
    shift = ("--shift", str(first["shift_seconds"]))
    code, again, words = await path.replay(file, "--fast", *shift)
    assert (code, again.get("events"), again.get("repeated")) == (0, 40, 40), words
    arrivals = await path.arrivals()
    assert len(arrivals) == 20
    assert {event.data.topic for event in arrivals} == {"quake"}
    callers = {event.data.caller.key for event in arrivals if event.data.caller}
    assert len(callers) == 3
    assert [event.originaltime for event in arrivals] == [
        datetime.fromisoformat(row[0]) for row in rows
    ]


async def test_a_replay_at_a_speed_declares_the_clock_and_keeps_to_it(
    path: ReplayPath, tmp_path: Path
) -> None:
    begin = datetime(2026, 3, 10, 5, tzinfo=UTC)
    rows = [((begin + timedelta(seconds=10 * n)).isoformat(),) for n in range(10)]
    file = recording(tmp_path, rows, ("occurred_at",))
    code, told, words = await path.replay(file, "--speed", "60")
    assert (code, told.get("events")) == (0, 20), words
    # 90 s at sixty times the speed; nothing is sent before its time.
    assert float(str(told["seconds"])) >= 1.5
    arrivals = await path.arrivals()
    assert all(
        event.recordedtime is not None and event.recordedtime >= event.time - timedelta(seconds=1)
        for event in arrivals
    )
