"""How do the pages ask the services behind them? Over HTTP, for the person who is signed in.

What comes back is shown with its time, or not at all: an API that is away is a state of its own
(`AwayError`), never an older answer.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from services import acting
from services.acting import Acting
from streams.errors import SurgelineError

log = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 0.3
FIRST_BROKEN: Final = 500


class AwayError(SurgelineError):
    """Nothing can be said: the service does not answer, or not yet."""


class RefusedError(SurgelineError):
    """The service said no, with a word, the field at fault, and a sentence."""

    def __init__(self, status: int, reason: str, field: str, detail: str) -> None:
        super().__init__(f"{status} {reason}: {detail}")
        self.status = status
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Claim:
    """The lease as the page has it."""

    id: str
    epoch: int
    token: int


class Api:
    """One service as one person sees it; `for_whom` gives it to another person."""

    def __init__(self, client: httpx.AsyncClient, person: Acting | None = None) -> None:
        self._client = client
        self._person = person

    @classmethod
    def of(cls, url: str, token: str) -> "Api":
        """The service at an address."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        return cls(client)

    def for_whom(self, person: Acting) -> "Api":
        """The same, asked by this person."""
        return Api(self._client, person)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """An answer; asked once more when a connection was just then closed."""
        wanted = {name: value for name, value in query.items() if value not in (None, "")}
        return await self._ask("GET", path, params=wanted)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have something done. Commands of the list are safe to repeat."""
        return await self._ask("POST", path, json=body)

    async def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have something replaced by what it shall be."""
        return await self._ask("PUT", path, json=body)

    async def document(self, path: str) -> httpx.Response:
        """Something that is passed on as it is."""
        answer = await self._answer("GET", path)
        if not answer.is_success:
            _told(answer)
        return answer

    async def command(self, claim: Claim, verb: str, **more: Any) -> dict[str, Any]:
        """A command of the holder."""
        body = {"epoch": claim.epoch, "token": claim.token} | more
        return await self.post(f"/v1/callbacks/{quote(claim.id, safe='')}/{verb}", body)

    async def _ask(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        return _told(await self._answer(method, path, **what))

    async def _answer(self, method: str, path: str, **what: Any) -> httpx.Response:
        headers = {acting.HEADER: acting.written(self._person)} if self._person else {}
        try:
            return await self._client.request(method, path, headers=headers, **what)
        except httpx.TransportError as error:
            if isinstance(error, httpx.TimeoutException):
                raise AwayError("no answer in time") from None
            await asyncio.sleep(AGAIN_SECONDS)
            return await self._again(method, path, headers, **what)

    async def _again(
        self, method: str, path: str, headers: dict[str, str], **what: Any
    ) -> httpx.Response:
        try:
            return await self._client.request(method, path, headers=headers, **what)
        except httpx.TransportError as error:
            log.warning("service away", extra={"path": path, "error": type(error).__name__})
            raise AwayError("no connection") from None


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        body = {}
    if answer.is_success:
        return body
    error = body.get("error", {})
    if answer.status_code >= FIRST_BROKEN:
        raise AwayError(str(error.get("detail", answer.status_code)))
    raise RefusedError(
        answer.status_code,
        str(error.get("reason", "refused")),
        str(error.get("field", "")),
        str(error.get("detail", "")),
    )


def moment(text: Any) -> datetime | None:
    """A time in an answer."""
    return datetime.fromisoformat(text) if isinstance(text, str) else None
