"""Which surges are on, what has been ordered, and what of it has been obeyed?"""

from datetime import datetime

from streams.events.commands import OrderGiven, PlanEvent
from streams.events.envelope import CloudEvent
from streams.events.surges import (
    EventPlanned,
    SurgeCleared,
    SurgeData,
    SurgeDeclared,
    SurgeRevised,
)

# Retried requests come within minutes; a list is read by people.
KEPT = 10_000


class Standing:
    """What the log says; the first order of an id holds."""

    def __init__(self) -> None:
        self.open: dict[str, SurgeData] = {}
        self.over: dict[str, SurgeData] = {}
        self.orders: dict[str, OrderGiven] = {}
        self.obeyed: set[str] = set()

    def observe(self, fact: CloudEvent) -> None:
        """Take a fact of `surges` or `commands`; others are no concern of this."""
        if isinstance(fact, OrderGiven):
            self.orders.setdefault(fact.id, fact)
            self._forget()
        elif isinstance(fact, SurgeDeclared | SurgeRevised | SurgeCleared):
            self._surge(fact)
        elif isinstance(fact, EventPlanned):
            self.obeyed.update(fact.data.orders)

    def latest(self, count: int) -> list[OrderGiven]:
        """The newest orders first."""
        return list(reversed(list(self.orders.values())[-count:]))

    def last_given(self) -> datetime | None:
        """When the last order was given."""
        return next((order.time for order in reversed(self.orders.values())), None)

    def planned(self, event: str) -> bool:
        """Whether such an event was planned."""
        order = self.orders.get(event)
        return order is not None and isinstance(order.data.order, PlanEvent)

    def _surge(self, fact: SurgeDeclared | SurgeRevised | SurgeCleared) -> None:
        data = fact.data
        self.obeyed.update(data.orders)
        known = self.open.pop(data.episode, None) or self.over.pop(data.episode, None)
        newest = data if known is None or known.revision <= data.revision else known
        (self.over if newest.cleared_at is not None else self.open)[data.episode] = newest

    def _forget(self) -> None:
        while len(self.orders) > KEPT:
            del self.orders[next(iter(self.orders))]
