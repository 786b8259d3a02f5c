"""What do requests and answers of the callbacks API look like?"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.auth import Identity, desk_of
from streams.domain.callbacks.callback import is_open
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import EVERY_QUEUE, may_be_leased, why_here
from streams.events.callbacks import CallbackData, SwitchesData

# Visible characters only: an agent's id goes into logs and facts.
Word = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")]
Whole = Annotated[int, Field(ge=0, le=2**53, strict=True)]
Which = Literal["waiting", "held", "closed"]
FailOutcome = Literal[
    "no_answer",
    "busy",
    "voicemail",
    "rejected",
    "dropped",
    "invalid_number",
    "agent_gone",
    "abandoned_by_us",
    "technical",
    "not_dialled",
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NextBody(_Body):
    """A free agent. Without languages or skills, anything may come.

    Whoever is signed in at a console is the agent themselves and need not say so.
    """

    agent: Word | None = None
    languages: Annotated[list[Language], Field(max_length=50)] | None = None
    skills: Annotated[list[Code], Field(max_length=50)] | None = None


class ClaimBody(_Body):
    """The lease as `next` gave it."""

    agent: Word | None = None
    epoch: Whole
    token: Whole

    def claim(self, who: Identity) -> Claim:
        """As the domain wants it; a signed-in person can only claim what is their own."""
        return Claim(agent=desk_of(who, self.agent), epoch=self.epoch, token=self.token)


class CompleteBody(ClaimBody):
    """What came of the talk, in the centre's own words."""

    result: Code = "answered"


class FailBody(ClaimBody):
    """Why nothing came of it."""

    outcome: FailOutcome


class _OptionalClaim(_Body):
    agent: Word | None = None
    epoch: Whole | None = None
    token: Whole | None = None

    def claim(self, who: Identity) -> Claim | None:
        """The lease, when the whole of it was shown."""
        nobody = self.agent is None and who.agent is None
        if nobody or self.epoch is None or self.token is None:
            return None
        return Claim(agent=desk_of(who, self.agent), epoch=self.epoch, token=self.token)


class RescheduleBody(_OptionalClaim):
    """When the caller wants to be rung."""

    at: AwareDatetime


class WithdrawBody(_OptionalClaim):
    """Why it is no longer wanted."""

    reason: Code


class SwitchBody(_Body):
    """One switch of one queue, or of all ("*")."""

    switch: Literal["registering", "dialling"]
    queue: Code | Literal["*"] = EVERY_QUEUE
    on: Annotated[bool, Field(strict=True)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class EraseBody(_Body):
    """Whose number; it goes no further than the handler, and is never said again."""

    number: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


def shown(state: CallbackData, now: datetime) -> dict[str, Any]:
    """A callback for a screen: the caller by the first digits of their pseudonym, no number."""
    told: dict[str, Any] = {
        "id": state.id,
        "version": state.version,
        "state": state.state,
        "queue": state.queue,
        "urgency": state.urgency,
        "channel": state.channel,
        "language": state.language,
        "country": state.country,
        "topic": state.topic,
        "skills": list(state.skills),
        "caller": state.caller.key[:8],
        "caller_tz": state.caller_tz,
        "caller_tz_from": state.caller_tz_from,
        "reason": state.reason,
        "requests": [request.id for request in state.requests],
        "on_hold": bool(state.on_hold),
        "origin": state.origin,
        "requested_at": state.requested_at,
        "promised_by": state.promised_by,
        "due_at": state.due_at,
        "expires_at": state.expires_at,
        "attempts": [
            {"dial": a.id, "at": a.started_at, "outcome": a.outcome, "first": a.first}
            for a in state.attempts
        ],
        "agent": state.agent,
        "lease_until": state.lease_until,
        "outcome": state.outcome,
        "outcome_reason": state.outcome_reason,
        "closed_at": state.closed_at,
        "quiet_from": state.quiet_from,
        "agreed_at": state.agreed_at,
        "text": state.text,
        "out_of_turn": state.out_of_turn,
    }
    if is_open(state):
        told |= {"ready": may_be_leased(state, now), "why": why_here(state, now)}
    return told


def shown_to_holder(state: CallbackData, now: datetime) -> dict[str, Any]:
    """The same with the lease to show on the next command."""
    return shown(state, now) | lease_of(state)


def lease_of(state: CallbackData) -> dict[str, Any]:
    """What the holder shows."""
    return {"epoch": state.epoch, "token": state.token}


def shown_switches(switches: SwitchesData) -> dict[str, Any]:
    """Which queues are off, and who said so last."""
    return {
        "registering_off": list(switches.registering_off),
        "dialling_off": list(switches.dialling_off),
        "by": switches.by,
        "reason": switches.reason,
        "version": switches.version,
    }
