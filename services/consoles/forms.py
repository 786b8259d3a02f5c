"""What may the forms of the callback pages hold?"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.consoles.api import Claim

Whole = Annotated[int, Field(ge=0, le=2**53)]
Local = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$")]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Outcome = Literal["no_answer", "busy", "voicemail", "invalid_number", "dropped", "agent_gone"]
WithdrawReason = Literal[
    "no_longer_needed", "handled_elsewhere", "duplicate", "abusive", "cannot_be_rung"
]
WITHDRAW_REASONS = (
    "no_longer_needed",
    "handled_elsewhere",
    "duplicate",
    "abusive",
    "cannot_be_rung",
)


class _Form(BaseModel):
    # The session's token is checked before a form is looked at.
    model_config = ConfigDict(extra="ignore", frozen=True)


class ClaimForm(_Form):
    """The lease as the page had it: an old page cannot touch what is somebody else's now."""

    epoch: Whole
    token: Whole

    def claim(self, callback_id: str) -> Claim:
        """Of this callback."""
        return Claim(callback_id, self.epoch, self.token)


class FailForm(ClaimForm):
    """Why nothing came of it."""

    outcome: Outcome


class RescheduleForm(ClaimForm):
    """When, on the caller's own clock."""

    at: Local


class LeadRescheduleForm(_Form):
    """The same by a lead, of a callback that nobody holds."""

    at: Local


class WithdrawForm(_Form):
    """Why it is no longer wanted."""

    reason: WithdrawReason


class SwitchForm(_Form):
    """One switch of one queue, or of all."""

    switch: Literal["registering", "dialling"]
    queue: Code | Literal["*"]
    to: Literal["on", "off"]
    reason: Annotated[str, Field(min_length=3, max_length=200)]
