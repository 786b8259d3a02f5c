"""How much can the open-loop source start by itself, and does it see what a closed loop hides?

    python -m load.bench.arrivals rate      how many arrivals a second one process starts on time
    python -m load.bench.arrivals freeze    a server that stands still for 3 s, asked both ways

The freeze is the experiment of the guide (wallboards-deploy-load.md 6.1): the same server, the same
demand; one source that waits for its answers, and one that does not. Prints JSON.
"""

import argparse
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import gevent
import orjson
from gevent.pywsgi import WSGIServer

from load.open_loop.client import Client
from load.open_loop.source import OpenLoopSource
from load.verdict.latency import Latencies

CLOSED_USERS: Final = 20
MOST: Final = 20_000
FREEZE_SECONDS: Final = 3.0
SHARES: Final = (0.5, 0.95, 0.99, 1.0)


def poisson(rate: float, seconds: float, seed: int) -> Iterator[tuple[float, int]]:
    """Moments of wall time from a little ahead on, at this rate for so long."""
    chance = random.Random(seed)
    begins = time.time() + 0.2
    at = chance.expovariate(rate)
    for nth in itertools.count():
        if at > seconds:
            return
        yield begins + at, nth
        at += chance.expovariate(rate)


def alone(rate: float, seconds: float) -> dict[str, Any]:
    """The source and nothing else: what it started, and how far behind the moments."""
    behind = Latencies()

    def arrive(_: int, due: float) -> None:
        behind.add(time.time() - due)

    source = OpenLoopSource(arrive, most=MOST)
    began, cpu = time.time(), time.process_time()
    source.run(poisson(rate, seconds, seed=1))
    source.join()
    took = time.time() - began
    return {
        "offered": source.offered,
        "started_a_second": round(source.started / seconds, 1),
        "dropped": source.dropped,
        "late": source.late,
        "cpu_share": round((time.process_time() - cpu) / took, 3),
        "behind": told(behind),
    }


def frozen(rate: float, seconds: float) -> dict[str, Any]:
    """Both sources against a server that stands still in the middle."""
    found = {}
    for name, ask in (("closed", _closed), ("open", _open)):
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "load.bench.arrivals", "serve", "--seconds", str(seconds)],
            stdout=subprocess.PIPE,
            env={**os.environ},
        )
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            answered = ask(port, rate, seconds)
        finally:
            server.kill()
            server.wait()
        found[name] = {"answers": len(answered), **told(answered)}
    return found


def _open(port: int, rate: float, seconds: float) -> Latencies:
    answered, client = Latencies(), Client(f"http://127.0.0.1:{port}", at_once=2000)

    def arrive(_: int, due: float) -> None:
        if client.get("/").is_success:
            answered.add(time.time() - due)

    source = OpenLoopSource(arrive, most=MOST)
    source.run(poisson(rate, seconds, seed=2))
    source.join()
    return answered


def _closed(port: int, rate: float, seconds: float) -> Latencies:
    """Users who each wait for the answer and then for the rest of their turn."""
    answered, client = Latencies(), Client(f"http://127.0.0.1:{port}", at_once=CLOSED_USERS)
    turn, until = CLOSED_USERS / rate, time.time() + seconds

    def use() -> None:
        while (began := time.time()) < until:
            if client.get("/").is_success:
                answered.add(time.time() - began)
            gevent.sleep(max(0.0, began + turn - time.time()))

    gevent.joinall([gevent.spawn(use) for _ in range(CLOSED_USERS)])
    return answered


def serve(seconds: float) -> None:
    """Answer at once, but for three seconds in the middle; says its port."""

    def app(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    server = WSGIServer(("127.0.0.1", 0), app, log=None, backlog=4096)
    server.start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    gevent.sleep((seconds - FREEZE_SECONDS) / 2)
    # Nothing else in this process runs meanwhile: that is the fault that is tried.
    time.sleep(FREEZE_SECONDS)
    server.serve_forever()


def told(latencies: Latencies) -> dict[str, float | None]:
    """Percentiles in milliseconds."""
    found = {f"p{100 * share:g}_ms": latencies.quantile(share) for share in SHARES}
    return {name: None if at is None else round(1000 * at, 1) for name, at in found.items()}


def main() -> None:
    """Measure and print; nothing is judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["rate", "freeze", "serve"])
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    if asked.what == "serve":
        serve(asked.seconds)
        return
    measure, usual = (alone, 1400.0) if asked.what == "rate" else (frozen, 200.0)
    found = measure(asked.rate or usual, asked.seconds)
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
