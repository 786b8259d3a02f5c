"""How is the hall played in real time, at a speed?

The agenda is the same as in virtual time; here the next entry waits until the wall clock gets to
it. Commands from outside bring the agenda up to the present first, so that they meet the hall as
it is.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from load.sim.agenda import Agenda

LONGEST_SLEEP_SECONDS: Final = 0.25
SHORTEST_SLEEP_SECONDS: Final = 0.002


class Player:
    """Keeps an agenda in step with the wall clock."""

    def __init__(self, agenda: Agenda, starts_at: datetime, speed: float) -> None:
        self._agenda = agenda
        self._starts_at = starts_at
        self._speed = speed

    def event_seconds(self) -> float:
        """Seconds of event time since the scenario's start; negative before it."""
        return (datetime.now(UTC) - self._starts_at).total_seconds() * self._speed

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        now = self.event_seconds()
        if now >= 0:
            self._agenda.run_until(now)

    async def run(self) -> None:
        """Play for ever."""
        while True:
            self.catch_up()
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        upcoming = self._agenda.next_at()
        if upcoming is None:
            return LONGEST_SLEEP_SECONDS
        wait = (upcoming - self.event_seconds()) / self._speed
        return min(max(wait, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)
