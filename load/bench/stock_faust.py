"""How fast is Faust as it comes? `python -m load.bench.stock_faust BROKER TOPIC GROUP EVENTS`

The small job that Surgeline's whole path is measured beside: events in, one a record; how many
contacts came from each country in each second; closed seconds out. A stock agent with Faust's own
settings, its counts in a plain dictionary, which is the kindest choice. Prints one line of JSON
when it has counted so many.
"""

import json
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from typing import Any

import faust


def main(broker: str, source: str, group: str, wanted: int) -> None:
    """Run until so many events are counted."""
    app = faust.App(
        group, broker=f"kafka://{broker}", web_enabled=False, topic_disable_leader=True,
        consumer_auto_offset_reset="earliest", value_serializer="json",
        datadir=tempfile.mkdtemp(),
    )  # fmt: skip
    logging.disable(logging.CRITICAL)
    events = app.topic(source, value_serializer="json")
    closed = app.topic(f"{source}-closed", value_serializer="json")
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    async def count(stream: Any) -> None:
        seen, began = 0, 0.0
        async for record in stream:
            began = began or time.perf_counter()
            event = record[0]
            second = event["time"][:19]
            if second not in counts and len(counts) > 1:
                oldest = min(counts)
                await closed.send(value={"second": oldest, "counts": counts.pop(oldest)})
            counts[second][event["data"]["country"]] += 1
            seen += 1
            if seen >= wanted:
                _say(seen, time.perf_counter() - began)

    app.agent(events)(count)
    app.main()


def _say(events: int, seconds: float) -> None:
    said = {"events": events, "seconds": seconds, "cpu_seconds": time.process_time()}
    # Faust has put its log in the place of stdout.
    os.write(1, json.dumps(said).encode() + b"\n")
    # Stopping Faust takes seconds, and nothing is to be kept.
    os._exit(0)


if __name__ == "__main__":
    arguments, sys.argv[1:] = sys.argv[1:], ["worker", "-l", "error"]
    main(arguments[0], arguments[1], arguments[2], int(arguments[3]))
