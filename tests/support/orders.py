"""Orders of people in command, for tests."""

from datetime import datetime, timedelta

from streams.events.commands import (
    Acknowledge,
    CancelEvent,
    Close,
    Declare,
    Dismiss,
    Extend,
    Order,
    OrderData,
    OrderGiven,
    PlanEvent,
)
from streams.events.surges import SurgeData

QUIET = timedelta(hours=6)


def given(order: Order, at: datetime, id_: str = "") -> OrderGiven:
    """An order of a lead."""
    kind = str(type(order).__struct_config__.tag)
    data = OrderData(order=order, by="lead-1", role="lead", reason="as seen on the news")
    return OrderGiven(
        id=id_ or f"{kind}-{at:%H%M%S}",
        source="/surgeline/command",
        subject=kind,
        time=at,
        data=data,
    )


def declare(
    key: str, at: datetime, hold: timedelta = timedelta(hours=1), **more: float
) -> OrderGiven:
    return given(Declare(key=key, until=at + hold, ratio=more.get("ratio")), at)


def dismiss(surge: SurgeData, at: datetime, quiet: timedelta = QUIET) -> OrderGiven:
    return given(Dismiss(episode=surge.episode, key=surge.key, quiet_until=at + quiet), at)


def close(surge: SurgeData, at: datetime) -> OrderGiven:
    return given(Close(episode=surge.episode, key=surge.key, quiet_until=at + QUIET), at)


def acknowledge(surge: SurgeData, at: datetime) -> OrderGiven:
    return given(Acknowledge(episode=surge.episode, key=surge.key), at)


def extend(surge: SurgeData, at: datetime, until: datetime) -> OrderGiven:
    return given(Extend(episode=surge.episode, key=surge.key, until=until), at)


def plan(key: str, at: datetime, begins: datetime, ends: datetime, ratio: float) -> OrderGiven:
    order = PlanEvent(key=key, begins_at=begins, ends_at=ends, ratio=ratio, title="open day")
    return given(order, at)


def cancel(event: OrderGiven, at: datetime) -> OrderGiven:
    return given(CancelEvent(event=event.id), at)
