"""What do managers get over HTTP, and what do they get refused? Around a store in memory."""

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from services import auth
from services.auth import Tokens
from services.callout import app as callout_app
from services.callout import routes
from services.callout.handlers import Handlers
from services.callout.inbound.needs import NeedAsked
from services.callout.needs import Needs
from services.callout.sheet import Sheets
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from tests.support.broker import ROOT
from tests.support.callout_desk import Desk, ScriptedProvider, desk
from tests.support.callout_people import person

CENTRE = load_centre(ROOT / "centre.toml")


class Audit:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.reasons: list[str] = []

    def line(self, *said: Any) -> tuple[str, str]:
        self.reasons += said[3:]
        return (said[1], said[2])

    def note(self, line: tuple[str, str]) -> None:
        self.lines.append(line)

    async def write(self, line: tuple[str, str]) -> None:
        self.lines.append(line)


@dataclass
class Api:
    at: Desk
    client: httpx.AsyncClient
    audit: Audit
    needs: Needs
    provider: ScriptedProvider

    async def post(self, path: str, body: Any = None, expect: int = 200) -> dict[str, Any]:
        response = await self.client.post(path, json=body or {})
        assert response.status_code == expect, response.text
        return cast("dict[str, Any]", response.json())

    async def get(self, path: str) -> dict[str, Any]:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return cast("dict[str, Any]", response.json())

    async def opened(self, seats: int = 2, **more: Any) -> str:
        body = {"pool": "reserve", "quotas": [{"seats": seats}], **more}
        told = await self.post("/v1/needs", body, 201)
        return str(told["callout"]["id"])

    async def running(self, seats: int = 2, **more: Any) -> str:
        callout = await self.opened(seats, **more)
        await self.post(f"/v1/callouts/{callout}/preview")
        await self.post(f"/v1/callouts/{callout}/start", {"rule": "blast"})
        return callout


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    provider = ScriptedProvider(kinds=frozenset({"sms", "voice"}))
    fenced = ScriptedProvider("fenced", drills=True)
    people = [person(n, tier=1 + (n >= 8)) for n in range(10)]
    people.append(msgspec.structs.replace(person(90), standing="no"))
    at = desk(people, provider, fenced)
    async with at:
        centre = centre_now()
        needs = Needs(at.commands, lambda: centre)
        app = FastAPI()
        auth.install(app, Tokens(None))
        app.include_router(routes.router)
        callout_app._install_errors(app)
        app.state.audit = audit = Audit()
        app.state.handlers = Handlers(
            at.commands, at.engine, at.answers, needs, at.people, at.lines, lambda: centre
        )
        sheets = Sheets(
            at.commands, at.engine, at.people, tmp_path, ("영사콜센터", "Centre"), ZoneInfo("UTC")
        )
        app.state.running = SimpleNamespace(
            centre=lambda: centre,
            commands=at.commands,
            lines=at.lines,
            sheets=sheets,
            settings=SimpleNamespace(centre=centre),
            now=lambda: at.now,
            why_not=lambda: "",
            version=0,
        )
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Api(at, client, audit, needs, provider)


def centre_now() -> Centre:
    return CENTRE


async def test_a_call_out_is_looked_at_before_it_is_sent(api: Api) -> None:
    callout = await api.opened()
    refused = await api.post(f"/v1/callouts/{callout}/start", expect=409)
    seen = await api.post(f"/v1/callouts/{callout}/preview")
    started = await api.post(f"/v1/callouts/{callout}/start", {"people": 2})
    assert refused["error"]["reason"] == "not_previewed"
    assert [(one["person"], one["reason"]) for one in seen["others"]] == [("p0090", "standing_no")]
    assert set(seen["slider"]) == {"few", "fewer", "balanced", "faster", "all"}
    assert (started["callout"]["state"], started["needed"]) == ("running", 2)


async def test_who_sends_types_the_number_of_seats_and_a_wrong_one_sends_nothing(api: Api) -> None:
    callout = await api.opened(2)
    await api.post(f"/v1/callouts/{callout}/preview")
    refused = await api.post(f"/v1/callouts/{callout}/start", {"people": 20}, 409)
    await api.at.send()
    assert (refused["error"]["field"], api.provider.sent) == ("people", [])


async def test_seats_fill_others_wait_and_everyone_is_told(api: Api) -> None:
    callout = await api.running(1)
    await api.at.send()
    people = (await api.get(f"/v1/callouts/{callout}"))["people"]
    told = [
        await api.post(
            f"/v1/callouts/{callout}/answers", {"person": one["person"], "choice": "accept"}
        )
        for one in people[:3]
    ]
    shown = await api.get(f"/v1/callouts/{callout}")
    assert [(one["reply"], one["seat"], one["position"]) for one in told] == [
        ("seated", 1, 0),
        ("waitlisted", 0, 1),
        ("waitlisted", 0, 2),
    ]
    assert (shown["callout"]["state"], shown["accepted"], shown["waitlisted"]) == ("filled", 1, 2)


async def test_a_withdrawal_gives_the_seat_to_the_first_in_reserve(api: Api) -> None:
    callout = await api.running(1)
    people = [one["person"] for one in (await api.get(f"/v1/callouts/{callout}"))["people"]][:3]
    path = f"/v1/callouts/{callout}/answers"
    for who in people:
        await api.post(path, {"person": who, "choice": "accept"})
    await api.post(path, {"person": people[0], "choice": "withdraw"})
    shown = {one["person"]: one for one in (await api.get(f"/v1/callouts/{callout}"))["people"]}
    assert [(shown[who]["state"], shown[who]["seat"]) for who in people] == [
        ("withdrawn", None),
        ("accepted", 1),
        ("waitlisted", None),
    ]


async def test_somebody_told_in_person_is_seated_without_a_message(api: Api) -> None:
    callout = await api.running(2)
    told = await api.post(
        f"/v1/callouts/{callout}/answers", {"person": "p0009", "choice": "accept", "via": "paper"}
    )
    await api.at.send()
    mine = next(o for o in api.at.commands.book.offers.values() if o.person == "p0009")
    assert (told["reply"], mine.attempts, mine.answers[0].by) == ("seated", (), "local")


async def test_the_four_facts_are_four(api: Api) -> None:
    callout = await api.running(2)
    people = [one["person"] for one in (await api.get(f"/v1/callouts/{callout}"))["people"]][:2]
    path = f"/v1/callouts/{callout}"
    await api.post(f"{path}/answers", {"person": people[0], "choice": "accept"})
    await api.post(f"{path}/answers", {"person": people[1], "choice": "decline"})
    await api.post(f"{path}/arrived", {"person": people[0]})
    shown = await api.get(path)
    facts = ("answered", "accepted", "arrived", "no_show")
    assert [shown[fact] for fact in facts] == [2, 1, 1, 0]


async def test_pause_resume_widen_faster_stop_are_obeyed_and_written_down(api: Api) -> None:
    callout = await api.running(2)
    states = []
    for what in ("pause", "resume", "widen", "faster", "stop"):
        told = await api.post(f"/v1/callouts/{callout}/{what}")
        states.append(told["callout"]["state"])
    final = api.at.commands.book.callout(callout)
    assert states == ["paused", "running", "running", "running", "closed"]
    assert (final.tier, final.policy.speed) == (2, 0.75)
    actions = [action for action, thing in api.audit.lines if thing == callout]
    assert actions[2:] == [f"callout_{w}" for w in ("pause", "resume", "widen", "faster", "stop")]


async def test_a_manager_lifts_a_rule_of_rest_for_one_call_out_and_says_why(api: Api) -> None:
    callout, path = await api.running(2), "/v1/callouts"
    asked = {one["person"] for one in (await api.get(f"{path}/{callout}"))["people"]}
    body = {"rule": "standing_no", "reason": "rang her: she comes after all"}
    shown = await api.post(f"{path}/{callout}/lift", body)
    (lifted,) = shown["callout"]["lifted"]
    await api.at.engine.look(callout)
    people = (await api.get(f"{path}/{callout}"))["people"]
    called = {one["person"]: one["warnings"] for one in people if one["person"] not in asked}
    assert (lifted["rule"], lifted["by"], lifted["reason"]) == (
        "standing_no",
        "local",
        "rang her: she comes after all",
    )
    assert called == {"p0090": ["standing_no"]}
    assert ("callout_lift", callout) in api.audit.lines
    assert "standing_no: rang her: she comes after all" in api.audit.reasons
    said = await api.post(
        f"{path}/{callout}/answers", {"person": "p0090", "choice": "accept", "via": "paper"}
    )
    assert said["reply"] == "seated"


async def test_a_rule_that_blocks_again_is_checked_again_when_somebody_accepts(api: Api) -> None:
    callout, path = await api.running(2), "/v1/callouts"
    await api.post(f"{path}/{callout}/lift", {"rule": "standing_no", "reason": "she may come"})
    await api.at.engine.look(callout)
    shown = await api.post(f"{path}/{callout}/restore", {"rule": "standing_no"})
    said = await api.post(
        f"{path}/{callout}/answers", {"person": "p0090", "choice": "accept", "via": "paper"}
    )
    assert (shown["callout"].get("lifted"), said["reply"]) == (None, "ineligible")


@pytest.mark.parametrize("rule", ["leave", "opted_out", "unverified", "working", "gravity"])
async def test_nobodys_leave_opt_out_or_unproved_number_is_a_managers_to_lift(
    api: Api, rule: str
) -> None:
    callout = await api.running()
    body = {"rule": rule, "reason": "because"}
    refused = await api.post(f"/v1/callouts/{callout}/lift", body, 422)
    assert refused["error"]["field"] == "rule"
    assert ("callout_lift", callout) not in api.audit.lines


async def test_a_need_can_grow_and_never_shrinks_under_those_who_sit(api: Api) -> None:
    callout = await api.running(2)
    people = [one["person"] for one in (await api.get(f"/v1/callouts/{callout}"))["people"]][:2]
    for who in people:
        await api.post(f"/v1/callouts/{callout}/answers", {"person": who, "choice": "accept"})
    grown = await api.post(f"/v1/callouts/{callout}/need", {"quotas": [{"seats": 3}]})
    refused = await api.post(f"/v1/callouts/{callout}/need", {"quotas": [{"seats": 1}]}, 409)
    assert (grown["callout"]["state"], grown["needed"]) == ("running", 3)
    assert refused["error"]["reason"] == "held"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"pool": "nobody", "quotas": [{"seats": 1}]}, 422, "pool"),
        ({"pool": "reserve", "quotas": []}, 422, "quotas"),
        ({"pool": "reserve", "quotas": [{"seats": 0}]}, 422, "quotas.0.seats"),
        ({"pool": "reserve", "quotas": [{"seats": 1}], "more": 1}, 422, "more"),
    ],
)
async def test_a_need_that_makes_no_sense_is_refused_by_its_field(
    api: Api, body: dict[str, Any], status: int, field: str
) -> None:
    refused = await api.post("/v1/needs", body, status)
    assert refused["error"]["field"] == field


async def test_an_unknown_call_out_or_person_is_told_so(api: Api) -> None:
    nothing = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    gone = await api.post(f"/v1/callouts/{nothing}/pause", expect=404)
    callout = await api.running(1)
    stranger = await api.post(f"/v1/callouts/{callout}/add", {"person": "p7777"}, 409)
    assert (gone["error"]["reason"], stranger["error"]["reason"]) == ("not_found", "ineligible")


async def test_the_call_sheet_has_names_and_numbers_and_its_reading_is_written_down(
    api: Api, tmp_path: Path
) -> None:
    callout = await api.running(2, drill=True)
    page = (await api.client.get(f"/v1/callouts/{callout}/sheet.html")).text
    table = (await api.client.get(f"/v1/callouts/{callout}/sheet.csv")).text
    assert ("DRILL" in page, "Person p0001" in page, "to-m1-sms" in table) == (True, True, True)
    assert ("callout_sheet", callout) in api.audit.lines
    assert len(table.splitlines()) == 11


async def test_the_report_afterwards_tells_what_happened_without_a_name_or_a_number(
    api: Api,
) -> None:
    callout, path = await api.running(2), "/v1/callouts"
    await api.at.send()
    await api.at.engine.round()
    api.at.pass_time(minutes=6)
    for who in ("p0001", "p0002"):
        said = {"person": who, "choice": "accept", "via": "paper"}
        await api.post(f"{path}/{callout}/answers", said)
    foretold = api.at.commands.book.callout(callout).first_forecast
    page = (await api.client.get(f"{path}/{callout}/report.html")).text
    table = (await api.client.get(f"{path}/{callout}/report.csv")).text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert foretold is not None
    assert foretold.half is not None
    late = (api.at.now - foretold.half).total_seconds() / 60
    told = dict(re.findall(r"<tr><th>([^<]+)</th><td>([^<]+)</td>", page))
    assert (told["Seats needed"], told["Seats taken"], told["People asked"]) == ("2", "2", "8")
    assert (told["Filled after"], told["Later than foretold (median)"]) == (
        "6.0 min",
        f"{late:.1f} min",
    )
    seats = {row["person"]: row["seat"] for row in rows if row["seat"]}
    assert seats == {"p0001": "1", "p0002": "2"}
    assert [row["answers"] for row in rows if row["seat"]] == ["accept/paper"] * 2
    for text in (page, table):
        assert not re.search(r"Person p|to-m|\+\d{7,}", text)


async def test_sheets_on_disk_are_for_their_owner_only_and_go_with_the_call_out(
    api: Api, tmp_path: Path
) -> None:
    callout = await api.running(2)
    sheets = Sheets(
        api.at.commands, api.at.engine, api.at.people, tmp_path, ("가", "A"), ZoneInfo("UTC")
    )
    written = await sheets.write()
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "call-sheets").iterdir()}
    await api.post(f"/v1/callouts/{callout}/stop")
    await sheets.write()
    assert (written, modes, list((tmp_path / "call-sheets").iterdir())) == (1, {0o600}, [])


# Alerts from outside


async def test_an_alert_opens_one_need_revises_it_and_closes_it(api: Api) -> None:
    alert = NeedAsked(dedup_key="pd/1", summary="thirty more", pool="reserve", seats=3)
    taken = [
        await api.needs.open_need(alert, by="alertmanager"),
        await api.needs.open_need(alert, by="alertmanager"),
        await api.needs.open_need(
            NeedAsked(dedup_key="pd/1", summary="more", pool="reserve", seats=5), by="alertmanager"
        ),
        await api.needs.acknowledge_need("pd/1", by="kim"),
        await api.needs.close_need("pd/1", by="alertmanager"),
        await api.needs.close_need("pd/1", by="alertmanager"),
    ]
    assert taken == ["opened", "unchanged", "revised", "acknowledged", "closed", "no_such_need"]


async def test_a_need_nobody_confirms_in_time_is_dropped_or_sent_as_the_centre_says(
    api: Api,
) -> None:
    await api.needs.open_need(
        NeedAsked(dedup_key="pd/2", summary="x", pool="reserve", seats=1), by="alertmanager"
    )
    waiting = api.at.commands.book.open_need("pd/2")
    assert waiting is not None
    confirm_by: datetime | None = waiting.need.confirm_by
    api.at.pass_time(minutes=6)
    await api.at.engine.round()
    closed = api.at.commands.book.callout(waiting.id)
    assert confirm_by == api.at.now - timedelta(minutes=1)
    assert (closed.state, closed.closed_reason, api.provider.sent) == (
        "cancelled",
        "not_confirmed",
        [],
    )
