"""How does the scripted provider call the platform back, signed as a real one signs?

It speaks to this machine only, whatever address it is given, and keeps few connections open.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 20
TIMEOUT_SECONDS: Final = 10.0
TRIES: Final = 3
AGAIN_SECONDS: Final = 0.5


class Courier:
    """Posts forms to the platform."""

    def __init__(self, token: str, client: httpx.AsyncClient | None = None) -> None:
        self._token = token
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, url: str, form: Mapping[str, str]) -> httpx.Response | None:
        """The platform's answer; None when there is none, or when it is not on this machine."""
        headers = {"X-Twilio-Signature": signature(self._token, url, form)}
        return await self._ask("POST", url, dict(form), headers)

    async def press(self, url: str, form: Mapping[str, str]) -> httpx.Response | None:
        """A button on a page: what a person's own browser sends, unsigned."""
        return await self._ask("POST", url, dict(form), {})

    async def look(self, url: str) -> httpx.Response | None:
        """A person's browser opens a page."""
        return await self._ask("GET", url, None, {})

    async def _ask(
        self, method: str, url: str, form: dict[str, str] | None, headers: dict[str, str]
    ) -> httpx.Response | None:
        if not is_here(url):
            log.warning("an address outside of this machine is not called")
            return None
        async with self._places:
            for _ in range(TRIES):
                try:
                    response = await self._client.request(method, url, data=form, headers=headers)
                except httpx.HTTPError as error:
                    log.info("the platform did not answer", extra={"error": type(error).__name__})
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if not response.is_server_error:
                    return response
                await asyncio.sleep(AGAIN_SECONDS)
        return None


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's: HMAC-SHA1 of the address and of every field in order of its name."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def is_here(url: str) -> bool:
    """Whether an address is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
