"""What may the forms of the call-out pages hold?"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.consoles.forms import Code, Local

Seats = Annotated[int, Field(ge=1, le=1000)]
Mark = Literal["few", "fewer", "balanced", "faster", "all"]
MARKS: tuple[Mark, ...] = ("few", "fewer", "balanced", "faster", "all")
Deed = Literal["ask", "told", "accept", "decline", "withdraw", "arrived"]
DEEDS: tuple[Deed, ...] = ("accept", "decline", "arrived", "withdraw", "told", "ask")
Standing = Literal["now", "30min", "2h", "no"]
STANDINGS: tuple[Standing, ...] = ("now", "30min", "2h", "no")
DeclineReason = Literal["", "working", "tired", "ill", "family", "away", "other"]
DECLINE_REASONS: tuple[DeclineReason, ...] = (
    *("", "working", "tired", "ill"),
    *("family", "away", "other"),
)


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class NeedForm(_Form):
    """A need of somebody's own."""

    pool: Code
    seats: Seats
    language: Code | Literal[""] = ""
    skill: Code | Literal[""] = ""
    reason: Annotated[str, Field(max_length=500)] = ""
    drill: Literal["", "true"] = ""


class SendForm(_Form):
    """Send: where the slider stands, and the number of seats as it was typed."""

    mark: Mark
    typed: Annotated[int, Field(ge=0, le=10_000)]


class SizeForm(_Form):
    """The seats of each quota, in order."""

    seats: Annotated[list[Seats], Field(min_length=1, max_length=50)]


class DropForm(_Form):
    """Not now, and why."""

    reason: Annotated[str, Field(min_length=3, max_length=200)]


class RestoreForm(_Form):
    """A rule that shall block again."""

    rule: Code


class LiftForm(RestoreForm):
    """A rule that shall only warn, and why."""

    reason: Annotated[str, Field(min_length=3, max_length=200)]


class StopForm(_Form):
    """Finish, with or without the message that says so."""

    tell: Literal["yes", "no"]


class PersonForm(_Form):
    """One person, and what was seen or heard of them."""

    person: Code
    deed: Deed


class StandingForm(_Form):
    """How soon somebody could come."""

    standing: Standing


class LeaveForm(_Form):
    """From when until when somebody is away, as the centre's clocks show it."""

    away_from: Local
    away_until: Local


class BackForm(_Form):
    """A leave that is given up: from when it was."""

    starts_at: AwareDatetime


class OwnAnswerForm(_Form):
    """What they say to an offer of theirs."""

    choice: Literal["accept", "decline", "later", "withdraw"]
    reason: DeclineReason = ""


class CodeForm(_Form):
    """Six digits that came."""

    code: Annotated[str, Field(pattern=r"^\s*\d{6}\s*$")]
