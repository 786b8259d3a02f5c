"""How many processes, how much memory and how much disk does a centre need?

`python -m load.bench.report` computes the sizing section of docs/operations.md from what the
benches saved and from how long the catalogue keeps each topic. A test compares them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from load.bench.lives import EVENTS_A_CONTACT
from load.bench.results import Result
from streams.topics import CALLBACKS, CATALOGUE, CONTACTS, DAY_MS, Topic

PAGE: Final = Path(__file__).parents[2] / "docs" / "operations.md"
BEGIN: Final = "<!-- made by python -m load.bench.report -->"
END: Final = "<!-- made until here -->"

# What is assumed, and said on the page.
CENTRES: Final = (
    ("one hotline", 6_000),
    ("a ministry", 20_000),
    ("a nation", 100_000),
    ("the upper end", 1_000_000),
)
MEAN_OVER_PEAK: Final = 0.1
BUSY: Final = 0.5
FEWEST: Final = 2
COPIES: Final = 3
WANT_A_CALLBACK: Final = 0.4
HOURS_WITHOUT_RINGING: Final = 4
ROOM: Final = 1.5
LEAST_REDIS_MB: Final = 128
# A segment is closed after a day; a compacted topic is compacted a day and a segment later.
SEGMENT_DAYS: Final = 1.0
UNTIL_COMPACTED_DAYS: Final = 1.25
DAY_SECONDS: Final = 86_400
CPU, BYTES = "µs CPU an event", "bytes an event"
WORKER: Final = "tally, surge and staffing"
FOUND: Final = """\
What an event takes, as measured ([performance.md](performance.md) has the machine and the method):\
"""
PROCESSES: Final = ("intake", WORKER, "callbacks", "boards", "Kafka", "Redis")


@dataclass(frozen=True, slots=True)
class Measured:
    """What the benches found, by bench."""

    results: Mapping[str, Result]

    def value(self, bench: str, row: str) -> float:
        """The median of a row."""
        return self.results[bench].row(row).median

    def an_event(self, what: str, unit: str) -> dict[int, float]:
        """What an event takes, by the rates at which it was measured."""
        return {
            int(row.name.split(" ", 1)[0].replace(",", "")): row.median
            for row in self.results["size"].rows
            if row.unit == unit and row.name.endswith(f" events/s, {what}")
        }

    def a_second(self, events_per_second: float, what: str, unit: str) -> float:
        """What a second takes: between two measured rates on the line, outside by the nearest."""
        known = self.an_event(what, unit)
        if not known:
            return 0.0
        rates = sorted(known)
        if not rates[0] < events_per_second < rates[-1]:
            nearest = rates[0] if events_per_second <= rates[0] else rates[-1]
            return events_per_second * known[nearest]
        above = next(rate for rate in rates if rate >= events_per_second)
        below = rates[rates.index(above) - 1]
        share = (events_per_second - below) / (above - below)
        return (1 - share) * below * known[below] + share * above * known[above]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What one centre needs."""

    peak: float
    workers: int
    intakes: int
    callbacks_busy: float
    redis_mb: int
    disk_gb: float


def size(measured: Measured, calls_an_hour: int) -> Size:
    """By the formulas that the page names."""
    peak = calls_an_hour * EVENTS_A_CONTACT / 3600
    waiting = calls_an_hour * WANT_A_CALLBACK * HOURS_WITHOUT_RINGING
    redis = measured.value("size", "Redis before the first callback")
    redis += ROOM * waiting * measured.value("size", "an open callback in Redis")
    return Size(
        peak=peak,
        workers=_processes(measured, peak, WORKER),
        intakes=_processes(measured, peak, "intake"),
        callbacks_busy=_cores(measured, peak, "callbacks"),
        redis_mb=max(LEAST_REDIS_MB, 2 ** math.ceil(math.log2(redis / 2**20))),
        disk_gb=disk(measured, peak) / 1e9,
    )


def disk(measured: Measured, peak: float) -> float:
    """Bytes on all brokers together."""
    mean = peak * MEAN_OVER_PEAK
    ended = mean / EVENTS_A_CONTACT * WANT_A_CALLBACK * CALLBACKS.retention_ms / 1000
    states = ended * measured.value("size", "a state of a callback in Kafka")
    return COPIES * (states + sum(_topic(measured, topic, peak, mean) for topic in CATALOGUE))


def _topic(measured: Measured, topic: Topic, peak: float, mean: float) -> float:
    if "compact" in topic.cleanup:
        return measured.a_second(peak, topic.name, BYTES) * DAY_SECONDS * UNTIL_COMPACTED_DAYS
    days = topic.retention_ms / DAY_MS + SEGMENT_DAYS
    return measured.a_second(mean, topic.name, BYTES) * DAY_SECONDS * days


def _cores(measured: Measured, events_per_second: float, process: str) -> float:
    return measured.a_second(events_per_second, process, CPU) / 1e6


def _processes(measured: Measured, events_per_second: float, process: str) -> int:
    return max(FEWEST, math.ceil(_cores(measured, events_per_second, process) / BUSY))


def section(results: Sequence[Result]) -> str:
    """The section, between its two marks."""
    measured = Measured({result.bench: result for result in results})
    return "\n".join([BEGIN, *_found(measured), "", *_centres(measured), "", *_formulas(), END])


def _found(measured: Measured) -> list[str]:
    rows = [(f"{process}, µs CPU", measured.an_event(process, CPU)) for process in PROCESSES]
    rows += [
        (f"`{topic.name}`, bytes before copies", found)
        for topic in CATALOGUE
        if max((found := measured.an_event(topic.name, BYTES)).values(), default=0) >= 1
    ]
    rates = sorted({rate for _, found in rows for rate in found})
    return [
        FOUND,
        "",
        "| events/s | " + " | ".join(f"{rate:,}" for rate in rates) + " |",
        "|---|" + "---:|" * len(rates),
        *(
            f"| {name} | " + " | ".join(f"{found.get(rate, 0):,.0f}" for rate in rates) + " |"
            for name, found in rows
        ),
        "",
        *_in_words(measured, rates[-1]),
    ]


def _in_words(measured: Measured, rate: int) -> list[str]:
    whole = sum(measured.an_event(process, CPU)[rate] for process in PROCESSES)
    callback = measured.value("size", "an open callback in Redis")
    state = measured.value("size", "a state of a callback in Kafka")
    restart = measured.value("recovery", "ready, 1,000,000 events in the window")
    return f"""\
At {rate:,} events/s all of it together takes {whole:,.0f} µs an event: two cores that are half busy
carry {2 * BUSY * 1e6 / whole:,.0f} events/s, if the phone system reports ten a request. An open
callback takes {callback:,.0f} bytes in Redis, one of its states {state:,.0f} in Kafka. A worker
that has all partitions is back {restart:,.0f} s after a restart with a million events in its
window; of several each folds its share.""".splitlines()


def _centres(measured: Measured) -> list[str]:
    head = (
        "centre",
        "calls an hour at the peak",
        "events/s",
        "partitions",
        "workers",
        "intake",
        "callbacks, of its one core",
        "Redis",
        "Kafka's disk, all copies",
    )
    sizes = [(name, calls, size(measured, calls)) for name, calls in CENTRES]
    return [
        f"| {' | '.join(head)} |",
        "|---|" + "---:|" * (len(head) - 1),
        *(
            f"| {name} | {calls:,} | {one.peak:,.0f} | {CONTACTS.partitions} | {one.workers}"
            f" | {one.intakes} | {one.callbacks_busy:.0%} | {one.redis_mb:,} MB"
            f" | {_rounded(one.disk_gb):,} GB |"
            for name, calls, one in sizes
        ),
    ]


def _rounded(number: float) -> int:
    """Up, to two digits that count."""
    if number <= 1:
        return 1
    step: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.ceil(number / step) * step


def _formulas() -> list[str]:
    return f"""\
How it is computed: a call is {EVENTS_A_CONTACT} events. What a second takes lies on the line
between two measured rates; below and above them an event takes what it does at the nearest. The
reports come one a request at 20 events/s, two at 200, ten at 1,000.

- **Workers and intake**: CPU a second ÷ {BUSY:g}, so that each keeps half a core free;
  at least {FEWEST}, because one may be lost. There can be no more workers than the
  {CONTACTS.partitions} partitions, which are chosen once (`streams/topics.py`): changing them moves
  callers.
- **Callbacks** is one process: its CPU a second must stay below a core.
- **Redis**: what it takes at rest + {ROOM:g} × open callbacks × bytes, to the next power of two.
  Open are {WANT_A_CALLBACK:.0%} of the calls of {HOURS_WITHOUT_RINGING} hours at the peak in which
  nobody is rung. The chart's own Redis gets `redis.own.maxMemory` (512mb).
- **Disk**: {COPIES} copies. A topic kept for a time: bytes a second × its days and
  {SEGMENT_DAYS:g} more, for the segment that is still open; the month's mean rate is
  {MEAN_OVER_PEAK:.0%} of the peak. A compacted one: {UNTIL_COMPACTED_DAYS:g} days at the peak,
  until what was replaced is gone. Of callbacks besides one state each for
  {CALLBACKS.retention_ms // DAY_MS} days. Days are the catalogue's
  ([below](#retention-and-being-forgotten)).""".splitlines()


def placed(page: str, made: str) -> str:
    """The page with this in place of the section it has."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + made + tail
