"""What is noted while a play goes on, and in which words does Locust hear of it?"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

from load.open_loop.client import Answer
from load.sim.people import Person
from load.sim.reports import ContactReport
from load.verdict.latency import Latencies
from load.verdict.record import FIRST_KEPT, POINTS, Histogram, Record

# Request type, name, seconds, bytes, and what went wrong ("" for nothing).
Tell = Callable[[str, str, float, int, str], None]

TAKEN: Final = "event on the log, from its moment"
INTAKE: Final = "intake: /v1/events"
ADMISSION: Final = "admission: /v1/admission"
ADMITTED: Final = "admission answered, from the caller's moment"
ANSWERED: Final = "wait until answered (event time)"
CALLER: Final = "CALLER"
# How a caller's life on the line ends, as Locust's page names it.
ENDS: Final = {
    "answered": "answered live",
    "abandoned": "hung up",
    "deflected": "moved or turned away",
}


class Measures:
    """The counts of one process."""

    def __init__(self, length: float, tell: Tell) -> None:
        self.people: list[Person] = []
        self.failed_posts = 0
        self._tell = tell
        self._step = length / POINTS
        self._latencies: defaultdict[str, Latencies] = defaultdict(Latencies)
        self._curves: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * (POINTS + 1))
        self._firsts: defaultdict[str, list[float]] = defaultdict(list)
        self._arrived: Counter[int] = Counter()

    def someone(self, person: Person, at: float) -> None:
        """A person calls for the first time."""
        self.people.append(person)
        self._count("people", at)
        if len(self._firsts[person.source]) < FIRST_KEPT:
            self._firsts[person.source].append(round(at, 3))

    def contact(self, report: ContactReport) -> None:
        """A call moved on."""
        waited = report.at - report.call.arrived
        if report.kind == "arrived":
            self._count("calls", report.at)
        elif report.kind == "answered":
            self._count("answered", report.at)
            self._latencies[ANSWERED].add(waited)
        if report.kind in ENDS:
            self._tell(CALLER, ENDS[report.kind], waited, 0, "")

    def waiting(self, at: float, waiting: int, present: int) -> None:
        """How many are on hold, and how many are at the phones, at a moment."""
        point = self._point(at)
        self._curves["on hold"][point] = max(self._curves["on hold"][point], waiting)
        self._curves["at the phones"][point] = present

    def posted(self, seconds: float, size: int, status: int) -> None:
        """A batch was posted to intake."""
        self._latencies[INTAKE].add(seconds)
        wrong = "" if 200 <= status < 300 else f"status {status}"  # noqa: PLR2004
        self.failed_posts += bool(wrong)
        self._tell("POST", INTAKE, seconds, size, wrong)

    def taken(self, seconds: float) -> None:
        """An event is on the log, so long after its moment."""
        self._latencies[TAKEN].add(seconds)

    def arrived(self) -> None:
        """A call is on the log now."""
        self._arrived[int(10 * time.time())] += 1

    def admitted(self, due: float) -> None:
        """Admission has answered a caller whose moment was `due`."""
        seconds = time.time() - due
        self._latencies[ADMITTED].add(seconds)
        self._tell(CALLER, ADMITTED, seconds, 0, "")

    def asked(self, name: str, ask: Callable[[], Answer]) -> Answer:
        """Carry a request out and note how long it took."""
        began = time.perf_counter()
        answer = ask()
        seconds = time.perf_counter() - began
        self._latencies[name].add(seconds)
        wrong = 0 if 0 < answer.status < 500 else answer.status or -1  # noqa: PLR2004
        self._tell("POST", name, seconds, len(answer.body), f"status {wrong}" if wrong else "")
        return answer

    def into(self, record: Record) -> None:
        """All of it as plain values."""
        record.failed_posts = self.failed_posts
        record.latencies = {
            name: Histogram(buckets=dict(kept.buckets), most=kept.most)
            for name, kept in self._latencies.items()
        }
        record.curves = {name: list(curve) for name, curve in self._curves.items()}
        record.firsts = dict(self._firsts)
        record.arrived = dict(self._arrived)
        record.people = dict(Counter(map(_where, self.people)))

    def _count(self, name: str, at: float) -> None:
        self._curves[name][self._point(at)] += 1

    def _point(self, at: float) -> int:
        return min(POINTS, max(0, int(at / self._step)))


def _where(person: Person) -> str:
    """What became of a person, as they would say it."""
    if person.served:
        return f"served {person.served}"
    if person.on_the_phone:
        return "on the phone"
    if person.promised:
        return "promised"
    return "gave up" if person.gave_up else "will call again"
