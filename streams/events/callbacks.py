"""The promise to ring back: what overflow asks for, and the life of the promise.

`overflow` carries what the tally saw (someone needs a callback, someone was served after all).
`callbacks` carries the aggregate itself: one compacted record per callback, its whole state after
each transition.
"""

from datetime import datetime
from typing import Literal

import msgspec

from streams.events.contacts import Caller, Channel, Urgency
from streams.events.envelope import CloudEvent, Data

WantedReason = Literal[
    "waited_too_long", "abandoned", "queue_full", "closed_hours", "asked", "other_channel"
]
CallbackState = Literal["requested", "due", "leased", "dialling", "connected", "closed"]
Outcome = Literal["completed", "reached_us_first", "withdrawn", "expired", "unreachable", "blocked"]
FirstRung = Literal["agent", "customer"]
TextAnswer = Literal["accepted", "refused"]
# "given" by who asked to be rung back; else nobody refused it.
Consent = Literal["given", "presumed"]
ZoneProvenance = Literal["declared", "app", "country", "number_prefix", "centre"]


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's request: the id of its first contact, and when and where that arrived."""

    id: str
    arrived_at: datetime
    queue: str


class CallbackWantedData(Data, frozen=True, kw_only=True):
    """`request` is the person's request; `contact` the attempt that ended up here.

    `still_waiting` is true when the call is on hold now and must be withdrawn from the phone
    system's queue once the promise is on the log.
    """

    request: Request
    contact: str
    reason: WantedReason
    caller: Caller
    urgency: Urgency = "normal"
    channel: Channel = "voice"
    language: str | None = None
    country: str | None = None
    topic: str | None = None
    skills: tuple[str, ...] = ()
    still_waiting: bool = False
    caller_tz: str | None = None
    caller_tz_from: ZoneProvenance | None = None
    consent: Consent = "presumed"


class CallbackWanted(
    CloudEvent, frozen=True, kw_only=True, tag="surgeline.overflow.callback-wanted.v1"
):
    data: CallbackWantedData


class CallerServedData(Data, frozen=True, kw_only=True):
    """A caller whose request had been handed over was answered live by `agent` after all."""

    request: str
    contact: str
    caller_key: str
    agent: str | None = None


class CallerServed(
    CloudEvent, frozen=True, kw_only=True, tag="surgeline.overflow.caller-served.v1"
):
    data: CallerServedData


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dial: its id (the phone system's idempotency key), who dialled, what came of it.

    `first` is whose phone rings first.
    """

    id: str
    agent: str
    started_at: datetime
    outcome: str | None = None
    ended_at: datetime | None = None
    first: FirstRung = "agent"


class CallbackData(Data, frozen=True, kw_only=True):
    """The whole callback after a transition. `version` counts transitions from 1, without gaps.

    `requests` are the requests this one promise answers for (a caller has one open callback).
    `origin` is the earliest arrival: the place in line. `token` is the fencing token of the
    present lease, `epoch` the life of Redis that issued it. `on_hold` are the contacts that still
    wait in the phone system and must be taken out of its queue; `still_waiting` says there are any.

    `quiet_from` is when the caller's quiet hours begin: they are not rung from then on. `agreed_at`
    is the time the caller asked for. `text` is what became of the text message after unanswered
    attempts: owed, then as the message provider answered. `out_of_turn` is why somebody on hold, no
    less urgent and there before, was overtaken. `near_from` is when the promise comes near its
    deadline, by the centre file of this transition.
    """

    id: str
    version: int
    state: CallbackState
    requests: tuple[Request, ...]
    origin: datetime
    reason: WantedReason
    queue: str
    caller: Caller
    urgency: Urgency = "normal"
    channel: Channel = "voice"
    language: str | None = None
    country: str | None = None
    topic: str | None = None
    skills: tuple[str, ...] = ()
    caller_tz: str | None = None
    caller_tz_from: ZoneProvenance | None = None
    consent: Consent = "presumed"
    contact: str
    still_waiting: bool = False
    on_hold: tuple[str, ...] = ()
    requested_at: datetime
    promised_by: datetime
    due_at: datetime
    expires_at: datetime
    attempts: tuple[Attempt, ...] = ()
    agent: str | None = None
    token: int = 0
    epoch: int = 0
    lease_until: datetime | None = None
    outcome: Outcome | None = None
    outcome_reason: str | None = None
    closed_at: datetime | None = None
    quiet_from: datetime | None = None
    agreed_at: datetime | None = None
    text: Literal["owed"] | TextAnswer | None = None
    out_of_turn: str | None = None
    near_from: datetime | None = None


class CallbackChanged(CloudEvent, frozen=True, kw_only=True, tag="surgeline.callback.changed.v1"):
    """`change` is the transition's name in the past tense: requested, merged, leased, released,
    dialled, connected, completed, failed, rescheduled, withdrawn, expired, number_revealed,
    renewed (the lease), call_withdrawn (from the phone system's queue), dial_ended, postponed (to
    the end of quiet hours), texted, resealed (with another key), erased (nothing leads to the
    caller any more).
    """

    change: str
    data: CallbackData


class SwitchesData(Data, frozen=True, kw_only=True):
    """Which queues take no new promises, and which are not dialled; "*" is every queue.

    `by` is who set them so, `reason` why. One compacted record, keyed "switches".
    """

    version: int
    registering_off: tuple[str, ...] = ()
    dialling_off: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""


class SwitchesSet(CloudEvent, frozen=True, kw_only=True, tag="surgeline.callback.switches-set.v1"):
    data: SwitchesData
