"""How do text messages and calls go out through Twilio, and how are lost ones found again?

Our reference travels in the address of the status callback; a message also ends with a mark made
from its attempt, so that a list query can tell it from every other message to the same number. A
call carries no text, so it is told from other calls by when it was made.
"""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from services.adapters.reach import Reach
from services.adapters.twilio_rest import Account, TwilioRest, moment_of
from services.message_ports import Found, Message, Outcome, ReceiptState, Written, full_text
from streams.events.people import MethodKind

MARK_LENGTH: Final = 6
LONGEST_VALIDITY_SECONDS: Final = 36_000
RING_SECONDS: Final = 30
# Their clock and ours may differ by so much.
CLOCK_SLACK: Final = timedelta(seconds=5)
STATES: Final[dict[str, ReceiptState]] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "initiated": "accepted",
    "sending": "sent",
    "sent": "sent",
    "ringing": "sent",
    "in-progress": "delivered",
    "delivered": "delivered",
    "read": "delivered",
    "completed": "delivered",
    "undelivered": "undeliverable",
    "no-answer": "undeliverable",
    "busy": "undeliverable",
    "failed": "failed",
    "canceled": "failed",
}


class _Twilio:
    can_find = True

    def __init__(
        self, account: Account, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._account = account
        self._reach = Reach(account.api, drills=account.drills)
        self._rest = TwilioRest(account, transport=transport)

    @property
    def name(self) -> str:
        """See `Provider`."""
        return self._account.name

    @property
    def drills(self) -> bool:
        """Whether it reaches nobody, so that drills may use it."""
        return self._account.drills

    @property
    def per_second(self) -> float:
        """See `Provider`."""
        return self._account.per_second

    @property
    def signing_token(self) -> str:
        """What Twilio signs its requests to us with."""
        return self._account.token

    async def stop(self) -> None:
        """See `Provider`."""
        await self._rest.stop()

    async def _since(
        self, kind: str, query: dict[str, str], since: datetime
    ) -> list[dict[str, Any]]:
        """What was made at `since` or after, newest first.

        By when it was made, not by when it was sent: what still waits has no such date, and would
        be missed, and sent again.
        """
        found = []
        async for item in self._rest.listed(kind, query):
            made = moment_of(item.get("date_created"))
            if made is not None and made < since - CLOCK_SLACK:
                break
            found.append(item)
        return found


class TwilioSms(_Twilio):
    """Text messages of one account."""

    kinds: frozenset[MethodKind] = frozenset({"sms"})

    async def send(self, message: Message) -> Outcome:
        """See `Provider`. Twilio itself drops it when it could not be delivered in time."""
        blocked = self._reach.refusal(message)
        if blocked is not None:
            return blocked
        seconds = int(message.valid_for.total_seconds())
        service = self._account.sender.startswith("MG")
        form: dict[str, str | list[str]] = {
            "To": message.to,
            "MessagingServiceSid" if service else "From": self._account.sender,
            "Body": f"{full_text(message)} {mark_of(message.attempt)}",
            "StatusCallback": self._account.receipts_url(message.attempt),
            "ValidityPeriod": str(max(1, min(seconds, LONGEST_VALIDITY_SECONDS))),
        }
        return await self._rest.create("Messages", form)

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        """See `Provider`: by number and time, then by the mark in the text."""
        query = {"To": to}
        if not self._account.sender.startswith("MG"):
            query["From"] = self._account.sender
        for item in await self._since("Messages", query, since):
            sid = str(item.get("sid"))
            if sid not in known and str(item.get("body", "")).endswith(mark_of(attempt)):
                return Found(sid, _state(item))
        return None

    async def written_since(self, since: datetime) -> list[Written]:
        """See `Inbox`. A messaging service has no number to ask for: all its messages are read."""
        query = {}
        if not self._account.sender.startswith("MG"):
            query["To"] = self._account.sender
        found = [
            Written(
                reference=str(item["sid"]),
                number=str(item.get("from") or ""),
                text=str(item.get("body") or ""),
                at=moment_of(item.get("date_created")) or since,
            )
            for item in await self._since("Messages", query, since)
            if item.get("direction") == "inbound" and item.get("sid")
        ]
        # The list is newest first, and what was said last must be heard last.
        return found[::-1]


class TwilioVoice(_Twilio):
    """Calls of one account: what is said and asked is fetched from us when somebody answers."""

    kinds: frozenset[MethodKind] = frozenset({"voice"})

    async def send(self, message: Message) -> Outcome:
        """See `Provider`. No machine detection: only a pressed key counts as an answer."""
        blocked = self._reach.refusal(message)
        if blocked is not None:
            return blocked
        form: dict[str, str | list[str]] = {
            "To": message.to,
            "From": self._account.sender,
            "Url": self._account.menu_url(message.attempt),
            "StatusCallback": self._account.receipts_url(message.attempt),
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
            "Timeout": str(RING_SECONDS),
        }
        return await self._rest.create("Calls", form)

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        """See `Provider`: the first call to that number since, which is no other attempt's."""
        del attempt
        query = {"To": to, "From": self._account.sender}
        made = await self._since("Calls", query, since)
        # Newest first: the first one after `since` stands last.
        for item in reversed(made):
            if str(item.get("sid")) not in known:
                return Found(str(item["sid"]), _state(item))
        return None


def mark_of(attempt: str) -> str:
    """A short word of 30 bits that only this attempt's text ends with."""
    digest = hashlib.sha256(attempt.encode()).digest()
    word = base64.b32encode(digest)[:MARK_LENGTH].decode()
    return f"#{word}"


def _state(item: dict[str, Any]) -> ReceiptState:
    return STATES.get(str(item.get("status")), "accepted")
