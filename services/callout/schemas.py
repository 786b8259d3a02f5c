"""What do requests of the call-out API look like?"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.callout.answers import Choice, DeclineReason
from streams.events.callouts import Need, Quota, Rule, Severity

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Key = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")]
Mark = Literal["few", "fewer", "balanced", "faster", "all"]
Share = Annotated[float, Field(ge=0, le=1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuotaBody(_Body):
    """So many seats, for people with a skill and a language."""

    seats: Annotated[int, Field(ge=1, le=1000, strict=True)]
    skill: Code | None = None
    language: Language | None = None

    def quota(self) -> Quota:
        """As the domain wants it."""
        return Quota(seats=self.seats, skill=self.skill, language=self.language)


Quotas = Annotated[list[QuotaBody], Field(min_length=1, max_length=50)]


class NeedBody(_Body):
    """Seats of a pool; from when they are there (the pool's call-up) and for a shift, if not said.

    Without a dedup key it is a need of its own.
    """

    pool: Code
    quotas: Quotas
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    severity: Severity = "high"
    reason: Annotated[str, Field(max_length=500)] = ""
    dedup_key: Key | None = None
    drill: bool = False

    def need(
        self, by: str, now: datetime, call_up: timedelta, shift: timedelta, expires: timedelta
    ) -> Need:
        """As the domain wants it."""
        start = self.start or now + call_up
        key = self.dedup_key or f"by/{by}/{now.isoformat()}"
        return Need(
            dedup_key=f"drill/{key}" if self.drill else key,
            pool=self.pool,
            quotas=tuple(quota.quota() for quota in self.quotas),
            start=start,
            end=self.end or start + shift,
            severity=self.severity,
            raised_at=now,
            raised_by=by,
            reason=self.reason,
            expires_at=now + expires,
        )


class SliderBody(_Body):
    """Where the slider stands: a mark, or a rule and a speed of one's own."""

    mark: Mark | None = None
    rule: Rule | None = None
    speed: Share | None = None


class StartBody(SliderBody):
    """Send. `people` is the number of seats, typed by who sends."""

    people: Annotated[int, Field(ge=1, strict=True)] | None = None


class StopBody(_Body):
    """Finish. `tell`: everyone contacted and not seated hears that they may sleep on."""

    tell: bool = True


class LiftBody(_Body):
    """A rule of rest that shall only warn, and why that is lawful here."""

    rule: Code
    reason: Annotated[str, Field(min_length=3, max_length=200)]


class RestoreBody(_Body):
    """A rule that shall block again."""

    rule: Code


class ResizeBody(_Body):
    """Another number of seats."""

    quotas: Quotas
    end: AwareDatetime | None = None


class PersonBody(_Body):
    """Somebody, by id; `told` when they were asked face to face."""

    person: Code
    told: bool = False


class AnswerBody(_Body):
    """What somebody said in person, on the telephone, or on paper."""

    person: Code
    choice: Choice
    via: Literal["console", "paper"] = "console"
    reason: DeclineReason = ""
    arrives_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class ArrivedBody(_Body):
    """They are here."""

    person: Code
