"""The scripted phone system: its line to intake, its commands, its ledger, its clock."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from load.phone.commands import make_app
from load.phone.desk import CallbackDesk
from load.phone.exchange import Exchange
from load.phone.ledger import Ledger
from load.phone.outbox import Outbox
from load.phone.player import Player
from load.phone.settings import PhoneSettings
from load.scenario import Mix
from load.sim.agenda import Agenda
from load.sim.people import Person
from load.sim.reports import Dial
from load.sim.wire import event_clock
from streams.errors import WrongSettingError

ROOT = Path(__file__).parents[2]
ENV = {
    "SURGELINE_PHONE_TOKEN": "phone-secret",
    "SURGELINE_SOURCE_TOKEN": "source-secret",
    "SURGELINE_COUNSELOR_TOKEN": "counselor-secret",
    "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
}
AUTHORIZED = {"Authorization": "Bearer phone-secret"}


class Intake:
    """Answers as told, and keeps every batch it was sent."""

    def __init__(self, *answers: int | Exception) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self._answers = list(answers)
        self.refuse: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.batches.append(orjson.loads(request.content))
        answer = self._answers.pop(0) if self._answers else 202
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, json={"accepted": 1, "refused": self.refuse})


def outbox_to(intake: Intake) -> Outbox:
    client = httpx.AsyncClient(transport=httpx.MockTransport(intake))
    return Outbox(client, "http://intake", "source-secret")


async def sent_through(outbox: Outbox) -> None:
    running = asyncio.create_task(outbox.run())
    assert await outbox.drain(20.0)
    running.cancel()


async def test_a_batch_is_sent_again_with_the_same_ids_until_it_is_taken() -> None:
    intake = Intake(503, httpx.ReadTimeout("slow"), httpx.ConnectError("away"), 429, 202)
    outbox = outbox_to(intake)
    for number in range(3):
        outbox.put({"id": f"e{number}"})
    await sent_through(outbox)
    assert [[event["id"] for event in batch] for batch in intake.batches] == [
        ["e0", "e1", "e2"]
    ] * 5
    assert (outbox.sent, outbox.unsent, outbox.tries) == (3, 0, 5)


async def test_many_reports_travel_in_few_batches_and_in_order() -> None:
    intake = Intake()
    outbox = outbox_to(intake)
    for number in range(1200):
        outbox.put({"id": number})
    await sent_through(outbox)
    assert [len(batch) for batch in intake.batches] == [500, 500, 200]
    assert [event["id"] for batch in intake.batches for event in batch] == list(range(1200))


async def test_what_intake_will_never_take_is_told_and_not_repeated() -> None:
    intake = Intake(202)
    intake.refuse = [{"index": 0, "id": "e0", "reason": "invalid", "field": "data.queue"}]
    outbox = outbox_to(intake)
    told: list[dict[str, Any]] = []
    outbox.on_refused = told.append
    outbox.put({"id": "e0"})
    await sent_through(outbox)
    assert told == intake.refuse
    assert len(intake.batches) == 1


async def test_a_wrong_token_ends_the_phone_system_instead_of_a_silent_queue() -> None:
    outbox = outbox_to(Intake(401))
    outbox.put({"id": "e0"})
    with pytest.raises(PermissionError, match="token"):
        await outbox.run()


def settings(tmp_path: Path, *arguments: str) -> PhoneSettings:
    return PhoneSettings.read(
        ["demo-quake", "--ledger", str(tmp_path / "ledger.jsonl"), *arguments], ENV
    )


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """A hall with one counselor, nobody calling, standing at its first second."""
    read = settings(tmp_path)
    base = replace(read.scenario.base, per_hour=0.0)
    staff = (replace(read.scenario.staff[0], people=1),)
    sure = replace(read.scenario.callers, answers_callback=1.0, answers_callback_abroad=1.0)
    quiet = replace(
        read.scenario,
        base=base,
        bursts=(),
        staff=staff,
        response=(),
        callers=sure,
        desk=replace(read.scenario.desk, kept_free=0),
    )
    still = replace(
        read, scenario=quiet, starts_at=datetime.now(UTC) + timedelta(hours=1), speed=1.0
    )
    ledger = Ledger(still.ledger, event_clock(quiet.starts))
    made = Exchange(still, outbox_to(Intake()), ledger)
    made.hall.agenda.run_until(1.0)
    yield made
    ledger.close()


def api(exchange: Exchange) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=make_app(exchange, "phone-secret")),
        base_url="http://phone",
    )


def someone(exchange: Exchange) -> Person:
    person = exchange.hall.population.someone("test", Mix(language={"ko": 1.0}), 0.0)
    assert person.number is not None
    return person


def waiting_call(exchange: Exchange) -> str:
    exchange.hall.roster.take(exchange.hall.roster.counselors["counselors-01"])
    exchange.hall.call(someone(exchange))
    exchange.hall.agenda.run_until(exchange.hall.agenda.now + 6.0)
    return next(iter(exchange.hall.calls))


def order(person: Person) -> dict[str, Any]:
    return {
        "dial": "d1",
        "callback": "cb1",
        "token": 1,
        "agent": "counselors-01",
        "number": person.number,
    }


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/commands/withdraw"),
        ("POST", "/commands/dial"),
        ("POST", "/commands/cancel"),
        ("POST", "/commands/text"),
        ("GET", "/commands/dial/d1"),
        ("POST", "/staff/call-up"),
        ("GET", "/ledger"),
    ],
)
async def test_nobody_commands_without_the_token(
    exchange: Exchange, header: dict[str, str], method: str, path: str
) -> None:
    async with api(exchange) as client:
        answer = await client.request(method, path, json={}, headers=header)
    assert answer.status_code == 401


async def test_a_withdrawal_asked_for_twice_is_done_once(exchange: Exchange) -> None:
    contact = waiting_call(exchange)
    body = {"contact": contact, "callback": "cb1"}
    async with api(exchange) as client:
        answers = [
            (await client.post("/commands/withdraw", json=body, headers=AUTHORIZED)).json()
            for _ in range(2)
        ]
    assert [answer["result"] for answer in answers] == ["withdrawn", "withdrawn"]
    counts = exchange.summary()["counts"]
    assert (counts["withdraw_withdrawn"], counts["deflected_moved_to_callback"]) == (1, 1)


async def test_a_dial_ordered_twice_rings_once_and_can_be_asked_after(
    exchange: Exchange,
) -> None:
    person = someone(exchange)
    exchange.hall.roster.take(exchange.hall.roster.counselors["counselors-01"])
    exchange.hall.work("counselors-01")
    async with api(exchange) as client:
        for _ in range(2):
            told = await client.post("/commands/dial", json=order(person), headers=AUTHORIZED)
            assert told.json()["state"] == "ringing_agent"
        exchange.hall.agenda.run_until(3600.0)
        asked = await client.get("/commands/dial/d1", headers=AUTHORIZED)
        unknown = await client.get("/commands/dial/d2", headers=AUTHORIZED)
    assert asked.json() == {
        "dial": "d1",
        "callback": "cb1",
        "accepted": True,
        "state": "ended",
        "outcome": "completed",
    }
    assert unknown.status_code == 404
    assert exchange.summary()["counts"]["dials"] == 1


async def test_a_text_asked_for_twice_is_sent_once_and_to_nobody_unknown(
    exchange: Exchange,
) -> None:
    body = {"text": "t1", "callback": "cb1", "template": "could_not_reach_you", "language": "ko"}
    known = body | {"number": someone(exchange).number}
    unknown = body | {"text": "t2", "number": "+821000000000"}
    async with api(exchange) as client:
        answers = [
            (await client.post("/commands/text", json=one, headers=AUTHORIZED)).json()["result"]
            for one in (known, known, unknown)
        ]
    counts = exchange.summary()["counts"]
    assert answers == ["accepted", "accepted", "refused"]
    assert (counts["text_accepted"], counts["text_refused"]) == (1, 1)


async def test_a_dial_for_a_counselor_who_did_not_ask_is_refused(exchange: Exchange) -> None:
    async with api(exchange) as client:
        told = await client.post(
            "/commands/dial", json=order(someone(exchange)), headers=AUTHORIZED
        )
    assert (told.json()["accepted"], told.json()["outcome"]) == (False, "refused_agent")


async def test_staff_are_called_up_once(exchange: Exchange, tmp_path: Path) -> None:
    scenario = settings(tmp_path).scenario
    exchange.settings = replace(
        exchange.settings,
        scenario=replace(exchange.settings.scenario, response=scenario.response),
    )
    async with api(exchange) as client:
        for _ in range(2):
            told = await client.post("/staff/call-up", headers=AUTHORIZED)
            assert told.json() == {"coming": {"counselors": 12, "volunteers": 13}}
    exchange.hall.agenda.run_until(3600.0)
    assert exchange.summary()["signed_in"] == 1 + 12 + 13


def test_the_ledger_holds_no_number(exchange: Exchange) -> None:
    person = someone(exchange)
    exchange.hall.call(person)
    exchange.hall.agenda.run_until(3600.0)
    written = exchange.settings.ledger.read_text()
    assert [json.loads(line)["what"] for line in written.splitlines()] == [
        "arrived",
        "queued",
        "offered",
        "answered",
        "completed",
    ]
    assert person.number is not None
    assert person.number[3:] not in written


def test_the_ledger_names_what_must_never_happen(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", event_clock(datetime(2026, 3, 10, tzinfo=UTC)))
    for dial in (Dial("d1", "cb1", 1, "a", "x"), Dial("d2", "cb1", 2, "b", "x")):
        ledger.dial(dial, 1.0)
        dial.state, dial.outcome = "ended", "completed"
    ledger.dial(Dial("d1", "cb1", 1, "a", "x", state="ended", outcome="completed"), 2.0)
    ledger.dial(Dial("d2", "cb1", 2, "b", "x", state="ended", outcome="completed"), 2.0)
    ledger.close()
    zero = ledger.summary()["must_be_zero"]
    assert (zero["rung_twice_at_once"], zero["talked_twice_for_one_callback"]) == (1, 1)


async def test_the_player_keeps_the_agenda_in_step_with_the_wall() -> None:
    agenda = Agenda()
    player = Player(agenda, datetime.now(UTC), speed=1000.0)
    heard = asyncio.Event()
    agenda.at(50.0, heard.set)
    playing = asyncio.create_task(player.run())
    await asyncio.wait_for(heard.wait(), 10.0)
    playing.cancel()
    assert agenda.now >= 50.0
    assert player.event_seconds() >= agenda.now


def test_nothing_happens_before_the_start() -> None:
    agenda = Agenda()
    told: list[float] = []
    agenda.at(0.0, lambda: told.append(agenda.now))
    Player(agenda, datetime.now(UTC) + timedelta(hours=1), speed=10.0).catch_up()
    assert told == []


class CallbackList:
    """The callbacks API with one callback on it."""

    def __init__(self, person: Person, exchange: Exchange, *refusals: str) -> None:
        self.said: list[str] = []
        self._person = person
        self._exchange = exchange
        self._given = False
        self._refusals = list(refusals)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        self.said.append(what)
        if what == "next":
            found = None if self._given else {"id": "cb1", "epoch": 1, "token": 1}
            self._given = True
            return httpx.Response(200, json={"callback": found, "reason": None})
        if what == "dial" and self._refusals:
            error = {"reason": self._refusals.pop(0), "field": "", "detail": ""}
            return httpx.Response(409, json={"error": error})
        if what == "dial":
            number = self._person.number or ""
            self._exchange.order_dial(Dial("d1", "cb1", 1, "counselors-01", number))
        return httpx.Response(200, json={"callback": {}})


async def at_the_desk(exchange: Exchange, callbacks: CallbackList, enough: int) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(callbacks))
    desk = CallbackDesk(client, exchange.settings, exchange.hall, lambda: None)
    exchange.employ(desk, desk)
    exchange.hall.roster.take(exchange.hall.roster.counselors["counselors-01"])
    exchange.hall.roster.counselors["counselors-01"].asking = True
    desk.ask("counselors-01", "counselors")
    working = asyncio.create_task(desk.run())
    async with asyncio.timeout(5.0):
        while len(callbacks.said) < enough:
            await asyncio.sleep(0.01)
            if working.done():
                working.result()
            if exchange.switch.under_way or enough == len(callbacks.said) + 1:
                exchange.hall.agenda.run_until(exchange.hall.agenda.now + 5.0)
    working.cancel()


async def test_a_counselor_reports_every_step_of_a_callback_in_order(exchange: Exchange) -> None:
    callbacks = CallbackList(someone(exchange), exchange)
    await at_the_desk(exchange, callbacks, enough=4)
    assert callbacks.said[:4] == ["next", "dial", "connected", "complete"]


async def test_a_counselor_waits_while_the_caller_is_taken_off_hold(exchange: Exchange) -> None:
    callbacks = CallbackList(someone(exchange), exchange, "on_hold", "on_hold")
    await at_the_desk(exchange, callbacks, enough=6)
    assert callbacks.said[:6] == ["next", "dial", "dial", "dial", "connected", "complete"]


async def test_a_callback_closed_before_the_dial_leaves_the_counselor_free(
    exchange: Exchange,
) -> None:
    callbacks = CallbackList(someone(exchange), exchange, "closed")
    await at_the_desk(exchange, callbacks, enough=3)
    assert callbacks.said[:3] == ["next", "dial", "next"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which scenario"),
        (["demo-quake", "--sped", "3"], "--sped"),
        (["demo-quake", "--speed"], "--speed"),
        (["demo-quake", "--speed", "fast"], "'fast' is not a number"),
        (["demo-quake", "--speed", "0"], "more than 0"),
        (["demo-quake", "--starts-at", "noon"], "no ISO-8601 time"),
        (["demo-quake", "--begins", "2026-03-10T14:00:00"], "needs a time zone"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], said: str) -> None:
    with pytest.raises(WrongSettingError, match=said):
        PhoneSettings.read(arguments, ENV)


def test_commands_need_a_token_to_be_set() -> None:
    with pytest.raises(WrongSettingError, match="SURGELINE_PHONE_TOKEN"):
        PhoneSettings.read(["demo-quake"], {})


def test_printed_settings_show_no_secret(tmp_path: Path) -> None:
    assert "secret" not in repr(settings(tmp_path))
