"""What do the consoles look like while a crisis plays? Each page, in both languages."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from services.cli.chromium import Browser, Screen
from services.supervisor.people import passwords

LANGUAGES: Final = ("ko", "en")
DESKTOP: Final = Screen(width=1440, height=900)
# The page's own clock has told its age by then.
SETTLED: Final = "!document.querySelector('#as-of i:empty')"
WHY: Final = "families call about the earthquake"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One picture: its name, whose page it is, and where."""

    name: str
    account: str
    path: str
    folder: str = "console"


VIEWS: Final = (
    View(name="sign-in", account="", path="/sign-in"),
    View(name="desk", account="minji", path="/desk"),
    View(name="list", account="lead", path="/list"),
    View(name="switches", account="lead", path="/switches"),
    View(name="audit", account="auditor", path="/audit"),
    View(name="needs", account="manager", path="/callouts", folder="callout"),
    View(name="people", account="manager", path="/people", folder="callout"),
    View(name="on-call", account="jihun", path="/on-call", folder="callout"),
)


async def photograph_consoles(url: str, data: Path, out: Path, camera: Browser) -> list[str]:
    """Take them; what the pages complained of. `data` holds the passwords of the demo's people."""
    complaints: list[str] = []
    known = passwords(data)
    async with contextlib.AsyncExitStack() as doors:
        accounts = dict.fromkeys(view.account for view in VIEWS)
        people = {
            account: await doors.enter_async_context(_signed_in(url, account, known))
            for account in accounts
        }
        desk, boss = people["minji"], people["manager"]
        # A plan that is looked at and dropped again, beside the call-out that the story sent.
        plan = await _send(boss, "/callouts/new", pool="volunteers", seats="4", reason=WHY)
        drawn = View(name="plan", account="manager", path=plan.url.path, folder="callout")
        under_way = _under_way((await boss.get("/callouts")).text)
        for view in (*VIEWS, drawn, *under_way):
            if view.name == "desk":
                # Its two pictures at once: at the speed of the play a lease is soon over.
                await _send(desk, "/desk/next")
            for language in LANGUAGES:
                cookies = dict(people[view.account].cookies)
                complaints += await _take(url, view, language, cookies, out, camera)
        await _send(boss, plan.url.path.removesuffix("/plan") + "/drop", reason="only a picture")
        page = (await desk.get("/desk")).text
        held = re.search(r'action="(/desk/[0-9a-f-]{36})/fail"', page)
        if held is not None:
            await _send(desk, f"{held.group(1)}/fail", page, outcome="agent_gone")
    return complaints


def _under_way(page: str) -> list[View]:
    """The call-out that was sent, when there is one."""
    found = re.search(r'href="(/callouts/[0-9a-f-]{36})"', page)
    if found is None:
        return []
    return [View(name="live", account="manager", path=found.group(1), folder="callout")]


async def _take(
    url: str, view: View, language: str, cookies: dict[str, str], out: Path, camera: Browser
) -> list[str]:
    async with camera.tab(DESKTOP) as page:
        for name, value in (cookies | {"surgeline_language": language}).items():
            await page.command("Network.setCookie", name=name, value=value, url=url)
        await page.open(f"{url}{view.path}")
        await page.until(SETTLED)
        file = out / f"{view.folder}-{view.name}-{language}.png"
        await asyncio.to_thread(file.write_bytes, await page.picture())
        for name in cookies:
            await page.command("Network.deleteCookies", name=name, url=url)
        return page.complaints


@contextlib.asynccontextmanager
async def _signed_in(
    url: str, account: str, known: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Origin": url}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=15.0) as client:
        if account:
            form = {"account": account, "password": known[account]}
            await client.post("/sign-in", data=form)
        yield client


async def _send(
    client: httpx.AsyncClient, path: str, page: str = "", **form: str
) -> httpx.Response:
    """A form as the page has it: its token, and the lease when there is one."""
    shown = page or (await client.get("/me")).text
    hidden = {
        name: found.group(1)
        for name in ("csrf", "epoch", "token")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', shown))
    }
    return await client.post(path, data=hidden | form, follow_redirects=True)
