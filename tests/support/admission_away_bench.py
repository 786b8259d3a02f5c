"""How late does admission answer while the log dies, is away, and comes back?

`python -m tests.support.admission_away_bench`. It asks 200 times a second, kills the broker after
five seconds and starts it again after twenty. It prints what it measured; nothing is judged.
"""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import uvloop

from load.bench.admission import callback, free_port, questions, reports, server, settings_of
from load.bench.open_loop import OpenLoop
from streams.kafka import LogWriter, create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, Broker
from tests.support.stack import scratch_folder

RATE = 200
CALLBACKS = 5_000


def say(name: str, loop: OpenLoop) -> None:
    """One line of the result, and a new count."""
    timing = loop.timing
    sys.stdout.write(
        f"{name}: {len(timing.seconds)} answers, p50 {timing.quantile(0.5):.2f} ms,"
        f" p99 {timing.quantile(0.99):.2f} ms, longest {timing.quantile(1):.2f} ms;"
        f" {dict(timing.statuses)}\n"
    )
    timing.seconds.clear()
    timing.statuses.clear()


async def measure(broker: Broker, folder: Path) -> None:
    """With the log, while it dies and is away, while it comes back."""
    connections = Connections(kafka=broker.bootstrap, centre=ROOT / "centre.toml")
    await create_topics(connections)
    writer = LogWriter(connections)
    await writer.start()
    await writer.append([callback(number, 1) for number in range(CALLBACKS)])
    await writer.append(reports(30, 600.0))
    await writer.stop()
    token, port = secrets.token_urlsafe(32), free_port()
    env = settings_of(connections, folder, token, port)
    async with server(["-m", "services.admission"], port, env):
        loop = OpenLoop(port, questions(token, 0))
        await loop.run(RATE, 2)
        say("warm, not counted", loop)
        await loop.run(RATE, 5)
        say("log there", loop)
        killing = asyncio.create_task(_later(broker.kill9))
        await loop.run(RATE, 15)
        await killing
        say("log killed and away", loop)
        starting = asyncio.create_task(_later(broker.start))
        await loop.run(RATE, 10)
        await starting
        say("log back", loop)


async def _later(act: Callable[[], object]) -> None:
    await asyncio.sleep(1)
    await asyncio.to_thread(act)


def main() -> None:
    """Once, with a broker of its own."""
    with scratch_folder("surgeline-kafka-") as data, tempfile.TemporaryDirectory() as folder:
        broker = Broker(data)
        broker.start()
        try:
            uvloop.run(measure(broker, Path(folder)))
        finally:
            broker.kill9()


if __name__ == "__main__":
    main()
