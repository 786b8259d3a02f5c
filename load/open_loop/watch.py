"""What does the platform show while a crisis is played? Its board, as any viewer would see it."""

import re
import time
from collections.abc import Mapping
from typing import Any, Final

import gevent

from load.open_loop.servers import Servers
from load.verdict.lag import behind
from load.verdict.latency import Latencies
from load.verdict.record import POINTS

LOOK_SECONDS: Final = 0.5
_RECEIVED: Final = re.compile(
    rb"^surgeline_contacts_received_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE
)


class Watch:
    """The looks of one run."""

    def __init__(self, servers: Servers, begins: float, speed: float, length: float) -> None:
        self.board: dict[str, Any] = {}
        self.alarmed = False
        self.most_seats = 0
        self.curves: dict[str, list[float]] = {
            name: [0.0] * (POINTS + 1) for name in ("seats asked", "promised", "on hold, shown")
        }
        self._client = servers.client("boards")
        self._wall, self._speed, self._step = begins, speed, length / POINTS
        self._before = self._received()
        self._looks: list[tuple[float, int]] = []

    def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            gevent.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """One look; a board that does not answer shows nothing new."""
        shown = self._received()
        if shown is not None and self._before is None:
            self._before = shown
        elif shown is not None and self._before is not None:
            self._looks.append((time.time(), shown - self._before))
        answer = self._client.get("/v1/board.json")
        if not answer.is_success:
            return
        self.board = answer.json()
        self.alarmed = self.alarmed or any(
            level["level"] == "surge" for level in self.board["levels"]
        )
        self._note()

    @property
    def missing(self) -> int:
        """Seats to call people out for, as the platform's own call-outs count them."""
        if not any(level["level"] == "surge" for level in self.board.get("levels", ())):
            return 0
        seats = self.board["seats"]
        short = int(seats["short"])
        return max(short, (seats["needed_high"] or 0) - seats["staffed"]) if short > 0 else 0

    def behind(self, arrived: Mapping[int, int]) -> Latencies:
        """How far the board was behind the calls at each look; see `lag.behind`."""
        return behind(self._looks, arrived)

    def close(self) -> None:
        """No more looks."""
        self._client.close()

    def _note(self) -> None:
        seconds = (time.time() - self._wall) * self._speed
        if seconds < 0:
            return
        point = min(POINTS, int(seconds / self._step))
        needed = self.board["seats"]["needed"] or 0
        self.most_seats = max(self.most_seats, needed)
        for name, value in (
            ("seats asked", needed),
            ("promised", self.board["callbacks"]["open"]),
            ("on hold, shown", self.board["waiting"]),
        ):
            # The last look of a step stands for it, and for the steps after it until the next.
            self.curves[name][point:] = [float(value)] * (POINTS + 1 - point)

    def _received(self) -> int | None:
        answer = self._client.get("/metrics")
        if not answer.is_success:
            return None
        return round(sum(float(found) for found in _RECEIVED.findall(answer.body)))
