"""Who holds a callback, and what may the holder do with it?

A lease is held by showing (epoch, token). The token rises with every lease of the callback, the
epoch with every life of Redis; whoever shows an older one is too late, whatever they want to
report, because somebody else may have dialled since. Repeating a command that was done changes
nothing and is no error: the answer may have been lost on the way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from streams.domain.callbacks.callback import (
    HELD,
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
from streams.events.callbacks import CallbackData

FURTHEST_AHEAD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a holder shows."""

    agent: str
    epoch: int
    token: int


def check(state: CallbackData, claim: Claim, epoch: int) -> None:
    """Raise unless the claim is the lease in force."""
    if claim.epoch != epoch:
        detail = f"the lease is of epoch {claim.epoch}, now is {epoch}: ask for the next callback"
        raise RefusedError("stale_epoch", f"{detail} to get it again", "epoch")
    if not is_open(state):
        raise RefusedError("closed", f"the callback is closed: {state.outcome}")
    if claim.token != state.token or state.state not in HELD:
        raise RefusedError("stale_token", "the lease has ended or gone to someone else", "token")
    if claim.agent != state.agent:
        raise RefusedError("not_holder", "another agent holds the lease", "agent")


def lease(
    state: CallbackData,
    agent: str,
    epoch: int,
    now: datetime,
    policy: OverflowPolicy,
    *,
    out_of_turn: str | None = None,
) -> Change:
    """Give a due callback to an agent; `out_of_turn` is why somebody on hold is overtaken."""
    if state.state != "due" or state.due_at > now or in_flight(state) or state.on_hold:
        raise RefusedError("not_due", f"the callback is {state.state}")
    if now >= state.expires_at:
        raise RefusedError("not_due", "the callback has expired")
    if state.quiet_from is not None and now >= state.quiet_from:
        raise RefusedError("quiet_hours", "it is night where the caller is")
    return changed(
        "leased",
        state,
        now,
        state="leased",
        agent=agent,
        token=state.token + 1,
        epoch=epoch,
        lease_until=now + policy.lease,
        out_of_turn=out_of_turn or state.out_of_turn,
    )


def resume(state: CallbackData, epoch: int, now: datetime, policy: OverflowPolicy) -> Change | None:
    """The holder asks again: the same callback; after a rebuild, under a new token."""
    if state.epoch != epoch:
        token, until = state.token + 1, now + policy.lease
        return changed("renewed", state, now, token=token, epoch=epoch, lease_until=until)
    if state.lease_until is not None and state.lease_until <= now:
        return renew(state, now, policy)
    return None


def renew(state: CallbackData, now: datetime, policy: OverflowPolicy) -> Change:
    """Hold it for one more lease time from now."""
    return changed("renewed", state, now, lease_until=now + policy.lease)


def release(state: CallbackData, now: datetime) -> Change:
    """Given back, or the lease ran out, before any dial: due again, in its old place."""
    free = waiting_state(state.on_hold)
    return changed("released", state, now, state=free, agent=None, lease_until=None)


def reveal_number(state: CallbackData, now: datetime) -> Change:
    """Write down that the holder was shown the number."""
    return changed("number_revealed", state, now)


def reschedule(
    state: CallbackData,
    at: datetime,
    now: datetime,
    policy: OverflowPolicy,
    rules: CallbackPolicy,
) -> Change:
    """The caller asked for another time: due then, and promised for soon after."""
    if not now < at <= now + FURTHEST_AHEAD:
        raise RefusedError("invalid", "must lie ahead, by 30 days at most", "at")
    if state.state == "dialling":
        raise RefusedError("dialling", "a dial is under way: report its outcome first")
    attempts = state.attempts
    if state.state == "connected" and in_flight(state):
        attempts = with_last(state, outcome="rescheduled", ended_at=now)
    return changed(
        "rescheduled",
        state,
        now,
        state=waiting_state(state.on_hold),
        agent=None,
        lease_until=None,
        attempts=attempts,
        due_at=at,
        agreed_at=at,
        promised_by=at + rules.near_deadline,
        expires_at=max(state.expires_at, at + policy.expiry),
    )


def withdraw(state: CallbackData, reason: str, now: datetime) -> Change:
    """No longer wanted. A dial under way is cancelled; a talk under way is not cut."""
    if state.state == "connected":
        raise RefusedError("connected", "they are talking: close it with its outcome")
    return close(state, "withdrawn", reason, now)
