"""The phone system behind an HTTP command endpoint.

    POST /commands/withdraw   {contact, callback}                      -> {"result": ...}
    POST /commands/dial       {dial, callback, token, agent, number, first}
                                                                       -> {"state": ..., "outcome"}
    POST /commands/text       {text, callback, template, language, number} -> {"result": ...}
    POST /commands/cancel     {dial}                                   -> {"result": ...}
    GET  /commands/dial/<id>                          -> {"state": ..., "outcome"}, or 404: unknown

Any answer that is not one of the words of `services.ports` counts as no answer: a command whose
effect is not known is repeated, never assumed. The number travels in the body only.
"""

from typing import Any, Final

import httpx

from services.ports import (
    Cancellation,
    DialOrder,
    DialStatus,
    PhoneUnavailableError,
    TextAnswer,
    TextOrder,
    Withdrawal,
)

_WITHDRAWALS: Final[dict[str, Withdrawal]] = {
    "withdrawn": "withdrawn",
    "not_waiting": "not_waiting",
    "unknown": "not_waiting",
    "answered": "answered",
}
_CANCELLATIONS: Final[dict[str, Cancellation]] = {
    "cancelled": "cancelled",
    "too_late": "too_late",
    "unknown": "unknown",
}
_TEXTS: Final[dict[str, TextAnswer]] = {"accepted": "accepted", "refused": "refused"}
_STATES: Final[dict[str, DialStatus]] = {
    "ringing": DialStatus("ringing"),
    "ringing_agent": DialStatus("ringing"),
    "ringing_caller": DialStatus("ringing"),
    "connected": DialStatus("connected"),
    "unknown": DialStatus("unknown"),
}
OUTCOME_LENGTH: Final = 64
NOT_KNOWN: Final = 404


class HttpPhone:
    """Commands to a phone system, one connection pool."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout_seconds: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=timeout_seconds, transport=transport
        )

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def withdraw(self, contact: str, callback: str) -> Withdrawal:
        """See `PhoneSystem`."""
        body = {"contact": contact, "callback": callback}
        answer = _WITHDRAWALS.get(await self._word("/commands/withdraw", body))
        if answer is None:
            raise PhoneUnavailableError("no known answer to withdraw")
        return answer

    async def dial(self, order: DialOrder) -> DialStatus:
        """See `PhoneSystem`."""
        body = {
            "dial": order.dial,
            "callback": order.callback,
            "token": order.token,
            "agent": order.agent,
            "number": order.number,
            "first": order.first,
        }
        return _status(await self._ask("POST", "/commands/dial", body))

    async def cancel(self, dial: str) -> Cancellation:
        """See `PhoneSystem`."""
        answer = _CANCELLATIONS.get(await self._word("/commands/cancel", {"dial": dial}))
        if answer is None:
            raise PhoneUnavailableError("no known answer to cancel")
        return answer

    async def dial_status(self, dial: str) -> DialStatus:
        """See `PhoneSystem`."""
        told = await self._ask("GET", f"/commands/dial/{dial}", None)
        return _status(told if "state" in told else {"state": "unknown"})

    async def hand_over(self, order: TextOrder) -> TextAnswer:
        """See `TextHandOff`."""
        body = {
            "text": order.text,
            "callback": order.callback,
            "template": order.template,
            "language": order.language,
            "number": order.number,
        }
        answer = _TEXTS.get(await self._word("/commands/text", body))
        if answer is None:
            raise PhoneUnavailableError("no known answer to text")
        return answer

    async def _word(self, path: str, body: dict[str, Any]) -> str:
        return str((await self._ask("POST", path, body)).get("result"))

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            response = await self._client.request(method, path, json=body)
            told: Any = response.json()
        except (httpx.HTTPError, ValueError) as error:
            # The library's own text may repeat the address: only the kind is passed on.
            raise PhoneUnavailableError(type(error).__name__) from None
        known = response.is_success or (method == "GET" and response.status_code == NOT_KNOWN)
        if not known or not isinstance(told, dict):
            raise PhoneUnavailableError(f"answered {response.status_code}")
        return told


def _status(told: dict[str, Any]) -> DialStatus:
    state = str(told.get("state"))
    if state == "ended":
        return DialStatus("ended", str(told.get("outcome") or "unknown")[:OUTCOME_LENGTH])
    known = _STATES.get(state)
    if known is None:
        raise PhoneUnavailableError("no known state of the dial")
    return known
