"""How fast is the callback list with 10,000 on it? `python -m tests.support.callback_bench`

Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py); starts its own Redis. Prints what
it measured on this machine, with whatever else runs on it; nothing is asserted.
"""

import asyncio
import os
import random
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from services.adapters.memory import MemoryPhone
from services.auth import Tokens
from services.callbacks.giving import Given
from services.callbacks.handlers import Handlers
from services.callbacks.looking import Sought
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.callbacks.worklist import Worklist
from services.sealing import Sealer
from services.tasks import end
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import Wish
from streams.events.callbacks import CallbackData
from streams.kafka import create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, RedisServer
from tests.support.callback_floor import agent, on_hold, said
from tests.support.callbacks import number_of, publish, wanted
from tests.support.stack import scratch_folder

CALLBACKS = 10_000
AGENTS = 50
TURNS = 20
# Without a pause; in a rush; and as fast as a desk can talk, and then some.
THINK_SECONDS = (0.0, 0.25, 2.0)
LOOK_SECONDS = 0.005


def told(name: str, seconds: Sequence[float]) -> None:
    """One line: how many, median, 99 %, worst."""
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(  # noqa: T201
        f"{name}: {len(ordered)} x, median {statistics.median(ordered) * 1e3:.2f} ms,"
        f" p99 {p99 * 1e3:.2f} ms, worst {ordered[-1] * 1e3:.2f} ms"
    )


async def timed(act: Callable[[], Awaitable[Any]], into: list[float]) -> Any:
    """What it gives, and how long it took."""
    began = time.perf_counter()
    result = await act()
    into.append(time.perf_counter() - began)
    return result


async def ready(running: Running) -> None:
    """Until the list is served."""
    while running.why_not():
        await asyncio.sleep(0.01)


async def fill(connections: Connections, sealer: Sealer) -> None:
    """10,000 callers give up, over ten hours."""
    start = datetime.now(UTC) - timedelta(hours=3)
    sealed = sealer.seal(number_of(1).encode())
    facts = [
        wanted(f"c{n}", n, start + timedelta(seconds=n), sealed=sealed, language="ko")
        for n in range(CALLBACKS)
    ]
    await publish(connections, facts)


async def measure(connections: Connections, redis: RedisServer) -> None:
    """Fill, contend, rebuild."""
    sealer = Sealer({"s1": secrets.token_bytes(32)})
    settings = Settings(
        connections=connections,
        tokens=Tokens(None),
        sealer=sealer,
    )
    running = Running(settings, MemoryPhone())
    running.start()
    await ready(running)
    began = time.perf_counter()
    await fill(connections, sealer)
    while (await running.commands.worklist.counts())["ready"] < CALLBACKS:
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    print(f"projected {CALLBACKS} in {seconds:.2f} s, {CALLBACKS / seconds:.0f}/s")  # noqa: T201
    await functions(running.commands.worklist)
    handlers = Handlers(running.commands, running.dialable, running.clock, running.giving)
    await staff(connections, running)
    for think in THINK_SECONDS:
        await contend(handlers, think)
    began = time.perf_counter()
    redis.restart(wipe=True)
    while running.commands.is_open:
        await asyncio.sleep(0.005)
    await ready(running)
    print(f"Redis wiped and list served again: {time.perf_counter() - began:.2f} s")  # noqa: T201
    pages: list[float] = []
    for offset in range(0, 5000, 500):
        ask = partial(running.commands.worklist.page, "waiting", offset, 500, running.now())
        await timed(ask, pages)
    told("page of 500", pages)
    filtered: list[float] = []
    for sought in (Sought(language="ko"), Sought(queue="english"), Sought(overdue=False)) * 3:
        shown = await timed(partial(handlers.page, "waiting", 0, 500, sought), filtered)
    told(f"page of 500 of those sought ({shown[0]} there)", filtered)
    summaries: list[float] = []
    await timed(handlers.summary, summaries)
    told("the counts above it", summaries)
    await running.stop()


async def functions(worklist: Worklist) -> None:
    """The question "whose turn is it" alone."""
    wish = Wish(agent="bench", languages=frozenset({"ko"}))
    took: list[float] = []
    for _ in range(500):
        await timed(lambda: worklist.pick([wish], datetime.now(UTC)), took)
    told("Redis function pick", took)


def name_of(number: int) -> str:
    """An agent."""
    return f"agent-{number}"


async def staff(connections: Connections, running: Running) -> None:
    """Fifty agents sit there free, so that every lease is weighed against the floor."""
    now = datetime.now(UTC)
    free = [agent(name_of(number), "available", now) for number in range(AGENTS)]
    await said(connections, *free, on_hold(3, now, 1))
    while running.floor.waiting() == 0 or running.floor.around(name_of(0), "main") is None:
        await asyncio.sleep(0.01)


async def settled(handlers: Handlers, name: str, state: CallbackData) -> None:
    """The agent is free again."""
    claim = Claim(agent=name, epoch=state.epoch, token=state.token)
    await handlers.withdraw(state.id, claim, "bench", override=False)


async def lateness(late: list[float]) -> None:
    """How late this process is woken: what the machine, and our own work, add to every step."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOK_SECONDS)
        late.append(time.perf_counter() - began - LOOK_SECONDS)


async def contend(handlers: Handlers, think: float) -> None:
    """50 agents take one after the other, each time counted until the log has the lease.

    A closed loop: each closes what it got, and asks again `think` seconds (the mean; exponential)
    after the answer; with 0 all fifty ask without a pause, so each waits for the other forty-nine.
    """
    rng = random.Random(50)
    took: list[float] = []
    given: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(rng.uniform(0, think))
        wish = Wish(agent=name, languages=frozenset({"ko"}))
        for _ in range(TURNS):
            answer: Given = await timed(partial(handlers.next, wish), took)
            await asyncio.sleep(rng.expovariate(1 / think) if think else 0)
            if answer.callback is not None:
                given.append(answer.callback.id)
                await settled(handlers, name, answer.callback)

    late: list[float] = []
    watching = asyncio.create_task(lateness(late))
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work(name_of(number)) for number in range(AGENTS)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await end(watching)
    told(f"lease until on the log, {AGENTS} agents, {think:g} s between", took)
    told("  meanwhile a timer was late by", late)
    print(  # noqa: T201
        f"  {len(given) / seconds:.0f} leases/s, {len(set(given))} different of {len(given)};"
        f" {cpu / len(given) * 1e3:.2f} ms of CPU for a lease and its end, all work included"
    )


def always_awake(folder: Path) -> Path:
    """The shipped centre without quiet hours, which depend on when this is run."""
    text = (ROOT / "centre.toml").read_text()
    file = folder / "centre.toml"
    file.write_text(text.replace('quiet_hours = "22:00-08:00"', 'quiet_hours = "never"'))
    return file


async def main() -> None:
    """Everything once."""
    with scratch_folder("surgeline-bench-") as folder:
        redis = RedisServer(folder)
        redis.start()
        connections = Connections(
            kafka=os.environ["SURGELINE_TEST_KAFKA"],
            redis=redis.url,
            prefix=f"bench{secrets.token_hex(3)}-",
            centre=always_awake(folder),
        )
        await create_topics(connections)
        try:
            await measure(connections, redis)
        finally:
            redis.stop()


if __name__ == "__main__":
    asyncio.run(main())
