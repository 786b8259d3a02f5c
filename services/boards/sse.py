"""How does one snapshot reach every screen without one slow screen holding the others?

The snapshot is encoded once; all streams share the same bytes. A stream waits for the next
snapshot, not for its turn: while a slow network still takes the last one, newer ones pass it by,
and then it is given the newest. Every event is whole, so resuming after a break is just that.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

HEARTBEAT_SECONDS: Final = 15.0
# Who watches may be told to stop: a screen's link is revoked, a person is signed out.
ASKED_AGAIN_SECONDS: Final = 3.0
HEARTBEAT: Final = b": still here\n\n"
RETRY: Final = b"retry: 1000\n\n"


def event(name: str, number: int, data: bytes) -> bytes:
    """A named event with an id; `data` is one line."""
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), number, data)


def message(data: str) -> bytes:
    """An event without a name; `data` may have many lines."""
    return "".join(f"data: {line}\n" for line in data.splitlines()).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """What there is to show now: the board's event, and parts of the page by name."""

    number: int
    board: bytes
    parts: Mapping[str, bytes] = field(default_factory=dict)


class Hub:
    """The newest frame, and everyone who waits for the next."""

    def __init__(self, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self.frame: Frame | None = None
        self.viewers = 0
        self._heartbeat = heartbeat
        self._woken_at = time.monotonic()
        self._next = asyncio.Event()
        self._closed = False

    def publish(self, frame: Frame) -> None:
        """Make this the newest; whoever waits is woken."""
        self.frame = frame
        self._wake()

    def beat(self) -> None:
        """Asked often: after a while without a frame every stream shows that it lives.

        One clock for all: a timer for each of a thousand viewers costs more than their frames.
        """
        if time.monotonic() - self._woken_at >= self._heartbeat:
            self._wake()

    def close(self) -> None:
        """End every stream, so that the process can stop."""
        self._closed = True
        self._wake()

    async def stream(
        self,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> AsyncIterator[bytes]:
        """The events for one viewer: the newest frame at once, then each newer one."""
        self.viewers += 1
        shown: dict[str, bytes] = {}
        number, asked_at = -1, time.monotonic()
        try:
            yield RETRY
            while not self._closed:
                if time.monotonic() - asked_at > ASKED_AGAIN_SECONDS:
                    asked_at = time.monotonic()
                    if not may_go_on():
                        return
                frame, following = self.frame, self._next
                if frame is not None and frame.number != number:
                    number = frame.number
                    yield frame.board + _changed(frame.parts, shown)
                    continue
                await following.wait()
                if self.frame is frame and not self._closed:
                    yield HEARTBEAT
        finally:
            self.viewers -= 1

    def _wake(self) -> None:
        self._woken_at = time.monotonic()
        following, self._next = self._next, asyncio.Event()
        following.set()


def _changed(parts: Mapping[str, bytes], shown: dict[str, bytes]) -> bytes:
    """The parts that this viewer does not have yet."""
    fresh = {name: part for name, part in parts.items() if shown.get(name) is not part}
    shown.update(fresh)
    return b"".join(fresh.values())
