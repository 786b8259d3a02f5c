"""What the tally says about demand and about the queues."""

from datetime import datetime

import msgspec

from streams.events.envelope import CloudEvent, Data


class PulseData(Data, frozen=True, kw_only=True):
    """Contacts of one key in one second of event time, as one partition of `contacts` saw them.

    Counts are cumulative for that second: a later pulse of the same (key, partition, second)
    replaces the earlier one, so a repeat changes nothing. `key` is "total", "queue:main",
    "country:JP", "topic:disaster", "channel:voice" or "language:ko". `first_attempts` are
    distinct people; redials and reconnects are the same people again and carry no weight.
    `withheld` (a part of first_attempts) had no number, so they may be repeats. `revision` grows
    with every change of this (key, partition, second): the highest holds, whatever comes first.
    `incidents` has, by token of place and topic, the first attempts that report one; it is left
    out unless the centre file weighs such reports down.
    """

    key: str
    partition: int
    second: datetime
    first_attempts: int
    redials: int = 0
    reconnects: int = 0
    withheld: int = 0
    revision: int = 0
    incidents: dict[str, int] = msgspec.field(default_factory=dict)


class PulseCounted(CloudEvent, frozen=True, kw_only=True, tag="surgeline.pulse.counted.v1"):
    data: PulseData


class QueueCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One queue on one day (the centre's date of each request's first arrival), in people.

    `requests` = waiting + answered_live + handed_over + deflected + sum(lost.values()), always.
    `handed_over` went to the callback list, whatever became of it there. The rest counts
    contacts: attempts, and answers within the target of the centre file. `answered_after` and
    `abandoned_after` have how many left the line in each step of waiting time (the steps of
    streams/domain/staffing/learning.py), where the wait is known.
    """

    requests: int = 0
    waiting: int = 0
    answered_live: int = 0
    handed_over: int = 0
    deflected: int = 0
    lost: dict[str, int] = {}
    contacts: int = 0
    redials: int = 0
    reconnects: int = 0
    answered: int = 0
    answered_in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    wait_seconds_sum: float = 0.0
    handle_seconds_sum: float = 0.0
    handled: int = 0
    oldest_waiting_since: datetime | None = None
    answered_after: tuple[int, ...] = ()
    abandoned_after: tuple[int, ...] = ()


class QueueData(Data, frozen=True, kw_only=True):
    """One partition of `contacts`, folded up to and including `offset`.

    `counts` maps "YYYY-MM-DD" to queue to counts, for today and yesterday by the centre's date.
    """

    partition: int
    offset: int
    counts: dict[str, dict[str, QueueCounts]]


class QueuesMeasured(CloudEvent, frozen=True, kw_only=True, tag="surgeline.queue.measured.v1"):
    data: QueueData
