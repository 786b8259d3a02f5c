"""What becomes of one message, however often, late or contradictory we hear of it?

Claimed with a fence before anything is sent; a claim that ran out is unknown, never pending again
by itself; only a provider that is certain turns unknown into "not sent". Receipts only ever move an
attempt forwards.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from streams.events.callouts import AttemptState, PageAttempt, Policy

# How far a message has come. A delivery is the last word: a failure reported beside it is not.
RANKS: Final = {"accepted": 1, "sent": 2, "failed": 3, "undeliverable": 3, "delivered": 4}
_STATES: Final[dict[str, AttemptState]] = {
    "accepted": "accepted",
    "sent": "sent",
    "failed": "failed_permanent",
    "undeliverable": "failed_permanent",
    "delivered": "delivered",
}
# Nothing more will happen to these by themselves.
LIVE: Final = frozenset({"pending", "sending", "unknown"})
AT_PROVIDER: Final = frozenset({"accepted", "sent", "delivered"})
FAILED: Final = frozenset({"failed_temporary", "failed_permanent"})


def claimed(
    attempt: PageAttempt, now: datetime, wall: datetime, policy: Policy, provider: str = ""
) -> PageAttempt:
    """Ours to send until the lease ends, by this provider and no other."""
    return msgspec.structs.replace(
        attempt,
        state="sending",
        fence=attempt.fence + 1,
        tries=attempt.tries + 1,
        provider=provider or attempt.provider,
        sent_at=now,
        claimed_at=wall,
        lease_until=wall + timedelta(seconds=policy.lease_seconds),
        unknown_since=None,
        reason=None,
    )


def suppressed(attempt: PageAttempt, reason: str, now: datetime) -> PageAttempt:
    """Never to be sent, and why."""
    return msgspec.structs.replace(attempt, state="suppressed", reason=reason, ended_at=now)


def delayed(attempt: PageAttempt, until: datetime) -> PageAttempt:
    """Not yet: a person is called only so often. It is never dropped for that."""
    return msgspec.structs.replace(attempt, due_at=until)


def accepted(attempt: PageAttempt, provider: str, reference: str) -> PageAttempt:
    """The provider has it."""
    if attempt.rank >= RANKS["accepted"]:
        return attempt
    return msgspec.structs.replace(
        attempt,
        state="accepted",
        rank=RANKS["accepted"],
        provider=provider or attempt.provider,
        reference=reference or attempt.reference,
        lease_until=None,
        unknown_since=None,
        reason=None,
    )


def refused(
    attempt: PageAttempt,
    reason: str,
    now: datetime,
    policy: Policy,
    *,
    permanent: bool,
    retry_after_seconds: float = 0.0,
) -> PageAttempt:
    """The provider said no: again soon, unless that is no use."""
    if permanent or attempt.tries > policy.temporary_retries:
        state: AttemptState = "failed_permanent" if permanent else "failed_temporary"
        return msgspec.structs.replace(
            attempt, state=state, reason=reason, ended_at=now, lease_until=None
        )
    pause = timedelta(seconds=max(policy.retry_seconds, retry_after_seconds))
    return msgspec.structs.replace(
        attempt, state="pending", reason=reason, due_at=now + pause, lease_until=None
    )


def unknown(attempt: PageAttempt, wall: datetime) -> PageAttempt:
    """Nobody knows whether it was sent."""
    return msgspec.structs.replace(
        attempt, state="unknown", unknown_since=attempt.unknown_since or wall, lease_until=None
    )


def not_there(attempt: PageAttempt, now: datetime) -> PageAttempt:
    """The provider is certain that it never got it: it may be sent."""
    return msgspec.structs.replace(
        attempt, state="pending", due_at=now, unknown_since=None, lease_until=None
    )


def given_up(attempt: PageAttempt, now: datetime) -> PageAttempt:
    """Nobody could tell for too long: this one is never sent again, another way is tried."""
    return msgspec.structs.replace(
        attempt,
        state="failed_temporary",
        reason="outcome_unknown",
        ended_at=now,
        unknown_since=None,
        lease_until=None,
    )


def reported(
    attempt: PageAttempt, provider: str, reference: str, state: str, reason: str, now: datetime
) -> PageAttempt:
    """A receipt. One that says less than is known changes nothing.

    It counts in every state: a receipt for an attempt that is about to be sent again proves that it
    was sent before.
    """
    rank = RANKS[state]
    if rank <= attempt.rank:
        return attempt
    ended = rank >= RANKS["failed"]
    return msgspec.structs.replace(
        attempt,
        state=_STATES[state],
        rank=rank,
        provider=provider or attempt.provider,
        reference=reference or attempt.reference,
        reason=reason or None,
        lease_until=None,
        unknown_since=None,
        ended_at=now if ended else attempt.ended_at,
    )
