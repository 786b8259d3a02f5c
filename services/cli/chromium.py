"""How is a page photographed? Debian's Chromium without a window, led over its DevTools.

No driver and no Node: a browser, one WebSocket, and the few commands that a picture takes.
"""

import asyncio
import base64
import contextlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Without the background flags a browser looks for its makers' servers, again and again.
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
LOADED: Final = (
    "document.readyState === 'complete' && location.href !== 'about:blank'"
    " && document.fonts.status === 'loaded'"
)
START_SECONDS: Final = 60.0
COMMAND_SECONDS: Final = 60.0


class BrowserError(Exception):
    """The browser is missing, or did not do what it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the page is shown on."""

    width: int = 1920
    height: int = 1080
    scale: float = 1.0
    mobile: bool = False


class Browser:
    """A running browser; its tabs are used one after the other."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.complaints: dict[str, list[str]] = defaultdict(list)

    async def command(self, session: str, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a DevTools command and wait for its answer."""
        self._number += 1
        sent = {"id": self._number, "method": method, "params": parameters}
        if session:
            sent["sessionId"] = session
        await self._socket.send_json(sent)
        async with asyncio.timeout(COMMAND_SECONDS):
            async for message in self._socket:
                answer = message.json()
                self._note(answer)
                if answer.get("id") == self._number:
                    if "error" in answer:
                        raise BrowserError(f"{method}: {answer['error'].get('message')}")
                    result: dict[str, Any] = answer["result"]
                    return result
        raise BrowserError(f"{method}: the browser is gone")

    @contextlib.asynccontextmanager
    async def tab(self, screen: Screen, *, scripts: bool = True) -> AsyncIterator["Page"]:
        """A new empty tab on a screen, closed afterwards."""
        target = await self.command("", "Target.createTarget", url="about:blank")
        attached = await self.command(
            "", "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = Page(self, attached["sessionId"])
        for domain in ("Page", "Log", "Runtime"):
            await page.command(f"{domain}.enable")
        if not scripts:
            await page.command("Emulation.setScriptExecutionDisabled", value=True)
        await page.command(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=screen.scale,
            mobile=screen.mobile,
        )
        try:
            yield page
        finally:
            await self.command("", "Target.closeTarget", targetId=target["targetId"])

    def _note(self, told: dict[str, Any]) -> None:
        """Keep what a page complains of: a script's error, a blocked or missing file."""
        complaints = self.complaints[told.get("sessionId", "")]
        if told.get("method") == "Log.entryAdded":
            entry = told["params"]["entry"]
            if entry["level"] == "error":
                complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())
        elif told.get("method") == "Runtime.exceptionThrown":
            thrown = told["params"]["exceptionDetails"]
            complaints.append(str(thrown.get("exception", thrown).get("description", thrown)))


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    @property
    def complaints(self) -> list[str]:
        """What went wrong on the page so far."""
        return list(self._browser.complaints[self._session])

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a DevTools command to this tab and wait for its answer."""
        return await self._browser.command(self._session, method, **parameters)

    async def open(self, url: str) -> None:
        """Go to an address and wait until the page has loaded and its fonts are there."""
        await self.command("Page.navigate", url=url)
        await self.until(LOADED)

    async def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true on the page."""
        async with asyncio.timeout(COMMAND_SECONDS):
            while not await self.evaluate(expression):  # noqa: ASYNC110 - the page cannot call us
                await asyncio.sleep(0.05)

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page."""
        result = await self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    async def picture(self, *, whole: bool = False) -> bytes:
        """The page as PNG; `whole` takes what would have to be scrolled to as well."""
        result = await self.command(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        return base64.b64decode(result["data"])


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A fresh browser, gone afterwards."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise BrowserError("Chromium is missing; install it: sudo apt-get install -y chromium")
    with tempfile.TemporaryDirectory(prefix="surgeline-browser-", ignore_cleanup_errors=True) as at:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={at}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            address = await _address(Path(at) / "DevToolsActivePort", process)
            async with (
                aiohttp.ClientSession() as client,
                client.ws_connect(address, max_msg_size=0) as socket,
            ):
                yield Browser(socket)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _address(file: Path, process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            lines = await asyncio.to_thread(_lines, file)
            if len(lines) > 1:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(0.05)
    raise BrowserError(f"Chromium ended at once with {process.returncode}")


def _lines(file: Path) -> list[str]:
    return file.read_text().split("\n") if file.exists() else []
