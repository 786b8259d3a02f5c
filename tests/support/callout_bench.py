"""How fast do seats fill, and how fast do pages go out? `make bench-callout`

Needs a broker (SURGELINE_TEST_KAFKA, see tests/support/stack.py); starts its own Redis, the
call-out service and the scripted provider as processes. Prints what it measured on this machine,
with whatever else runs on it; nothing is asserted.
"""

import asyncio
import os
import secrets
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from services.callout.answering.tokens import Tokens
from services.callout.store import Store
from services.supervisor.keys import hashed, make_secrets
from streams.domain.callout import answering, asking, life
from streams.domain.callout.book import CalloutBook
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer
from streams.kafka import create_topics
from streams.settings import Connections
from tests.support.broker import ROOT, RedisServer
from tests.support.callout_centre import CalloutCentre, callout_centre
from tests.support.callout_people import POLICY, at, need, person, ready
from tests.support.stack import SecretsEnv, scratch_folder

SEATS: Final = 30
RIVALS: Final = 400
PEOPLE: Final = 1000
PER_SECOND: Final = 20.0
SMS_ACCOUNTS: Final = 2
SETTLE_SECONDS: Final = 10.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


def told(name: str, seconds: Sequence[float]) -> None:
    """One line: how many, median, 99 %, worst."""
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(  # noqa: T201
        f"{name}: {len(ordered)} x, median {statistics.median(ordered) * 1e3:.1f} ms,"
        f" p99 {p99 * 1e3:.1f} ms, worst {ordered[-1] * 1e3:.1f} ms",
        flush=True,
    )


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def service_cpu(centre: CalloutCentre) -> float:
    """Seconds of CPU that the call-out service has had."""
    process = centre.service.process
    return cpu_of(process.pid) if process is not None else 0.0


class Line:
    """One connection that asks once; a client that does more would measure itself."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    @classmethod
    async def open(cls, centre: CalloutCentre) -> "Line":
        """Connected, and known to be served."""
        host, port = "127.0.0.1", int(centre.service.env["SURGELINE_PORT"])
        reader, writer = await asyncio.open_connection(host, port)
        token = centre.manager.headers["Authorization"]
        return cls(reader, writer, f"Host: {host}\r\nAuthorization: {token}\r\n".encode())

    async def post(self, path: str, body: bytes, kind: str) -> None:
        """What is said to it; only that it was taken is looked at here."""
        self._writer.write(
            b"POST %b HTTP/1.1\r\n%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (path.encode(), self._head, kind.encode(), len(body), body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        reply = await self._reader.readexactly(length)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"refused: {reply.decode()}")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def seat_function(redis_url: str) -> None:
    """400 acceptances at once for 30 seats, each decided and kept by the Redis function alone."""
    store = Store(redis_url, f"bench{secrets.token_hex(3)}-")
    await store.open()
    await store.clear()
    await store.restore(1, [])
    store.epoch = 1
    book = CalloutBook(1)
    policy = msgspec.structs.replace(POLICY, rule="blast")
    callout = life.open_need(book, need(SEATS), policy, at())
    life.start(book, callout.id, policy, "kim", at(), unseen=True)
    people = [person(n) for n in range(RIVALS)]
    asking.look(book, callout.id, ready(people, callout.need), at())
    await store.commit(book.take_changes())
    took: list[float] = []
    turn = asyncio.Lock()

    async def accept(offer: str) -> str:
        began = time.perf_counter()
        async with turn:
            given = GivenAnswer(key=offer, kind="accept", at=at(1), channel="sms")
            said = answering.answer(book, offer, given, Verdict(ok=True), at(1))
            alone = time.perf_counter()
            await store.commit(book.take_changes())
            took.append(time.perf_counter() - alone)
        waits.append(time.perf_counter() - began)
        return said.kind

    waits: list[float] = []
    said = Counter(await asyncio.gather(*(accept(offer) for offer in list(book.offers))))
    await store.close()
    told("Redis function keeps one acceptance", took)
    told(f"{RIVALS} one after the other, asked at once", waits)
    print(dict(said), flush=True)  # noqa: T201


@dataclass(frozen=True)
class Yes:
    """One acceptance as it goes over the line."""

    path: str
    body: bytes
    kind: str


async def acceptances(centre: CalloutCentre) -> None:
    """400 people accept at once by their links, and once more as a manager types answers in.

    Each is answered when the broker has it.
    """
    tokens = Tokens.from_env(centre.env)
    form = "application/x-www-form-urlencoded"

    def by_link(_: str, one: dict[str, Any]) -> Yes:
        return Yes(f"/a/{tokens.token(one['offer'], 'answer')}", b"choice=accept", form)

    def typed_in(callout: str, one: dict[str, Any]) -> Yes:
        body = {"choice": "accept", "via": "paper", "person": one["person"]}
        path = f"/v1/callouts/{callout}/answers"
        return Yes(path, orjson.dumps(body), "application/json")

    for name, saying in (("by link", by_link), ("typed in", typed_in)):
        before = (await centre.ledger())["attempts"]
        callout = await centre.need(SEATS)
        await centre.send(callout, rule="blast")
        while (await centre.ledger())["attempts"] - before < RIVALS:
            await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_SECONDS)
        people = (await centre.show(callout))["people"][:RIVALS]
        await at_once(centre, name, [saying(callout, one) for one in people])
        await seats_and_places(centre, callout)
        await centre.manager.post(f"/v1/callouts/{callout}/cancel")


async def at_once(centre: CalloutCentre, name: str, all_of_them: Sequence[Yes]) -> None:
    """Everyone says yes in the same moment, each on a line of their own."""
    took: list[float] = []
    lines = [await Line.open(centre) for _ in all_of_them]

    async def accept(line: Line, yes: Yes) -> None:
        began = time.perf_counter()
        await line.post(yes.path, yes.body, yes.kind)
        took.append(time.perf_counter() - began)

    before, mine, began = service_cpu(centre), time.process_time(), time.perf_counter()
    await asyncio.gather(*map(accept, lines, all_of_them))
    wall = time.perf_counter() - began
    busy, asking_cpu = service_cpu(centre) - before, time.process_time() - mine
    for line in lines:
        line.close()
    told(f"HTTP answer {name} until the broker has it, {len(took)} at once", took)
    print(  # noqa: T201
        f"all {len(took)} in {wall:.2f} s: {busy:.2f} s CPU of the service,"
        f" {asking_cpu:.2f} s CPU of those who ask; load average {os.getloadavg()[0]:.1f}",
        flush=True,
    )


async def seats_and_places(centre: CalloutCentre, callout: str) -> None:
    """Who sits, and whether the waitlist has every place once."""
    people = (await centre.show(callout))["people"]
    seats = {one["seat"] for one in people if one["seat"]}
    places = sorted(one["position"] for one in people if one["position"])
    in_order = places == list(range(1, len(places) + 1))
    print(  # noqa: T201
        f"{len(seats)} seated; waitlist 1..{len(places)} without gaps: {in_order}", flush=True
    )


async def thousand(centre: CalloutCentre) -> None:
    """A thousand people by text message, as fast as the accounts let."""
    before = (await centre.ledger())["attempts"]
    callout = await centre.need(500)
    before_cpu = service_cpu(centre)
    began = time.perf_counter()
    await centre.send(callout, rule="blast")
    first: float | None = None
    sent = 0
    while sent < PEOPLE and time.perf_counter() - began < 10 * PEOPLE / PER_SECOND:
        sent = (await centre.ledger())["attempts"] - before
        if sent and first is None:
            first = time.perf_counter() - began
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    shown = (await centre.show(callout))["callout"]
    started, attempted = (
        datetime.fromisoformat(shown[name]) for name in ("started_at", "first_attempt_at")
    )
    waited = (attempted - started).total_seconds()
    print(f"first message claimed {waited:.2f} s after the start", flush=True)  # noqa: T201
    limit = PEOPLE / (SMS_ACCOUNTS * PER_SECOND)
    busy = service_cpu(centre) - before_cpu
    print(  # noqa: T201
        f"{sent} people: first message seen after {first or 0:.2f} s (preview and start included),"
        f" all after {seconds:.2f} s; the accounts allow {limit:.2f} s: {seconds / limit:.3f} x;"
        f" {busy:.2f} s CPU of the service; load average {os.getloadavg()[0]:.1f}",
        flush=True,
    )


async def measure(connections: Connections, folder: Path, only: str) -> None:
    """Everything once, or what is named."""
    if not only or only == "seat_function":
        await seat_function(connections.redis)
    made = make_secrets()
    tokens_file = folder / "tokens.json"
    tokens_file.write_text(hashed(made.tokens))
    env = SecretsEnv(made.env(tokens_file), SURGELINE_REHEARSAL="1")
    env.tokens = made.tokens
    for act, count, rate in ((acceptances, RIVALS, 50.0), (thousand, PEOPLE, PER_SECOND)):
        if only and act.__name__ != only:
            continue
        prefix = f"bench{secrets.token_hex(3)}-"
        here = Connections(
            kafka=connections.kafka,
            redis=connections.redis,
            prefix=prefix,
            centre=connections.centre,
        )
        await create_topics(here)
        async with callout_centre(here, env, folder, count, per_second=rate) as centre:
            await act(centre)


async def main() -> None:
    """With a Redis of its own."""
    with scratch_folder("surgeline-bench-") as folder:
        redis = RedisServer(folder)
        redis.start()
        connections = Connections(
            kafka=os.environ["SURGELINE_TEST_KAFKA"],
            redis=redis.url,
            centre=ROOT / "centre.toml",
        )
        try:
            await measure(connections, folder, sys.argv[1] if len(sys.argv) > 1 else "")
        finally:
            redis.stop()


if __name__ == "__main__":
    asyncio.run(main())
