"""What stays of a callback when its caller is to be forgotten, or its number sealed anew?

The record stays, so that a wish delivered again finds that it was dealt with and nobody is rung
twice: which contacts it answered for, when, and what came of it. What leads to the person goes:
the sealed number, the pseudonym, and what was known of them. Each forgotten caller gets a key of
their own, so that no two of them look like one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec.structs import replace

from streams.domain.callbacks.callback import Change, RefusedError, changed, in_flight, is_open
from streams.events.callbacks import CallbackData
from streams.events.codec import derived_id
from streams.events.contacts import Caller

ERASED: Final = "erased"

Fate = Literal["kept", "nameless", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long after its end a callback still leads to its caller, and how long it is kept at all.

    Two times, because the record must outlive the log of contacts that it answers for, and the
    number need not.
    """

    numbers: timedelta = timedelta(days=30)
    records: timedelta = timedelta(days=90)

    def fate(self, state: CallbackData, now: datetime) -> Fate:
        """What is to become of it by now."""
        if state.closed_at is None or in_flight(state):
            return "kept"
        if state.closed_at <= now - self.records:
            return "gone"
        if state.closed_at <= now - self.numbers and not is_erased(state):
            return "nameless"
        return "kept"


def is_erased(state: CallbackData) -> bool:
    """Whether nothing here leads to the caller any more."""
    return state.caller.key_id == ERASED


def erase(state: CallbackData, now: datetime) -> Change | None:
    """Forget the caller of a callback that is closed; an open one must be withdrawn first."""
    if is_erased(state):
        return None
    if is_open(state):
        raise RefusedError("open", "the callback is open: withdraw it first")
    nobody = Caller(key=derived_id("erased", state.id).replace("-", ""), key_id=ERASED)
    return changed(
        ERASED,
        state,
        now,
        caller=nobody,
        language=None,
        country=None,
        topic=None,
        skills=(),
        caller_tz=None,
        caller_tz_from=None,
        quiet_from=None,
        agreed_at=None,
        text=None if state.text == "owed" else state.text,
    )


def reseal(state: CallbackData, before: str, after: str, now: datetime) -> Change | None:
    """The number sealed anew; nothing when it is not sealed as it was seen before."""
    if state.caller.sealed != before:
        return None
    return changed("resealed", state, now, caller=replace(state.caller, sealed=after))
