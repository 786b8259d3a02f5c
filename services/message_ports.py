"""How does a message reach a person, in our own words?

Adapters in `services/adapters/` fulfil `Provider`; one suite of tests holds all of them to it. A
send has three outcomes, and the third is the one that matters: nobody knows. Only `find` turns an
unknown outcome into a known one, and a provider that cannot look says so.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

from streams.errors import SurgelineError
from streams.events.people import MethodKind

RefusedReason = Literal[
    "auth", "rate_limited", "bad_address", "opted_out", "blocked", "too_long", "client", "server"
]
ReceiptState = Literal["accepted", "sent", "delivered", "failed", "undeliverable"]


class CannotTellError(SurgelineError):
    """The provider has no way to look, or did not answer: the outcome stays unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of one attempt.

    `attempt` is our reference: it travels in the address of the status callback, so that a receipt
    proves the sending even when the answer was lost. `answer_code` is what the person keys or
    types, `answer_url` their own secret link. It is worthless after `valid_for`, and no provider
    may deliver it later. `drill` is set on everything that belongs to a drill.
    """

    attempt: str
    kind: MethodKind
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    language: str = "en"
    answer_code: str = ""
    answer_url: str = field(default="", repr=False)
    valid_for: timedelta = timedelta(minutes=15)
    drill: bool = False


def full_text(message: Message) -> str:
    """The text with the person's link, unless whoever wrote it has put the link in already."""
    if not message.answer_url or message.answer_url in message.text:
        return message.text
    return f"{message.text} {message.answer_url}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it, and calls it `reference` ("" when it gives no name)."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no: for certain nothing was sent. `permanent`: asking again is no use."""

    reason: RefusedReason
    permanent: bool
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that can be read: it may have been sent."""

    reason: str = "no_answer"


Outcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The provider does have a message of ours, and how far it came."""

    reference: str
    state: ReceiptState = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider reports of an attempt. `sequence` orders one provider's reports (0: unknown).

    Receipts come twice, late and in any order: the attempt keeps the furthest one.
    """

    attempt: str
    provider: str
    reference: str
    state: ReceiptState
    sequence: int = 0
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text message that somebody sent us, as the provider's list has it.

    `reference` is the provider's name of it, the same that its call to us carries; `at` is when it
    got there, by the wall.
    """

    reference: str
    number: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


@runtime_checkable
class Inbox(Protocol):
    """An account that keeps a list of what people wrote, so that a missed call to us is no loss."""

    @property
    def name(self) -> str:
        """See `Provider`."""

    async def written_since(self, since: datetime) -> list[Written]:
        """What people wrote at `since` or after, oldest first.

        `CannotTellError` when the provider does not answer.
        """


class Provider(Protocol):
    """One account at one company (or server) that carries messages."""

    @property
    def name(self) -> str:
        """What metrics, logs and the log of attempts call it."""

    @property
    def kinds(self) -> frozenset[MethodKind]:
        """What it carries."""

    @property
    def per_second(self) -> float:
        """How many messages it takes a second, by the account's limits."""

    @property
    def can_find(self) -> bool:
        """Whether `find` can tell that something was not sent."""

    @property
    def drills(self) -> bool:
        """Whether it reaches nobody, so that a drill may use it."""

    async def send(self, message: Message) -> Outcome:
        """Hand it over once. Never raises for what a provider or a network does."""

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        """Look for an attempt that was made at `since` or after; None when it is not there.

        `known` are the provider's references of other attempts to the same address. Raises
        `CannotTellError` when the provider cannot look or does not answer.
        """

    async def stop(self) -> None:
        """Close the connections."""
