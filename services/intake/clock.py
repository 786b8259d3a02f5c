"""Which time does the centre live in, and who may say so?

A rehearsal or a replay declares the clock before it sends events; every process follows it. A live
centre never lets anyone do that.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from services.auth import Identity
from services.intake.reasons import named
from streams.domain.clock import CentreClock
from streams.errors import InvalidEventError
from streams.events.codec import derived_id, encode
from streams.events.control import ClockData, ClockDeclared
from streams.kafka import FollowedClock, LogWriter, Outgoing
from streams.topics import CLOCK

YEARS: Final = range(1900, 2400)
FASTEST: Final = 100_000.0
KEY: Final = b"centre"


def read_declaration(body: bytes, who: Identity) -> ClockData:
    """The declared clock, or `InvalidEventError` naming the field."""
    try:
        data = msgspec.json.decode(body, type=ClockData)
    except msgspec.ValidationError as error:
        raise named(error, ClockData) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidEventError("malformed", "", "a clock is declared in JSON") from None
    for field in ("wall", "event"):
        moment: datetime = getattr(data, field)
        if moment.tzinfo is None or not 2 <= moment.year <= 9998:  # noqa: PLR2004
            raise InvalidEventError("invalid", field, "must be a time with a zone")
    if not 0 <= data.speed <= FASTEST:
        raise InvalidEventError("invalid", "speed", f"must be 0 to {FASTEST:.0f}")
    if not math.isfinite(data.shift_seconds):
        raise InvalidEventError("invalid", "shift_seconds", "must be a number")
    if not _is_usable(data, datetime.now(UTC)):
        detail = f"must lead to a time from {YEARS.start} to {YEARS.stop} at this wall and speed"
        raise InvalidEventError("invalid", "event", detail)
    return msgspec.structs.replace(
        data,
        wall=data.wall.astimezone(UTC),
        event=data.event.astimezone(UTC),
        declared_by=data.declared_by[:128] or who.name,
    )


def _is_usable(data: ClockData, now: datetime) -> bool:
    """Whether the clock shows a year that anybody could mean, today and tomorrow."""
    clock = CentreClock(wall=data.wall, event=data.event, speed=data.speed)
    return all(clock.at(day).year in YEARS for day in (now, now + timedelta(days=1)))


async def declare(data: ClockData, clock: FollowedClock, writer: LogWriter) -> None:
    """Tell every process, and follow it here at once."""
    event = ClockDeclared(
        id=derived_id("clock", data.wall.isoformat(), data.event.isoformat(), str(data.speed)),
        source="surgeline/intake",
        subject=KEY.decode(),
        time=data.wall,
        data=data,
    )
    await writer.append([Outgoing(topic=CLOCK, key=KEY, value=encode(event))])
    clock.set(CentreClock(wall=data.wall, event=data.event, speed=data.speed))


def shown(clock: FollowedClock) -> dict[str, Any]:
    """The clock as it is now."""
    present = clock.clock
    return {
        "now": clock.now(),
        "wall": present.wall,
        "event": present.event,
        "speed": present.speed,
        "real": present.is_real,
    }
