"""How soon is the board right when one worker becomes four, then two, and each is renewed?

At 1,000 events a second, as tests/support/scaling.py plays it; `make bench-scale`.
"""

import argparse
import asyncio
import os
import secrets
from typing import Final

from load.bench.results import Result, Row, below, continued, save, told
from services.supervisor.keys import hashed, make_secrets
from streams.kafka import LogWriter, create_topics
from streams.settings import Connections
from tests.support.broker import ROOT
from tests.support.process import ServiceProcess
from tests.support.scaling import RENEWED, Pace, Play, Played, say
from tests.support.stack import scratch_folder

# What the project promises, after each step.
BAR_SECONDS: Final = 10.0
METHOD: Final = (
    (
        "Events go onto a real Kafka in parcels of 20 ms, and 70 s of the like lie on its log"
        " already. One worker of the tally becomes four, four become two (SIGTERM), the two are"
        " renewed one after the other (SIGTERM, started, ready), and one of the two gets SIGTERM"
        " while a whole stretch of events comes at once."
    ),
    (
        "The board is right when every partition is owned again and it holds what the log held"
        " when that was so. The time runs from the order, the start of Python included; in the"
        " rolling restart from the order to the last of the two. A worker is ready when it has"
        " folded again what is on the log of its partitions."
    ),
    (
        "What each of these boards showed is counted again from the log, and so is everything that"
        " was said, by a fold that nobody else has touched. Broker, board, workers and the feed"
        " share the machine, and the workers that start take it from each other."
    ),
)


async def play(pace: Pace) -> Played:
    """All of it, on the broker that SURGELINE_TEST_KAFKA names."""
    with scratch_folder("surgeline-bench-") as folder:
        made = make_secrets()
        tokens = folder / "tokens.json"
        tokens.write_text(hashed(made.tokens))
        env = {
            **made.env(tokens),
            "SURGELINE_KAFKA": os.environ["SURGELINE_TEST_KAFKA"],
            "SURGELINE_PREFIX": f"scale-{secrets.token_hex(3)}-",
            "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
        }
        connections = Connections.from_env(env)
        await create_topics(connections)
        writer = LogWriter(connections, deadline_seconds=60.0)
        await writer.start()
        async with ServiceProcess("services.boards", env) as board:
            played = await Play(connections, env, writer, board.url).run(pace)
        await writer.stop()
    return played


def faults(played: Played) -> dict[str, int]:
    """What must not be found, by what it is."""
    said, due = played.said, played.due
    same = (said.counts, said.offsets, said.pulses) == (due.counts, due.offsets, due.pulses)
    crashed = sum(count for code, count in played.codes.items() if code != 0)
    return {
        "promises missing": len(due.overflow),
        "promises said twice": said.repeats,
        "boards other than the log counted again": len(played.differing),
        "counts or pulses other than the log counted again": int(not same),
        "workers that did not end by themselves": crashed,
    }


def result(played: Played) -> Result:
    """In the form of all benches."""
    done = {
        "from the first order": played.whole[RENEWED],
        "from when both were ready": played.after[RENEWED],
    }
    return Result(
        bench="scale",
        title="One worker, four, two, and each renewed",
        command="make bench-scale",
        method=METHOD,
        rows=(
            *(
                below(f"{name}, board right", "s", (round(seconds, 1),), BAR_SECONDS)
                for name, seconds in played.seconds.items()
            ),
            *(
                Row(name=f"{RENEWED}, board right {since}", unit="s", values=(round(seconds, 1),))
                for since, seconds in done.items()
            ),
            *(
                Row(name=f"fed during {name}", unit="events/s", values=(round(rate),))
                for name, rate in played.rates.items()
            ),
            Row(name="events", unit="in all", values=(played.events,)),
            Row(name="promises", unit="in all", values=(len(played.said.overflow),)),
            *(below(name, "found", (count,), 1) for name, count in faults(played).items()),
        ),
    )


def main() -> None:
    """Say it and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each step")
    parser.add_argument("--add", action="store_true", help="go on with what was found before")
    parser.add_argument("--dry", action="store_true", help="say it, and save nothing")
    given = parser.parse_args()
    pace = Pace(events_per_second=given.rate, seconds=given.seconds, history=True)
    found = result(asyncio.run(play(pace)))
    say(told(found))
    if not given.dry:
        save(continued(found) if given.add else found)


if __name__ == "__main__":
    main()
