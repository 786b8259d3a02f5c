"""The consoles over the real list: a callback is worked by its forms, and everything is written."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.acting import Acting
from services.consoles.api import Api, RefusedError
from streams.events.audit import AuditRecorded
from streams.events.codec import decode
from streams.kafka import read_to_end
from streams.topics import AUDIT
from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened
from tests.support.consoles import Consoles, OpenConsoles, Person, consoles_opener
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv


@pytest.fixture
def open_consoles(open_centre: Opened, secrets_env: SecretsEnv, tmp_path: Path) -> OpenConsoles:
    return consoles_opener(open_centre, secrets_env, tmp_path)


def lease_on(page: str) -> tuple[str, dict[str, str]]:
    """The callback on a desk's page, and its lease."""
    [path] = set(re.findall(r'action="/desk/([0-9a-f-]{36})/(?:dial|connected|close)"', page))
    fields = {
        name: re.findall(rf'name="{name}" value="([^"]+)"', page)[0] for name in ("epoch", "token")
    }
    return path, fields


async def on_the_desk(person: Person) -> tuple[str, str, dict[str, str]]:
    page = (await person.get("/desk")).text
    callback, lease = lease_on(page)
    return page, callback, lease


async def audited(centre: Centre, count: int) -> list[tuple[str, ...]]:
    async def there() -> list[tuple[str, ...]] | None:
        records = [r async for r in read_to_end(centre.connections, AUDIT)]
        events = [decode(r.value) for r in records if r.value]
        lines = [e.data for e in events if isinstance(e, AuditRecorded)]
        found: list[tuple[str, ...]] = [
            (line.actor, line.action, line.result, line.service) for line in lines
        ]
        return found if len(found) >= count else None

    found: list[tuple[str, ...]] = await help_.until(there)
    return found


async def test_a_callback_is_worked_from_the_desk_and_the_log_says_by_whom(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house, house.person("minji") as minji:
        centre = house.centre
        japan: dict[str, Any] = {
            "country": "JP",
            "caller_tz": "Asia/Tokyo",
            "caller_tz_from": "country",
        }
        await centre.publish(centre.wanted("c1", 1, language="ko", topic="disaster", **japan))
        await centre.listed(1)
        taken = await minji.post("/desk/next")
        page, callback, lease = await on_the_desk(minji)
        revealed = await minji.post(f"/desk/{callback}/number", **lease)
        await minji.post(f"/desk/{callback}/dial", **lease)
        await minji.post(f"/desk/{callback}/connected", **lease)
        closed = await minji.post(f"/desk/{callback}/close", **lease)
        [told] = await centre.listed(1, "closed")
        changes = [c.change for c in await centre.changes() if c.data.id == callback]
        lines = await audited(centre, 2)
        texts = [house.process.log_text(), str(lines), page]
    assert taken.headers["location"] == "/desk"
    assert ("JST" in page, "재난" in page, "+82 ••••0001" in page) == (True, True, True)
    assert help_.number_of(1) in revealed.text
    assert closed.headers["location"] == "/desk?note=closed_it"
    assert (told["outcome"], told["agent"]) == ("completed", "desk-1")
    wanted = ["leased", "number_revealed", "dialled", "connected", "completed"]
    assert [change for change in changes if change in wanted] == wanted
    assert ("minji", "sign in", "done", "consoles") in lines
    assert ("minji", "reveal number", "done", "callbacks") in lines
    assert [t for t in texts if help_.number_of(1).removeprefix("+82") in t] == []


async def test_an_old_page_cannot_touch_what_went_to_somebody_else(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house:
        centre = house.centre
        await centre.publish(centre.wanted("c1", 1))
        await centre.listed(1)
        async with house.person("minji") as minji, house.person("daniel") as daniel:
            await minji.post("/desk/next")
            _, callback, lease = await on_the_desk(minji)
            given = await minji.post(f"/desk/{callback}/fail", **lease, outcome="agent_gone")
            await daniel.post("/desk/next")
            old = await minji.post(f"/desk/{callback}/dial", **lease)
            headers = {"X-By-Itself": "1", "Origin": house.url}
            token = re.findall(r'csrf" value="([^"]+)"', (await minji.get("/me")).text)[0]
            renewed = await minji.client.post(
                f"/desk/{callback}/renew", data=lease | {"csrf": token}, headers=headers
            )
            theirs = (await on_the_desk(daniel))[1]
            notice = (await minji.get("/desk", note="lost")).text
        dials = centre.phone.rings.total()
    assert given.headers["location"] == "/desk?note=gave_back"
    assert old.headers["location"] == "/desk?note=lost"
    assert renewed.json() == {"held": False, "note": "lost"}
    assert (theirs, dials) == (callback, 0)
    assert "이 콜백은 더 이상 내 것이 아닙니다" in notice


async def test_one_console_cannot_name_another_desk(open_consoles: OpenConsoles) -> None:
    async with open_consoles() as house:
        token = house.centre.env.tokens["console"]
        api = Api.of(house.centre.service.url, token)
        person = api.for_whom(Acting("minji", frozenset({"counselor"}), "desk-1"))
        heard = []
        for agent in ("desk-2", "desk-1"):
            try:
                heard.append((await person.post("/v1/callbacks/next", {"agent": agent}))["reason"])
            except RefusedError as error:
                heard.append(str(error))
        lines = await audited(house.centre, 1)
        await api.close()
    assert heard == ["403 forbidden: the agent is not the person signed in", "none"]
    assert ("minji", "POST", "refused", "callbacks") in lines


async def test_a_lead_filters_the_list_reschedules_withdraws_and_turns_switches(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house, house.person("lead") as lead:
        centre = house.centre
        await centre.publish(
            centre.wanted("c1", 1, language="ko", caller_tz="America/Los_Angeles"),
            centre.wanted("c2", 2, 0.1, language="en", queue="english", urgency="high"),
            centre.wanted("c3", 3, 0.2, language="ko"),
        )
        await centre.listed(3)
        everything = (await lead.get("/list")).text
        english = (await lead.get("/list", language="en")).text
        late = (await lead.get("/list", overdue="true")).text
        ids = re.findall(r'<tr id="c-([0-9a-f-]{36})"', everything)
        gap = await lead.post(f"/list/{ids[1]}/reschedule", at="2027-03-14T02:30")
        moved = await lead.post(f"/list/{ids[1]}/reschedule", at=_in_ten_days())
        gone = await lead.post(f"/list/{ids[2]}/withdraw", reason="no_longer_needed")
        await lead.post("/switches", switch="dialling", queue="*", to="off", reason="회선 점검")
        switches = (await lead.get("/switches")).text
        async with house.person("minji") as minji:
            nothing = await minji.post("/desk/next")
            desk = (await minji.get("/desk")).text
        story = (await lead.get(f"/list/{ids[2]}")).text
        lines = await audited(centre, 4)
    assert len(ids) == 3
    assert re.findall(r'<tr id="c-([0-9a-f-]{36})"', english) == [ids[0]]
    assert "해당하는 콜백이 없습니다" in late
    assert (gap.status_code, "<b>at</b>" in gap.text) == (422, True)
    assert moved.headers["location"].endswith("note=rescheduled")
    assert gone.headers["location"].endswith("note=withdrawn")
    assert "철회" in story
    assert ("회선 점검" in switches, "회선 점검" in desk) == (True, True)
    assert nothing.headers["location"] == "/desk?note=none_fits"
    assert {
        ("lead", "withdraw callback", "done", "consoles"),
        ("lead", "switch dialling off", "done", "callbacks"),
    } <= set(lines)


def _in_ten_days() -> str:
    return f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%dT%H:%M}"


async def test_a_wrong_role_is_refused_and_the_auditor_reads_of_it(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house:
        async with house.person("minji") as minji:
            refused = await minji.get("/switches")
        async with house.person("auditor") as auditor:
            withdrawn = await auditor.post("/list/x/withdraw", reason="duplicate")

            async def read() -> str | None:
                page = (await auditor.get("/audit", refused="true")).text
                return page if "minji" in page and "최유진" in page else None

            page: str = await help_.until(read)
    assert (refused.status_code, withdrawn.status_code) == (403, 403)
    assert "GET /switches" in page
    assert "needs the role" in page


async def test_while_the_list_is_away_the_desk_says_so_and_comes_back_by_itself(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house, house.person("minji") as minji:
        service = house.centre.service
        before = (await minji.get("/desk")).status_code
        service.kill9()
        away = await minji.get("/desk")
        service.start()
        await service.wait_ready()
        after = (await minji.get("/desk")).status_code
    assert (before, away.status_code, after) == (200, 503, 200)
    assert 'class="num"' not in away.text


async def test_who_signs_out_at_one_console_is_out_at_all_of_them_and_redis_may_be_lost(
    open_consoles: OpenConsoles, redis_server: Any
) -> None:
    async with open_consoles() as house, house.person("minji") as minji:
        env = {k: v for k, v in house.process.env.items() if k != "SURGELINE_PORT"}
        async with ServiceProcess("services.consoles", env) as second, house.person() as other:
            other.client.base_url = second.url
            other.client.cookies.update(minji.client.cookies)
            before = (await other.get("/me")).status_code
            redis_server.kill()
            without_redis = (await other.get("/me")).status_code
            redis_server.restart(wipe=True)
            await minji.post("/sign-out")

            async def out() -> bool:
                return (await other.get("/me")).status_code == 303

            assert await help_.until(out)
    assert (before, without_redis) == (200, 200)


async def test_every_form_answers_bad_input_without_breaking(open_consoles: OpenConsoles) -> None:
    async with open_consoles() as house, house.person("minji") as minji:
        assert await worst(house, minji) == []


async def worst(house: Consoles, minji: Person) -> list[tuple[str, int]]:
    """Forms and addresses that were answered with a 5xx."""
    words = ["", "x" * 300, "\x00", "'\"<script>", "../..", "9" * 400, "é한", "-1", "{{7*7}}"]
    broken = []
    async with house.person("lead") as lead:
        for word in words:
            tried = [
                await minji.post(f"/desk/{word or 'x'}/dial".replace("\x00", "%00"), epoch=word),
                await minji.post("/desk/x/fail", epoch="1", token="1", outcome=word),
                await minji.post("/desk/x/reschedule", epoch="1", token="1", at=word),
                await minji.get("/desk", note=word),
                await lead.get("/list", state=word, queue=word, page=word),
                await lead.get("/list", queue=word),
                await lead.post("/switches", switch="dialling", queue=word, to="off", reason=word),
                await lead.post("/list/x/withdraw", reason=word),
                await lead.post("/list/x/reschedule", at="2030-01-01T10:00"),
                await lead.get("/language/ko", back=word),
                await lead.sign_in(word, word),
            ]
            broken += [(str(t.request.url), t.status_code) for t in tried if t.status_code >= 500]
    return broken
