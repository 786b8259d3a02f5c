"""What is a backup without one person?

An old file is no way round being forgotten: what is in it of them goes as it goes on the log.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from services.backup import Kept
from services.callout.people.book import PERSON, SHIFT
from streams.domain.callbacks.callback import close, is_open
from streams.domain.callbacks.forgetting import ERASED, erase
from streams.events.callbacks import CallbackChanged
from streams.events.codec import decode, encode
from streams.events.people import ShiftChanged
from streams.topics import CALLBACKS, PEOPLE


def without_caller(kept: Iterable[Kept], keys: Collection[str], now: datetime) -> list[Kept]:
    """Nothing leads to whoever has one of these pseudonyms; an open promise is withdrawn."""
    return [_nameless(one, keys, now) if one.topic == CALLBACKS.name else one for one in kept]


def without_person(kept: Iterable[Kept], person: str) -> list[Kept]:
    """Somebody who could be called out is not in it, nor are their shifts."""
    return [one for one in kept if not _is_of(one, person)]


def _nameless(one: Kept, keys: Collection[str], now: datetime) -> Kept:
    event = decode(one.value)
    if not isinstance(event, CallbackChanged) or event.data.caller.key not in keys:
        return one
    state = event.data
    if is_open(state):
        state = close(state, "withdrawn", ERASED, now, dial_is_over=True).state
    change = erase(state, now)
    if change is None:
        return one
    return Kept(one.topic, one.partition, one.key, encode(change.event()))


def _is_of(one: Kept, person: str) -> bool:
    if one.topic != PEOPLE.name:
        return False
    if one.key == f"{PERSON}{person}".encode():
        return True
    if not one.key.startswith(SHIFT.encode()):
        return False
    event = decode(one.value)
    return isinstance(event, ShiftChanged) and event.data.person == person
