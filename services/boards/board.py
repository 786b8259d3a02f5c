"""When is a new snapshot made, and who gets it?

At most every tenth of a second when something changed, at least every second so that ages and
waits move on: encoded and rendered once, then shared by all screens.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

from services.boards.build import build
from services.boards.fold import Fold
from services.boards.metrics import BoardCollector
from services.boards.pages import Pages
from services.boards.snapshot import Snapshot, encode
from services.boards.sse import Frame, Hub, event, message
from streams.telemetry.metrics import BOARD_BUILD_SECONDS

PACE_SECONDS: Final = 0.1
AT_LEAST_EVERY_SECONDS: Final = 1.0
# People read no faster than this; the numbers themselves go out as soon as they are known.
PAGE_PACE_SECONDS: Final = 0.25
# Each frame is a write for each screen: the more there are, the fewer frames they get.
SCREENS_A_SECOND: Final = 800
PACE_FOR_A_CROWD_SECONDS: Final = 0.5


class Board:
    """The newest snapshot in every form that is asked for."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self.hub = Hub()
        self.pages = Pages(fold.centre)
        self.collector = BoardCollector(fold)
        self.snapshot: Snapshot | None = None
        self.json = b""
        self._parts: dict[str, str] = {}
        self._events: dict[str, bytes] = {}
        self._seq = 0
        self._changes = -1
        self.is_current = False

    def adopt(self, fold: Fold) -> None:
        """Show what this fold knows: it has read the whole log by the centre file in force.

        Whoever watches stays connected, and gets all parts anew.
        """
        self.fold = fold
        self.pages = Pages(fold.centre)
        self.collector.adopt(fold)
        self._parts, self._events = {}, {}
        self.is_current = True
        self._changes = -1

    async def run(self) -> None:
        """Make snapshots until cancelled, from the moment that everything has been read."""
        made_at = rendered_at = 0.0
        while True:
            await asyncio.sleep(pace(self.hub.viewers))
            self.hub.beat()
            now = time.monotonic()
            late = now - made_at >= AT_LEAST_EVERY_SECONDS - PACE_SECONDS / 2
            if self.is_current and (late or self.fold.changes != self._changes):
                self._changes, made_at = self.fold.changes, now
                page = now - rendered_at >= PAGE_PACE_SECONDS
                rendered_at = now if page else rendered_at
                self.make(datetime.now(UTC), page=page)

    def catch_up(self) -> None:
        """A snapshot of all that has been folded: what Prometheus reads is then of one moment."""
        if self.is_current and self.fold.changes != self._changes:
            self._changes = self.fold.changes
            self.make(datetime.now(UTC))

    def make(self, wall: datetime, *, page: bool = True) -> None:
        """Make the snapshot of this moment and give it to everyone, with the page's parts or
        without.
        """
        self._seq += 1
        with BOARD_BUILD_SECONDS.labels("snapshot").time():
            self.snapshot = self.collector.snapshot = build(self.fold, wall, self._seq)
            self.json = encode(self.snapshot)
        # The page brings its own parts; they are kept up to date only while somebody watches.
        if page and self.hub.viewers:
            with BOARD_BUILD_SECONDS.labels("page").time():
                self._render(self.pages.parts(self.snapshot))
        self.hub.publish(Frame(self._seq, event("board", self._seq, self.json), self._events))

    def _render(self, parts: dict[str, str]) -> None:
        changed = {name: html for name, html in parts.items() if self._parts.get(name) != html}
        self._parts = parts
        self._events = {**self._events, **{n: message(_partial(n, h)) for n, h in changed.items()}}


def pace(viewers: int) -> float:
    """Seconds between two frames for so many screens."""
    return min(PACE_FOR_A_CROWD_SECONDS, max(PACE_SECONDS, viewers / SCREENS_A_SECOND))


def _partial(name: str, html: str) -> str:
    return f'<hx-partial hx-target="#part-{name}" hx-swap="innerMorph">{html}</hx-partial>'
