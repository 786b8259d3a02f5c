"""What do the services need of the world outside, in their own words?

Adapters in `services/adapters/` fulfil these; one suite of tests holds all of them to it.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from streams.errors import SurgelineError

Withdrawal = Literal["withdrawn", "not_waiting", "answered"]
Cancellation = Literal["cancelled", "too_late", "unknown"]
TextAnswer = Literal["accepted", "refused"]
FirstRung = Literal["agent", "customer"]
DialCondition = Literal["ringing", "connected", "ended", "unknown"]


class PhoneUnavailableError(SurgelineError):
    """The phone system gave no answer: nobody knows whether it did what it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOrder:
    """One dial. `dial` is its identity: ordered twice, it is made once.

    `token` rises with every lease of the callback, so that an order which was long under way
    and arrives after a newer one can be told from it. `first` is whose phone rings first: who
    picks up as a caller and meets no agent was rung for nothing ("abandoned_by_us").
    """

    dial: str
    callback: str
    token: int
    agent: str
    number: str = field(repr=False)
    first: FirstRung = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOrder:
    """One text message. `text` is its identity: handed over twice, it is sent once.

    `template` names what is said, in `language`; the words are kept by whoever sends it.
    """

    text: str
    callback: str
    template: Literal["could_not_reach_you"]
    language: str | None
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DialStatus:
    """Where a dial stands; `outcome` says how it ended. "unknown" was never ordered."""

    condition: DialCondition
    outcome: str | None = None


class PhoneSystem(Protocol):
    """The phone system, as far as callbacks command it. Every command may be repeated."""

    async def withdraw(self, contact: str, callback: str) -> Withdrawal:
        """Take a waiting call out of the queue and tell the caller that we will ring back.

        "withdrawn" again for a contact withdrawn before; "answered" when an agent has taken it;
        "not_waiting" when it is gone or was never known.
        """

    async def dial(self, order: DialOrder) -> DialStatus:
        """Ring the agent, then the caller. "ended" at once means the order was refused.

        A dial that was cancelled, even before it was ordered, is never made.
        """

    async def cancel(self, dial: str) -> Cancellation:
        """Stop ringing. "too_late" when the talk has begun or the dial is over; "unknown" when it
        was never ordered: it never will be.
        """

    async def dial_status(self, dial: str) -> DialStatus:
        """What became of a dial."""


class TextHandOff(Protocol):
    """Whoever sends text messages, as far as callbacks need one sent. May be asked again."""

    async def hand_over(self, order: TextOrder) -> TextAnswer:
        """Take a message to send it once; "refused" when it never will be.

        `PhoneUnavailableError` when there was no answer: it is asked again.
        """


class PhoneLines(PhoneSystem, TextHandOff, Protocol):
    """A phone system that also passes text messages on."""
