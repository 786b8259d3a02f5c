"""What did people do, or try to do? The audit lines of all services, for a person or a program."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.errors import InvalidEventError
from streams.events.audit import AuditData, AuditRecorded
from streams.events.codec import decode
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import AUDIT


@dataclass(frozen=True, slots=True)
class Line:
    """An audit line and when it was written."""

    at: datetime
    data: AuditData


async def lines(connections: Connections, since: datetime | None = None) -> list[Line]:
    """The lines on the log, the oldest first."""
    found = []
    async for record in read_to_end(connections, AUDIT, since=since):
        try:
            event = decode(record.value or b"")
        except InvalidEventError:
            continue
        if isinstance(event, AuditRecorded) and (since is None or event.time >= since):
            found.append(Line(event.time, event.data))
    return sorted(found, key=lambda line: line.at)


def as_json(found: Iterable[Line]) -> list[dict[str, Any]]:
    """Everything, for a program."""
    return [
        {
            "at": line.at,
            "actor": line.data.actor,
            "roles": list(line.data.roles),
            "action": line.data.action,
            "object": line.data.object,
            "result": line.data.result,
            "reason": line.data.reason,
            "service": line.data.service,
            "times": line.data.times,
        }
        for line in found
    ]


def show(found: Iterable[Line], console: Console) -> None:
    """A table, the latest last, where the eye is."""
    table = Table(box=None, padding=(0, 2))
    for title in ("when", "who", "did", "to", "result", "why", "service"):
        table.add_column(title)
    for line in found:
        data = line.data
        times = f" ×{data.times}" if data.times > 1 else ""
        table.add_row(
            line.at.isoformat(timespec="seconds"),
            f"{data.actor} ({', '.join(data.roles)})",
            data.action + times,
            data.object,
            data.result,
            data.reason,
            data.service,
        )
    console.print(table)
