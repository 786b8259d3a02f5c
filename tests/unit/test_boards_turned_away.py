"""What does somebody see who may not look at the boards, and how do they come to look after all?"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.accounts import Accounts
from services.boards.app import create_app
from services.boards.kiosks import Kiosks
from services.boards.settings import Settings
from services.supervisor.keys import make_secrets
from streams.errors import WrongSettingError
from tests.support.broker import ROOT
from tests.support.console_door import NOBODY, URL, door, visitor
from tests.support.consoles import PASSWORD, accounts_in
from tests.unit.test_boards_service import with_tokens

BOARDS = "http://127.0.0.1:8400"
KEYS = make_secrets().session_keys
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


def boards_env(folder: Path) -> dict[str, str]:
    """A board that other machines can reach, beside the consoles; no Kafka, no Redis."""
    with_tokens(folder)
    return {
        "SURGELINE_KAFKA": NOBODY,
        "SURGELINE_REDIS": f"redis://{NOBODY}/0",
        "SURGELINE_PREFIX": "t-",
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        "SURGELINE_HOST": "192.0.2.1",
        "SURGELINE_TOKENS": str(folder / "tokens.json"),
        "SURGELINE_KIOSKS": str(folder / "kiosks.json"),
        "SURGELINE_ACCOUNTS": str(accounts_in(folder).path),
        "SURGELINE_SESSION_KEYS": KEYS,
        "SURGELINE_CONSOLES_URL": URL,
    }


@asynccontextmanager
async def browser(env: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings.from_env(env))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BOARDS, headers=BROWSER) as client:
        yield client


async def test_a_browser_is_told_why_in_words_and_a_program_as_json(tmp_path: Path) -> None:
    async with browser(boards_env(tmp_path)) as person:
        page = await person.get("/")
        told = await person.get("/", headers={"Accept": "application/json"})
        stream = await person.get("/events", headers={"Accept": "text/event-stream"})

    assert (page.status_code, told.status_code, stream.status_code) == (401, 401, 401)
    assert "상황판을 보려면 로그인하십시오" in page.text
    assert "Sign in to see the boards" in page.text
    assert told.json()["error"]["reason"] == stream.json()["error"]["reason"] == "unauthorized"
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("path", ["/", "/floor?lang=en", "/surges?lang=ko"])
async def test_who_signs_in_at_the_consoles_comes_back_to_the_page_they_wanted(
    tmp_path: Path, path: str
) -> None:
    env = boards_env(tmp_path)
    settings = {"SURGELINE_SESSION_KEYS": KEYS, "SURGELINE_BOARDS_URL": BOARDS}
    async with browser(env) as boards, door(tmp_path, **settings) as app:
        [link] = re.findall(r'class="go" href="([^"]+)"', (await boards.get(path)).text)
        there = urlsplit(link)
        async with visitor(app) as person:
            await person.get(there.path, **{k: v for k, [v] in parse_qs(there.query).items()})
            signed_in = await person.sign_in("lead", PASSWORD)
            [onward] = re.findall(r'href="([^"]+)" data-go', signed_in.text)
            later = await person.get("/sign-in", board=path)
            cookie = person.client.cookies["surgeline_session"]
        before = await boards.get(path)
        boards.cookies.set("surgeline_session", cookie)
        after = await boards.get(onward.removeprefix(BOARDS))

    assert link.startswith(f"{URL}/sign-in?")
    assert onward == f"{BOARDS}{path}"
    assert f'href="{onward}" data-go' in later.text
    # Nothing is known on this board yet; but they may look, and the door says so no more.
    assert before.status_code == 401
    assert after.status_code == 503


@pytest.mark.parametrize("board", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
async def test_nobody_is_led_anywhere_else(tmp_path: Path, board: str) -> None:
    settings = {"SURGELINE_SESSION_KEYS": KEYS, "SURGELINE_BOARDS_URL": BOARDS}
    async with door(tmp_path, **settings) as app, visitor(app) as person:
        await person.get("/sign-in", board=board)
        onward = (await person.sign_in("lead")).text

    assert f'href="{BOARDS}/" data-go' in onward
    assert "evil" not in onward


async def test_without_an_address_of_the_boards_one_lands_in_the_consoles(tmp_path: Path) -> None:
    async with door(tmp_path) as app, visitor(app) as person:
        await person.get("/sign-in", board="/floor")
        answer = await person.sign_in("lead")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_screen_whose_link_is_over_says_so(tmp_path: Path) -> None:
    env = boards_env(tmp_path)
    kiosks = Kiosks(tmp_path / "kiosks.json")
    given = kiosks.make("lobby", datetime.now(UTC) + timedelta(days=1))
    kiosks.revoke("lobby")
    async with browser(env) as screen:
        screen.cookies.set("surgeline_kiosk", given)
        page = await screen.get("/")

    assert page.status_code == 401
    assert "This screen's link is no longer good" in page.text.replace("&#39;", "'")


async def test_who_lacks_the_role_is_told_that_and_not_to_sign_in_again(tmp_path: Path) -> None:
    env = boards_env(tmp_path)
    async with door(tmp_path, SURGELINE_SESSION_KEYS=KEYS) as app, visitor(app) as person:
        with Accounts(tmp_path / "accounts.json").changing() as known:
            known["lead"] = replace(known["lead"], roles=("admin",))
        await person.sign_in("lead")
        cookie = person.client.cookies["surgeline_session"]
    async with browser(env) as boards:
        boards.cookies.set("surgeline_session", cookie)
        page = await boards.get("/")

    assert page.status_code == 403
    assert "이 계정으로는 볼 수 없습니다" in page.text
    assert "sign-in" not in page.text


@pytest.mark.parametrize("url", ["consoles.example", "javascript:alert(1)", "https://"])
def test_an_address_of_the_consoles_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(WrongSettingError, match="SURGELINE_CONSOLES_URL"):
        Settings.from_env(boards_env(tmp_path) | {"SURGELINE_CONSOLES_URL": url})
