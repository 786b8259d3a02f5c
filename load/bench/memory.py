"""How much memory do a million keys take, and a million contacts a day, day after day?

`make bench-memory`. The state is the worker's own, folded in this process from parcels as they
stand on the log: 24 contact books, each asked for its pulses and counts as the tally asks them,
and a surge watch. Each measurement runs in a process of its own, whose whole resident memory
counts, Python and the libraries included. Virtual time: two days and more pass in minutes.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from load.bench import results
from load.bench.traffic import DAY_SECONDS, SLOT_SECONDS, Traffic
from streams.centre_file import load_centre
from streams.collector import look_seldom
from streams.domain.centre import Centre
from streams.domain.contacts.contact import ContactBook
from streams.domain.detection.surge import SurgeWatch
from streams.errors import InvalidEventError
from streams.events.codec import decode_parcel
from streams.events.contacts import ContactEvent
from streams.events.demand import PulseData
from streams.known_days import known_days
from streams.topics import CONTACTS

MILLION: Final = 1_000_000
MEGABYTE: Final = 1e6
BAR_MEGABYTES: Final = 300.0
BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
HOUR_SLOTS: Final = 3600 // SLOT_SECONDS
# A contact is remembered for 26 hours at the most: from then on a day must not add anything.
FULL_AFTER_HOURS: Final = 27
LEAK_EVENTS: Final = 10 * MILLION
# What is heard of once and never again; a day's worth of keys comes in as evenly as contacts do.
KEYS_IN_HOURS: Final = 24
REPEATS: Final = 5
CENTRE_FILE: Final = Path(__file__).parents[2] / "centre.toml"


def resident() -> float:
    """The memory of the process now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / MEGABYTE


class Books:
    """The contact books of all partitions, asked as the tally asks them."""

    def __init__(self, centre: Centre) -> None:
        self.books = [ContactBook(centre, number) for number in range(CONTACTS.partitions)]
        self.offset = 0
        self.too_late = 0

    def __len__(self) -> int:
        return sum(len(book) for book in self.books)

    def take(self, partition: int, value: bytes) -> None:
        """Fold a record."""
        self.offset += 1
        for event in decode_parcel(value)[0]:
            if isinstance(event, ContactEvent):
                try:
                    self.books[partition].observe(event, self.offset)
                except InvalidEventError:
                    self.too_late += 1

    def pass_time(self, now: datetime) -> int:
        """Let time pass, and take what is to be said: how many promises, counts and pulses."""
        said = 0
        for book in self.books:
            said += len(book.tick(now)) + len(book.take_pulses()) + len(book.counts())
        return said


def a_million_contacts_a_day(a_day: int, events: int) -> Iterator[float]:
    """The memory after each hour of event time, until so many events have been folded."""
    books = Books(load_centre(CENTRE_FILE))
    traffic = Traffic(BEGIN, a_day)
    for number, (now, parcels) in enumerate(traffic.slots(sys.maxsize), 1):
        for parcel in parcels:
            books.take(parcel.partition, parcel.value)
        books.pass_time(now)
        if number % HOUR_SLOTS == 0:
            yield resident()
        if traffic.events >= events:
            return


def a_million_keys(count: int) -> Iterator[float]:
    """The memory after each hour in which its share of the keys was heard of for the first time."""
    centre = load_centre(CENTRE_FILE)
    watch = SurgeWatch(centre, known_days(centre.region))
    now, known = BEGIN, 0
    for hour in range(KEYS_IN_HOURS + 4):
        for minute in range(60):
            now = BEGIN + timedelta(hours=hour, minutes=minute)
            watch.observe(PulseData(key="total", partition=0, second=now, first_attempts=1), now)
            due = min(count, count * (hour * 60 + minute + 1) // (KEYS_IN_HOURS * 60))
            for number in range(known, due):
                key = f"topic:subject-{number}"
                pulse = PulseData(key=key, partition=0, second=now, first_attempts=1, revision=1)
                watch.observe(pulse, now)
            known = due
        watch.tick(now)
        yield resident()


PARTS: Final[dict[str, Callable[[argparse.Namespace], Iterator[float]]]] = {
    "contacts": lambda asked: a_million_contacts_a_day(asked.contacts, asked.events),
    "keys": lambda asked: a_million_keys(asked.keys),
}


async def measured(part: str, asked: argparse.Namespace) -> list[float]:
    """The part's megabytes hour by hour, from a process of its own."""
    argv = [sys.executable, "-m", "load.bench.memory", "--part", part]
    argv += ["--contacts", str(asked.contacts), "--events", str(asked.events)]
    process = await asyncio.create_subprocess_exec(
        *argv, "--keys", str(asked.keys), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{part} ended with {process.returncode}")
    hours: list[float] = json.loads(said)
    return hours


async def main(asked: argparse.Namespace) -> results.Result:
    """All parts, so many times; the long one once."""
    keys = [await measured("keys", asked) for _ in range(asked.repeats)]
    hours = await measured("contacts", asked)
    return result(keys, hours, asked)


def result(
    keys: list[list[float]], hours: list[float], asked: argparse.Namespace
) -> results.Result:
    """What it comes to, and whether it holds."""
    full = hours[FULL_AFTER_HOURS:]
    day = DAY_SECONDS // 3600
    rows = [
        results.below(
            f"{asked.keys:,} keys, when the last was heard of",
            "MB",
            tuple(run[KEYS_IN_HOURS - 1] for run in keys),
            BAR_MEGABYTES,
        ),
        results.below(
            f"{asked.keys:,} keys, put away",
            "MB",
            tuple(run[-1] for run in keys),
            BAR_MEGABYTES,
        ),
    ]
    if full:
        rows += [
            results.below(
                f"{asked.contacts:,} contacts a day, each hour after a day",
                "MB",
                tuple(full),
                BAR_MEGABYTES,
            ),
            results.below(
                f"grown from hour {FULL_AFTER_HOURS + 1} to hour {len(hours)}, a day",
                "MB",
                ((full[-1] - full[0]) * day / max(1, len(full) - 1),),
                0.02 * BAR_MEGABYTES,
            ),
        ]
    return results.Result(
        bench="memory",
        title="Memory of the worker's state",
        command="make bench-memory",
        method=METHOD,
        rows=tuple(rows),
    )


METHOD: Final = (
    (
        "Resident memory of a whole process that holds nothing but the state, Python and its "
        "libraries included (37 MB before anything is folded)."
    ),
    (
        "Keys: each is heard of once, evenly over 24 hours, as a topic that the centre file "
        "does not name. Those of the last hour still have their lateness buffer; four hours "
        "later all are put away."
    ),
    (
        "Contacts: 78 of 100 are answered, 14 hang up after a real wait and are promised a "
        "callback, 8 hang up within seconds; one in ten redials, one event in a hundred comes "
        "late and one twice. Of a contact that has ended the book keeps all for two hours, then "
        "eight bytes; of a promise all for 26 hours. One run of 10,000,000 events; its values "
        "are the hours after the first 27, for they are what may grow."
    ),
)


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS))
    parser.add_argument("--contacts", type=int, default=MILLION)
    parser.add_argument("--events", type=int, default=LEAK_EVENTS)
    parser.add_argument("--keys", type=int, default=MILLION)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    return parser.parse_args()


if __name__ == "__main__":
    look_seldom()
    given = arguments()
    if given.part:
        print(json.dumps(list(PARTS[given.part](given))))  # noqa: T201 - to the process above
    else:
        found = asyncio.run(main(given))
        results.save(found)
        print(results.told(found))  # noqa: T201 - a bench prints
