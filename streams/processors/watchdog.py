"""Is every partition that has records waiting moving on?

After a broker was lost, a Faust worker was seen alive, without an error, standing still on half of
its partitions for ever. So each partition is watched: records wait, nothing is folded for a while,
no rebalance and no loading goes on: then the process ends and starts again from the last commit.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka.errors import KafkaError

from streams.kafka import end_offsets
from streams.processors.runner import Runner
from streams.settings import Connections

log = logging.getLogger(__name__)

LOOKS_PER_LIMIT: Final = 6
# Joining a group takes seconds; a rebalance may take as long as Faust's rebalance timeout.
UNASSIGNED_LIMITS: Final = 4


class Patience:
    """How long each partition has stood still while records waited and hands were free."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._since: dict[int, tuple[int, float]] = {}

    def look(
        self, positions: Mapping[int, int], ends: Mapping[int, int], *, idle: bool, now: float
    ) -> list[int]:
        """The partitions that stood still for too long.

        Not `idle` means that the worker had something in hand all the time since the last look:
        then a partition waits its turn, for that is how a backlog is delivered.
        """
        if not idle:
            self.forget()
        stuck = []
        for partition, position in positions.items():
            before, since = self._since.get(partition, (position, now))
            # A log that ends before what was folded was cut or made anew: as bad as standing still.
            if before != position or ends.get(partition, 0) == position:
                since = now
            self._since[partition] = (position, since)
            if now - since >= self._limit:
                stuck.append(partition)
        return stuck

    def forget(self) -> None:
        """Nothing can be said now (a rebalance, or the broker is away): begin again."""
        self._since.clear()


class Watchdog:
    """Looks at all runners of a process; says what is stuck, in one sentence."""

    def __init__(
        self, connections: Connections, runners: Sequence[Runner], limit_seconds: float
    ) -> None:
        self._connections = connections
        self._runners = runners
        self._limit = limit_seconds
        self._patience = {runner.processor.name: Patience(limit_seconds) for runner in runners}
        self.complaint: str | None = None

    async def run(self) -> str:
        """Look every few seconds; return the complaint when there is one."""
        while self.complaint is None:
            await asyncio.sleep(self._limit / LOOKS_PER_LIMIT)
            for runner in self._runners:
                self.complaint = self.complaint or await self._look(runner)
        return self.complaint

    async def _look(self, runner: Runner) -> str | None:
        name = runner.processor.name
        since = runner.unassigned_since
        if since is not None:
            self._patience[name].forget()
            if time.monotonic() - since > UNASSIGNED_LIMITS * self._limit:
                return f"{name} has had no partitions for {UNASSIGNED_LIMITS * self._limit:.0f} s"
            return None
        # Before the ends are asked for, or a worker on the move would seem to be ahead of the log.
        positions = dict(runner.watched_positions())
        ends: dict[int, int] = {}
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(self._limit / LOOKS_PER_LIMIT):
                ends = await end_offsets(self._connections, runner.processor.source)
        if not ends:
            self._patience[name].forget()
            return None
        idle, runner.idle = runner.idle, False
        stuck = self._patience[name].look(positions, ends, idle=idle, now=time.monotonic())
        return f"{name} stands still on partitions {stuck} while records wait" if stuck else None
