"""Moments as whole microseconds since 1970: what the hot path compares, adds up and keeps.

Sums of whole numbers do not depend on the order of the summands; sums of floats do.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Micros = int
SECOND: Final = 1_000_000
NEVER: Final[Micros] = 1 << 51  # after every moment in use: the year 2041
HOUR: Final = 3600 * SECOND
_QUARTER: Final = 900 * SECOND  # every zone's offset is a multiple of a quarter of an hour


def micros(moment: datetime) -> Micros:
    """Exact: a float holds today's microseconds with a quarter of one to spare."""
    return int(moment.timestamp() * 1e6 + 0.5)


def span(length: timedelta) -> Micros:
    """A length of time in microseconds."""
    return length // timedelta(microseconds=1)


def moment(at: Micros) -> datetime:
    """The aware moment in UTC."""
    seconds, rest = divmod(at, SECOND)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest)


class Days:
    """The date of a moment in one zone; each quarter of an hour is worked out once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, str] = {}

    def day_of(self, at: Micros) -> str:
        """For example "2026-03-11"."""
        quarter = at // _QUARTER
        day = self._known.get(quarter)
        if day is None:
            day = moment(quarter * _QUARTER).astimezone(self._zone).date().isoformat()
            if len(self._known) > 1000:  # noqa: PLR2004
                self._known.clear()
            self._known[quarter] = day
        return day

    def day_before(self, day: str) -> str:
        """The date before a date."""
        return (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()
