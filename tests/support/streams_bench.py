"""How much does one streams worker carry? `make bench-streams`

A million events as a crisis brings them (load/bench/lives.py) lie on a real Kafka; one worker
catches up with them on the whole path: tally, surge, staffing, overflow. Beside it, in the same
run and on the same broker, a stock Faust agent and Kafka Streams do a small windowed count. Then
what costs more or less: small parcels, two workers, killed and started again. Nothing is judged
here; `load/bench/report.py` makes the page.
"""

import argparse
import asyncio
import itertools
import os
import secrets
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from load.bench import results
from load.bench.lives import Lives, Report
from services.supervisor.keys import hashed, make_secrets
from streams.settings import Connections
from tests.support import stream_peers
from tests.support.bench_log import (
    Worker,
    forget,
    fresh,
    parcels,
    until_caught_up,
    until_loaded,
    write,
)
from tests.support.broker import ROOT
from tests.support.stack import scratch_folder
from tests.support.stream_peers import Pace

PARCEL = 50
FAUST_SHARE, SINGLES_SHARE, PAIR_SHARE = 16, 5, 4
FAUST_ANCHOR, STREAMS_ANCHOR = 10.0, 40_500.0
MOST_RISE = 1.15
# Two workers that have only just joined pass partitions to each other for a moment.
SETTLES_SECONDS = 3.0

OURS = "Surgeline, the whole path, parcels of 50"
SINGLES = "Surgeline, the whole path, one event a record"
STREAMS = "Kafka Streams, windowed count, parcels of 50"
STREAMS_SINGLES = "Kafka Streams, windowed count, one event a record"
FAUST = "stock Faust, windowed count, one event a record"
TO_FAUST = "Surgeline in parcels over stock Faust"
TO_SINGLES = "Surgeline in parcels over Kafka Streams with one event a record"
TO_STREAMS = "Surgeline over Kafka Streams on the same parcels"
OURS_CPU = "Surgeline, catching up with the whole log"
ALONE = "one worker, halted while the log is written"
PAIR = "two workers likewise, both together"
TWO = "two workers over one, CPU an event"
SPEED, RATIO, CPU = "events/s", "times", "µs CPU an event"
ROWS = (
    results.at_least(OURS, SPEED, (), STREAMS_ANCHOR),
    results.Row(name=SINGLES, unit=SPEED, values=()),
    results.Row(name=STREAMS, unit=SPEED, values=()),
    results.Row(name=STREAMS_SINGLES, unit=SPEED, values=()),
    results.Row(name=FAUST, unit=SPEED, values=()),
    results.at_least(TO_FAUST, RATIO, (), FAUST_ANCHOR),
    results.at_least(TO_SINGLES, RATIO, (), 1.0),
    results.Row(name=TO_STREAMS, unit=RATIO, values=()),
    results.below(TWO, RATIO, (), MOST_RISE),
    results.Row(name=OURS_CPU, unit=CPU, values=()),
    results.Row(name=ALONE, unit=CPU, values=()),
    results.Row(name=PAIR, unit=CPU, values=()),
)
METHOD = (
    (
        "{events:,} events lie on a real Kafka before anybody starts: whole lives of contacts "
        "(arrived, queued, offered, not picked up, offered again, answered, completed), a "
        "quarter of them giving up and half of those ringing again, one in fifty reported "
        "twice, one in fifty up to 90 s late, 1,000 events a second of their own time. A "
        "worker's time runs from the moment at which it has its partitions to the moment at "
        "which all three groups have committed the ends of their topics, seen from outside "
        "every 0.2 s. Broker, bench and worker share the machine."
    ),
    (
        "Stock Faust and Kafka Streams count contacts by country and second and say closed "
        "seconds: Faust in a plain dictionary, Kafka Streams in an in-memory window store "
        "with its changelog, neither with a repartition. Their time runs from their first "
        "record to their last, without the start of the virtual machine. Kafka Streams is "
        "built by the bench with Maven."
    ),
    (
        "Two workers are halted while a log of {pair:,} events is written, and let go "
        "together; one worker is measured in the same way beside them. With two cores, broker "
        "and bench included, only the CPU an event says something here; 1.6 times the speed "
        "would need four cores."
    ),
)


@dataclass(slots=True)
class Found:
    """Values by row, one a repeat."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        """One more repeat of a row."""
        self.values[name].append(value)
        print(f"{name}: {value:,.3g}", flush=True)  # noqa: T201

    def result(self, events: int) -> results.Result:
        """All of it."""
        sizes = {"events": events, "pair": events // PAIR_SHARE}
        return results.Result(
            bench="streams",
            title="Catching up with a crisis",
            command="make bench-streams",
            method=tuple(words.format(**sizes) for words in METHOD),
            rows=tuple(
                msgspec.structs.replace(row, values=tuple(self.values[row.name]))
                for row in ROWS
                if row.name in self.values
            ),
        )


class Bench:
    """One sitting: a broker, an environment, the events."""

    def __init__(self, kafka: str, env: dict[str, str], events: int) -> None:
        self._kafka = kafka
        self._env = env
        self.events = events
        began = datetime.now(UTC) - timedelta(seconds=events / 1000 + 300)
        self._reports: Sequence[Report] = list(itertools.islice(Lives(began).reports(), events))

    @asynccontextmanager
    async def log(self, records: Iterable[tuple[int, bytes]]) -> AsyncIterator[Connections]:
        """Fresh topics with these records on `contacts`."""
        connections = Connections.from_env(
            self._env
            | {"SURGELINE_KAFKA": self._kafka, "SURGELINE_PREFIX": f"b{secrets.token_hex(3)}-"}
        )
        await fresh(connections)
        await write(connections, records)
        try:
            yield connections
        finally:
            await forget(connections)

    def records(self, size: int, share: int = 1) -> Iterable[tuple[int, bytes]]:
        """The first of the events, in parcels of a size."""
        return parcels(self._reports[: self.events // share], size)

    def worker(self, connections: Connections, instance: int = 0) -> Worker:
        """A worker that is not started yet."""
        return Worker(
            "streams",
            self._env
            | {
                "SURGELINE_PREFIX": connections.prefix,
                "SURGELINE_INSTANCE": str(instance),
            },
        )

    async def catch_up(self, connections: Connections, events: int) -> Pace:
        """One worker on the whole path."""
        worker = self.worker(connections)
        worker.start()
        try:
            began = await until_loaded([worker])
            before = worker.cpu_seconds()
            ended = await until_caught_up(connections, [worker])
            spent = worker.cpu_seconds() - before
        finally:
            worker.kill9()
        return Pace(events / (ended - began), 1e6 * spent / events)

    async def given(self, workers: int) -> float:
        """CPU microseconds an event of so many workers that are let go together."""
        async with self.log(()) as connections:
            team = [self.worker(connections, number) for number in range(workers)]
            for worker in team:
                worker.start()
            try:
                await until_loaded(team)
                await asyncio.sleep(SETTLES_SECONDS)
                signal_all(team, signal.SIGSTOP)
                await write(connections, self.records(PARCEL, PAIR_SHARE))
                before = sum(worker.cpu_seconds() for worker in team)
                signal_all(team, signal.SIGCONT)
                await until_caught_up(connections, team)
                spent = sum(worker.cpu_seconds() for worker in team) - before
            finally:
                for worker in team:
                    worker.kill9()
        return 1e6 * spent / (self.events // PAIR_SHARE)


def signal_all(workers: Sequence[Worker], number: signal.Signals) -> None:
    """Halt them, or let them go."""
    for worker in workers:
        assert worker.process is not None
        os.kill(worker.process.pid, number)


async def repeat(bench: Bench, found: Found, parts: frozenset[str]) -> None:
    """Everything once, one after the other."""
    if "parcels" in parts:
        async with bench.log(bench.records(PARCEL)) as connections:
            ours = await bench.catch_up(connections, bench.events)
            theirs = await stream_peers.kafka_streams(connections, bench.events)
        found.add(OURS, ours.per_second)
        found.add(OURS_CPU, ours.cpu_micros)
        found.add(STREAMS, theirs.per_second)
        found.add(TO_STREAMS, ours.per_second / theirs.per_second)
        async with bench.log(bench.records(1, SINGLES_SHARE)) as connections:
            few = bench.events // SINGLES_SHARE
            faust = await stream_peers.stock_faust(connections, bench.events // FAUST_SHARE)
            streams = await stream_peers.kafka_streams(connections, few)
            alone = await bench.catch_up(connections, few)
        found.add(SINGLES, alone.per_second)
        found.add(STREAMS_SINGLES, streams.per_second)
        found.add(FAUST, faust.per_second)
        found.add(TO_SINGLES, ours.per_second / streams.per_second)
        found.add(TO_FAUST, ours.per_second / faust.per_second)
    if "pair" in parts:
        one, two = await bench.given(1), await bench.given(2)
        found.add(ALONE, one)
        found.add(PAIR, two)
        found.add(TWO, two / one)


async def main(asked: argparse.Namespace) -> None:
    """So many repeats, then the result."""
    stream_peers.build()
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        kafka = os.environ["SURGELINE_TEST_KAFKA"]
        env = {
            **made.env(tokens),
            "SURGELINE_KAFKA": kafka,
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        }
        bench, found = Bench(kafka, env, asked.events), Found()
        for _ in range(asked.repeats):
            await repeat(bench, found, frozenset(asked.parts.split(",")))
    result = found.result(asked.events)
    if asked.add:
        result = results.continued(result)
    if not asked.dry:
        results.save(result)
    print(results.told(result))  # noqa: T201


def arguments() -> argparse.Namespace:
    """How much is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", default="parcels,pair", help="parcels, pair or both")
    parser.add_argument("--add", action="store_true", help="go on with what was found before")
    parser.add_argument("--dry", action="store_true", help="say it, and save nothing")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
