"""Do streams, access and metrics of the boards keep their promises?"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import Request

from services.auth import AccessError, Tokens, digest_of
from services.boards.__main__ import main as boards_main
from services.boards.access import COOKIE, Guard
from services.boards.board import Board
from services.boards.kiosks import Kiosks
from services.boards.settings import Settings
from services.boards.sse import HEARTBEAT, RETRY, Frame, Hub, message
from services.register import Register
from services.sessions import KEYS, Sessions
from services.signed_in import SignedIn
from services.supervisor.keys import make_secrets
from streams.errors import WrongSettingError
from streams.events.callbacks import Outcome
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from tests.support.consoles import accounts_in
from tests.unit.test_boards_fold import END, ROOT
from tests.unit.test_boards_page import board

NOW = datetime(2026, 3, 11, tzinfo=UTC)


def frame(number: int, **parts: bytes) -> Frame:
    return Frame(number, f"board {number};".encode(), parts)


async def take(stream: Any, count: int) -> list[bytes]:
    return [await anext(stream) for _ in range(count)]


async def test_a_new_viewer_gets_the_newest_frame_whole_and_at_once() -> None:
    hub = Hub()
    hub.publish(frame(1, tiles=b"old"))
    hub.publish(frame(2, tiles=b"new", level=b"calm"))

    assert await take(hub.stream(), 2) == [RETRY, b"board 2;newcalm"]


async def test_a_viewer_is_given_only_the_parts_that_changed() -> None:
    hub, level = Hub(), b"calm"
    hub.publish(frame(1, tiles=b"a", level=level))
    stream = hub.stream()
    await take(stream, 2)
    hub.publish(frame(2, tiles=b"b", level=level))

    assert await anext(stream) == b"board 2;b"


async def test_a_slow_viewer_misses_what_is_old_and_holds_nobody() -> None:
    hub = Hub()
    hub.publish(frame(0))
    slow, quick = hub.stream(), hub.stream()
    await take(slow, 2)
    await take(quick, 2)

    seen = []
    for number in range(1, 101):
        hub.publish(frame(number, tiles=f"t{number}".encode()))
        seen.append(await anext(quick))

    assert seen[0] == b"board 1;t1"
    assert len(seen) == 100
    assert await anext(slow) == b"board 100;t100"


async def test_a_quiet_stream_shows_that_it_lives() -> None:
    hub, patient = Hub(heartbeat=0.0), Hub(heartbeat=60.0)
    quiet, waiting = hub.stream(), patient.stream()
    assert await take(quiet, 1) == await take(waiting, 1) == [RETRY]
    heard = [asyncio.ensure_future(anext(stream)) for stream in (quiet, waiting)]
    await asyncio.sleep(0)
    hub.beat()
    patient.beat()

    assert await heard[0] == HEARTBEAT
    assert not heard[1].done()
    patient.publish(frame(1))
    assert await heard[1] == b"board 1;"


async def test_closing_ends_every_stream() -> None:
    hub = Hub()
    hub.publish(frame(1))
    stream = hub.stream()
    await take(stream, 2)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    hub.close()

    with pytest.raises(StopAsyncIteration):
        await waiting
    assert hub.viewers == 0


def test_a_message_of_many_lines_stays_one_message() -> None:
    assert message("<p>\n  a\n</p>") == b"data: <p>\ndata:   a\ndata: </p>\n\n"


def request(
    host: str = "127.0.0.1:8400", cookie: str = "", token: str = "", session: str = ""
) -> Request:
    headers = [(b"host", host.encode())]
    headers += [(b"cookie", f"{COOKIE}={cookie}".encode(errors="replace"))] if cookie else []
    headers += [(b"cookie", f"surgeline_session={session}".encode())] if session else []
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    app = type("App", (), {"state": type("State", (), {"tokens": TOKENS})})
    return Request({"type": "http", "headers": headers, "app": app})


TOKENS = Tokens.load(None)


def with_tokens(tmp_path: Path) -> Tokens:
    listed = "".join(
        f'{{"name": "{role}-1", "roles": ["{role}"], "sha256": "{digest_of(role)}"}},'
        for role in ("viewer", "source")
    )
    file = tmp_path / "tokens.json"
    file.write_text(f'{{"tokens": [{listed[:-1]}]}}')
    return Tokens.load(file)


def test_everybody_on_this_machine_may_look() -> None:
    check = Guard("127.0.0.1", TOKENS, None, None)

    check(request("127.0.0.1:8400"))
    check(request("localhost:8400"))
    check(request("[::1]:8400"))


def test_a_foreign_name_for_this_machine_is_refused() -> None:
    check = Guard("127.0.0.1", TOKENS, None, None)

    with pytest.raises(AccessError) as refused:
        check(request("board.example:8400"))
    assert refused.value.status == 403


def test_elsewhere_it_takes_a_viewing_role_or_a_kiosk_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, kiosks = with_tokens(tmp_path), Kiosks(tmp_path / "kiosks.json")
    monkeypatch.setattr("tests.unit.test_boards_service.TOKENS", tokens)
    check = Guard("192.0.2.1", tokens, kiosks, None)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    lobby, hall = kiosks.make("lobby", tomorrow), kiosks.make("hall", tomorrow)

    check(request(token="viewer"))
    check(request(cookie=lobby))
    assert kiosks.revoke("lobby")
    outcomes = []
    for asked in (
        request(),
        request(token="source"),
        request(cookie=lobby),
        request(cookie=kiosks.make("old", datetime.now(UTC) - timedelta(seconds=1))),
        request(cookie="x" * 43),
    ):
        with pytest.raises(AccessError) as refused:
            check(asked)
        outcomes.append(refused.value.status)
    assert outcomes == [401, 403, 401, 401, 401]
    assert check.still_admits(request(cookie=hall))
    assert not check.still_admits(request(cookie=lobby))


def test_who_is_signed_in_may_look_until_they_are_signed_out_or_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, accounts = with_tokens(tmp_path), accounts_in(tmp_path)
    monkeypatch.setattr("tests.unit.test_boards_service.TOKENS", tokens)
    sessions = Sessions.from_env({KEYS: make_secrets().session_keys})
    register = Register("redis://127.0.0.1:1/0", "t-")
    check = Guard("192.0.2.1", tokens, None, SignedIn(sessions, accounts, register))
    now = datetime.now(UTC)
    looks = []
    for name in ("lead", "auditor"):
        account = accounts.all()[name]
        session = sessions.begin(
            now, account=name, title=account.title, roles=account.roles, generation=1
        )
        looks.append((request(session=sessions.cookie(session)), session))
    foreign = Sessions.from_env({KEYS: make_secrets().session_keys})

    (lead, of_lead), (auditor, of_auditor) = looks
    assert [check.still_admits(asked) for asked in (lead, auditor)] == [True, True]
    assert not check.still_admits(request(session=foreign.cookie(of_lead)))
    register.end(of_lead.id, now + timedelta(hours=1))
    with accounts.changing() as known:
        known["auditor"] = replace(known["auditor"], disabled=True)
    assert of_auditor.account == "auditor"
    assert [check.still_admits(asked) for asked in (lead, auditor)] == [False, False]


@pytest.mark.parametrize("given", ["", ".", "12", "x.y", "9" * 300, "١.a", "\ud800"])
def test_what_is_no_kiosk_pass_admits_nobody(tmp_path: Path, given: str) -> None:
    kiosks = Kiosks(tmp_path / "kiosks.json")
    kiosks.make("lobby", NOW + timedelta(days=1))

    assert kiosks.link(given, NOW) is None


def test_the_links_file_opens_nothing_and_a_spoilt_one_opens_nothing_either(tmp_path: Path) -> None:
    kiosks = Kiosks(tmp_path / "kiosks.json")
    given = kiosks.make("lobby", NOW + timedelta(days=1))

    assert given not in kiosks.path.read_text()
    assert kiosks.path.stat().st_mode & 0o077 == 0
    link = kiosks.link(given, NOW)
    assert link is not None
    assert (link.name, kiosks.revoke("nobody"), kiosks.revoke(link.id)) == ("lobby", False, True)
    kiosks.path.write_text("{")
    with pytest.raises(WrongSettingError, match="kiosk links"):
        kiosks.link(given, NOW)


async def test_a_stream_ends_when_its_viewer_may_no_longer_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.boards.sse.ASKED_AGAIN_SECONDS", 0.0)
    hub = Hub()
    hub.publish(frame(1))

    assert [part async for part in hub.stream(lambda: False)] == [RETRY]


def test_the_board_refuses_to_listen_elsewhere_without_tokens() -> None:
    env = {"SURGELINE_HOST": "192.0.2.1", "SURGELINE_CENTRE": str(ROOT / "centre.toml")}

    with pytest.raises(WrongSettingError, match="SURGELINE_TOKENS"):
        Settings.from_env(env)


def samples(shown: Board) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in shown.collector.collect()
        for sample in family.samples
    }


def test_metrics_say_what_the_screen_says() -> None:
    shown = Board(board(surge=timedelta(minutes=27)))
    shown.make(END)
    snapshot = shown.snapshot
    assert snapshot is not None

    told = samples(shown)

    assert told["surgeline_queue_contacts", ("main",)] == snapshot.waiting
    assert told["surgeline_surge_level", ("country:JP",)] == 2
    assert told["surgeline_surge_level", ("country:CN",)] == 0
    for part in snapshot.shares.parts:
        assert told["surgeline_requests", (part.name,)] == part.people
    assert told["surgeline_callbacks_pending", ("due", "normal")] == snapshot.callbacks.open
    assert snapshot.longest_waiting_since is not None
    oldest = told["surgeline_queue_oldest_contact_timestamp_seconds", ("main",)]
    assert oldest == pytest.approx(snapshot.longest_waiting_since.timestamp())


def test_what_prometheus_reads_is_one_moment_though_facts_came_since_the_last_snapshot() -> None:
    shown = Board(board(surge=timedelta(minutes=27)))
    shown.adopt(shown.fold)
    shown.catch_up()
    first = shown.snapshot
    assert first is not None
    shown.catch_up()
    assert shown.snapshot is first, "nothing is new: the snapshot that the screens have will do"
    counts = {"2026-03-11": {"main": QueueCounts(contacts=7, waiting=7, requests=7)}}
    event = QueuesMeasured(
        id="q",
        source="/tally",
        subject="9",
        time=END,
        data=QueueData(partition=9, offset=4, counts=counts),
    )
    before = samples(shown)["surgeline_contacts_received_total", ("main",)]
    shown.fold.observe("queues", 0, 10_000, END, event)
    shown.catch_up()

    told = samples(shown)
    assert told["surgeline_contacts_received_total", ("main",)] == before + 7
    assert shown.snapshot is not first
    assert told["surgeline_board_snapshots_total", ()] == shown.snapshot.seq
    assert shown.snapshot.offsets["queues"]["0"] == 10_000


def test_every_result_of_a_callback_is_counted_from_nought() -> None:
    shown = Board(board(surge=timedelta(0)))
    shown.make(END)

    told = samples(shown)
    for result in get_args(Outcome):
        assert told["surgeline_callbacks_total", (result,)] == 0


def test_counters_never_fall_when_a_count_is_corrected() -> None:
    shown = Board(board(surge=timedelta(0)))

    def report(abandoned: int) -> float:
        counts = {"2026-03-11": {"main": QueueCounts(abandoned=abandoned)}}
        shown.fold.tallies.observe(QueueData(partition=5, offset=1, counts=counts))
        shown.make(END)
        return samples(shown)["surgeline_contacts_abandoned_total", ("main",)]

    assert [report(4), report(3), report(6)] == [4, 4, 6]


def test_a_screens_link_is_made_listed_and_closed_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SURGELINE_KIOSKS", str(tmp_path / "kiosks.json"))

    def ask(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["boards", *words])
        assert boards_main() == 0
        return capsys.readouterr().out.strip()

    given = ask("kiosk-link", "--name", "lobby", "--days", "2").rpartition("/kiosk/")[2]
    kiosks = Kiosks(tmp_path / "kiosks.json")
    now = datetime.now(UTC)

    assert kiosks.link(given, now + timedelta(days=1)) is not None
    assert kiosks.link(given, now + timedelta(days=3)) is None
    assert given not in ask("kiosk-links")
    assert ask("kiosk-revoke", "--name", "lobby") == ""
    assert kiosks.link(given, now) is None
    assert ask("kiosk-links").endswith("lobby  revoked")
