"""What is a callback, how does its life begin and end, and what may happen to it in between?

One record for life: a retry is a transition of the same record, never a new one. A transition is a
function of (state, what happened, now, policy); it gives the next state with the version raised by
one, None when nothing changes (a repeat), or raises `RefusedError` with the reason.

    requested --> due --> leased --> dialling --> connected --> closed(outcome)
                   ^---------+----------+--- back to due: given back, no answer, rescheduled

`requested` waits for the phone system to let go of the call; from every open state there is a way
to closed: withdrawn, reached us first, expired, unreachable, blocked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from msgspec.structs import replace

from streams.domain.centre import OverflowPolicy
from streams.errors import SurgelineError
from streams.events.callbacks import (
    Attempt,
    CallbackChanged,
    CallbackData,
    CallbackState,
    CallbackWanted,
    Outcome,
)
from streams.events.codec import derived_id

WAITING: Final = frozenset({"requested", "due"})
HELD: Final = frozenset({"leased", "dialling", "connected"})
URGENCY_RANK: Final = {"life_at_risk": 0, "high": 1, "normal": 2, "low": 3}
SOURCE: Final = "surgeline/callbacks"

WithdrawalAnswer = Literal["withdrawn", "not_waiting", "answered"]


class RefusedError(SurgelineError):
    """A command that cannot be done now. `reason` is a short word from a closed set."""

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A transition that took place: its name in the past tense, and the whole state after it."""

    name: str
    state: CallbackData
    at: datetime

    def event(self) -> CallbackChanged:
        """The fact for the log; the same transition always has the same id."""
        return CallbackChanged(
            id=derived_id("callback-changed", self.state.id, self.state.version),
            source=SOURCE,
            subject=self.state.id,
            time=self.at,
            change=self.name,
            data=self.state,
        )


def is_open(state: CallbackData) -> bool:
    """Whether the promise still stands."""
    return state.state != "closed"


def in_flight(state: CallbackData) -> bool:
    """Whether a dial was ordered that is not known to be over."""
    return bool(state.attempts) and state.attempts[-1].ended_at is None


def changed(name: str, state: CallbackData, now: datetime, /, **fields: Any) -> Change:
    """The next state: some fields differ and the version is one higher."""
    after = replace(state, version=state.version + 1, **fields)
    return Change(name=name, state=after, at=now)


def new_callback(wanted: CallbackWanted, callback_id: str, policy: OverflowPolicy) -> Change:
    """The promise is made, at the moment it was asked for, however late we hear of it."""
    data = wanted.data
    state = CallbackData(
        id=callback_id,
        version=1,
        state="requested" if data.still_waiting else "due",
        requests=(data.request,),
        origin=data.request.arrived_at,
        reason=data.reason,
        queue=data.request.queue,
        caller=data.caller,
        urgency=data.urgency,
        channel=data.channel,
        language=data.language,
        country=data.country,
        topic=data.topic,
        skills=data.skills,
        caller_tz=data.caller_tz,
        caller_tz_from=data.caller_tz_from,
        consent=data.consent,
        contact=data.contact,
        still_waiting=data.still_waiting,
        on_hold=(data.contact,) if data.still_waiting else (),
        requested_at=wanted.time,
        promised_by=wanted.time + policy.promise,
        due_at=wanted.time,
        expires_at=wanted.time + policy.expiry,
    )
    return Change(name="requested", state=state, at=wanted.time)


def merge(
    state: CallbackData, wanted: CallbackWanted, now: datetime, policy: OverflowPolicy
) -> Change | None:
    """The caller, who has a promise already, asks again: the promise answers for that too.

    The place in line can only improve, the promise is never put off, and what was known of the
    caller is kept. A call that waits now must be let go by the phone system first.
    """
    data = wanted.data
    known = {state.contact, *(request.id for request in state.requests), *state.on_hold}
    news = data.request.id not in {request.id for request in state.requests}
    held = data.still_waiting and data.contact not in known
    if not news and not held:
        return None
    on_hold = (*state.on_hold, data.contact) if held else state.on_hold
    return changed(
        "merged",
        state,
        now,
        state=waiting_state(on_hold) if state.state in WAITING else state.state,
        requests=(*state.requests, data.request) if news else state.requests,
        origin=min(state.origin, data.request.arrived_at),
        urgency=min(state.urgency, data.urgency, key=lambda urgency: URGENCY_RANK[urgency]),
        caller=state.caller if state.caller.sealed else data.caller,
        language=state.language or data.language,
        country=state.country or data.country,
        topic=state.topic or data.topic,
        skills=state.skills or data.skills,
        consent="given" if "given" in {state.consent, data.consent} else "presumed",
        due_at=_due_again(state, wanted, now),
        expires_at=max(state.expires_at, wanted.time + policy.expiry),
        still_waiting=bool(on_hold),
        on_hold=on_hold,
    )


def _due_again(state: CallbackData, wanted: CallbackWanted, now: datetime) -> datetime:
    """Who asks again is awake and near a phone: at once, unless another time was agreed."""
    tried = state.attempts[-1].started_at if state.attempts else state.requested_at
    if state.agreed_at is not None or wanted.time <= tried:
        return state.due_at
    return min(state.due_at, now)


def call_withdrawn(
    state: CallbackData, contact: str, answer: WithdrawalAnswer, now: datetime
) -> Change | None:
    """The phone system let go of the waiting call, or says that it was answered after all."""
    if contact not in state.on_hold or not is_open(state):
        return None
    if answer == "answered":
        return close(state, "reached_us_first", "answered_before_withdrawal", now)
    on_hold = tuple(one for one in state.on_hold if one != contact)
    return changed(
        "call_withdrawn",
        state,
        now,
        state=waiting_state(on_hold) if state.state in WAITING else state.state,
        still_waiting=bool(on_hold),
        on_hold=on_hold,
    )


def served(state: CallbackData, at: datetime, now: datetime) -> Change | None:
    """The caller was answered live at `at`: the promise is kept, also while we dial.

    An answer from before the promise, or from before one of its requests, is about an earlier call.
    """
    latest = max(state.requested_at, *(request.arrived_at for request in state.requests))
    if not is_open(state) or at < latest:
        return None
    if state.state == "connected":
        # They are talking to us already: this callback did its work, whatever the desk reports.
        # When that talk is over the phone system will say.
        return close(state, "completed", "served_while_connected", now)
    return close(state, "reached_us_first", "answered_live", now)


def expire(state: CallbackData, now: datetime) -> Change | None:
    """Too old to be of use; said so openly, and never while somebody holds it."""
    if state.state not in WAITING or now < state.expires_at:
        return None
    return close(state, "expired", "not_reached" if state.attempts else "never_dialled", now)


def close(
    state: CallbackData,
    outcome: Outcome,
    reason: str,
    now: datetime,
    *,
    dial_is_over: bool = False,
) -> Change:
    """The end. A dial still in flight gets its outcome now and its end when it is cancelled."""
    attempts = state.attempts
    if in_flight(state) and attempts[-1].outcome is None:
        attempts = with_last(state, outcome=outcome, ended_at=now if dial_is_over else None)
    names = {"completed": "completed", "expired": "expired", "unreachable": "failed"}
    return changed(
        names.get(outcome, "withdrawn"),
        state,
        now,
        state="closed",
        outcome=outcome,
        outcome_reason=reason,
        closed_at=now,
        attempts=attempts,
        lease_until=None,
        still_waiting=False,
        on_hold=(),
    )


def waiting_state(on_hold: tuple[str, ...]) -> CallbackState:
    """How a callback waits: for the phone system to let go of a call, or for its turn."""
    return "requested" if on_hold else "due"


def with_last(state: CallbackData, **fields: Any) -> tuple[Attempt, ...]:
    """The attempts, the last one altered."""
    return (*state.attempts[:-1], replace(state.attempts[-1], **fields))
