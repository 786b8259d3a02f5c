"""Which rules of rest only warn in this call-out, since when, and who answers for that?

Every rule knows derogations, with rest given back later. A manager who uses one says why; the rule
then warns where it blocked, each warning stands on the offer, and the reason on the call-out.
"""

from dataclasses import replace
from datetime import datetime

import msgspec

from streams.domain.callout.book import OVER, CalloutBook, RefusedError
from streams.domain.people.eligible import LIFTABLE, Rules
from streams.events.callouts import CalloutData, LiftedRule


def lift(
    book: CalloutBook, callout_id: str, rule: str, reason: str, by: str, now: datetime
) -> CalloutData:
    """The rule warns from now on, for this call-out alone."""
    callout = _open(book, callout_id)
    check(rule)
    mine = LiftedRule(rule=rule, by=by, at=now, reason=reason)
    return _put(book, callout, (*_others(callout, rule), mine), by, now)


def restore(book: CalloutBook, callout_id: str, rule: str, by: str, now: datetime) -> CalloutData:
    """The rule blocks again. Who has a seat already keeps it."""
    callout = _open(book, callout_id)
    left = _others(callout, rule)
    return callout if left == callout.lifted else _put(book, callout, left, by, now)


def check(rule: str) -> None:
    """`RefusedError` for what is nobody's to lift: leave, an opt-out, an unproved number."""
    if rule not in LIFTABLE:
        known = ", ".join(sorted(LIFTABLE))
        raise RefusedError("invalid", f"rules that can be lifted are {known}", "rule")


def rules_for(callout: CalloutData, rules: Rules) -> Rules:
    """The centre's rules as they are in this call-out."""
    if not callout.lifted:
        return rules
    return replace(rules, lifted=rules.lifted | {one.rule for one in callout.lifted})


def _open(book: CalloutBook, callout_id: str) -> CalloutData:
    callout = book.callout(callout_id)
    if callout.state in OVER:
        raise RefusedError("not_now", f"the call-out is {callout.state}")
    return callout


def _others(callout: CalloutData, rule: str) -> tuple[LiftedRule, ...]:
    return tuple(one for one in callout.lifted if one.rule != rule)


def _put(
    book: CalloutBook,
    callout: CalloutData,
    lifted: tuple[LiftedRule, ...],
    by: str,
    now: datetime,
) -> CalloutData:
    # A call-out that asks people looks at once at who may be asked now.
    look_at = now if callout.state == "running" else callout.look_at
    after = msgspec.structs.replace(
        callout, lifted=lifted, look_at=look_at, touched_at=now, touched_by=by
    )
    book.put(after, now)
    return after
