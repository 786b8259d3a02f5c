"""How many events a second does intake take, each on the broker before it is answered?

`make bench-intake`. Single events are posted to intake and to a bare FastAPI handler over aiokafka
by turns; then batches. The client is a few lines over sockets, since it shares the machine.
"""

import argparse
import itertools
import os
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import uvloop

from load.bench import results
from load.bench.closed_loop import ClosedLoop
from load.bench.posts import requests
from services.supervisor import ports
from services.supervisor.keys import hashed, make_secrets
from streams.kafka import create_topics
from streams.settings import Connections
from streams.topics import CONTACTS
from tests.support.broker import ROOT
from tests.support.process import ServiceProcess
from tests.support.stack import scratch_folder

SENDERS, BATCH_SENDERS = 128, 12
SINGLES, BATCHES, BATCH = 8_000, 80, 500
WARM = 1_000
LEAST_RATIO, LEAST_BATCHED = 0.8, 20_000.0

OURS, BARE, BATCHED = (
    "intake, one event a request",
    "bare handler, the same",
    "intake, batches of 500",
)
OURS_P99, BARE_P99, BATCHED_P99 = f"{OURS}, p99", f"{BARE}, p99", f"{BATCHED}, p99"
RATIO = "intake over the bare handler"
ROWS = (
    results.Row(name=OURS, unit="events/s", values=()),
    results.Row(name=BARE, unit="events/s", values=()),
    results.at_least(BATCHED, "events/s", (), LEAST_BATCHED),
    results.at_least(RATIO, "times", (), LEAST_RATIO),
    results.Row(name=OURS_P99, unit="ms", values=()),
    results.Row(name=BARE_P99, unit="ms", values=()),
    results.Row(name=BATCHED_P99, unit="ms", values=()),
)
METHOD = (
    (
        "Intake and a bare FastAPI handler, which writes the body as one record with aiokafka, take"
        f" turns of {SINGLES:,} requests from {SENDERS} connections that each ask again as soon as"
        " they are answered; then intake alone takes"
        f" {BATCHES} batches of {BATCH} events from {BATCH_SENDERS} connections. Both answer when"
        " the broker has the event. Intake also checks the event, hides and seals the caller's"
        " number, knows repeats, and writes the contact's key; each contact has six events. p99 is"
        " that of the fullest load, so it is mostly waiting one's turn; intake gathers 64"
        " events, or what comes in 20 ms, before it writes."
    ),
    "Broker, client and server share the machine; the requests are made before a turn begins.",
)


class Bare(ServiceProcess):
    """The bare handler as a process."""

    def __init__(self, connections: Connections) -> None:
        port = str(ports.any_free()[0])
        topic = connections.topic(CONTACTS)
        super().__init__(
            "load.bench.bare_writer", {"SURGELINE_PORT": port}, (port, connections.kafka, topic)
        )


async def turn(service: ServiceProcess, posts: list[bytes], senders: int) -> tuple[float, float]:
    """Requests a second, and p99 in milliseconds."""
    loop = ClosedLoop(int(service.env["SURGELINE_PORT"]), senders)
    await loop.run(posts)
    refused = {status: n for status, n in loop.timing.statuses.items() if " 202 " not in status}
    if refused:
        raise RuntimeError(f"not all was accepted: {refused}")
    return len(posts) / loop.seconds, loop.timing.quantile(0.99)


async def measure(found: dict[str, list[float]], token: str, env: Mapping[str, str]) -> None:
    """One repeat, with fresh processes and topics."""
    ours, bare = await _prefix(env), await _prefix(env)
    async with (
        ServiceProcess("services.intake", {**env, "SURGELINE_PREFIX": ours.prefix}) as intake,
        Bare(bare) as handler,
    ):
        seed = secrets.randbits(32)
        single = requests(seed, token, 1)
        for service in (intake, handler):
            await turn(service, list(itertools.islice(single, WARM)), SENDERS)
        posts = [list(itertools.islice(single, SINGLES)) for _ in range(2)]
        mine, mine_p99 = await turn(intake, posts[0], SENDERS)
        theirs, theirs_p99 = await turn(handler, posts[1], SENDERS)
        batched = requests(seed + 1, token, BATCH)
        batches = list(itertools.islice(batched, BATCHES))
        per_second, batch_p99 = await turn(intake, batches, BATCH_SENDERS)
    for name, value in (
        (OURS, mine), (BARE, theirs), (BATCHED, BATCH * per_second), (RATIO, mine / theirs),
        (OURS_P99, mine_p99), (BARE_P99, theirs_p99), (BATCHED_P99, batch_p99),
    ):  # fmt: skip
        found[name].append(value)
        print(f"{name}: {value:,.3g}", flush=True)  # noqa: T201


async def _prefix(env: Mapping[str, str]) -> Connections:
    named = {**env, "SURGELINE_PREFIX": f"b{secrets.token_hex(3)}-"}
    connections = Connections.from_env(named)
    await create_topics(connections)
    return connections


@asynccontextmanager
async def environment() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A sender's token, and what intake is told."""
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        yield (
            made.tokens["source"],
            {
                **made.env(tokens),
                "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
                "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
            },
        )


async def main(asked: argparse.Namespace) -> None:
    """So many repeats, then the result."""
    found: dict[str, list[float]] = defaultdict(list)
    async with environment() as (token, env):
        for _ in range(asked.repeats):
            await measure(found, token, env)
    rows = tuple(msgspec.structs.replace(row, values=tuple(found[row.name])) for row in ROWS)
    result = results.Result(
        bench="intake", title="Taking events in", command="make bench-intake", method=METHOD,
        rows=rows,
    )  # fmt: skip
    if asked.add:
        result = results.continued(result)
    if not asked.dry:
        results.save(result)
    print(results.told(result))  # noqa: T201


def arguments() -> argparse.Namespace:
    """How much is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--add", action="store_true", help="go on with what was found before")
    parser.add_argument("--dry", action="store_true", help="say it, and save nothing")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main(arguments()))
