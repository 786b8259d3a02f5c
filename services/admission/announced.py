"""Which place was this caller told last?

A place in line that grows while one waits is a broken promise. A phone system asks again about the
same contact to tell the caller how it goes; what it hears is never worse than what it heard before.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from streams.domain.admission.gates import Line
from streams.domain.admission.rules import place_in_line

# A contact or an open callback, and the queue in which it stands.
Standing = tuple[str, str]
MOST_REMEMBERED: Final = 20_000


@dataclass(slots=True)
class _Told:
    since: datetime
    position: int


class Announced:
    """The places told, by contact or open callback; the oldest are forgotten past a bound."""

    def __init__(self) -> None:
        self._told: OrderedDict[Standing, _Told] = OrderedDict()

    def at_most(self, who: Standing, line: Line, now: datetime) -> int | None:
        """The worst place that may be told now; None for who was told none yet."""
        told = self._told.get(who)
        if told is None:
            return None
        return min(told.position, place_in_line(line, told.since, now))

    def tell(self, who: Standing, position: int, now: datetime) -> None:
        """Note the place that is told now."""
        told = self._told.get(who)
        if told is not None:
            told.position = min(told.position, position)
            return
        self._told[who] = _Told(now, position)
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
