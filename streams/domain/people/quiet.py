"""Is it a person's quiet time, and when does it end?

Quiet hours are hours of the wall clock where the person lives: they follow daylight saving.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.events.people import QuietHours

_MIDNIGHT_MINUTES = 24 * 60


def quiet_until(hours: Iterable[QuietHours], now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet time that `now` falls in; None when it falls in none."""
    today = now.astimezone(zone).date()
    ends = [
        end
        for quiet in hours
        # What began yesterday may still last.
        for day in (today - timedelta(days=1), today)
        if day.weekday() in quiet.days
        for start, end in [_bounds(quiet, datetime(day.year, day.month, day.day, tzinfo=zone))]
        if start <= now < end
    ]
    return max(ends, default=None)


def _bounds(quiet: QuietHours, midnight: datetime) -> tuple[datetime, datetime]:
    until = quiet.until_minute
    if until <= quiet.from_minute:
        until += _MIDNIGHT_MINUTES
    # Added to a local midnight, minutes are minutes of the wall clock; then they become instants.
    start = midnight + timedelta(minutes=quiet.from_minute)
    return start.astimezone(UTC), (midnight + timedelta(minutes=until)).astimezone(UTC)
