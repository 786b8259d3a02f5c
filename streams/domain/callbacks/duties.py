"""What must the phone system be told, or asked, about a callback as it stands on the log?

A duty follows from the state alone, so after a crash the same duties are found again and done
once more; the phone system knows contacts and dials by id and does each thing once.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from streams.domain.callbacks import texting
from streams.domain.callbacks.callback import in_flight, is_open
from streams.events.callbacks import Attempt, CallbackData


@dataclass(frozen=True, slots=True)
class TakeOffHold:
    """The call waits while its promise is on the log: take it out of the queue."""

    contact: str


@dataclass(frozen=True, slots=True)
class PlaceDial:
    """The dial is on the log and may be made."""

    dial: str


@dataclass(frozen=True, slots=True)
class CancelDial:
    """The dial was given up, and is not known to be over."""

    dial: str


@dataclass(frozen=True, slots=True)
class AskAboutDial:
    """The holder went silent: only the phone system can say what became of the dial."""

    dial: str


@dataclass(frozen=True, slots=True)
class HandOverText:
    """Nobody answered: hand the text message over."""

    text: str


Duty = TakeOffHold | PlaceDial | CancelDial | AskAboutDial | HandOverText


def duty(state: CallbackData, now: datetime, placed: Container[str] = ()) -> Duty | None:
    """The next thing to do for this callback. `placed` are dials known to have been placed."""
    last = state.attempts[-1] if in_flight(state) else None
    if last is not None and last.outcome is not None:
        return CancelDial(last.id)
    if state.on_hold:
        return TakeOffHold(state.on_hold[0])
    if last is None:
        return HandOverText(texting.text_id(state)) if texting.is_owed(state) else None
    return _of_a_dial(state, last, now, placed) if is_open(state) else None


def _of_a_dial(
    state: CallbackData, last: Attempt, now: datetime, placed: Container[str]
) -> Duty | None:
    if state.lease_until is not None and state.lease_until < now:
        return AskAboutDial(last.id)
    if state.state == "dialling" and last.id not in placed:
        return PlaceDial(last.id)
    return None


def has_duties(state: CallbackData) -> bool:
    """Whether anything is or may become owed to the phone system."""
    return bool(state.on_hold) or in_flight(state) or texting.is_owed(state)
