"""What does the world say to a call-out, and what does the call-out say back?

The engine fulfils `Answers`; the doors (SMS, keypad, link, console) only read and translate. An
answer may come twice, late, or to an offer that is gone: the reply says so, and nothing changes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from services.message_ports import Receipt

Choice = Literal["accept", "decline", "later", "withdraw", "seen"]
Via = Literal["sms", "voice", "link", "email", "push", "console", "paper"]
DeclineReason = Literal["working", "tired", "ill", "family", "away", "other", ""]
ReplyKind = Literal[
    "seated",      # seat `seat` of `need` is theirs
    "waitlisted",  # filled; they are reserve `position`
    "thanks",      # declined, or will be asked again later
    "withdrawn",   # the seat is free again
    "seen",        # opened or delivered; nothing decided
    "ineligible",  # accepted, but may not work these hours: `reason`
    "late",        # the call-out is over
    "unknown",     # no such offer
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody said, once. `message_id` is the provider's id of an inbound message.

    `arrives_at` is their estimate; `starts_at` and `ends_at` the hours they can give when not all.
    `by` is the account that entered it for them, from the console or from paper. `unheard`: found
    on the provider's list afterwards, so the reply has no way back to them.
    """

    choice: Choice
    via: Via
    at: datetime
    provider: str = ""
    message_id: str = ""
    reason: DeclineReason = ""
    again_in_minutes: int = 0
    arrives_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    by: str = ""
    unheard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the call-out answers. `state` is the offer's after this answer."""

    kind: ReplyKind
    seat: int = 0
    need: int = 0
    position: int = 0
    reason: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer as its person may see it. Nothing in it says who they are.

    `open` is false once an answer can change nothing any more; `reply` is what an answer given
    before was told. `since` and `until` are the hours they gave, when not all.
    """

    offer: str
    person: str
    callout: str
    code: str
    language: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    expires_at: datetime
    seats: int
    seats_left: int
    open: bool
    drill: bool
    asked_at: datetime | None = None
    revision: int = 0
    pool: str = ""
    place: str = ""
    notes: tuple[str, ...] = ()
    arrives_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    reply: Reply | None = None


class Answers(Protocol):
    """The engine, as far as those who answer need it."""

    async def by_token(self, token_hash: str) -> Offered | None:
        """The offer behind a link; the hash is `answering.tokens.hash_of(token)`."""

    async def by_code(self, person: str, code: str) -> Offered | None:
        """The offer that a person means by a code; without a code, their one open offer.

        None when there is none, or, without a code, more than one.
        """

    async def by_attempt(self, attempt: str) -> Offered | None:
        """The offer that an attempt belongs to."""

    async def answer(self, offer: str, answer: Answer) -> Reply:
        """Take an answer. The same answer again changes nothing and is told the same."""

    async def has(self, person: str, provider: str, message_id: str) -> bool:
        """Whether this message of theirs was taken already, for whichever call-out."""

    async def receipt(self, receipt: Receipt) -> None:
        """Take a provider's report of an attempt. It may come twice, late and in any order."""
