"""Which hour of the local week is it, wherever the clocks were put forward or back?

Baselines speak of local hours ("Monday, 09:00"); the detector's time is seconds of the epoch.
Time is cut into slots of one hour that begin on the hour of the centre's standard time (some
zones are half an hour off). The repeated hour of autumn is then two slots of the same local hour,
and the missing one of spring is no slot at all: neither looks like a surge or a silence.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HOUR: Final = 3600
WEEK_HOURS: Final = 168
# Slots are kept in blocks of about three weeks, so that any two processes sum the same numbers
# in the same order, wherever they began.
BLOCK: Final = 512


class Calendar:
    """The slots of one time zone; `factor` says how a day differs from a plain one."""

    __slots__ = ("_blocks", "factor", "shift", "zone")

    def __init__(self, zone: ZoneInfo, factor: Callable[[date], float] | None = None) -> None:
        self.zone = zone
        self.factor = factor
        winter = datetime(2000, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset() or timedelta(0)
        self.shift = int(winter.total_seconds()) % HOUR
        self._blocks: dict[int, tuple[tuple[int, float], ...]] = {}

    def slot(self, second: int) -> int:
        """The slot a second falls into."""
        return (second + self.shift) // HOUR

    def begins(self, slot: int) -> int:
        """The first second of a slot."""
        return slot * HOUR - self.shift

    def local(self, slot: int) -> datetime:
        """The local time at which a slot begins."""
        return datetime.fromtimestamp(self.begins(slot), self.zone)

    def block(self, number: int) -> tuple[tuple[int, float], ...]:
        """(hour of the local week, factor of the day) of each slot of a block."""
        block = self._blocks.get(number)
        if block is None:
            first = number * BLOCK
            block = tuple(self._describe(first + index) for index in range(BLOCK))
            self._blocks[number] = block
        return block

    def hour_of_week(self, slot: int) -> int:
        """0 is Monday 00:00, 167 Sunday 23:00, local time."""
        return self.block(slot // BLOCK)[slot % BLOCK][0]

    def _describe(self, slot: int) -> tuple[int, float]:
        local = self.local(slot)
        factor = 1.0 if self.factor is None else self.factor(local.date())
        return local.weekday() * 24 + local.hour, factor
