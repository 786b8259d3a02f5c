"""Who comes in, who does not, and what is said to them. Nothing answers behind these doors."""

import re
from pathlib import Path
from typing import Any

import pytest

from streams.errors import WrongSettingError
from tests.support.console_door import URL, door, visitor
from tests.support.consoles import PASSWORD

SECRET_PATHS = ("/", "/me", "/desk", "/list", "/switches", "/audit")


async def test_nobody_sees_a_page_before_signing_in(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        heard = [await person.get(path) for path in SECRET_PATHS]
    assert [(h.status_code, h.headers["location"]) for h in heard] == [(303, "/sign-in")] * 6


async def test_one_lands_on_the_page_of_ones_role(tmp_path: Path) -> None:
    landed = {}
    async with door(tmp_path) as app:
        for name in ("minji", "lead", "auditor"):
            async with visitor(app) as person:
                await person.sign_in(name)
                landed[name] = (await person.get("/")).headers["location"]
    assert landed == {"minji": "/desk", "lead": "/list", "auditor": "/list"}


async def test_the_cookie_is_for_this_site_only_and_no_script_sees_it(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        plain = (await person.sign_in("minji")).headers.get_list("set-cookie")
    public = "https://consoles.example"
    async with door(tmp_path, SURGELINE_PUBLIC_URL=public) as app, visitor(app, public) as person:
        secure = (await person.sign_in("minji")).headers.get_list("set-cookie")
    [cookie] = [c for c in plain if c.startswith("surgeline_session=")]
    [locked] = [c for c in secure if c.startswith("surgeline_session=")]
    assert cookie.partition("; ")[2] == "HttpOnly; Path=/; SameSite=strict"
    assert locked.partition("; ")[2] == "HttpOnly; Path=/; SameSite=strict; Secure"
    assert all("HttpOnly" in c and "SameSite=strict" in c for c in plain + secure)


async def test_every_answer_carries_the_headers_that_keep_others_out(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        answers = [await person.get(path) for path in ("/sign-in", "/desk", "/nothing", "/healthz")]
        page = answers[0].text
    policies = {a.headers["content-security-policy"].partition(";")[0] for a in answers}
    assert policies == {"default-src 'self'"}
    assert {a.headers["x-content-type-options"] for a in answers} == {"nosniff"}
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page) == []


async def test_what_was_wrong_is_not_told_apart(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        wrong = [await person.sign_in(n, p) for n, p in (("minji", "x"), ("nobody", "x"))]
        empty = await person.sign_in("", "")
    assert [h.status_code for h in (*wrong, empty)] == [401, 401, 401]
    assert wrong[0].text == wrong[1].text


async def test_a_guesser_is_braked_and_told_how_long_to_wait(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        statuses = [(await person.sign_in("minji", f"guess {n}")).status_code for n in range(5)]
        right = await person.sign_in("minji", PASSWORD)
    async with door(tmp_path) as app, visitor(app) as other:
        elsewhere = await other.sign_in("minji", PASSWORD)
    assert statuses == [401, 401, 401, 429, 429]
    assert (right.status_code, int(right.headers["retry-after"]) > 0) == (429, True)
    assert elsewhere.status_code == 303


async def test_strangers_do_not_keep_a_known_browser_out(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        await person.post("/sign-out")
        for number in range(12):
            async with visitor(app, address=f"10.0.0.{number}") as stranger:
                await stranger.sign_in("minji", "guess")
        async with visitor(app, address="10.9.9.9") as stranger:
            braked = await stranger.sign_in("minji", PASSWORD)
        known = await person.sign_in("minji")
    assert (braked.status_code, known.status_code) == (429, 303)


async def test_a_form_from_another_site_or_another_session_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        page = (await person.get("/me")).text
        token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        tried: list[tuple[str | None, str]] = [
            ("https://evil.example", token),
            ("null", token),
            (None, token),
            (URL, "another session's"),
            (URL, ""),
        ]
        heard = []
        for origin, csrf in tried:
            headers = {"Origin": origin} if origin else {}
            answer = await person.client.post("/desk/next", data={"csrf": csrf}, headers=headers)
            heard.append(answer.status_code)
        foreign = await person.client.post(
            "/sign-in", data={"account": "minji", "password": PASSWORD}, headers={"Origin": "null"}
        )
        still = await person.get("/me")
    assert heard == [403] * 5
    assert (foreign.status_code, still.status_code) == (403, 200)


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person, visitor(app) as thief:
        await person.sign_in("minji")
        thief.client.cookies.update(person.client.cookies)
        before = (await thief.get("/me")).status_code
        out = await person.post("/sign-out")
        after = await thief.get("/me")
    assert (before, out.headers["location"]) == (200, "/sign-in?note=bye")
    assert (after.status_code, after.headers["location"]) == (303, "/sign-in?note=over")


async def test_who_is_disabled_is_out_at_the_next_click(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        app.state.house.settings.accounts.alter("minji", disabled=True)
        heard = await person.get("/me")
        again = await person.sign_in("minji")
    assert (heard.status_code, again.status_code) == (303, 401)


async def test_the_fourth_session_ends_the_first(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as first, visitor(app) as second:
        await first.sign_in("minji")
        for _ in range(3):
            await second.sign_in("minji")
        statuses = [(await person.get("/me")).status_code for person in (first, second)]
    assert statuses == [303, 200]


async def test_a_page_that_refreshes_itself_does_not_keep_one_signed_in(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("lead")
        house = app.state.house
        house.settings.sessions.freshened = lambda session, _: session
        by_hand = await person.get("/me")
        by_itself = await person.client.get("/me", headers={"HX-Request": "true"})
    assert "set-cookie" in by_hand.headers
    assert "set-cookie" not in by_itself.headers


async def test_a_page_that_is_not_ones_own_names_the_role_it_takes(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        heard = [await person.get(path) for path in ("/list", "/switches", "/audit")]
        sent = await person.post("/switches", switch="dialling", queue="*", to="off", reason="why")
    assert [h.status_code for h in (*heard, sent)] == [403] * 4
    assert "조장" in heard[1].text


async def test_while_the_list_is_away_nothing_is_shown_as_if_it_were_so(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        shown = await person.get("/desk")
        sent = await person.post("/desk/next")
    assert (shown.status_code, sent.status_code) == (503, 503)
    assert "콜백 목록이 응답하지 않습니다" in shown.text
    assert 'class="num"' not in shown.text


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("/desk/x/dial", {}, "epoch"),
        ("/desk/x/dial", {"epoch": "1", "token": "minus"}, "token"),
        ("/desk/x/dial", {"epoch": "1" * 400, "token": "1"}, "epoch"),
        ("/desk/x/fail", {"epoch": "1", "token": "1", "outcome": "bored"}, "outcome"),
        ("/desk/x/reschedule", {"epoch": "1", "token": "1", "at": "soon"}, "at"),
    ],
)
async def test_bad_input_is_answered_with_the_fields_name(
    tmp_path: Path, path: str, form: dict[str, str], field: str
) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("minji")
        heard = await person.post(path, **form)
    assert heard.status_code == 422
    assert f"<b>{field}</b>" in heard.text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"\xff\xfe", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"account=" + b"x" * 70_000}, 413),
        (
            {"content": b'{"account": "minji"}', "headers": {"Content-Type": "application/json"}},
            401,
        ),
        ({"data": {"account": "x" * 65, "password": "y"}}, 422),
    ],
    ids=["broken", "endless", "json", "long name"],
)
async def test_a_body_that_is_no_form_of_ours_breaks_nothing(
    tmp_path: Path, sent: dict[str, Any], status: int
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = {"Origin": URL} | form | sent.pop("headers", {})
    async with door(tmp_path) as app, visitor(app) as person:
        heard = await person.client.post("/sign-in", headers=headers, **sent)
    assert heard.status_code == status, heard.text[:300]


async def test_the_language_and_the_keys_are_chosen_and_kept(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.sign_in("daniel")
        own = (await person.get("/me")).text
        chosen = await person.get("/language/ko", back="/me")
        after = (await person.get("/me")).text
        away = await person.get("/language/ko", back="//evil.example")
        wrong = await person.get("/language/fr")
    assert ('<html lang="en">' in own, '<html lang="ko">' in after) == (True, True)
    assert (chosen.headers["location"], away.headers["location"]) == ("/me", "/")
    assert wrong.status_code == 422


async def test_a_foreign_name_that_points_here_is_turned_away(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app, "http://evil.example:8460") as person:
        heard = [(await person.get(path)).status_code for path in ("/sign-in", "/readyz")]
    assert heard == [421, 421]


@pytest.mark.parametrize(
    "env",
    [
        {"SURGELINE_PUBLIC_URL": "http://consoles.example"},
        {"SURGELINE_PUBLIC_URL": "consoles.example"},
        {"SURGELINE_OIDC_ISSUER": "https://id.example"},
        {
            "SURGELINE_OIDC_ISSUER": "https://id.example",
            "SURGELINE_OIDC_CLIENT_ID": "us",
            "SURGELINE_OIDC_ROLES": '{"staff": "king"}',
        },
    ],
)
async def test_a_setting_that_would_leave_a_door_open_is_refused(
    tmp_path: Path, env: dict[str, str]
) -> None:
    with pytest.raises(WrongSettingError):
        async with door(tmp_path, **env):
            raise AssertionError("it started")
