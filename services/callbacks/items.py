"""How is a callback laid out for Redis, so that its functions need to know no rule?

Everything that decides a place, a lease or an end is worked out here from the state, by the domain;
the functions only file it. Times are milliseconds: "from then on" is rounded up and "now" down, so
that Redis never thinks something is due before the domain does.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from streams.domain.callbacks import order
from streams.domain.callbacks.callback import HELD, WAITING, Change, in_flight
from streams.domain.callbacks.duties import has_duties
from streams.events.callbacks import CallbackData
from streams.events.codec import encode_decision

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(CallbackData)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The moment again."""
    return _EPOCH + timedelta(microseconds=microseconds)


def floor_ms(moment: datetime) -> str:
    """Milliseconds, rounded down."""
    return str(micros(moment) // 1000)


def ceil_ms(moment: datetime) -> str:
    """Milliseconds, rounded up."""
    return str(-(-micros(moment) // 1000))


def encode_state(state: CallbackData) -> bytes:
    """The whole state as JSON."""
    return _encoder.encode(state)


def read_state(raw: bytes | None) -> CallbackData | None:
    """The state again; what nobody can read is as good as gone until it is put right."""
    try:
        return _decoder.decode(raw) if raw else None
    except msgspec.MsgspecError:
        return None


def commit_arguments(
    before: CallbackData | None, changes: Sequence[Change], version: str
) -> tuple[list[bytes], list[bytes]]:
    """One callback's part of a commit: its item and its state, and the facts to be told, with the
    version of the centre file they were decided by.
    """
    state = changes[-1].state
    item = _item(before, state, changes=len(changes))
    facts = [encode_decision(change.event(), version) for change in changes]
    return [_encoder.encode(item), encode_state(state)], facts


def restore_arguments(state: CallbackData) -> list[bytes]:
    """One callback as the log has it, for an emptied Redis."""
    return [_encoder.encode(_item(None, state, changes=0)), encode_state(state)]


def inspect_argument(callback: str, state: CallbackData | None) -> bytes:
    """How a callback should be filed; of one that should not be there, its id."""
    return _encoder.encode({"id": callback} if state is None else _item(None, state, changes=0))


def is_owed(before: CallbackData | None, changes: Sequence[Change]) -> bool:
    """Whether whoever talks to the phone system must hear of these changes."""
    return has_duties(changes[-1].state) or (before is not None and has_duties(before))


def lane_of(state: CallbackData) -> str | None:
    """The lane of a callback that waits."""
    return order.lane(state) if state.state in WAITING else None


def _item(before: CallbackData | None, state: CallbackData, *, changes: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": state.id,
        "version": str(state.version),
        "expected": str(before.version if before else 0),
        "caller": state.caller.key,
        "requests": [request.id for request in state.requests],
        "owed": has_duties(state),
        "was_owed": before is not None and has_duties(before),
        "changes": changes,
    }
    if before is not None and before.state in HELD:
        item["freed"] = before.agent
    if before is not None and before.caller.key != state.caller.key:
        item["former"] = before.caller.key
    if state.state in WAITING:
        item["place"] = _place(state)
    elif state.state in HELD and state.lease_until is not None:
        item |= {"agent": state.agent, "lease_until": ceil_ms(state.lease_until)}
    elif state.closed_at is not None:
        item["closed_at"] = ceil_ms(state.closed_at)
    return item


def _place(state: CallbackData) -> dict[str, Any]:
    place: dict[str, Any] = {
        "lane": order.lane(state),
        "far": str(order.score(state, near=False)),
        "near": str(order.score(state, near=True)),
        "near_at": ceil_ms(order.near_from(state)),
        "due_at": ceil_ms(state.due_at),
        "expires_at": floor_ms(state.expires_at),
        "origin": floor_ms(state.origin),
    }
    if state.quiet_from is not None:
        place["quiet_from"] = floor_ms(state.quiet_from)
    if state.on_hold or in_flight(state):
        place["parked"] = True
    return place
