"""How does a processor meet its records?

A Faust agent takes them in, one by one and unacknowledged; one loop takes what has gathered, lets
the processor fold it, waits until the broker has everything that follows, and only then declares
the offsets finished. Loading, folding, ticking and giving up partitions all happen in that loop or
under its lock, so that no two of them ever meet.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from faust.types import TP

from streams.errors import OverloadedError, UnknownOutcomeError
from streams.kafka import FollowedClock, LogWriter, Outgoing, Record, read_to_end
from streams.processors.app import build_app
from streams.processors.contract import Moment, Processor, Start
from streams.processors.letters import LetterLimit, Letters
from streams.settings import Connections
from streams.telemetry import metrics

log = logging.getLogger(__name__)

# What follows from a record is on the log this long after it came, plus one round trip.
GATHER_SECONDS: Final = 0.05
BATCH_RECORDS: Final = 500
# Some ten thousand events, where so many wait: folding them holds up the loop for a quarter of a
# second. The more are folded at once, the fewer seconds of them are said and judged twice.
BATCH_BYTES: Final = 4 * 1024 * 1024
TICK_SECONDS: Final = 0.5
FASTEST_TICK_SECONDS: Final = 0.05
# A broker that restarts is back within this; longer, and the process ends instead of waiting.
BROKER_PATIENCE_SECONDS: Final = 60.0


class Runner:
    """Runs one processor in one Faust app."""

    def __init__(
        self,
        connections: Connections,
        processor: Processor,
        *,
        writer: LogWriter,
        clock: FollowedClock,
        seal: Callable[[bytes], str],
        letter_limit: int = 1000,
        instance: str = "",
    ) -> None:
        self.processor = processor
        self.app: Any = build_app(
            connections,
            processor.name,
            processor.source,
            self._take_in,
            one_owner=processor.one_owner,
            instance=instance,
        )
        self.loading = False
        self.idle = False  # was there a moment with nothing in hand since the watchdog looked?
        self.unassigned_since: float | None = time.monotonic()
        self._connections = connections
        self._topic = connections.topic(processor.source)
        self._writer = writer
        self._clock = clock
        self._seal = seal
        self._limit = LetterLimit(letter_limit)
        self._inbox: list[Any] = []
        self._open = False
        self._stopping = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._hands = asyncio.Lock()
        self._to_load: Mapping[int, int | None] | None = None
        self._successor: Processor | None = None
        self._next_tick = 0.0
        self._loop: asyncio.Task[None] | None = None

    # --- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the group; partitions are loaded and folded as they come."""
        self.app.consumer.owner = self
        self._loop = asyncio.create_task(self._run(), name=f"{self.processor.name}-loop")
        await self.app.start()

    async def stop(self) -> None:
        """Finish the batch in hand, commit, leave the group."""
        self._stopping = True
        await self.revoking()
        if self._loop is not None:
            self._wake.set()
            await self._loop
        await self.app.stop()

    def renew(self, processor: Processor) -> None:
        """Let another processor of the same name go on from here, before anything else is folded.

        It loads what this one has, as after a restart; what waits in the inbox is folded by it.
        """
        self._successor = processor
        self._wake.set()

    def failure(self) -> BaseException | None:
        """Why this runner cannot go on, if so."""
        if self._loop is not None and self._loop.done() and not self._stopping:
            return self._loop.exception() or RuntimeError("the processor's loop ended")
        crash: BaseException | None = self.app.crash_reason if self.app.crashed else None
        return crash

    @property
    def ready(self) -> bool:
        """Partitions are assigned (perhaps none), and those are loaded."""
        return self._open and self._to_load is None

    def watched_positions(self) -> Mapping[int, int]:
        """Where each partition stands, those still to be loaded included."""
        waiting = {p: at for p, at in (self._to_load or {}).items() if at is not None}
        return waiting or self.processor.positions()

    # --- what the driver tells ---------------------------------------------------------------

    async def revoking(self) -> None:
        """Finish the step in hand; let go of the rest, which will be delivered again."""
        if self._open:
            metrics.REBALANCES.labels(self.processor.name).inc()
        self._open = False
        self.unassigned_since = time.monotonic()
        self._room.set()
        async with self._hands:
            self._let_go(self._inbox)

    def assigned(self, committed: Mapping[int, int | None]) -> None:
        """Load what is new before anything else is folded."""
        self._to_load = dict(committed)
        self.unassigned_since = None
        self._open = not self._stopping
        self._wake.set()

    # --- the agent's side --------------------------------------------------------------------

    async def _take_in(self, event: Any) -> None:
        while self._open and len(self._inbox) >= 2 * BATCH_RECORDS:
            self._room.clear()
            await self._room.wait()
        if self._open:
            self._inbox.append(event)
            self._wake.set()
        else:
            event.ack()

    @staticmethod
    def _let_go(events: list[Any]) -> None:
        for event in events:
            event.ack()
        events.clear()

    # --- the loop's side ---------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._stopping:
            await self._until_something_is_due()
            async with self._hands:
                if self._open:
                    await self._step()

    async def _until_something_is_due(self) -> None:
        if not self._open:
            # Between two assignments nothing is done, not even what was to be loaded: that is said
            # anew. A loop that went round here would keep the others from ending the rebalance.
            self._wake.clear()
            await self._wake.wait()
            return
        if not self._inbox and self._to_load is None and self._successor is None:
            self.idle = True
            self._wake.clear()
            try:
                async with asyncio.timeout(max(0.0, self._next_tick - time.monotonic())):
                    await self._wake.wait()
            except TimeoutError:
                return
        if not self._has_a_batch() and self._to_load is None and not self._stopping:
            await asyncio.sleep(GATHER_SECONDS)

    def _has_a_batch(self) -> bool:
        """Whether more than is folded at once has gathered already, as when catching up."""
        return len(self._inbox) >= BATCH_RECORDS or self._fitting() < len(self._inbox)

    def _fitting(self) -> int:
        """How many of the records that have gathered are folded at once."""
        size = 0
        for count, event in enumerate(self._inbox[:BATCH_RECORDS]):
            if size > BATCH_BYTES:
                return count
            size += len(event.message.value or b"")
        return min(len(self._inbox), BATCH_RECORDS)

    async def _step(self) -> None:
        if self._successor is not None:
            await self._hand_over(self._successor)
        if self._to_load is not None:
            await self._load(self._to_load)
            if not self._open:
                return
        batch = self._next_batch()
        self._room.set()
        if batch:
            await self._work(batch)
        if time.monotonic() >= self._next_tick:
            await self._tick()

    def _next_batch(self) -> list[Any]:
        count = self._fitting()
        if count < len(self._inbox):
            self._inbox = _by_time(self._inbox)
            count = self._fitting()
        batch = self._inbox[:count]
        del self._inbox[:count]
        return batch

    async def _hand_over(self, successor: Processor) -> None:
        self._successor = None
        if self._to_load is None:
            self._to_load = dict(self.processor.positions())
        await self.processor.load({}, lambda: True)
        self.processor = successor

    async def _load(self, committed: Mapping[int, int | None]) -> None:
        began = time.monotonic()
        self.loading = True
        await self.processor.load(await self._starts(committed), lambda: not self._open)
        self.loading = False
        if not self._open or self._to_load is not committed:
            return
        self._to_load = None
        name = self.processor.name
        owned = self.processor.positions()
        metrics.PARTITIONS_OWNED.labels(name).set(len(owned))
        metrics.REBUILD_SECONDS.labels(name).observe(time.monotonic() - began)
        log.info(
            "partitions loaded",
            extra={
                "processor": name,
                "partitions": sorted(owned),
                "seconds": round(time.monotonic() - began, 2),
            },
        )

    async def _starts(self, committed: Mapping[int, int | None]) -> dict[int, Start]:
        unknown = [TP(self._topic, partition) for partition, at in committed.items() if at is None]
        first = await self.app.consumer.earliest_offsets(*unknown) if unknown else {}
        return {
            **{partition: Start(at, True) for partition, at in committed.items() if at is not None},
            **{tp.partition: Start(at, False) for tp, at in first.items()},
        }

    async def _work(self, batch: Sequence[Any]) -> None:
        began = time.monotonic()
        name = self.processor.name
        records = await self._in_order([_record(event.message) for event in batch])
        moment = self._moment({record.partition: record.offset + 1 for record in records})
        await self._deliver(self.processor.fold(records, moment), moment.letters)
        self._declare_finished()
        self._let_go(list(batch))
        metrics.BATCH_RECORDS.labels(name).observe(len(batch))
        metrics.BATCH_SECONDS.labels(name).observe(time.monotonic() - began)
        if records:
            arrived = records[-1].timestamp_ms / 1000
            metrics.PROCESSING_LAG.labels(name).observe(max(0.0, time.time() - arrived))

    async def _in_order(self, records: Sequence[Record]) -> list[Record]:
        """Without repeats, and with what Faust may have left out between them."""
        positions = dict(self.processor.positions())
        ordered: list[Record] = []
        for record in records:
            expected = positions.get(record.partition)
            if expected is None or record.offset < expected:
                metrics.RECORDS_SKIPPED.labels(self.processor.name).inc()
                continue
            if record.offset > expected:
                ordered += await self._missing(record.partition, expected, record.offset)
            ordered.append(record)
            positions[record.partition] = record.offset + 1
        return ordered

    async def _missing(self, partition: int, start: int, end: int) -> list[Record]:
        found = [
            record
            async for record in read_to_end(
                self._connections,
                self.processor.source,
                partitions=[partition],
                starts={partition: start},
                ends={partition: end},
            )
        ]
        log.info(
            "gap in what was delivered",
            extra={"topic": self._topic, "partition": partition, "from": start, "to": end,
                   "found": len(found)},
        )  # fmt: skip
        return found

    def _declare_finished(self) -> None:
        for partition, position in self.processor.positions().items():
            self.app.consumer.finish(TP(self._topic, partition), position)

    async def _tick(self) -> None:
        clock = self._clock.clock
        interval = TICK_SECONDS / clock.speed if clock.speed > 1 else TICK_SECONDS
        self._next_tick = time.monotonic() + max(interval, FASTEST_TICK_SECONDS)
        moment = self._moment(self.processor.positions())
        await self._deliver(self.processor.tick(moment), moment.letters)

    def _moment(self, positions: Mapping[int, int]) -> Moment:
        now = self._clock.now()
        letters = Letters(self._seal, self._limit, now)
        return Moment(now, self.behind(positions), letters)

    def behind(self, positions: Mapping[int, int]) -> set[int]:
        """Partitions of which the broker has, or may have, more than this."""
        consumer = self.app.consumer
        assigned = consumer.assignment()
        behind = set()
        for partition, position in positions.items():
            tp = TP(self._topic, partition)
            end = consumer.highwater(tp) if tp in assigned else None
            if end is None or end > position:
                behind.add(partition)
        return behind

    async def _deliver(self, facts: Sequence[Outgoing], letters: Letters) -> None:
        outgoing = [*facts, *letters.outgoing()]
        if not outgoing:
            return
        await deliver(self._writer, outgoing)
        for fact in outgoing:
            metrics.FACTS_PUBLISHED.labels(self.processor.name, fact.topic.name).inc()
        letters.count()


async def deliver(
    writer: LogWriter, facts: Sequence[Outgoing], patience: float = BROKER_PATIENCE_SECONDS
) -> None:
    """Write, and write again while the broker is away: ids make repeats harmless.

    Raises the last refusal when patience ends; the process then ends with nothing committed.
    """
    give_up_at = time.monotonic() + patience
    while True:
        try:
            await writer.append(facts)
        except (OverloadedError, UnknownOutcomeError) as error:
            if time.monotonic() > give_up_at:
                raise
            log.warning("waiting for the broker", extra={"records": len(facts), "why": str(error)})
            await asyncio.sleep(getattr(error, "retry_after_seconds", 1))
        else:
            return


def _by_time(events: Sequence[Any]) -> list[Any]:
    """What reached the log first is folded first, whichever partition it is on.

    Catching up, a consumer is handed a long stretch of one partition after the other; a partition
    that is folded far ahead of the rest makes all that the rest has to say come late.
    """
    reached: dict[int, float] = {}
    timed: list[tuple[float, Any]] = []
    for event in events:
        message = event.message
        # Never back within a partition, whatever the clock did.
        at = max(message.timestamp or 0.0, reached.get(message.partition, 0.0))
        reached[message.partition] = at
        timed.append((at, event))
    return [event for _, event in sorted(timed, key=itemgetter(0))]


def _record(message: Any) -> Record:
    return Record(
        message.topic,
        message.partition,
        message.offset,
        int((message.timestamp or datetime.now(UTC).timestamp()) * 1000),
        message.key,
        message.value,
    )
