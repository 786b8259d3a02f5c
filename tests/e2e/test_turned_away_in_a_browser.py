"""Can whoever may not look at the boards read why, and get to the sign-in by keyboard?"""

import asyncio
from pathlib import Path

import pytest
import uvicorn

from services.boards.app import create_app
from services.boards.settings import Settings
from services.supervisor import ports
from tests.support.browsing import barriers, chromium, complaints, tab
from tests.unit.test_boards_turned_away import boards_env

WIDTHS = (1920, 390)


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_page_has_no_barrier_and_leads_to_the_consoles_by_keyboard(
    tmp_path: Path, width: int
) -> None:
    # As for other machines; asked on loopback all the same.
    app = create_app(Settings.from_env(boards_env(tmp_path)))
    [port] = ports.any_free()[:1]
    config = uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    try:
        async with chromium() as browser, tab(browser, width) as page:
            told = complaints(page)
            answer = await page.goto(f"http://127.0.0.1:{port}/surges")
            assert answer is not None
            found = await barriers(page)
            await page.keyboard.press("Tab")
            leads = await page.evaluate("document.activeElement.href")
            wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    finally:
        server.should_exit = True
        await serving
    # The browser itself notes that it was answered 401; nothing else is to be complained of.
    assert [line for line in told if "401" not in line] == []
    assert (answer.status, found, wider) == (401, [], False)
    assert leads.endswith("/sign-in?board=%2Fsurges")
