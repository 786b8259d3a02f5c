"""Is every call-out in order, and who notices if it is not?

Separate from the sender: it looks at what is stored, every half minute of the wall's clock, repairs
a finding once, and raises an alarm about what it finds again. When all is well it pings a dead
man's switch outside; when it stops, somebody outside notices.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import httpx

from services.callout.commands import Commands
from services.callout.sender import wall
from services.outbox import NotReadyError
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.findings import Finding, findings, repair
from streams.errors import OverloadedError, UnknownOutcomeError
from streams.events.callouts import AlarmData, CalloutAlarmed
from streams.events.codec import derived_id, encode
from streams.kafka import Outgoing
from streams.telemetry import metrics_callout as metrics
from streams.topics import CALLOUTS

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 30.0
PING_SECONDS: Final = 5.0
EXAMPLES: Final = 5
# Audits for which a repair is remembered: ten minutes.
REMEMBERED: Final = 20


class Log(Protocol):
    """Where alarms go."""

    async def append(self, records: Sequence[Outgoing]) -> list[tuple[int, int]]: ...


class Auditor:
    """Looks, repairs once, alarms."""

    def __init__(
        self,
        commands: Commands,
        writer: Callable[[], Log],
        now: Callable[[], datetime],
        speed: Callable[[], float],
        nudge: Callable[[], None],
        dead_man_url: str | None,
    ) -> None:
        self._commands = commands
        self._writer = writer
        self._now = now
        self._speed = speed
        self._nudge = nudge
        self._dead_man_url = dead_man_url
        self._audits = 0
        self._repaired: dict[Finding, int] = {}
        self.last_success: datetime | None = None
        self.standing: Counter[str] = Counter()

    async def run(self) -> None:
        """Audit for ever."""
        async with httpx.AsyncClient(timeout=PING_SECONDS) as client:
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                try:
                    well = await self.audit()
                except NotReadyError:
                    continue
                if well:
                    await self._ping(client)

    async def audit(self) -> bool:
        """One look; True when nothing is wrong that was there before."""
        self._audits += 1
        fresh = self._audits - REMEMBERED
        self._repaired = {one: at for one, at in self._repaired.items() if at > fresh}
        found = findings(self._commands.book, self._now(), wall(), speed=self._speed())
        again = [one for one in found if one in self._repaired]
        new = [one for one in found if one not in self._repaired]
        for one in new:
            log.warning("finding", extra={"what": one.what, "subject": one.subject})
            await self._repair(one)
        self._repaired |= dict.fromkeys(found, self._audits)
        beyond = [one for one in new if one.what == "paused_untouched"]
        await self._alarm([*again, *beyond])
        if not again and not beyond:
            self.last_success = datetime.now(UTC)
            metrics.AUDITOR_LAST_SUCCESS.set_to_current_time()
            return True
        return False

    async def _repair(self, found: Finding) -> None:
        def decide(book: CalloutBook, now: datetime) -> bool:
            return repair(book, found, now, wall())

        await self._commands.run("repair", decide)
        self._nudge()

    async def _alarm(self, standing: Sequence[Finding]) -> None:
        now_standing = Counter(one.what for one in standing)
        for what in self.standing.keys() | now_standing.keys():
            metrics.FINDINGS.labels(what).set(now_standing[what])
        for what, count in now_standing.items():
            if self.standing[what] == count:
                continue
            these = [one for one in standing if one.what == what]
            await self._tell(what, count, these)
        self.standing = now_standing

    async def _tell(self, what: str, count: int, these: Sequence[Finding]) -> None:
        now = self._now()
        callout = these[0].callout
        log.error("alarm", extra={"what": what, "count": count, "callout": callout})
        alarm = CalloutAlarmed(
            id=derived_id("callout-alarmed", what, callout, now.isoformat()),
            source="surgeline/callout",
            subject=callout,
            time=now,
            data=AlarmData(
                what=what,
                callout=callout,
                count=count,
                examples=tuple(one.subject for one in these[:EXAMPLES]),
            ),
        )
        record = Outgoing(topic=CALLOUTS, key=f"alarm/{what}".encode(), value=encode(alarm))
        try:
            await self._writer().append([record])
        except (OverloadedError, UnknownOutcomeError) as error:
            log.warning("an alarm is not on the log", extra={"detail": str(error)})

    async def _ping(self, client: httpx.AsyncClient) -> None:
        if self._dead_man_url is None:
            return
        try:
            (await client.post(self._dead_man_url)).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("dead man's switch not reached", extra={"error": type(error).__name__})
