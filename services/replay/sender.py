"""How are recorded events and the clock handed to intake, until it has them?

A 503 or a silence is waited out and the same events are sent again: their ids make that harmless.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import orjson

from streams.errors import SurgelineError

TAKEN: Final = 202
NONE_TAKEN: Final = frozenset({400, 422})
LONGEST_PAUSE_SECONDS: Final = 5.0


class ReplayError(SurgelineError):
    """The replay cannot go on; the sentence says what to do."""


class Sender:
    """The way to one intake."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        tokens: dict[str, str],
        on_wait: Callable[[str], None],
    ) -> None:
        self.accepted = 0
        self.repeated = 0
        self.refused: Counter[str] = Counter()
        self._client = client
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._on_wait = on_wait

    async def send(self, events: Sequence[dict[str, Any]]) -> None:
        """Return when the log has these events, or intake has said why not."""
        answer = await self._post(
            "/v1/events", orjson.dumps(events), "application/cloudevents-batch+json", "source"
        )
        body = orjson.loads(answer.content)
        self.accepted += body.get("accepted", 0)
        self.repeated += body.get("repeated", 0)
        for refusal in body.get("refused", []):
            self.refused[f"{refusal.get('reason')}: {refusal.get('field') or 'event'}"] += 1

    async def declare(self, event: datetime, speed: float, shift_seconds: float) -> None:
        """Say what time it is at the centre from now on, and how fast it passes."""
        clock = {
            "wall": datetime.now(UTC),
            "event": event,
            "speed": speed,
            "shift_seconds": shift_seconds,
            "declared_by": "surgeline replay",
        }
        await self._post("/v1/clock", orjson.dumps(clock), "application/json", "rehearsal")

    async def now(self) -> datetime:
        """What time it is at the centre; another replay may have moved it."""
        answer = await self._ask("GET", "/v1/clock", "rehearsal")
        return datetime.fromisoformat(orjson.loads(answer.content)["now"])

    async def _post(self, path: str, body: bytes, kind: str, role: str) -> httpx.Response:
        return await self._ask("POST", path, role, content=body, headers={"Content-Type": kind})

    async def _ask(
        self,
        method: str,
        path: str,
        role: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        allowed = {"Authorization": f"Bearer {self._tokens[role]}", **(headers or {})}
        pause = 0.2
        while True:
            try:
                answer = await self._client.request(
                    method, self._url + path, content=content, headers=allowed
                )
            except httpx.HTTPError as error:
                why = f"intake at {self._url} does not answer ({type(error).__name__})"
            else:
                if not _try_again(answer, role):
                    return answer
                why = f"intake answers {answer.status_code}"
            self._on_wait(why)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _try_again(answer: httpx.Response, role: str) -> bool:
    """False when the answer is final; an error when no waiting will help."""
    status = answer.status_code
    if answer.is_success or (status in NONE_TAKEN and role == "source"):
        return False
    if status in {429, 502, 503, 504}:
        return True
    detail = _detail(answer)
    if status == 401:  # noqa: PLR2004
        raise ReplayError(f"intake does not know the token for {role}: {detail}")
    if status == 403:  # noqa: PLR2004
        raise ReplayError(f"intake does not allow it: {detail}")
    raise ReplayError(f"intake answers {status}: {detail}")


def _detail(answer: httpx.Response) -> str:
    try:
        return str(orjson.loads(answer.content)["error"]["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return answer.text[:200]
