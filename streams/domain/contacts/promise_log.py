"""Does the log of callbacks keep its own rules: no version missing, nobody rung twice?

The topic is compacted: of a callback only the newest version is sure to be there. So a version is
called missing only where nothing can have been compacted: between two records of a run of offsets
without a hole, or before the first record of a partition that is complete from offset 0.
"""

from collections.abc import Iterator
from itertools import pairwise

from streams.domain.contacts.findings import Finding, OffsetRuns
from streams.events.callbacks import Attempt, CallbackChanged, CallbackData


class PromiseLog:
    """Every callback's newest state, and what was wrong on the way to it."""

    def __init__(self) -> None:
        self.latest: dict[str, CallbackData] = {}
        self._seen_at: dict[str, tuple[int, int]] = {}
        self._said: dict[tuple[str, int], int] = {}
        self._completed: dict[str, int] = {}
        self._runs = OffsetRuns()
        self._found: dict[Finding, None] = {}

    def observe(self, event: CallbackChanged, partition: int, offset: int) -> None:
        """Take one record; a repeat of a version that says the same is no fault."""
        run, _ = self._runs.observe(partition, offset)
        data = event.data
        said = self._said.setdefault((data.id, data.version), hash(data))
        if said != hash(data):
            self._find("version_conflict", data.id, f"version {data.version} says two things")
            return
        before = self.latest.get(data.id)
        if before is not None and before.version >= data.version:
            return
        self._check_version(data, before, run)
        self._check_end(event, before)
        self._check_dials(data)
        self.latest[data.id] = data
        self._seen_at[data.id] = partition, run

    def skip(self, partition: int, offset: int) -> None:
        """A record that is no callback's state (a tombstone, or unreadable)."""
        self._runs.observe(partition, offset)

    def findings(self) -> Iterator[Finding]:
        """What was wrong on the way, and what is wrong between callbacks now."""
        yield from self._found
        by_caller: dict[str, list[CallbackData]] = {}
        for callback in self.latest.values():
            by_caller.setdefault(callback.caller.key, []).append(callback)
        for callbacks in by_caller.values():
            yield from _two_open(callbacks)
            yield from _dialled_at_once(callbacks)

    def _check_version(self, data: CallbackData, before: CallbackData | None, run: int) -> None:
        if before is None:
            if data.version > 1 and run == 0:
                self._find("version_gap", data.id, f"begins with version {data.version}")
        elif data.version > before.version + 1 and self._seen_at[data.id][1] == run:
            self._find("version_gap", data.id, f"version {data.version} follows {before.version}")

    def _check_end(self, event: CallbackChanged, before: CallbackData | None) -> None:
        data = event.data
        if before is not None and before.state == "closed" and data.state != "closed":
            self._find("reopened", data.id, f"was closed as {before.outcome} and is {data.state}")
        if event.change == "completed":
            kept = self._completed.setdefault(data.id, data.version)
            if kept != data.version:
                self._find("completed_twice", data.id, f"in versions {kept} and {data.version}")

    def _check_dials(self, data: CallbackData) -> None:
        flying = [attempt.id for attempt in data.attempts if attempt.ended_at is None]
        if len(flying) > 1:
            self._find("two_dials", data.id, f"dials {', '.join(flying)} are in flight at once")

    def _find(self, kind: str, subject: str, detail: str) -> None:
        self._found[Finding(kind, subject, detail)] = None


def _two_open(callbacks: list[CallbackData]) -> Iterator[Finding]:
    """One open promise per caller, whatever they asked and how often."""
    standing = sorted(callback.id for callback in callbacks if callback.state != "closed")
    if len(standing) > 1:
        others = ", ".join(standing[1:])
        yield Finding("two_open_callbacks", standing[0], f"the same caller has {others} open too")


def _dialled_at_once(callbacks: list[CallbackData]) -> Iterator[Finding]:
    """No two dials to one person overlap, over all callbacks they ever had."""
    dials = sorted(
        ((attempt, callback.id) for callback in callbacks for attempt in callback.attempts),
        key=lambda dial: dial[0].started_at,
    )
    for (one, callback_id), (other, _) in pairwise(dials):
        if _overlap(one, other):
            detail = f"dial {other.id} began before dial {one.id} to the same person was over"
            yield Finding("two_dials", callback_id, detail)


def _overlap(one: Attempt, later: Attempt) -> bool:
    return one.ended_at is None or later.started_at < one.ended_at
