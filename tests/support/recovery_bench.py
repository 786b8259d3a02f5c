"""How soon does a worker serve again that was killed with a million events in its window?

`make bench-recovery`: EVENTS (1000000) go on the log as a crisis would bring them, one worker with
all processors folds them; then it is killed with -9 and started again, REPEATS (5) times. The time
counts from the start of the process until /readyz says 200: every partition is loaded and takes
records. Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py).
"""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from load.bench import results
from load.bench.lives import Lives
from services.supervisor.keys import hashed, make_secrets
from streams.kafka import create_topics, end_offsets
from streams.settings import Connections
from streams.topics import BASELINES
from tests.support.bench_log import Worker, parcels, until_caught_up, write
from tests.support.broker import ROOT
from tests.support.stack import scratch_folder

EVENTS = int(os.environ.get("EVENTS", "1000000"))
REPEATS = int(os.environ.get("REPEATS", "5"))
BAR_SECONDS = 20.0
PATIENCE_SECONDS = 300.0
EVENTS_PER_SECOND = 1000.0
# What intake gathers of one partition within half a second, at that rate.
PARCEL = 20


def say(words: str) -> None:
    """One line of the result."""
    print(words, flush=True)  # noqa: T201 - a bench prints


async def restarted(worker: Worker) -> tuple[float, float]:
    """Killed and started: seconds until it is ready, and CPU seconds spent on that."""
    worker.kill9()
    began = time.monotonic()
    worker.start()
    await worker.wait_ready(PATIENCE_SECONDS)
    return time.monotonic() - began, worker.cpu_seconds()


async def until_checkpointed(connections: Connections) -> None:
    """Until the detector's state was written down once more, as it is every minute."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    before = sum((await end_offsets(connections, BASELINES)).values())
    while sum((await end_offsets(connections, BASELINES)).values()) == before:
        assert time.monotonic() < give_up, "no checkpoint was written"
        await asyncio.sleep(1.0)


async def measure(env: dict[str, str]) -> results.Result:
    """Fill the log, let it be folded, and kill."""
    connections = Connections.from_env(env)
    await create_topics(connections)
    began = time.monotonic()
    begin = datetime.now(UTC) - timedelta(seconds=EVENTS / EVENTS_PER_SECOND)
    await write(connections, parcels(islice(Lives(begin).reports(), EVENTS), PARCEL))
    say(f"{EVENTS:,} events written in {time.monotonic() - began:.0f} s")
    worker = Worker("streams", env)
    began = time.monotonic()
    worker.start()
    await until_caught_up(connections, [worker])
    say(f"  folded after {time.monotonic() - began:.0f} s, {worker.cpu_seconds():.0f} s CPU")
    await until_checkpointed(connections)
    told = []
    for _ in range(REPEATS):
        told.append(await restarted(worker))
        say(f"  ready after {told[-1][0]:.1f} s, {told[-1][1]:.1f} s CPU")
        await asyncio.sleep(1.0)
    await worker.stop()
    return result(told)


def result(told: list[tuple[float, float]]) -> results.Result:
    """Seconds until ready and of CPU, of each restart."""
    seconds, cpu = (tuple(column) for column in zip(*told, strict=True))
    return results.Result(
        bench="recovery",
        title="Serving again after a restart",
        command="make bench-recovery",
        method=METHOD,
        rows=(
            results.below(f"ready, {EVENTS:,} events in the window", "s", seconds, BAR_SECONDS),
            results.Row(name="CPU time of the worker until then", unit="s CPU", values=cpu),
        ),
    )


METHOD = (
    (
        "One worker with all three processors, killed with -9 and started again; real Kafka on the "
        "same machine. Time from the start of the process, Python's own start included, until "
        "/readyz says that every partition is loaded. The contact books fold all events again; "
        "the detector goes on from its last checkpoint, which is up to a minute old."
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
