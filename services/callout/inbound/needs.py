"""Who else may ask for people: what does an alert from outside say, in our words?

The engine fulfils `NeedsIn`. One need per dedup key: the same trigger again revises it, a resolve
closes it, an acknowledgement says that a manager has seen it and stops nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Severity = Literal["critical", "error", "warning", "info"]
Taken = Literal["opened", "revised", "unchanged", "closed", "acknowledged", "no_such_need"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAsked:
    """So many seats, for whom; what is not said is left to the pool's policy."""

    dedup_key: str
    summary: str
    severity: Severity = "critical"
    pool: str = ""
    seats: int = 0
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    policy: str = ""
    starts_at: datetime | None = None
    hours: float = 0.0
    source: str = ""


class NeedsIn(Protocol):
    """Needs, opened and closed from outside. Returns only after the log has it."""

    async def open_need(self, need: NeedAsked, *, by: str) -> Taken:
        """Open the need of that key, or revise the open one. A closed key opens a new one."""

    async def close_need(self, dedup_key: str, *, by: str) -> Taken:
        """Close it: whoever was contacted and has no seat is stood down."""

    async def acknowledge_need(self, dedup_key: str, *, by: str) -> Taken:
        """A manager has seen it. People are still paged."""
