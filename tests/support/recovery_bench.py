"""How soon does a worker serve again that was killed with a million events in its window?

`make bench-recovery`: EVENTS (1000000) go on the log as a crisis would bring them, one worker with
all processors folds them; then it is killed with -9 and started again, REPEATS (5) times. The time
counts from the start of the process until /readyz says 200: every partition is loaded and takes
records. Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py).
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from load.bench import results
from load.bench.lives import Lives, Report
from services.supervisor.keys import hashed, make_secrets
from streams.kafka import LogWriter, Outgoing, create_topics, end_offsets
from streams.settings import Connections
from streams.topics import CONTACTS, PULSES
from tests.support.broker import ROOT
from tests.support.stack import scratch_folder
from tests.support.streams_bench import Measured, say

EVENTS = int(os.environ.get("EVENTS", "1000000"))
REPEATS = int(os.environ.get("REPEATS", "5"))
BAR_SECONDS = 20.0
PATIENCE_SECONDS = 600.0
EVENTS_PER_SECOND = 1000.0
# What intake gathers of one partition while the broker takes the last one, at that rate.
PARCEL_SECONDS = 0.5
AT_ONCE = 48


def parcels(reports: Iterator[Report]) -> Iterator[Outgoing]:
    """As intake would write them: the events of a partition within half a second."""
    held: dict[int, list[bytes]] = defaultdict(list)
    until: datetime | None = None
    for report in reports:
        until = until or report.at + timedelta(seconds=PARCEL_SECONDS)
        if report.at >= until:
            yield from _closed(held)
            held.clear()
            until = report.at + timedelta(seconds=PARCEL_SECONDS)
        held[report.partition].append(report.value)
    yield from _closed(held)


def _closed(held: dict[int, list[bytes]]) -> Iterator[Outgoing]:
    for partition, events in held.items():
        yield Outgoing(topic=CONTACTS, partition=partition, value=b"[" + b",".join(events) + b"]")


async def write(connections: Connections, count: int) -> int:
    """So many events that end about now; how many records they are."""
    begin = datetime.now(UTC) - timedelta(seconds=count / EVENTS_PER_SECOND)
    crowd = parcels(islice(Lives(begin).reports(), count))
    writer = LogWriter(connections, deadline_seconds=60.0)
    await writer.start()
    records = 0
    while batch := list(islice(crowd, AT_ONCE)):
        await writer.append(batch)
        records += len(batch)
    await writer.stop()
    return records


async def restarted(worker: Measured) -> tuple[float, float]:
    """Killed and started: seconds until it is ready, and CPU seconds spent on that."""
    worker.kill9()
    began = time.monotonic()
    worker.start()
    await worker.wait_ready(PATIENCE_SECONDS)
    return time.monotonic() - began, worker.cpu_seconds()


async def settled(worker: Measured, connections: Connections) -> None:
    """Until the last pulses are folded as well, and a checkpoint had its time."""
    ends = await end_offsets(connections, PULSES)
    say(f"  {sum(ends.values()):,} records of pulses")
    await asyncio.sleep(5.0)


async def measure(env: dict[str, str]) -> results.Result:
    """Fill the log, let it be folded, and kill."""
    connections = Connections.from_env(env)
    await create_topics(connections)
    began = time.monotonic()
    records = await write(connections, EVENTS)
    say(f"{EVENTS:,} events in {records:,} records written in {time.monotonic() - began:.0f} s")
    worker = Measured("streams", env)
    began = time.monotonic()
    worker.start()
    await worker.until_folded(EVENTS)
    say(f"  folded after {time.monotonic() - began:.0f} s, {worker.cpu_seconds():.0f} s CPU")
    await settled(worker, connections)
    told = []
    for _ in range(REPEATS):
        told.append(await restarted(worker))
        say(f"  ready after {told[-1][0]:.1f} s, {told[-1][1]:.1f} s CPU")
        await asyncio.sleep(1.0)
    await worker.stop()
    seconds, cpu = (tuple(column) for column in zip(*told, strict=True))
    return results.Result(
        bench="recovery",
        title="Serving again after a restart",
        command="make bench-recovery",
        method=METHOD,
        rows=(
            results.below(f"ready, {EVENTS:,} events in the window", "s", seconds, BAR_SECONDS),
            results.Row(name="CPU time of the worker until then", unit="s", values=cpu),
        ),
    )


METHOD = (
    (
        "One worker with all three processors, killed with -9 and started again; real Kafka on "
        "the same machine. Time from the start of the process, Python's own start included, "
        "until /readyz says that every partition is loaded."
    ),
)


async def main() -> None:
    """Measure, keep and print."""
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = Path(folder) / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        found = await measure(
            {
                **made.env(tokens),
                "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
                "SURGELINE_PREFIX": f"recovery-{os.getpid()}-",
                "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
                "SURGELINE_INSTANCE": "0",
            }
        )
    results.save(found)
    say(results.told(found))


if __name__ == "__main__":
    asyncio.run(main())
