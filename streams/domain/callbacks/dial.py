"""What does a dial do to its callback, as the agent, or the phone system, reports it?

A dial is ordered once and has one id for ever. It is over only when somebody who can know says so:
an outcome reported by a desk does not end it until the phone system has cancelled it, and a dial
nobody knows about is asked after, never assumed. So there are never two in flight.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from streams.domain.callbacks.callback import (
    Change,
    RefusedError,
    changed,
    close,
    in_flight,
    is_open,
    waiting_state,
    with_last,
)
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import Attempt, CallbackData, FirstRung
from streams.events.codec import derived_id

# Outcomes that say something about the caller. The rest (no line, no agent, a caller who picked up
# and met nobody, an order the phone system refused) are our own: they cost the caller no attempt.
CALLER_OUTCOMES: Final = frozenset({"no_answer", "busy", "voicemail", "rejected", "dropped"})
HOPELESS: Final = frozenset({"invalid_number", "number_unreadable"})
TALKED: Final = frozenset({"answered", "completed"})
OVER: Final = frozenset({"ended", "unknown"})
OUR_RETRY_AFTER: Final = timedelta(minutes=1)
FUTILE_DIALS: Final = 30


def first_rung(policy: CallbackPolicy, under_way: int, waiting: int) -> FirstRung:
    """Whose phone rings first. `under_way` are dials that rang the caller first and are not over.

    A caller who picks up and meets nobody was rung for nothing: so the agent goes first under
    load, and always unless the centre says how many may be risked at once.
    """
    risked = not waiting and under_way < policy.customer_first_at_once
    return "customer" if risked else "agent"


def start_dial(
    state: CallbackData, now: datetime, policy: OverflowPolicy, first: FirstRung = "agent"
) -> Change | None:
    """The holder is ready: order the dial."""
    if state.state == "dialling":
        return None
    if state.state == "connected":
        raise RefusedError("connected", "they are talking already")
    if state.lease_until is not None and now > state.lease_until:
        raise RefusedError("stale_token", "the lease has run out", "token")
    if state.on_hold:
        raise RefusedError("on_hold", "the caller is being taken off hold: try again shortly")
    if in_flight(state):
        raise RefusedError("dial_in_flight", "an earlier dial is not known to be over")
    number = len(state.attempts) + 1
    dial = Attempt(
        id=derived_id("dial", state.id, number),
        agent=state.agent or "",
        started_at=now,
        first=first,
    )
    return changed(
        "dialled",
        state,
        now,
        state="dialling",
        attempts=(*state.attempts, dial),
        lease_until=now + policy.lease,
    )


def connected(state: CallbackData, now: datetime, policy: OverflowPolicy) -> Change | None:
    """Both are on the line."""
    if state.state == "connected":
        return None
    if state.state != "dialling":
        raise RefusedError("not_dialling", f"the callback is {state.state}")
    return changed("connected", state, now, state="connected", lease_until=now + policy.lease)


def complete(state: CallbackData, result: str, now: datetime) -> Change:
    """They talked: the promise is kept."""
    if state.state == "leased":
        raise RefusedError("not_dialling", "nobody was dialled: fail, reschedule or withdraw it")
    # Reported without a word of being connected: the phone system confirms that no dial is left.
    return close(state, "completed", result, now, dial_is_over=state.state == "connected")


def failed(
    state: CallbackData,
    outcome: str,
    now: datetime,
    policy: OverflowPolicy,
    *,
    dial_is_over: bool,
) -> Change:
    """The dial came to nothing: due again after a pause, or unreachable after the last attempt."""
    ended = now if dial_is_over else None
    attempts = with_last(state, outcome=outcome, ended_at=ended)
    tries = sum(attempt.outcome in CALLER_OUTCOMES for attempt in attempts)
    over = tries >= policy.attempts or len(attempts) >= FUTILE_DIALS
    if outcome in HOPELESS or over:
        return close(replace(state, attempts=attempts), "unreachable", outcome, now)
    pause = policy.retry_after if outcome in CALLER_OUTCOMES else OUR_RETRY_AFTER
    return changed(
        "failed",
        state,
        now,
        state=waiting_state(state.on_hold),
        agent=None,
        lease_until=None,
        attempts=attempts,
        due_at=now + pause,
    )


def dial_ended(state: CallbackData, dial: str, now: datetime) -> Change | None:
    """The phone system confirms that a dial which was given up is over."""
    if not in_flight(state) or state.attempts[-1].id != dial:
        return None
    if state.attempts[-1].outcome is None:
        return None
    return changed("dial_ended", state, now, attempts=with_last(state, ended_at=now))


def phone_says(
    state: CallbackData,
    dial: str,
    condition: str,
    outcome: str | None,
    now: datetime,
    policy: OverflowPolicy,
) -> Change | None:
    """What the phone system knows of a dial whose holder went silent, or which it refused.

    `condition` is ringing, connected, ended, or unknown (it never heard of it, and never will:
    the dial was cancelled before asking).
    """
    if not in_flight(state) or state.attempts[-1].id != dial:
        return None
    if not is_open(state) or state.attempts[-1].outcome is not None:
        # Somebody said how it went (a voicemail is a talk to the phone system): its end is news.
        return dial_ended(state, dial, now) if condition in OVER else None
    return _heard_of(state, condition, outcome, now, policy)


def _heard_of(
    state: CallbackData, condition: str, outcome: str | None, now: datetime, policy: OverflowPolicy
) -> Change:
    if condition == "ringing":
        return changed("renewed", state, now, lease_until=now + policy.lease)
    if condition == "connected":
        name = "renewed" if state.state == "connected" else "connected"
        return changed(name, state, now, state="connected", lease_until=now + policy.lease)
    if condition == "ended" and (outcome in TALKED or state.state == "connected"):
        return close(state, "completed", "closed_by_phone_system", now, dial_is_over=True)
    return failed(state, outcome or "unknown", now, policy, dial_is_over=True)
