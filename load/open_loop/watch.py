"""What does the platform show while a crisis is played? Its board, looked at as any viewer would.

How old the board is is found from outside: it shows that so many calls have come, and the load
knows when the next one after these was on the log. The age of that call at the moment of the look
is how far the board is behind.
"""

import re
import time
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final

import gevent

from load.open_loop.servers import Servers
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

    def behind(self, arrived: Mapping[int, int]) -> Latencies:
        """How old the oldest call was that the board did not show yet, at each look.

        `arrived`: tenths of a second of wall time to the calls that the log has had since then.
        """
        tenths = sorted(arrived)
        totals = list(accumulate(arrived[tenth] for tenth in tenths))
        found = Latencies()
        for at, shown in self._looks:
            nth = bisect_right(totals, shown)
            # A call counted in a tenth came at its end at the latest; all shown is not behind.
            found.add(max(0.0, at - (tenths[nth] + 1) / 10) if nth < len(totals) else 0.0)
        return found

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
