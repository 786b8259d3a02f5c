"""The afternoon of board_story as Prometheus meets it: served at /metrics while it plays.

The board is the real one, fed fact by fact; the other processes' metrics are the real objects,
moved as those processes would move them. What it all amounts to is known apart from both.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from prometheus_client import generate_latest

from services.boards.board import Board
from services.boards.fold import Fold
from services.boards.freshness import Poll
from streams.centre_file import load_centre
from streams.events.codec import decode
from streams.kafka import Outgoing
from streams.telemetry import metrics, metrics_callout
from streams.telemetry.families import page_of, registry_of
from streams.topics import CONTACTS
from tests.support.board_story import Story
from tests.support.broker import ROOT

OTHERS = ("intake", "streams", "callbacks", "callout", "audit")
SURGE = timedelta(minutes=27)


class ScrapedStory:
    """The story's facts in order, and the page of each process."""

    def __init__(self) -> None:
        self.end = datetime.now(UTC)
        centre = replace(load_centre(ROOT / "centre.toml"), timezone=_where_it_is_noon(self.end))
        day = self.end.astimezone(centre.timezone).date().isoformat()
        self.story = Story(self.end, surge=SURGE, day=day)
        self.board = Board(Fold(centre))
        self._registry = registry_of("boards")
        self._registry.register(self.board.collector)
        self._offsets: dict[tuple[str, int], int] = {}

    def play(self, parts: int) -> Iterator[None]:
        """The calm hour and a little of the surge's first minutes, then the rest in parts."""
        records = list(self.story.records())
        told = len(records) // (parts + 1)
        for part in range(parts + 1):
            last = part == parts
            for record in records[part * told : None if last else (part + 1) * told]:
                self.take(record)
            self.settle()
            yield

    def take(self, record: Outgoing) -> None:
        """One fact of the log."""
        place = record.topic.name, record.target()
        offset = self._offsets[place] = self._offsets.get(place, -1) + 1
        self.board.fold.observe(*place, offset, self.end, decode(record.value or b""))

    def settle(self) -> None:
        """All of it is on the board now."""
        now = datetime.now(UTC)
        last: dict[str, dict[int, int]] = {topic: {} for topic in self._topics()}
        for (topic, partition), offset in self._offsets.items():
            last[topic][partition] = offset
        self.board.fold.polled(Poll(now, last))
        self.board.make(now)

    def work(self, seconds: float = 1.0) -> None:
        """What the other processes do in a second of the surge."""
        metrics.INTAKE_ACCEPTED.inc(100 * seconds)
        metrics.INTAKE_REQUESTS.labels("202").inc(20 * seconds)
        metrics.INTAKE_ACKNOWLEDGE_SECONDS.observe(0.04)
        metrics.INTAKE_PENDING_RECORDS.set(3)
        for stage in ("tally", "surge", "staffing"):
            metrics.EVENTS_FOLDED.labels(stage).inc(100 * seconds)
            metrics.PROCESSING_LAG.labels(stage).observe(0.15)
            metrics.BATCH_SECONDS.labels(stage).observe(0.03)
        metrics.CALLBACK_COMMAND_SECONDS.labels("lease").observe(0.03)
        metrics_callout.PAGES_SENT.labels("sms", "delivered").inc(seconds)
        metrics_callout.PAGE_ACKNOWLEDGE_SECONDS.labels("1").observe(90)

    def declare(self) -> None:
        """What was decided once."""
        metrics.DETECTION_DELAY_SECONDS.labels("alert").observe(9)
        metrics.AUDIT_FINDINGS.labels("none").set(0)
        for what, seats in (("needed", 37), ("accepted", 12), ("waitlisted", 2), ("arrived", 9)):
            metrics_callout.SEATS.labels(what).set(seats)

    def pages(self) -> dict[str, Callable[[], bytes]]:
        """By job."""
        return {
            "boards": self._boards_page,
            **{job: lambda job=job: page_of(job) for job in OTHERS},  # type: ignore[misc]
        }

    def _boards_page(self) -> bytes:
        self.settle()
        return generate_latest(self._registry)

    def _topics(self) -> set[str]:
        return {CONTACTS.name, *(topic for topic, _ in self._offsets)} | {
            "agents",
            "callbacks",
            "callouts",
            "pulses",
            "queues",
            "seats",
            "surges",
        }


def _where_it_is_noon(now: datetime) -> ZoneInfo:
    """An afternoon is of one day, whenever the test runs."""
    ahead = 12 - now.hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")
