"""What do people's orders change about a surge, and when?

An order takes effect at the moment it was given, by the centre's clock, whenever it is heard of
here; of two that contradict each other the earlier holds, and of two times the later. So orders
and pulses may come in any order, and the same episodes are there once all is settled.

| order | what it changes |
|---|---|
| declare | the key is in surge: an alert, `held_until`. One that is on already is that surge |
| acknowledge | who has seen it first, and when |
| extend | it is not over before `held_until`, whatever the numbers say |
| dismiss, close | it is over at that moment, as no surge or as one that has ended |
| planned event | its key, and what contains it, are expected to get more in that time |

What was dismissed or closed is not declared again while its excess lasts. It is declared anew
when demand is twice what it was (see `Again`), or when `quiet_until` is past and the excess is
still there. Once the numbers have been calm, a new rise is a new surge like any other.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from streams.domain.detection import sentences
from streams.domain.detection.gamma import rate_interval
from streams.domain.detection.occasions import Window
from streams.events.commands import (
    Acknowledge,
    CancelEvent,
    Close,
    Declare,
    Dismiss,
    Extend,
    OnEpisode,
    OrderGiven,
    PlanEvent,
)
from streams.events.surges import Ended, PlannedData, SurgeData

# An order about something that is not known (yet) is kept as long as surges are remembered.
PATIENCE: Final = timedelta(hours=24)
DOUBLED: Final = 2.0


class Orders:
    """Orders that wait for their moment, or for what they are about."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, str, OrderGiven]] = []
        self._known: set[str] = set()

    def obeyed(self, ids: Iterable[str]) -> None:
        """What was said already is not obeyed again."""
        self._known.update(ids)
        self._waiting = [entry for entry in self._waiting if entry[1] not in self._known]

    def give(self, order: OrderGiven) -> None:
        """Take an order; the first of an id holds."""
        if order.id not in self._known:
            self._known.add(order.id)
            insort(self._waiting, (order.time, order.id, order), key=lambda entry: entry[:2])

    def due(self, now: datetime) -> list[OrderGiven]:
        """Those whose time has come, in the order in which they were given."""
        if not self._waiting or self._waiting[0][0] > now:
            return []
        count = sum(1 for entry in self._waiting if entry[0] <= now)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return [order for _, _, order in taken if _still_matters(order, now)]

    def keep(self, order: OrderGiven) -> None:
        """What it is about is not known yet."""
        insort(self._waiting, (order.time, order.id, order), key=lambda entry: entry[:2])


def _still_matters(order: OrderGiven, now: datetime) -> bool:
    plan = order.data.order
    if isinstance(plan, PlanEvent):
        return plan.ends_at > now - PATIENCE
    return isinstance(plan, CancelEvent) or order.time > now - PATIENCE


def changed(data: SurgeData, order: OrderGiven) -> SurgeData | None:
    """A surge after an order about it; None when the order comes to nothing."""
    what = order.data.order
    if isinstance(what, OnEpisode) and data.ended is not None and _ended_before(data, order):
        return None
    after: SurgeData | None = None
    match what:
        case Acknowledge():
            after = _acknowledged(data, order)
        case Extend():
            until = max(what.until, data.held_until or what.until)
            after = _noted(replace(data, held_until=until), order)
        case Dismiss():
            after = _ended(data, order, "dismissed", what.quiet_until)
        case Close():
            after = _ended(data, order, "closed", what.quiet_until)
        case Declare():
            after = _declared(data, order, what)
    return after


def planned(order: OrderGiven, what: PlanEvent) -> PlannedData:
    """A planned event. It never reaches back behind the moment it was ordered."""
    return PlannedData(
        event=order.id,
        key=what.key,
        begins_at=max(what.begins_at, order.time),
        ends_at=what.ends_at,
        ratio=what.ratio,
        title=what.title,
        planned_by=order.data.role,
        orders=(order.id,),
    )


def called_off(data: PlannedData, order: OrderGiven) -> PlannedData | None:
    """A planned event after it was called off; None when it had been before, or was over."""
    ends = data.called_off_at or data.ends_at
    if order.time >= ends:
        return None
    return replace(
        data,
        called_off_at=order.time,
        called_off_by=order.data.role,
        orders=(*data.orders, order.id),
    )


def window(data: PlannedData) -> Window:
    """A planned event in the detector's own terms."""
    begin = int(data.begins_at.timestamp())
    end = int((data.called_off_at or data.ends_at).timestamp())
    return Window(begin=begin, end=max(begin, end), key=data.key, ratio=data.ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """When what a person ended is declared anew: `calls` came lately where `mass` was expected."""

    calls: float
    mass: float
    distinct_callers: int

    def is_due(self, data: SurgeData, now: datetime) -> bool:
        """Its quiet time is up, or even the low end of the present ratio is twice the old one."""
        if data.quiet_until is not None and now >= data.quiet_until:
            return True
        if self.calls < self.distinct_callers or self.mass <= 0:
            return False
        return rate_interval(self.calls, self.mass)[0] >= DOUBLED * max(data.ratio, 1.0)


def _declared(data: SurgeData, order: OrderGiven, what: Declare) -> SurgeData:
    """A surge that is on, and that a person declares as well."""
    held = max(what.until, data.held_until or what.until)
    said = max(what.ratio or 0.0, data.ratio_said or 0.0) or None
    first = data.alerted_at or order.time
    known = data.declared_by is not None
    sentence = data.sentence if known else sentences.by_a_person(data.sentence)
    return _noted(
        replace(
            data,
            tier="alert",
            alerted_at=min(first, order.time),
            declared_at=min(data.declared_at, order.time),
            started_at=min(data.started_at, order.time),
            declared_by=data.declared_by or order.data.role,
            held_until=held,
            ratio_said=said,
            sentence=sentence,
        ),
        order,
    )


def _acknowledged(data: SurgeData, order: OrderGiven) -> SurgeData | None:
    if data.acknowledged_at is not None and data.acknowledged_at <= order.time:
        return None
    taken = replace(data, acknowledged_by=order.data.role, acknowledged_at=order.time)
    return _noted(taken, order)


def _ended(data: SurgeData, order: OrderGiven, how: Ended, quiet_until: datetime) -> SurgeData:
    return _noted(
        replace(
            data,
            cleared_at=order.time,
            next_update_due=None,
            ended=how,
            ended_by=order.data.role,
            quiet_until=quiet_until,
        ),
        order,
    )


def _ended_before(data: SurgeData, order: OrderGiven) -> bool:
    return data.cleared_at is not None and data.cleared_at <= order.time


def _noted(data: SurgeData, order: OrderGiven) -> SurgeData:
    return replace(data, revision=data.revision + 1, orders=(*data.orders, order.id))


def is_held(data: SurgeData) -> bool:
    """Whether it was to go on beyond the end that the numbers gave it."""
    over = data.cleared_at
    return data.held_until is not None and (over is None or data.held_until > over)
