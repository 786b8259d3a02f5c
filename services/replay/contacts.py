"""What can honestly be said of a contact of which only the time is known?

That somebody called, and that nobody here worked on it: `arrived`, and `deflected` with the reason
`prompt` at the same moment, so that a recording leaves no one waiting and promises no callback.
Demand, surges and seats see the arrival; the audit sees a contact that is closed, as deflected.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from services.numbers import caller_number
from services.replay.rows import Row
from streams.errors import InvalidEventError
from streams.events.codec import derived_id
from streams.events.contacts import ContactArrived, ContactDeflected

SOURCE: Final = "surgeline/replay"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME: Final = 64

Events = Callable[[Row], list[dict[str, Any]]]


class Retelling:
    """Turns rows into events, shifted by one constant.

    Ids follow from the shift and from what stands in the row (never the caller), so that the same
    rows sent again with the same shift are recognised, and with another shift are another story.
    """

    def __init__(self, *, shift: timedelta, queue: str, region: str) -> None:
        self.shift = shift
        self.without_number = 0
        self._queue = queue
        self._region = region

    def time_of(self, row: Row) -> datetime:
        """When the row happens now."""
        return row.time + self.shift

    def events(self, row: Row) -> list[dict[str, Any]]:
        """The events of one row."""
        shift = round(self.shift.total_seconds() * 1000)
        contact = derived_id("replay", shift, row.number, row.written, row.key, row.queue)
        data: dict[str, Any] = {"queue": _name(row.queue) or self._queue}
        if row.key:
            data["topic"] = _name(row.key)
        if row.caller:
            data |= self._caller(row.caller)
        common = {
            "specversion": "1.0",
            "source": SOURCE,
            "subject": contact,
            "time": self.time_of(row).isoformat(),
            "originaltime": row.time.isoformat(),
        }
        return [
            common | {"type": _type(ContactArrived), "id": f"{contact}:arrived", "data": data},
            common
            | {
                "type": _type(ContactDeflected),
                "id": f"{contact}:closed",
                "data": data | {"reason": "prompt"},
            },
        ]

    def _caller(self, text: str) -> dict[str, str]:
        try:
            number = caller_number(text, self._region)
        except InvalidEventError:
            number = None
        if number is None:
            # Counted as a distinct person all the same; a redial by them cannot be recognised.
            self.without_number += 1
            return {}
        return {"caller": number}


def _type(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


def _name(text: str) -> str:
    """A name as the contract allows it: what is not a letter, digit, dot or dash becomes a dash."""
    return _NOT_IN_NAMES.sub("-", text).strip("-._")[:LONGEST_NAME]
