"""Who has said yes to a call-out and is not here yet?

A seat counts as coming from the yes until its person has arrived, has not shown up, or the need is
over. Drills fill no seats.
"""

from datetime import datetime

from streams.events.callouts import CalloutData, OfferData


class Coming:
    """Every call-out's latest state, and every accepted seat."""

    def __init__(self) -> None:
        self._callouts: dict[str, CalloutData] = {}
        self._versions: dict[str, int] = {}
        self._seats: dict[str, OfferData] = {}

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
        coming = data.state == "accepted" and data.arrived_at is None and data.no_show_at is None
        if coming and not data.drill:
            self._seats[data.id] = data
        else:
            self._seats.pop(data.id, None)

    def seats(self, at: datetime) -> int:
        """How many seats are promised and still empty."""
        return sum(self._is_wanted(offer.callout, at) for offer in self._seats.values())

    def _is_wanted(self, callout: str, at: datetime) -> bool:
        known = self._callouts.get(callout)
        return known is None or known.need.end > at
