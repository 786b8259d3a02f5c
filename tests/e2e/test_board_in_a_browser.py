"""What does a person in front of the board see? In a real browser, over real Kafka."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.cli.chromium import Page, Screen, browser
from streams.kafka import LogWriter
from streams.settings import Connections
from tests.support.board_story import Story
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

WALL = Screen()
PHONE = Screen(width=390, height=844, mobile=True)
SPILLS = """JSON.stringify([...document.querySelectorAll('main *')].filter(e => {
  if (e.closest('.unseen, #chart, svg')) return false;
  const box = e.getBoundingClientRect();
  if (!box.width) return false;
  const beyond = box.right > innerWidth + 1 || (WALL && box.bottom > innerHeight + 1);
  const cut = e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'hidden';
  return beyond || (cut && !e.closest('.decided'));
}).map(e => e.className + ': ' + e.textContent.trim().slice(0, 40)))"""


@asynccontextmanager
async def board(connections: Connections, env: SecretsEnv) -> AsyncIterator[ServiceProcess]:
    async with ServiceProcess("services.boards", service_env(connections, env)) as process:
        yield process


async def tell(connections: Connections, *, surge: timedelta) -> None:
    end = datetime.now(UTC)
    day = (end + timedelta(hours=9)).date().isoformat()
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(list(Story(end, surge=surge, day=day).records()))
    await writer.stop()


async def spills(page: Page, *, wall: bool) -> list[str]:
    """What reaches beyond the screen, or is cut off."""
    found: list[str] = json.loads(await page.evaluate(SPILLS.replace("WALL", str(wall).lower())))
    return found


async def test_a_surge_appears_on_an_open_page_and_says_so_when_the_board_is_gone(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    await tell(connections, surge=timedelta(0))
    async with (
        board(connections, secrets_env) as process,
        browser() as shown,
        shown.tab(WALL) as page,
    ):
        await page.open(process.url)
        await page.until("document.querySelector('.level strong').innerText === '정상'")
        await tell(connections, surge=timedelta(minutes=20))
        await page.until("document.querySelector('.level strong').innerText.includes('일본')")
        await page.until("document.getElementById('announce').innerText.includes('Japan')")
        on_time = await page.evaluate("document.body.classList.contains('stale')")
        complaints = page.complaints
        process.kill9()
        await page.until("document.body.classList.contains('stale')")
        said = await page.evaluate("document.querySelector('.stale-bar .why').innerText")

    assert on_time is False
    assert complaints == []
    assert "No new data for" in said
    assert "새 자료가 없습니다" in said


@pytest.mark.parametrize("language", ["both", "ko", "en"])
async def test_nothing_is_cut_on_the_wall_or_on_a_phone(
    connections: Connections, secrets_env: SecretsEnv, language: str
) -> None:
    await tell(connections, surge=timedelta(minutes=20))
    async with board(connections, secrets_env) as process, browser() as shown:
        found: dict[str, list[str]] = {}
        for name, screen in (("wall", WALL), ("phone", PHONE)):
            async with shown.tab(screen) as page:
                await page.open(f"{process.url}/?lang={language}")
                await asyncio.sleep(1.0)
                found[name] = await spills(page, wall=screen is WALL)
                found[name] += page.complaints

    assert found == {"wall": [], "phone": []}


async def test_without_scripts_the_numbers_are_there(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    await tell(connections, surge=timedelta(minutes=20))
    async with (
        board(connections, secrets_env) as process,
        browser() as shown,
        shown.tab(WALL, scripts=False) as page,
    ):
        await page.command("Page.navigate", url=process.url)
        await page.until("document.querySelectorAll('.num').length === 6")
        numbers = json.loads(
            await page.evaluate(
                "JSON.stringify([...document.querySelectorAll('.num')].map(e => e.innerText))"
            )
        )

    assert all(any(digit.isdigit() for digit in number) for number in numbers)
