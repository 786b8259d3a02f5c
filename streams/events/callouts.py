"""The call-out: a need of seats, who is asked, by which messages, and who sits down.

`callouts` carries two kinds of aggregates, each as its whole state after a transition: the call-out
with its need and its policy, and one offer for each person with the messages to them, their answers
and their seat. People appear by id; numbers and names are never here.
"""

from datetime import datetime
from typing import Literal

import msgspec

from streams.events.envelope import CloudEvent, Data

CalloutState = Literal[
    "draft", "previewed", "running", "paused", "filled", "closed", "expired", "cancelled"
]
OfferState = Literal[
    "queued",
    "contacting",
    "delivered",
    "seen",
    "accepted",
    "declined",
    "waitlisted",
    "no_answer",
    "unreachable",
    "withdrawn",
    "stood_down",
    "ineligible",
]
AttemptState = Literal[
    "pending",
    "sending",
    "unknown",
    "accepted",
    "sent",
    "delivered",
    "failed_temporary",
    "failed_permanent",
    "suppressed",
]
Purpose = Literal["ask", "seated", "reminder", "stand_down"]
Rule = Literal["forecast", "rounds", "sequential", "blast"]
AnswerKind = Literal["accept", "decline", "later", "withdraw", "seen"]
MethodKind = Literal["sms", "voice", "email", "push"]
Severity = Literal["critical", "high", "normal"]


class Quota(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many seats for people with this skill and this language; None is anybody."""

    seats: int
    skill: str | None = None
    language: str | None = None


class Need(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Seats wanted from `start` to `end`. Two open needs never have the same `dedup_key`.

    `confirm_by` is set while a manager is asked first; what happens then without an answer is
    `unconfirmed`.
    """

    dedup_key: str
    pool: str
    quotas: tuple[Quota, ...]
    start: datetime
    end: datetime
    severity: Severity = "high"
    raised_at: datetime
    raised_by: str
    reason: str = ""
    episode: str | None = None
    expires_at: datetime
    confirm_by: datetime | None = None
    unconfirmed: Literal["send", "drop"] = "drop"


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the call-out goes on, copied from the centre file at the start: later edits leave it be.

    `speed` is the slider, 0 few people woken to 1 fast. Times of the wall, not of a rehearsal:
    `lease_seconds`, `ask_provider_after_seconds`, `give_up_after_seconds`.
    """

    rule: Rule = "forecast"
    speed: float = 0.5
    every_seconds: float = 120.0
    grace_seconds: float = 300.0
    no_answer_seconds: float = 2700.0
    remind_before_seconds: float = 1800.0
    no_show_seconds: float = 600.0
    most_asked: int = 1000
    temporary_retries: int = 3
    retry_seconds: float = 15.0
    lease_seconds: float = 30.0
    give_up_after_seconds: float = 60.0
    second_silent: Literal["send", "drop"] = "drop"
    version: str = ""


class FillForecast(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When the seats will be full, as it looked at `at`: as likely before `half` as after, nine in
    ten by `most`. None is not within two hours.
    """

    at: datetime
    half: datetime | None = None
    most: datetime | None = None


class LiftedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that warns where it would block, for this call-out alone; who wanted it so, and why.

    `by` is an account's name. The rule is the word that says why somebody is not asked.
    """

    rule: str
    by: str
    at: datetime
    reason: str


class CalloutData(Data, frozen=True, kw_only=True):
    """`version` counts transitions from 1. `ref` is what people type to answer: two digits.

    `tier` is the last tier opened; `more` raises the need by hand. `acceptances` numbers the yeses,
    which is the order of the waitlist. `look_at` is when the forecast is due again. `second_for`
    wants it sent, and somebody else has until `second_until` to agree.
    """

    id: str
    version: int = 0
    epoch: int = 0
    state: CalloutState
    drill: bool = False
    ref: str
    need: Need
    policy: Policy
    tier: int = 1
    acceptances: int = 0
    created_at: datetime
    started_at: datetime | None = None
    started_by: str | None = None
    second_for: str | None = None
    second_until: datetime | None = None
    touched_at: datetime
    touched_by: str = ""
    look_at: datetime | None = None
    first_attempt_at: datetime | None = None
    filled_at: datetime | None = None
    grace_until: datetime | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    expected_more: float = 0.0
    forecast: FillForecast | None = None
    first_forecast: FillForecast | None = None
    lifted: tuple[LiftedRule, ...] = ()


class CalloutChanged(CloudEvent, frozen=True, kw_only=True, tag="surgeline.callout.changed.v1"):
    data: CalloutData


class PageAttempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message on one contact method. Its id is our reference at the provider.

    `fence` rises with every claim; a result that names an older one is only evidence. `rank` keeps
    receipts monotone. `claimed_at`, `lease_until` and `unknown_since` are wall time; `sent_at` is
    the centre's time of the claim.
    """

    id: str
    purpose: Purpose = "ask"
    method: str
    kind: MethodKind
    step: int
    state: AttemptState = "pending"
    due_at: datetime
    fence: int = 0
    tries: int = 0
    provider: str | None = None
    reference: str | None = None
    reason: str | None = None
    rank: int = 0
    sent_at: datetime | None = None
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    unknown_since: datetime | None = None
    ended_at: datetime | None = None


class GivenAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody said, whichever way; answers are added, never edited.

    `key` makes a repeated delivery the same answer. `arrives_in_minutes` and the hours they can
    give (`since`, `until`, when not all) are what they added to a yes; `by` is who typed it in when
    they said it in person.
    """

    key: str
    kind: AnswerKind
    at: datetime
    channel: str
    reason: str | None = None
    arrives_in_minutes: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    late: bool = False
    by: str | None = None


class OfferData(Data, frozen=True, kw_only=True):
    """One person for one call-out.

    Answered, accepted, arrived and not shown up are four facts of their own. `quota` is the one
    they are asked for, `seat` the seat they have (from 1), `turn` the number of their yes. `since`
    and `until` are the hours they can give, when not all.
    """

    id: str
    version: int = 0
    epoch: int = 0
    callout: str
    person: str
    state: OfferState
    reason: str | None = None
    drill: bool = False
    tier: int = 1
    channel: MethodKind = "sms"
    local_hour: int = 0
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    quota: int = 0
    seat: int | None = None
    turn: int | None = None
    created_at: datetime
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    no_show_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    arrives_in_minutes: int | None = None
    attempts: tuple[PageAttempt, ...] = ()
    answers: tuple[GivenAnswer, ...] = ()
    warnings: tuple[str, ...] = ()


class OfferChanged(CloudEvent, frozen=True, kw_only=True, tag="surgeline.offer.changed.v1"):
    data: OfferData


class AlarmData(Data, frozen=True, kw_only=True):
    """The auditor found something wrong, repaired it once, and found it again.

    `what` is a word from a closed set; `count` how many, `examples` some ids.
    """

    what: str
    callout: str | None = None
    count: int
    examples: tuple[str, ...] = ()


class CalloutAlarmed(CloudEvent, frozen=True, kw_only=True, tag="surgeline.callout.alarmed.v1"):
    data: AlarmData
