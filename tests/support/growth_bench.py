"""Does an event cost the same, whatever the number of callers and of partitions?

`make bench-growth`. The worker's own fold, tally then surge, in this process and without a broker:
CPU time an event at equal parcels, with the events spread over more and more partitions, and with
more and more people behind the same number of calls.
"""

import argparse
import gc
import itertools
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from load.bench import results
from load.bench.lives import Crowd, Lives, Report
from streams.centre_file import load_centre
from streams.collector import look_seldom
from streams.domain.centre import Centre
from streams.kafka import FollowedClock, Record
from streams.processors.contract import Moment
from streams.processors.fold import PartitionFold
from streams.processors.letters import LetterLimit, Letters
from streams.processors.surge import Surge
from streams.processors.tally import Tally
from streams.settings import Connections
from streams.topics import CONTACTS, PULSES
from tests.support.broker import ROOT

PARCEL, BATCH_PARCELS = 50, 96
PARTITIONS = (1, 6, 24, 48)
PEOPLE = (10, 1_000, 1_000_000)
MANY = "1,000,000 people, 24 partitions"
UNIT = "µs CPU an event"
MOST = 1.2
METHOD = (
    (
        "The worker's own fold in one process, without broker and Faust: the same events in parcels"
        f" of {PARCEL}, {BATCH_PARCELS} parcels at a time, through tally and surge."
    ),
    (
        "A pulse says what one partition counted of one key in one second. The more partitions"
        " share the same calls, the more pulses there are for the same number of events, until"
        " each partition has less than one contact a second: this is what grows with them. Few"
        " people cost more than many: each of ten rings seventeen times a second, and every call"
        " joins the request of the one before it. Of a million people those count who ring, about"
        " one in six events; bench-memory goes to a million contacts and a million keys."
    ),
)


class Pipe:
    """Tally and surge without a broker between them."""

    def __init__(self, centre: Centre, partitions: int) -> None:
        connections = Connections(centre=ROOT / "centre.toml")
        clock = FollowedClock(connections)
        self._tally = Tally(connections, centre, clock)
        self._tally._folds = {p: PartitionFold(centre, p, 0) for p in range(partitions)}
        self._surge = Surge(connections, centre, clock)
        self._surge._positions = {0: 0}
        self._limit = LetterLimit(1)
        self._offsets = itertools.count()

    def fold(self, records: Sequence[Record]) -> None:
        """A batch of `contacts`, and the pulses that follow from it."""
        said = self._tally.fold(records, self._moment(range(len(self._tally._folds))))
        pulses = [
            _record(PULSES.name, 0, next(self._offsets), fact.value or b"")
            for fact in said
            if fact.topic is PULSES
        ]
        self._surge.fold(pulses, self._moment({0}))
        self._surge.tick(self._moment({0}))

    def _moment(self, behind: range | set[int]) -> Moment:
        now = datetime.now(UTC)
        return Moment(now, behind, Letters(lambda _: "", self._limit, now))


def _record(topic: str, partition: int, offset: int, value: bytes) -> Record:
    return Record(topic, partition, offset, int(time.time() * 1000), None, value)


def records(reports: Sequence[Report], partitions: int) -> Iterator[Record]:
    """Parcels over so many partitions, in the order in which they fill up."""
    filling: dict[int, list[bytes]] = defaultdict(list)
    offsets: dict[int, int] = defaultdict(int)
    for report in reports:
        partition = crc32(report.key.encode()) % partitions
        filling[partition].append(report.value)
        if len(filling[partition]) == PARCEL:
            value = b"[" + b",".join(filling.pop(partition)) + b"]"
            yield _record(CONTACTS.name, partition, offsets[partition], value)
            offsets[partition] += 1


def cost(centre: Centre, reports: Sequence[Report], partitions: int) -> float:
    """CPU microseconds an event."""
    made = list(records(reports, partitions))
    pipe = Pipe(centre, partitions)
    gc.collect()
    gc.freeze()
    began = time.process_time()
    for start in range(0, len(made), BATCH_PARCELS):
        pipe.fold(made[start : start + BATCH_PARCELS])
    spent = time.process_time() - began
    gc.unfreeze()
    return 1e6 * spent / (len(made) * PARCEL)


def main(asked: argparse.Namespace) -> None:
    """Every size by turns, so that whatever else the machine does falls on all."""
    look_seldom()
    centre = load_centre(ROOT / "centre.toml")
    began = datetime.now(UTC) - timedelta(seconds=asked.events / 1000 + 300)
    crowds = [Crowd(people=count) for count in PEOPLE]
    everyone = list(itertools.islice(Lives(began).reports(), asked.events))
    reports = [list(itertools.islice(Lives(began, 1, c).reports(), asked.events)) for c in crowds]
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(asked.repeats):
        for partitions in PARTITIONS:
            spent = cost(centre, everyone, partitions)
            found[f"{partitions} partition{'s' * (partitions > 1)}"].append(spent)
        for count, told in zip(PEOPLE, reports, strict=True):
            found[f"{count:,} people, 24 partitions"].append(cost(centre, told, 24))
    rows = [results.Row(name=name, unit=UNIT, values=tuple(v)) for name, v in found.items()]
    for name, few, many in (
        ("48 partitions over 24", "24 partitions", "48 partitions"),
        ("48 partitions over 1", "1 partition", "48 partitions"),
        ("1,000,000 people over 1,000", "1,000 people, 24 partitions", MANY),
        ("10 people over 1,000,000", MANY, "10 people, 24 partitions"),
    ):
        ratios = tuple(b / a for a, b in zip(found[few], found[many], strict=True))
        rows.append(results.below(name, "times", ratios, MOST))
    result = results.Result(
        bench="growth", title="The same cost, however many", command="make bench-growth",
        method=METHOD, rows=tuple(rows),
    )  # fmt: skip
    if asked.add:
        result = results.continued(result)
    if not asked.dry:
        results.save(result)
    print(results.told(result))  # noqa: T201


def arguments() -> argparse.Namespace:
    """How much is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--add", action="store_true", help="go on with what was found before")
    parser.add_argument("--dry", action="store_true", help="say it, and save nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main(arguments())
