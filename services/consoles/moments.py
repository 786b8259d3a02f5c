"""How is a time shown, and which moment does a person mean who writes one?

Every time has its zone beside it: the centre's, and the caller's own where it matters.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORM: Final = "%Y-%m-%dT%H:%M"
_DAY: Final = 24 * 60
_HOUR: Final = 60


def zone_of(name: str | None, otherwise: tzinfo) -> tzinfo:
    """The zone of that name, or the other when there is none."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise


def zone_name(at: datetime, zone: tzinfo) -> str:
    """KST, JST; UTC+07 for a zone whose people write no letters."""
    name = at.astimezone(zone).tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"


def clock(at: datetime, zone: tzinfo, now: datetime, *, seconds: bool = False) -> str:
    """14:09, with the day when it is another than today's there."""
    local = at.astimezone(zone)
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return text if local.date() == now.astimezone(zone).date() else f"{local:%m-%d} {text}"


def span(length: timedelta, language: str) -> str:
    """How long, to the minute: 42 min, 3 h 05 min, 2 d 4 h."""
    minutes = max(0, int(abs(length).total_seconds() // 60))
    days, hours, rest = minutes // _DAY, minutes // _HOUR % 24, minutes % _HOUR
    words = {"ko": ("일", "시간", "분"), "en": (" d", " h", " min")}[language]
    if days:
        return f"{days}{words[0]} {hours}{words[1]}"
    if hours:
        return f"{hours}{words[1]} {rest:02}{words[2]}"
    return f"{rest}{words[2]}"


def meant(text: str, zone: tzinfo) -> datetime | None:
    """The moment somebody wrote as a local time; None when there is no such time there.

    A time that comes twice (clocks go back) is the first of the two.
    """
    try:
        naive = datetime.strptime(text, FORM)  # noqa: DTZ007 - the zone comes next
    except ValueError:
        return None
    at = naive.replace(tzinfo=zone).astimezone(UTC)
    return at if at.astimezone(zone).replace(tzinfo=None) == naive else None
