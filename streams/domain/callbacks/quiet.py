"""When may this caller be rung, by the clock where they are?

The zone comes with the wish, and from where it is known; without one, or with one nobody knows,
it is the centre's. A callback may be rung from `due_at` until `quiet_from`; when that has come it
is put off to the end of the quiet hours. Who asked a short while ago is awake, whatever the hour,
and urgency overrides the night.
"""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from streams.domain.callbacks.callback import WAITING, Change, changed
from streams.domain.centre import CallbackPolicy, OverflowPolicy
from streams.events.callbacks import CallbackData

DAY: Final = timedelta(days=1)

Quiet = tuple[time, time]


def respected(change: Change, policy: CallbackPolicy, overflow: OverflowPolicy) -> Change:
    """The same transition, with its times moved out of the caller's quiet hours."""
    state = change.state
    if state.state not in WAITING:
        return change
    due_at, quiet_from = times(state, policy)
    if due_at == state.due_at or change.at >= state.expires_at:
        moved = {"quiet_from": quiet_from}
    else:
        moved = {
            "due_at": due_at,
            "quiet_from": quiet_from,
            "promised_by": max(state.promised_by, due_at + policy.near_deadline),
            "expires_at": max(state.expires_at, due_at + overflow.promise),
        }
    return Change(name=change.name, state=replace(state, **moved), at=change.at)


def postpone(state: CallbackData, now: datetime) -> Change | None:
    """The quiet hours have begun and nobody rang: due again when they end."""
    if state.state not in WAITING or state.quiet_from is None or now < state.quiet_from:
        return None
    return changed("postponed", state, now, due_at=max(now, state.due_at), quiet_from=None)


def times(state: CallbackData, policy: CallbackPolicy) -> tuple[datetime, datetime | None]:
    """From when they may be rung, and from when on they must not be any more."""
    hours = policy.quiet_hours
    if hours is None or state.urgency in policy.quiet_override:
        return state.due_at, None
    zone = zone_of(state, policy)
    awake_until = _asked_at(state) + policy.quiet_after
    due_at = state.due_at
    if due_at >= awake_until and _is_quiet(due_at, zone, hours):
        due_at = _next(due_at, zone, hours[1])
    last = max(due_at, awake_until)
    return due_at, last if _is_quiet(last, zone, hours) else _next(last, zone, hours[0])


def zone_of(state: CallbackData, policy: CallbackPolicy) -> ZoneInfo:
    """The caller's own time zone, as far as it is known."""
    if not state.caller_tz:
        return policy.timezone
    try:
        return ZoneInfo(state.caller_tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return policy.timezone


def _asked_at(state: CallbackData) -> datetime:
    asked = max(state.requested_at, *(request.arrived_at for request in state.requests))
    return max(asked, state.agreed_at) if state.agreed_at else asked


def _is_quiet(moment: datetime, zone: ZoneInfo, hours: Quiet) -> bool:
    begin, end = hours
    local = moment.astimezone(zone).time()
    return begin <= local < end if begin < end else local >= begin or local < end


def _next(moment: datetime, zone: ZoneInfo, at: time) -> datetime:
    """The next time that it is `at` there."""
    local = moment.astimezone(zone)
    there = datetime.combine(local.date(), at, zone)
    if there <= local:
        there = datetime.combine(local.date() + DAY, at, zone)
    return there.astimezone(moment.tzinfo)
