"""The life of a contact, as a phone system (or a chat, SMS or e-mail channel) reports it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.events.envelope import CloudEvent, Data

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Code = Annotated[str, Meta(min_length=1, max_length=128)]
Leg = Annotated[int, Meta(ge=1, le=100)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]

Channel = Literal["voice", "chat", "sms", "email", "sns", "app"]
Urgency = Literal["life_at_risk", "high", "normal", "low"]
LegKind = Literal["inbound", "transfer", "consult", "callback"]
OfferOutcome = Literal["ringing", "no_answer", "rejected"]
# How the caller's time zone became known. Intake adds what a number's prefix says.
ZoneSaid = Literal["declared", "app", "number_prefix"]
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$")]
DeflectReason = Literal["full", "closed", "prompt", "moved_to_callback"]


class Caller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who called, without the number: a keyed hash, and the number sealed with AES-GCM.

    `key` is HMAC-SHA256 over the E.164 number, 32 hex digits; `key_id` names the secret, so that
    it can be retired; `sealed` is "<key id>.<base64url of nonce and ciphertext>", and is present
    only where a callback may need it.
    """

    key: str
    key_id: str
    sealed: str | None = None

    def __hash__(self) -> int:
        """By whose number it is: each report of it may have been sealed anew."""
        return hash(self.key)


class ContactData(Data, frozen=True, kw_only=True):
    """What is known of the contact. Everything but `queue` may be absent in later events.

    `leg` numbers the passes through a queue (a transfer opens the next one); within a leg the
    event of the highest rank holds. A `consult` leg is one counselor asking another: it never
    changes what the caller got. `consent_callback` is false when the caller refused a callback.
    `skills` are what whoever answers must have. `caller_tz` is where the caller is, as an IANA
    name, and `caller_tz_from` says who knows that: the caller, or their app.
    `place` says where the incident is that is reported, as a token: the same text, such as a map
    square or a station's name, is the same token. Intake puts a keyed hash in its stead.
    """

    queue: Name
    channel: Channel = "voice"
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] | None = None
    topic: Name | None = None
    urgency: Urgency = "normal"
    caller: Caller | None = None
    leg: Leg = 1
    leg_kind: LegKind = "inbound"
    consent_callback: bool = True
    skills: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()
    caller_tz: Zone | None = None
    caller_tz_from: ZoneSaid = "declared"
    place: Code | None = None


class ArrivedData(ContactData, frozen=True, kw_only=True):
    pass


class QueuedData(ContactData, frozen=True, kw_only=True):
    position: Annotated[int, Meta(ge=1)] | None = None


class OfferedData(ContactData, frozen=True, kw_only=True):
    agent: Code
    offer: Code | None = None
    outcome: OfferOutcome = "ringing"


class AnsweredData(ContactData, frozen=True, kw_only=True):
    agent: Code


class AbandonedData(ContactData, frozen=True, kw_only=True):
    stage: Literal["ivr", "queue", "ring"] = "queue"


class CompletedData(ContactData, frozen=True, kw_only=True):
    agent: Code | None = None
    talk_seconds: Seconds | None = None
    hold_seconds: Seconds | None = None
    wrap_up_seconds: Seconds | None = None


class DeflectedData(ContactData, frozen=True, kw_only=True):
    reason: DeflectReason


class ContactArrived(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.arrived.v1"):
    data: ArrivedData


class ContactQueued(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.queued.v1"):
    data: QueuedData


class ContactOffered(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.offered.v1"):
    data: OfferedData


class ContactAnswered(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.answered.v1"):
    data: AnsweredData


class ContactAbandoned(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.abandoned.v1"):
    data: AbandonedData


class ContactCompleted(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.completed.v1"):
    data: CompletedData


class ContactDeflected(CloudEvent, frozen=True, kw_only=True, tag="surgeline.contact.deflected.v1"):
    data: DeflectedData


ContactEvent = (
    ContactArrived
    | ContactQueued
    | ContactOffered
    | ContactAnswered
    | ContactAbandoned
    | ContactCompleted
    | ContactDeflected
)
