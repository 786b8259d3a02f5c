"""What does the log say the list is?

Redis is filled from `callbacks` alone: for each callback its highest version. The epoch is one more
than the highest ever seen, so that every token given out in an earlier life of Redis is refused.
Who was answered live before any promise was made is read again from `overflow`.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from services.callbacks.sweeper import REQUESTS_KEPT, STATES_KEPT
from services.callbacks.worklist import Worklist
from streams.domain.callbacks.callback import is_open
from streams.domain.callbacks.duties import has_duties
from streams.domain.callbacks.switches import ALL_ON
from streams.errors import InvalidEventError
from streams.events.callbacks import (
    CallbackChanged,
    CallbackData,
    CallerServed,
    SwitchesData,
    SwitchesSet,
)
from streams.events.codec import Event, decode, decode_parcel
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.telemetry import metrics
from streams.topics import CALLBACKS, OVERFLOW

log = logging.getLogger(__name__)

PARCEL: Final = b"["


@dataclass(slots=True)
class FromTheLog:
    """The list as the log has it."""

    states: dict[str, CallbackData] = field(default_factory=dict)
    served: dict[str, datetime] = field(default_factory=dict)
    switches: SwitchesData = ALL_ON
    highest_epoch: int = 0

    def fold(self, event: Event) -> None:
        """Take a fact in; the highest version holds, whatever the order."""
        if isinstance(event, CallbackChanged):
            state = event.data
            self.highest_epoch = max(self.highest_epoch, state.epoch)
            known = self.states.get(state.id)
            if known is None or known.version < state.version:
                self.states[state.id] = state
        elif isinstance(event, SwitchesSet):
            if event.data.version > self.switches.version:
                self.switches = event.data
        elif isinstance(event, CallerServed):
            request = event.data.request
            self.served[request] = max(event.time, self.served.get(request, event.time))


async def rebuild(connections: Connections, worklist: Worklist, now: datetime) -> int:
    """Fill an emptied Redis from the log; returns the new epoch."""
    began = time.monotonic()
    await worklist.clear()
    found = await read_log(connections)
    epoch = found.highest_epoch + 1
    kept = [state for state in found.states.values() if _is_kept(state, now)]
    forgotten = {
        request.id: (state.id, state.closed_at)
        for state in found.states.values()
        if state.closed_at is not None and not _is_kept(state, now)
        for request in state.requests
        if state.closed_at > now - REQUESTS_KEPT
    }
    open_ = {r.id for state in found.states.values() if is_open(state) for r in state.requests}
    served = {request: at for request, at in found.served.items() if request not in open_}
    # The closed ones first, so that the index of requests ends up with those that are open.
    kept.sort(key=is_open)
    await worklist.restore(epoch, kept, forgotten, served, found.switches)
    seconds = time.monotonic() - began
    metrics.CALLBACK_REBUILDS.inc()
    metrics.CALLBACK_REBUILD_SECONDS.observe(seconds)
    log.info(
        "list rebuilt from the log",
        extra={"callbacks": len(kept), "epoch": epoch, "seconds": round(seconds, 3)},
    )
    return epoch


async def read_log(connections: Connections) -> FromTheLog:
    """Everything that both topics say about the list."""
    found = FromTheLog()
    async for record in read_to_end(connections, CALLBACKS):
        for event in events_of(record.value):
            found.fold(event)
    async for record in read_to_end(connections, OVERFLOW, since=datetime.now(UTC) - STATES_KEPT):
        for event in events_of(record.value):
            found.fold(event)
    return found


def events_of(value: bytes | None) -> list[Event]:
    """The events of a record that can be read; the others were kept as dead letters before."""
    if value is None:
        return []
    if value.startswith(PARCEL):
        return decode_parcel(value)[0]
    try:
        return [decode(value)]
    except InvalidEventError:
        return []


def _is_kept(state: CallbackData, now: datetime) -> bool:
    closed_at = state.closed_at
    return closed_at is None or has_duties(state) or closed_at > now - STATES_KEPT
