"""How is Twilio asked, and what do its answers mean?

Its create calls know no idempotency key, so an answer that is lost leaves the outcome unknown, and
only the three cases where nothing can have happened count as refused: no connection was made, the
account is asked to wait, or the request was found wrong.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from services.message_ports import Accepted, CannotTellError, Outcome, Refused, Unknown
from streams.errors import WrongSettingError

API: Final = "https://api.twilio.com"
TIMEOUT_SECONDS: Final = 5.0
PAGE: Final = 100
MOST_PAGES: Final = 20
TOO_MANY: Final = 429
# https://www.twilio.com/docs/api/errors: what is the address's fault, and what is the message's.
ERRORS: Final[dict[int, Refused]] = {
    20003: Refused("auth", permanent=False),
    20429: Refused("rate_limited", permanent=False),
    21201: Refused("bad_address", permanent=True),
    21211: Refused("bad_address", permanent=True),
    21214: Refused("bad_address", permanent=True),
    21217: Refused("bad_address", permanent=True),
    21408: Refused("blocked", permanent=True),
    21215: Refused("blocked", permanent=True),
    21610: Refused("opted_out", permanent=True),
    21612: Refused("bad_address", permanent=True),
    21614: Refused("bad_address", permanent=True),
    21617: Refused("too_long", permanent=True),
}
# No connection, so nothing was said to anybody.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; `public_url` is where Twilio reaches us. `drills`: it reaches nobody."""

    name: str
    sid: str
    token: str = field(repr=False)
    sender: str = field(repr=False)
    public_url: str
    per_second: float = 1.0
    api: str = API
    drills: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS

    def receipts_url(self, attempt: str) -> str:
        """Where reports of an attempt go: the address itself says which attempt it is."""
        return f"{self.public_url}/v1/receipts/{quote(self.name)}/{quote(attempt)}"

    def menu_url(self, attempt: str) -> str:
        """Where a call asks what to say."""
        return f"{self.public_url}/v1/voice/{quote(self.name)}/{quote(attempt)}"


class TwilioRest:
    """The REST API of one account."""

    def __init__(
        self, account: Account, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if not account.sid or not account.token:
            raise WrongSettingError(f"provider {account.name}: sid and token must not be empty")
        self._client = httpx.AsyncClient(
            base_url=f"{account.api}/2010-04-01/Accounts/{account.sid}",
            auth=(account.sid, account.token),
            timeout=account.timeout_seconds,
            transport=transport,
            # Its own limit is our rate; a pool that is too small would look like a slow provider.
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
        )

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def create(self, kind: str, form: Mapping[str, str | list[str]]) -> Outcome:
        """Make a message or a call, once."""
        try:
            response = await self._client.post(f"/{kind}.json", data=dict(form))
        except _NOT_SENT:
            return Refused("server", permanent=False)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        if response.is_success:
            sid = _told(response).get("sid")
            return Accepted(str(sid)) if sid else Unknown("unreadable")
        return _refused(response)

    async def listed(self, kind: str, query: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        """Everything that matches, newest first; `CannotTellError` when Twilio does not answer."""
        path, params = f"/{kind}.json", {**query, "PageSize": str(PAGE)}
        for page in range(MOST_PAGES):
            try:
                response = await self._client.get(path, params={**params, "Page": str(page)})
            except httpx.HTTPError as error:
                raise CannotTellError(type(error).__name__) from None
            told = _told(response)
            if not response.is_success or not isinstance(told.get(kind.lower()), list):
                raise CannotTellError(f"answered {response.status_code}")
            for item in told[kind.lower()]:
                yield item
            if not told.get("next_page_uri"):
                return
        # Not found among so many is not the same as not there.
        raise CannotTellError(f"more than {MOST_PAGES * PAGE} to look through")


def moment_of(text: Any) -> datetime | None:
    """A time as Twilio writes it (RFC 2822), or None."""
    try:
        return parsedate_to_datetime(str(text)).astimezone(UTC)
    except ValueError:
        return None


def _refused(response: httpx.Response) -> Outcome:
    known = ERRORS.get(_code(_told(response)))
    if response.status_code == TOO_MANY or (known and known.reason == "rate_limited"):
        return Refused("rate_limited", False, _retry_after(response))
    if known is not None:
        return known
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return Refused("auth", permanent=False)
    if response.is_client_error:
        return Refused("client", permanent=True)
    # A server that failed may have failed after sending.
    return Unknown(f"answered {response.status_code}")


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(60.0, max(0.0, float(response.headers.get("retry-after", "1"))))
    except ValueError:
        return 1.0


def _code(told: Mapping[str, Any]) -> int:
    code = told.get("code")
    return code if isinstance(code, int) else 0


def _told(response: httpx.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
