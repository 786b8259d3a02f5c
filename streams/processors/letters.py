"""What becomes of an event that cannot be taken?

It is kept, sealed, on `dead-letters` with its reason and where it was, and counted. Too many in a
row mean that something is wrong with us or with the whole feed: then the worker stops sooner than
pour the topic there.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

from streams.errors import InvalidEventError, SurgelineError
from streams.events.codec import derived_id, encode
from streams.events.control import DeadLetterData, DeadLettered
from streams.kafka import Outgoing, Record
from streams.telemetry import metrics
from streams.topics import DEAD_LETTERS

KEPT_BYTES: Final = 64 * 1024
SOURCE: Final = "/surgeline/streams"
# A decoder's complaint may quote the value at fault, and that may be a telephone number.
_DIGITS: Final = re.compile(r"\d[\d\s().-]{4,}\d")


class TooManyLettersError(SurgelineError):
    """Nothing but dead letters for too long."""


class LetterLimit:
    """How many letters in a row, without one good event between, within a minute, are too many."""

    def __init__(self, limit: int, *, seconds: float = 60.0) -> None:
        self._limit = limit
        self._seconds = seconds
        self._in_a_row: deque[float] = deque()

    def good(self) -> None:
        """An event was taken."""
        self._in_a_row.clear()

    def bad(self) -> None:
        """An event was not; raises `TooManyLettersError` at the limit."""
        now = time.monotonic()
        row = self._in_a_row
        row.append(now)
        while row[0] < now - self._seconds:
            row.popleft()
        if len(row) >= self._limit:
            raise TooManyLettersError(
                f"{len(row)} events in a row could not be taken; see the dead letters' reasons"
            )


class Letters:
    """The letters of one batch. They go out with its facts, before the offset moves."""

    def __init__(self, seal: Callable[[bytes], str], limit: LetterLimit, now: datetime) -> None:
        self._seal = seal
        self._limit = limit
        self._now = now
        self._outgoing: list[Outgoing] = []
        self.reasons: list[tuple[str, str]] = []

    def good(self, events: int = 1) -> None:
        """So many events were taken."""
        if events:
            self._limit.good()

    def add(
        self, record: Record, topic: str, index: int, raw: bytes, why: InvalidEventError
    ) -> None:
        """Keep one event of a record, or the whole record when it could not be opened."""
        self._limit.bad()
        letter = DeadLettered(
            id=derived_id("dead-letter", topic, record.partition, record.offset, index),
            source=SOURCE,
            subject=f"{topic}/{record.partition}/{record.offset}/{index}",
            time=self._now,
            data=DeadLetterData(
                reason=why.reason,
                field=why.field,
                detail=_DIGITS.sub("•", why.detail),
                sealed=self._seal(raw[:KEPT_BYTES]),
                truncated=len(raw) > KEPT_BYTES,
                topic=topic,
                partition=record.partition,
                offset=record.offset,
                index=index,
            ),
        )
        self._outgoing.append(Outgoing(topic=DEAD_LETTERS, value=encode(letter), partition=0))
        self.reasons.append((topic, why.reason))

    def outgoing(self) -> list[Outgoing]:
        """The letters as records."""
        return self._outgoing

    def count(self) -> None:
        """Count them, once they are on the log."""
        for topic, reason in self.reasons:
            metrics.DEAD_LETTERS.labels(topic, reason).inc()
