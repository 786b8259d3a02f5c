"""Is a text message owed to somebody we could not reach by ringing?

After so many unanswered attempts the caller is told by text that we tried, once in the life of a
callback; the message itself is handed over to whoever sends texts. Nobody is texted who has been
talked to, or whose callback was withdrawn.
"""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from streams.domain.callbacks.callback import Change, changed, is_open
from streams.domain.centre import CallbackPolicy
from streams.events.callbacks import CallbackData, TextAnswer
from streams.events.codec import derived_id

UNANSWERED: Final = frozenset({"no_answer", "busy", "voicemail", "rejected"})
STILL_WANTED: Final = frozenset({"unreachable", "expired"})


def noted(change: Change, policy: CallbackPolicy) -> Change:
    """The same transition, with the text message that it makes owed."""
    state = change.state
    if change.name != "failed" or state.text is not None or not policy.text_after:
        return change
    unanswered = sum(attempt.outcome in UNANSWERED for attempt in state.attempts)
    if unanswered < policy.text_after:
        return change
    return Change(name=change.name, state=replace(state, text="owed"), at=change.at)


def is_owed(state: CallbackData) -> bool:
    """Whether the message is still to be handed over, and still of use."""
    return state.text == "owed" and (is_open(state) or state.outcome in STILL_WANTED)


def text_id(state: CallbackData) -> str:
    """The message's identity: handed over twice, it is sent once."""
    return derived_id("text", state.id)


def told(state: CallbackData, answer: TextAnswer, now: datetime) -> Change | None:
    """Whoever sends texts has taken it, or will not."""
    return changed("texted", state, now, text=answer) if state.text == "owed" else None
