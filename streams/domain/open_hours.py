"""Is a queue open now, by the centre's own clock on the wall?"""

from datetime import datetime, time, tzinfo
from typing import Final

ALWAYS: Final = "always"
_MIDNIGHT: Final = "24:00"


def is_open(hours: str, zone: tzinfo, now: datetime) -> bool:
    """`hours` as the centre file has them: "always", or "HH:MM-HH:MM", also over midnight."""
    if hours == ALWAYS:
        return True
    opens, _, closes = hours.partition("-")
    local = now.astimezone(zone).time()
    begun = local >= time.fromisoformat(opens)
    going_on = closes == _MIDNIGHT or local < time.fromisoformat(closes)
    over_midnight = closes != _MIDNIGHT and closes <= opens
    return (begun or going_on) if over_midnight else (begun and going_on)
