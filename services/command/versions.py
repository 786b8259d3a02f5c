"""Which version of the centre file is in force, what would another change, and is it applied?

A version is put in force by writing it, whole, to `centre`; every process goes by it from then on
without a restart, and names it in what it decides. What was in force before can be put back. Each
change says on which version it was made: of two people who change at once, one is told.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.command.effects import Change, changes, effects
from services.command.hindsight import Hindsight, hindsight
from services.command.orders import OrderRefusedError
from streams.centre_file import Problem, check_text
from streams.domain.centre import Centre
from streams.events.centre import CentreApplied, CentreData
from streams.events.codec import encode
from streams.kafka import FollowedCentre, LogWriter, Outgoing
from streams.settings import Connections
from streams.topics import CENTRE

log = logging.getLogger(__name__)

SOURCE = "surgeline/command"
ONLY = 0
FIXED = ("name", "timezone", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file says and would do. With problems it can do nothing."""

    version: str
    problems: list[Problem]
    changes: list[Change]
    effects: list[Change]
    hindsight: Hindsight | None


class VersionDesk:
    """Checks, previews and applies versions."""

    def __init__(
        self,
        connections: Connections,
        followed: FollowedCentre,
        writer: LogWriter,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._followed = followed
        self._writer = writer
        self._now = now
        self._one_by_one = asyncio.Lock()

    @property
    def in_force(self) -> Centre:
        """The version that processes go by."""
        return self._followed.centre

    def history(self) -> list[CentreData]:
        """Every version that was put in force, the newest first."""
        return list(reversed(self._followed.versions))

    async def put_own_file(self) -> None:
        """At the start: a file that the log has never seen is in force from now on."""
        own = self._followed.centre.version
        if any(version.version == own for version in self._followed.versions):
            return
        text = self._connections.centre.read_text()
        await self._put(CentreData(version=own, text=text, applied_by="start", reason="new file"))

    async def preview(self, text: str) -> Preview:
        """What is wrong with a file, or what it would change."""
        centre, problems = check_text(text.encode(), "the file")
        if centre is None or problems:
            return Preview(version="", problems=problems, changes=[], effects=[], hindsight=None)
        current = self.in_force
        return Preview(
            version=centre.version,
            problems=[],
            changes=changes(current, centre),
            effects=effects(current, centre),
            hindsight=await hindsight(self._connections, current, centre),
        )

    async def apply(self, text: str, *, on: str, reason: str, by: str) -> tuple[CentreData, bool]:
        """The version as it is on the log, and whether it was in force already.

        `on` is the version it was made from. Raises `OrderRefusedError`.
        """
        centre, problems = check_text(text.encode(), "the file")
        if centre is None or problems:
            raise OrderRefusedError(422, "invalid", "text", "; ".join(map(str, problems)))
        data = CentreData(version=centre.version, text=text, applied_by=by, reason=reason)
        return await self._change(data, on)

    async def roll_back(
        self, version: str, *, on: str, reason: str, by: str
    ) -> tuple[CentreData, bool]:
        """Put back what was in force before. Raises `OrderRefusedError`."""
        kept = self._applied(version)
        if kept is None:
            raise OrderRefusedError(404, "not_found", "version", "was never in force here")
        # A version of long ago may no longer be understood.
        if check_text(kept.text.encode(), "the version")[1]:
            raise OrderRefusedError(409, "outdated", "version", "this program cannot read it")
        data = CentreData(
            version=version, text=kept.text, applied_by=by, reason=reason, rolled_back=True
        )
        return await self._change(data, on)

    def _applied(self, version: str) -> CentreData | None:
        return next((data for data in self.history() if data.version == version), None)

    async def _change(self, data: CentreData, on: str) -> tuple[CentreData, bool]:
        async with self._one_by_one:
            current = self.in_force.version
            if data.version == current:
                return self._applied(current) or data, True
            _keeps_its_identity(self.in_force, data)
            if on != current:
                raise OrderRefusedError(
                    409, "changed_meanwhile", "on", f"the version in force is {current}"
                )
            return await self._put(data), False

    async def _put(self, data: CentreData) -> CentreData:
        history = self._followed.versions
        data = msgspec.structs.replace(data, previous=history[-1].version if history else "")
        event = CentreApplied(
            id=str(uuid.uuid4()), source=SOURCE, subject="centre", time=self._now(), data=data
        )
        record = Outgoing(topic=CENTRE, key=event.id.encode(), partition=ONLY, value=encode(event))
        await self._writer.append([record])
        await self._followed.until(data.version)
        log.info("centre applied", extra={"version": data.version, "by": data.applied_by})
        return data


def _keeps_its_identity(current: Centre, data: CentreData) -> None:
    """What numbers and days are read by cannot change under way: the past would read otherwise."""
    centre = check_text(data.text.encode(), "the file")[0]
    for name in FIXED:
        if getattr(centre, name) != getattr(current, name):
            raise OrderRefusedError(
                422, "fixed", "text", f"centre.{name} cannot change while the centre runs"
            )
