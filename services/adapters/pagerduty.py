"""How is somebody reached through PagerDuty (Events API v2)?

The attempt is the dedup key, so the same event twice is one alert: an answer that was lost is asked
for again at once, and only silence twice leaves the outcome unknown.
"""

from typing import Any, Final

import httpx

from services.message_ports import Accepted, Message, Outcome, Refused, Unknown

EVENTS: Final = "https://events.pagerduty.com"
TIMEOUT_SECONDS: Final = 5.0
TRIES: Final = 2
LONGEST_SUMMARY: Final = 1024
TOO_MANY: Final = 429


class PagerDuty:
    """Events to the integration whose routing key is the address."""

    def __init__(
        self, api: str = EVENTS, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(base_url=api, timeout=TIMEOUT_SECONDS, transport=transport)

    async def trigger(self, routing_key: str, message: Message) -> Outcome:
        """Open an alert that carries the message."""
        link = {"href": message.answer_url, "text": "answer"}
        body: dict[str, Any] = {
            "routing_key": routing_key,
            "event_action": "trigger",
            "dedup_key": message.attempt,
            "payload": {
                "summary": message.text[:LONGEST_SUMMARY],
                "source": "surgeline",
                "severity": "info" if message.drill else "critical",
            },
            "links": [link] if message.answer_url else [],
        }
        return await self._enqueue(body, message.attempt)

    async def resolve(self, routing_key: str, attempt: str) -> Outcome:
        """Close it: they answered, or nobody is needed any more."""
        body = {"routing_key": routing_key, "event_action": "resolve", "dedup_key": attempt}
        return await self._enqueue(body, attempt)

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _enqueue(self, body: dict[str, Any], attempt: str) -> Outcome:
        outcome: Outcome = Unknown()
        for _ in range(TRIES):
            outcome = await self._once(body, attempt)
            if not isinstance(outcome, Unknown):
                break
        return outcome

    async def _once(self, body: dict[str, Any], attempt: str) -> Outcome:
        try:
            response = await self._client.post("/v2/enqueue", json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused("server", permanent=False)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        if response.is_success:
            return Accepted(attempt)
        if response.status_code == TOO_MANY:
            return Refused("rate_limited", permanent=False, retry_after_seconds=1.0)
        if response.is_client_error:
            return Refused("bad_address", permanent=True)
        return Unknown(f"answered {response.status_code}")
