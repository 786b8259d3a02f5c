"""What goes between the list in Redis and whoever works on it?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services import outbox
from services.callbacks.items import read_state
from streams.events.callbacks import CallbackData


@dataclass(frozen=True, slots=True)
class Posted(outbox.Posted):
    """A fact of the callback list. `owed`: the phone system may care."""

    owed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What must be loaded to decide something."""

    callbacks: Collection[str] = ()
    callers: Collection[str] = ()
    requests: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What Redis knew of it."""

    states: list[CallbackData]
    of_request: dict[str, str]
    served: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Seen:
    """What Redis has of a callback: its state as it stands there, and whether it is filed as one
    like it should be.
    """

    raw: bytes | None
    filed: bool

    def raw_state(self) -> CallbackData | None:
        """The state; None when there is none that can be read."""
        return read_state(self.raw)
