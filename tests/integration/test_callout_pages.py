"""The call-out pages over the real service: a plan that sends nothing, one press, how it goes."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.callout_consoles import (
    CalloutConsoles,
    OpenCalloutConsoles,
    callout_consoles_opener,
)
from tests.support.consoles import Person
from tests.support.stack import SecretsEnv


@pytest.fixture
def open_pages(
    connections: Connections, secrets_env: SecretsEnv, tmp_path: Path
) -> OpenCalloutConsoles:
    return callout_consoles_opener(connections, secrets_env, tmp_path)


async def prepared(manager: Person, seats: int, **more: str) -> str:
    """A need of their own; the address of its call-out."""
    form = {"pool": "reserve", "seats": str(seats), "reason": "the river rises"} | more
    opened = await manager.post("/callouts/new", **form)
    path = opened.headers["location"]
    assert path.endswith("/plan"), opened.text
    return str(path.removesuffix("/plan"))


async def sent(house: CalloutConsoles, manager: Person, seats: int) -> str:
    callout = await prepared(manager, seats)
    await manager.get(f"{callout}/plan")
    gone = await manager.post(f"{callout}/send", mark="balanced", typed=str(seats))
    assert gone.headers["location"].endswith("?note=callout_started")

    async def asked() -> bool:
        return int((await house.callouts.ledger())["attempts"]) >= seats

    await help_.until(asked)
    return callout


def tiles(page: str) -> list[str]:
    """The big numbers: needed, accepted, expected; then missing, here, in reserve, woken, lost."""
    return re.findall(r'<dd class="num">([^<]+)</dd>', page)


async def test_a_plan_shows_everything_and_sends_nothing_until_the_number_is_typed(
    open_pages: OpenCalloutConsoles,
) -> None:
    async with open_pages(40) as house, house.person("manager") as manager:
        callout = await prepared(manager, 3)
        plan = (await manager.get(f"{callout}/plan", mark="few")).text
        wrong = await manager.post(f"{callout}/send", mark="few", typed="30")
        said = (await manager.client.get(wrong.headers["location"])).text
        before = await house.callouts.ledger()
        listed = (await manager.get("/callouts")).text
        right = await manager.post(f"{callout}/send", mark="few", typed="3")
        after = await house.callouts.show(callout.rpartition("/")[2])
    rows = re.findall(r'href="[^"]+/plan\?mark=([a-z]+)"', plan)
    assert rows == ["few", "fewer", "balanced", "faster", "all"]
    assert len(re.findall(r'<td class="count">', plan)) >= 4 * len(rows)
    assert ("the river rises" in plan, "[훈련]" in plan) == (True, False)
    assert "1 yes, 2 no, 3 in 1 h" in plan
    assert "보내지 않았습니다" in said
    assert before["attempts"] == 0
    assert f'href="{callout}/plan"' in listed
    assert right.status_code == 303
    assert (after["callout"]["state"], after["callout"]["policy"]["speed"]) == ("running", 0.0)
    assert after["callout"]["started_by"] == "manager"


async def test_a_call_out_is_watched_steered_filled_by_hand_and_stopped(
    open_pages: OpenCalloutConsoles,
) -> None:
    async with open_pages(40) as house, house.person("manager") as manager:
        callout = await sent(house, manager, 2)
        shown = await house.callouts.show(callout.rpartition("/")[2])
        asked = [one["person"] for one in shown["people"]]
        begun = (await manager.get(callout)).text
        await manager.post(f"{callout}/pause")
        paused = (await manager.get(callout)).text
        await manager.post(f"{callout}/resume")
        await manager.post(f"{callout}/person", person=asked[0], deed="accept")
        nobody = await manager.post(f"{callout}/person", person="p9999", deed="ask")
        await manager.post(f"{callout}/size", seats="3")
        await manager.post(f"{callout}/person", person=asked[1], deed="accept")
        await manager.post(f"{callout}/person", person=asked[1], deed="arrived")
        half = (await manager.get(callout)).text
        some = (await manager.get(callout, state="accepted")).text
        sheet = await manager.get(f"{callout}/sheet.html")
        report = await manager.get(f"{callout}/report.html")
        table = await manager.get(f"{callout}/report.csv")
        stopped = await manager.post(f"{callout}/stop", tell="yes")

        async def told() -> bool:
            people = (await house.callouts.show(callout.rpartition("/")[2]))["people"]
            sent = [a for p in people for a in p["attempts"] if a["purpose"] == "stand_down"]
            return bool(sent) and all(one["sent_at"] for one in sent)

        await help_.until(told)

        async def logged() -> str | None:
            page = (await manager.get(callout)).text
            return page if "호출 명단을 봄" in page and "끝냄" in page else None

        over = await help_.until(logged)
    assert tiles(begun)[:2] == ["2", "0"]
    assert (f"{callout}/resume" in paused, f"{callout}/resume" in begun) == (True, False)
    assert nobody.headers["location"].endswith("?note=callout_ineligible")
    assert tiles(half)[:2] == ["3", "2"]
    assert tiles(half)[4] == "1"
    assert set(re.findall(r'<tr id="p-([^"]+)"', some)) == set(asked[:2])
    assert (sheet.status_code, "Person 0" in sheet.text) == (200, True)
    assert ("호출 사후 보고" in report.text, "Person 0" in report.text) == (True, False)
    assert table.headers["content-type"].startswith("text/csv")
    assert "style-src 'unsafe-inline'" in sheet.headers["content-security-policy"]
    assert stopped.headers["location"].endswith("?note=callout_stopped")
    assert f"{callout}/pause" not in over


async def test_everybody_sees_what_is_theirs_and_only_leads_send(
    open_pages: OpenCalloutConsoles,
) -> None:
    async with open_pages(12) as house, house.person("manager") as manager:
        callout = await prepared(manager, 1, drill="true")
        plan = (await manager.get(f"{callout}/plan")).text
        async with house.person("viewer") as viewer:
            looked = (await viewer.get(callout)).text
            refused = await viewer.post(f"{callout}/send", mark="all", typed="1")
            nameless = (await viewer.get("/people")).text
        async with house.person("lead") as lead:
            printed = await lead.get(f"{callout}/sheet.html")
            not_theirs = await lead.post(f"{callout}/lift", rule="daily_rest", reason="because")
            lifted = await manager.post(f"{callout}/lift", rule="daily_rest", reason="rest later")
            planned = (await lead.get(f"{callout}/plan")).text
            dropped = await lead.post(f"{callout}/drop", reason="the river falls")
        async with house.person("minji") as minji:
            counselor = await minji.get("/callouts")
        async with house.person("daniel") as daniel:
            unlisted = (await daniel.get("/on-call")).text
        board = (await manager.get("/people", light="amber")).text
        ledger = await house.callouts.ledger()
        house.callouts.service.kill9()
        away = await manager.get("/callouts")
    assert "[훈련]" in plan
    assert "/send" not in looked
    assert [refused.status_code, printed.status_code, counselor.status_code] == [403, 403, 403]
    assert dropped.headers["location"] == "/callouts?note=callout_dropped"
    assert "호출 명단에 없습니다" in unlisted or "on no call-out list" in unlisted
    # Who leads sees names, nobody else; what a rule was lifted for is there for everybody.
    assert [("Person 1" in text) for text in (plan, board, nameless)] == [True, True, False]
    assert (not_theirs.status_code, "rest later" in planned) == (403, True)
    assert lifted.headers["location"].endswith("?note=callout_lifted")
    assert ("p0001" in board, "한 가지 방법뿐" in board) == (True, True)
    assert ledger["attempts"] == 0
    assert (away.status_code, tiles(away.text)) == (503, [])
    assert "호출 서비스가 응답하지 않습니다" in away.text


async def test_a_counselor_answers_and_changes_what_is_their_own(
    open_pages: OpenCalloutConsoles,
) -> None:
    async with (
        open_pages(12) as house,
        house.person("manager") as manager,
        house.person("minji") as minji,
    ):
        quiet = (await minji.get("/on-call")).text
        await minji.post("/on-call/standing", standing="now")
        callout = await sent(house, manager, 1)
        page = (await minji.get("/on-call")).text
        [offer] = set(re.findall(r'action="/on-call/offers/([^"]+)"', page))
        yes = await minji.post(f"/on-call/offers/{offer}", choice="accept")
        seated = (await minji.get("/on-call")).text
        other = "00000000-0000-0000-0000-000000000000"
        theirs = await minji.post(f"/on-call/offers/{other}", choice="accept")
        tested = await minji.post("/on-call/methods/sms/test")
        wrong = await minji.post("/on-call/methods/sms/confirm", code="000000")
        calendar = (await minji.post("/on-call/calendar")).text
        shown = await house.callouts.show(callout.rpartition("/")[2])
        gone = await minji.post(f"/on-call/offers/{offer}", choice="withdraw", reason="ill")
        [address] = re.findall(r'<code class="secret">([^<]+)</code>', calendar)
        feed = await minji.client.get(address)
        today = datetime.now(ZoneInfo("Asia/Seoul"))
        hours = [(today + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M") for n in (-1, 20, 30)]
        backwards = await minji.post("/on-call/leave", away_from=hours[2], away_until=hours[1])
        away = await minji.post("/on-call/leave", away_from=hours[0], away_until=hours[1])
        plan = (await manager.get(f"{await prepared(manager, 1)}/plan")).text
        [starts_at] = re.findall(
            r'name="starts_at" value="([^"]+)"', (await minji.get("/on-call")).text
        )
        back = await minji.post("/on-call/leave/back", starts_at=starts_at)
        again = (await manager.get(f"{await prepared(manager, 2)}/plan")).text
    assert backwards.headers["location"] == "/on-call?note=mine_leave_wrong"
    assert (away.headers["location"], back.headers["location"]) == ("/on-call?note=mine_leave",) * 2
    assert ("1 휴가" in plan, "1 휴가" in again) == (True, False)
    assert "지금 요청이 없습니다" in quiet
    assert yes.headers["location"] == "/on-call?note=mine_seated"
    assert "1번 자리가 당신의 자리입니다" in seated
    assert theirs.status_code == 404
    assert tested.headers["location"] == "/on-call?note=mine_code_sent"
    assert wrong.headers["location"] == "/on-call?note=mine_wrong"
    assert [(p["person"], p["seat"]) for p in shown["people"] if p["seat"]] == [("p0000", 1)]
    assert gone.headers["location"] == "/on-call?note=mine_withdrawn"
    assert (feed.status_code, "BEGIN:VCALENDAR" in feed.text) == (200, True)
