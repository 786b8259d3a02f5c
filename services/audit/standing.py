"""Is somebody lost, or promised twice, right now? Asked again and again while the centre works.

The same audit as `surgeline audit`, told to Prometheus. A rehearsal's clock may run ahead of the
log's own times, so there the whole log is read; otherwise the last day of it.
"""

import asyncio
import logging
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from aiokafka.errors import KafkaError

from services.audit.reader import Audit, Question, audit
from services.audit.settings import Settings
from services.tasks import end_process_on_error
from streams.groups import callbacks_group, tally_group
from streams.kafka import FollowedClock
from streams.telemetry import metrics

log = logging.getLogger(__name__)

FIRST_AFTER_SECONDS: Final = 20.0
WAIT_SECONDS: Final = 30.0


class StandingAudit:
    """One audit after another, until stopped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = FollowedClock(settings.connections)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        metrics.AUDIT_LAST.set_to_current_time()
        self._task = asyncio.create_task(self._run())
        end_process_on_error(self._task, "audit ends")

    async def stop(self) -> None:
        """Stop, in the middle of an audit if need be."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._clock.stop()

    async def _run(self) -> None:
        await self._clock.start()
        every = self._settings.every.total_seconds()
        await asyncio.sleep(min(FIRST_AFTER_SECONDS, every))
        while True:
            try:
                await self.once()
            except (KafkaError, OSError) as error:
                metrics.AUDIT_RUNS.labels("no_broker").inc()
                log.warning("audit put off", extra={"error": type(error).__name__})
            await asyncio.sleep(every)

    async def once(self) -> Audit:
        """Audit the log as it is now, and say what came of it."""
        began = time.monotonic()
        answer = await audit(self._question())
        _tell(answer, time.monotonic() - began)
        return answer

    def _question(self) -> Question:
        settings, clock = self._settings, self._clock.clock
        return Question(
            connections=settings.connections,
            centre=settings.centre,
            tally_group=tally_group(settings.connections),
            callbacks_group=callbacks_group(settings.connections),
            since=datetime.now(UTC) - settings.reach if clock.is_real else None,
            wait_seconds=WAIT_SECONDS,
        )


def _tell(answer: Audit, seconds: float) -> None:
    metrics.AUDIT_SECONDS.set(seconds)
    metrics.AUDIT_LAST.set_to_current_time()
    metrics.AUDIT_RUNS.labels("findings" if answer.findings else "clean").inc()
    if not answer.findings:
        metrics.AUDIT_LAST_CLEAN.set_to_current_time()
    kinds = Counter(finding.kind for finding in answer.findings)
    metrics.AUDIT_FINDINGS.clear()
    for kind, count in (kinds or {"none": 0}).items():
        metrics.AUDIT_FINDINGS.labels(kind).set(count)
    for outcome, people in answer.ledger.shares(answer.since).as_counts().items():
        metrics.AUDIT_PEOPLE.labels(outcome).set(people)
    log.info("log audited", extra={"findings": dict(kinds), "seconds": round(seconds, 2)})
