"""A real browser for tests: tabs of any size, what axe-core finds on a page, colour vision."""

import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

from services.cli.chromium import NAMES

AXE: Final = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND: Final = """async () => (await axe.run(document, {runOnly: %s})).violations.map(
  v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))"""

# Red over blue: the ink is -10, the ground -9, the tint of a surge 25, its orange 194.
WARM: Final = """async picture => {
  const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  const dots = paper.getImageData(0, 0, image.width, image.height).data;
  let warm = 0;
  for (let at = 0; at < dots.length; at += 4) if (dots[at] - dots[at + 2] > 12) warm++;
  return 4 * warm / dots.length;
}"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    program = next(found for name in NAMES if (found := shutil.which(name)))
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def tab(
    browser: Browser, width: int = 1920, height: int = 1080, **how: Any
) -> AsyncIterator[Page]:
    """A tab with nothing in it."""
    context = await browser.new_context(viewport={"width": width, "height": height}, **how)
    page = await context.new_page()
    try:
        yield page
    finally:
        await context.close()


def complaints(page: Page) -> list[str]:
    """What the page complains of from now on."""
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    return told


async def highlighted(browser: Browser, picture: bytes) -> float:
    """How much of a picture is highlighted: 0 to 1, every pixel that is warmer than the board.

    The board's own greys are cool, its blues and greens colder still: even the dark tint behind a
    surge's headline counts, and so does the edge of a letter.
    """
    async with tab(browser) as page:
        share: float = await page.evaluate(WARM, base64.b64encode(picture).decode())
    return share


async def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands."""
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(FOUND % RULES)
    return found
