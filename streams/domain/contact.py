"""What do the contacts of one partition amount to, as events about them come in?

The book folds contact events and answers with counts, pulses and callbacks wanted. Counts and
pulses follow from the *set* of events (and of promises already made): their order and repeats
change nothing. Promises are made in `tick`, never in `observe`, for the same reason: what is
decided depends on all that is known at that moment, not on which event came last.

How it is to be used:
- `observe` each event of a batch, then `tick(now)`, then send the facts that `tick` returned, the
  pulses of `take_pulses` and the `counts`; only then let the offset move.
- After a restart: `observe` the events from `replay_from(now)` up to the committed offset without
  a tick, `take_pulses` now and then and drop them, and `remember` every fact on `overflow` since
  then. What the next `tick` returns was not on the log yet and must be sent.
- `now` is the centre's clock, but while the partition lags behind its end it is no later than the
  last event seen: who waits too long must not be guessed from reports that lie unread.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from streams.domain.centre import Centre
from streams.domain.demand import Seconds
from streams.domain.life import NEVER, ContactLife, Promise, State
from streams.domain.moments import HOUR, SECOND, Days, Micros, micros, moment, span
from streams.domain.overflow import Rules
from streams.domain.repeats import heard_before
from streams.domain.requests import PersonsRequest, Requests
from streams.domain.tallies import HANDED_OVER, Tallies
from streams.domain.timers import Timers
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackWanted, CallerServed, CallerServedData, Request
from streams.events.codec import derived_id
from streams.events.contacts import ContactEvent
from streams.events.demand import PulseData, QueueCounts

MEMORY: Final = timedelta(hours=26)
OverflowFact = CallbackWanted | CallerServed


def replay_from(centre: Centre, now: datetime) -> datetime:
    """From which event time a book must be refilled: yesterday's midnight at the centre, less
    the time a contact or a row of redials that began before it may take.
    """
    local = now.astimezone(centre.timezone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = (midnight - timedelta(days=1)).astimezone(now.tzinfo)
    return min(yesterday, now - MEMORY) - timedelta(hours=3)


class ContactBook:
    """The contacts of one partition, in memory."""

    def __init__(self, centre: Centre, partition: int, *, memory: timedelta = MEMORY) -> None:
        self.partition = partition
        self.offset = -1
        self.source = f"surgeline/tally/{partition}"
        self._rules = Rules(centre)
        self._seconds = Seconds(partition)
        self._tallies = Tallies(centre, self._seconds)
        self._requests = Requests(centre, self._tallies, self._rules)
        self._contacts: dict[str, ContactLife] = {}
        self._facts: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._timers = Timers()
        self._pending: dict[ContactLife, None] = {}
        self._memory: Micros = span(memory)
        self._horizon: Micros = 0
        self._today = ""

    def __len__(self) -> int:
        """Contacts remembered."""
        return len(self._contacts)
