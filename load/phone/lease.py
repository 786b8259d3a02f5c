"""What does a counselor hold of a callback, and what do they report of its dial?"""

from dataclasses import dataclass
from typing import Any, Final

# A dial that was cancelled or refused was ended by the platform itself, which knows.
REPORTS: Final = {
    "completed": ("complete", {"result": "answered"}),
    "no_answer": ("fail", {"outcome": "no_answer"}),
    "busy": ("fail", {"outcome": "busy"}),
    "abandoned_by_us": ("fail", {"outcome": "abandoned_by_us"}),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """The callback in a counselor's hand, and what they show for it."""

    callback: str
    agent: str
    epoch: int
    token: int

    def claim(self) -> dict[str, Any]:
        """The body of a command."""
        return {"agent": self.agent, "epoch": self.epoch, "token": self.token}
