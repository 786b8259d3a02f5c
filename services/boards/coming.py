"""Who has said yes to a call-out and is not here yet?

A seat counts as coming from the yes until its person has arrived, has not shown up, or the need is
over. Drills fill no seats.
"""

from datetime import datetime

from services.boards.snapshot import Filling
from streams.domain.callout.book import GOING_ON
from streams.domain.callout.seating import seats_needed
from streams.events.callouts import CalloutData, OfferData


class Coming:
    """Every call-out's latest state, and every accepted seat."""

    def __init__(self) -> None:
        self._callouts: dict[str, CalloutData] = {}
        self._versions: dict[str, int] = {}
        self._taken: dict[str, OfferData] = {}

    def callout(self, data: CalloutData) -> CalloutData | None:
        """Take a call-out's state; what it was before, or the same again when it is no news."""
        before = self._callouts.get(data.id)
        if before is not None and before.version >= data.version:
            return data
        self._callouts[data.id] = data
        return before

    def offer(self, data: OfferData) -> None:
        """Take the state of one person's offer."""
        if self._versions.get(data.id, -1) >= data.version:
            return
        self._versions[data.id] = data.version
        if data.state == "accepted" and data.no_show_at is None and not data.drill:
            self._taken[data.id] = data
        else:
            self._taken.pop(data.id, None)

    def seats(self, at: datetime) -> int:
        """How many seats are promised and still empty."""
        return sum(
            offer.arrived_at is None and self._is_wanted(offer.callout, at)
            for offer in self._taken.values()
        )

    def filling(self, at: datetime) -> Filling | None:
        """How the seats fill that are called for now; None while nobody is called."""
        going = {
            callout.id: callout
            for callout in self._callouts.values()
            if callout.state in GOING_ON and not callout.drill and callout.need.end > at
        }
        if not going:
            return None
        foreseen = [one.forecast for one in going.values() if one.state != "filled"]
        return Filling(
            seats=sum(seats_needed(callout.need) for callout in going.values()),
            taken=sum(offer.callout in going for offer in self._taken.values()),
            half=_last([one.half if one else None for one in foreseen]),
            most=_last([one.most if one else None for one in foreseen]),
        )

    def _is_wanted(self, callout: str, at: datetime) -> bool:
        known = self._callouts.get(callout)
        return known is None or known.need.end > at


def _last(moments: list[datetime | None]) -> datetime | None:
    """When the last of them is full; None when that is known of none, or not of all."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
