"""What does the log say of the call-outs?

Redis is filled from `callouts` alone: of each call-out and each offer the highest version. The
epoch is one more than the highest ever seen.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from services.callout.store import Store
from streams.domain.callout.book import State
from streams.errors import InvalidEventError
from streams.events.callouts import CalloutChanged, CalloutData, OfferChanged
from streams.events.codec import decode
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.telemetry import metrics_callout as metrics
from streams.topics import CALLOUTS

log = logging.getLogger(__name__)

# Older ones have taught the answer rates what they could.
KEPT: Final = timedelta(days=31)


async def read_log(connections: Connections) -> tuple[dict[str, State], int]:
    """Every state, and the highest epoch; the highest version holds, whatever the order."""
    states: dict[str, State] = {}
    epoch = 0
    async for record in read_to_end(connections, CALLOUTS):
        if record.value is None:
            continue
        try:
            event = decode(record.value)
        except InvalidEventError as error:
            log.warning("a record of callouts was left aside", extra={"reason": error.reason})
            continue
        if isinstance(event, (CalloutChanged, OfferChanged)):
            state = event.data
            epoch = max(epoch, state.epoch)
            known = states.get(state.id)
            if known is None or (known.epoch, known.version) < (state.epoch, state.version):
                states[state.id] = state
    return states, epoch


async def rebuild(connections: Connections, store: Store, now: datetime) -> int:
    """Fill an emptied Redis from the log; returns the new epoch."""
    began = time.monotonic()
    await store.clear()
    found, highest = await read_log(connections)
    kept = [state for state in found.values() if _is_kept(state, found, now)]
    await store.restore(highest + 1, kept)
    seconds = time.monotonic() - began
    metrics.REBUILDS.inc()
    log.info(
        "call-outs rebuilt from the log",
        extra={"states": len(kept), "epoch": highest + 1, "seconds": round(seconds, 3)},
    )
    return highest + 1


def is_old(callout: CalloutData, now: datetime) -> bool:
    """Over for longer than it is kept."""
    return callout.closed_at is not None and callout.closed_at < now - KEPT


def _is_kept(state: State, found: dict[str, State], now: datetime) -> bool:
    callout = state if isinstance(state, CalloutData) else found.get(state.callout)
    return isinstance(callout, CalloutData) and not is_old(callout, now)
