"""A counselor at a real browser: by keyboard alone, in both languages, and without barriers."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from services.cli.chromium import NAMES
from tests.support import callbacks as help_
from tests.support.callback_centre import Opened
from tests.support.consoles import PASSWORD, Consoles, OpenConsoles, consoles_opener
from tests.support.stack import SecretsEnv

AXE = (Path(__file__).parents[1] / "support" / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async () => (await axe.run(document, {runOnly: %s})).violations.map(
  v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))"""


@pytest.fixture
def open_consoles(open_centre: Opened, secrets_env: SecretsEnv, tmp_path: Path) -> OpenConsoles:
    return consoles_opener(open_centre, secrets_env, tmp_path)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    program = next(found for name in NAMES if (found := shutil.which(name)))
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def tab(browser: Browser, **how: Any) -> AsyncIterator[Page]:
    context = await browser.new_context(**how)
    page = await context.new_page()
    try:
        yield page
    finally:
        await context.close()


async def sign_in(page: Page, house: Consoles, name: str) -> None:
    """With the keys only: the first field has the focus."""
    await page.goto(f"{house.url}/sign-in")
    await page.wait_for_function("document.activeElement.id === 'account'")
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/(desk|list)$"))


async def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands."""
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(FOUND % RULES)
    return found


async def test_a_callback_is_taken_dialled_and_closed_with_the_keyboard_alone(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house, chromium() as browser, tab(browser) as page:
        centre, errors = house.centre, []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        await centre.publish(centre.wanted("c1", 1, language="ko"))
        await centre.listed(1)
        await sign_in(page, house, "minji")
        await page.keyboard.press("n")
        await page.wait_for_selector(".s-leased")
        await page.keyboard.press("d")
        await page.wait_for_selector(".s-dialling")

        async def ringing() -> str | None:
            return next(iter(centre.phone.dials), None)

        dial: str = await help_.until(ringing)
        centre.phone.pick_up(dial)
        await page.keyboard.press("c")
        await page.wait_for_selector(".s-connected")
        await page.keyboard.press("c")
        await page.wait_for_selector(".free")
        notice = await page.text_content(".notice")
        [told] = await centre.listed(1, "closed")
        rings = dict(centre.phone.rings)
    assert (told["outcome"], list(rings.values())) == ("completed", [1])
    assert notice == "닫았습니다."
    assert errors == []


async def test_the_desk_notices_by_itself_that_its_callback_is_gone(
    open_consoles: OpenConsoles,
) -> None:
    async with open_consoles() as house, chromium() as browser, tab(browser) as page:
        centre = house.centre
        await centre.publish(centre.wanted("c1", 1))
        await centre.listed(1)
        await sign_in(page, house, "minji")
        await page.keyboard.press("n")
        await page.wait_for_selector(".s-leased")
        async with house.person("lead") as lead:
            [held] = await centre.listed(1, "held")
            await lead.post(f"/list/{held['id']}/withdraw", reason="handled_elsewhere")
        await page.wait_for_selector(".notice", timeout=30_000)
        notice = await page.text_content(".notice")
    assert "이미 닫힌 콜백입니다" in str(notice)


async def test_old_numbers_never_look_new(open_consoles: OpenConsoles) -> None:
    async with open_consoles() as house, chromium() as browser, tab(browser) as page:
        await sign_in(page, house, "lead")
        await page.wait_for_selector("#as-of i:not(:empty)")
        fresh = await page.evaluate("document.body.classList.contains('stale')")
        house.centre.service.kill9()
        await page.wait_for_selector("body.stale", timeout=60_000)
        said = await page.text_content("#stale")
        house.centre.service.start()
        await page.wait_for_selector("body:not(.stale)", timeout=60_000)
    assert fresh is False
    assert "새 자료가 오지 않습니다" in str(said)


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_no_page_has_a_barrier_by_day_or_by_night(
    open_consoles: OpenConsoles, language: str
) -> None:
    found: dict[str, list[str]] = {}
    async with open_consoles() as house, chromium() as browser:
        centre = house.centre
        wanted = [
            centre.wanted(f"c{n}", n, n / 60, language=("ko", "en")[n % 2], urgency=urgency)
            for n, urgency in enumerate(("life_at_risk", "high", "normal", "low"))
        ]
        await centre.publish(*wanted)
        await centre.listed(4)
        for scheme in ("light", "dark"):
            how = {"color_scheme": scheme, "bypass_csp": True}
            async with tab(browser, **how) as page:
                await page.context.add_cookies(
                    [{"name": "surgeline_language", "value": language, "url": house.url}]
                )

                async def look(name: str, page: Page = page, scheme: str = scheme) -> None:
                    found[f"{name}, {scheme}"] = await barriers(page)

                await page.goto(f"{house.url}/sign-in?note=wrong")
                await look("signing in")
                await sign_in(page, house, "minji")
                await look("a free desk")
                await page.keyboard.press("n")
                await page.wait_for_selector(".s-leased")
                await look("a callback in hand")
                await page.keyboard.press("r")
                await page.wait_for_url("**/number")
                await look("a number shown")
                await page.keyboard.press("g")
                await page.wait_for_selector(".free")
                await page.goto(f"{house.url}/switches")
                await look("not one's own")
                await page.goto(f"{house.url}/me")
                await look("oneself")
                await page.context.clear_cookies(name="surgeline_session")
                await sign_in(page, house, "lead")
                await look("the list")
                await page.click("tbody a >> nth=1")
                await page.wait_for_url("**/list/*")
                await look("one callback")
                await page.goto(f"{house.url}/switches")
                await look("switches")
                await page.context.clear_cookies(name="surgeline_session")
                await sign_in(page, house, "auditor")
                await page.goto(f"{house.url}/audit")
                await look("the audit")
                await page.goto(f"{house.url}/nothing")
                await look("nothing there")
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
    assert len(found) == 22


async def test_everything_can_be_done_on_a_phone_and_without_scripts(
    open_consoles: OpenConsoles,
) -> None:
    how = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False}
    async with open_consoles() as house, chromium() as browser, tab(browser, **how) as page:
        centre = house.centre
        await centre.publish(centre.wanted("c1", 1))
        await centre.listed(1)
        await sign_in(page, house, "minji")
        await page.click("form[action='/desk/next'] button")
        for verb in ("dial", "connected", "close"):
            await page.click(f"form[action$='/{verb}'] button")
        notice = await page.text_content(".notice")
        [told] = await centre.listed(1, "closed")
    assert (told["outcome"], notice) == ("completed", "닫았습니다.")
